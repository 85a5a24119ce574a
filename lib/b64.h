/* Base64 (RFC 4648, section 4), streaming, with no table indexed by the data. */
#ifndef LIB_B64_H
#define LIB_B64_H
#include "lib/buf.h"

void b64_put(struct buf *out, struct span in);           /* encodes whole, padded */
/* Decodes whole; white space is skipped; padding and trailing bits are checked. False when
 * malformed. */
bool b64_get(struct buf *out, struct span in);
#endif
