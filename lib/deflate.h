/* Raw deflate (RFC 1951), a piece at a time: each is complete in itself. */
#ifndef LIB_DEFLATE_H
#define LIB_DEFLATE_H
#include "lib/buf.h"

/* Appends in, compressed with the fixed codes; what does not get smaller is stored. */
void deflate_put(struct buf *out, struct span in);
/* Appends what in stands for; false when it is malformed or more than out->max has room for. */
bool inflate_get(struct buf *out, struct span in);
#endif
