/* Text of files and pipes becomes UTF-8: a byte order mark at its start, as Windows leaves it, is
 * taken away, and what follows one of UTF-16 is decoded. */
#ifndef LIB_UTF_IN_H
#define LIB_UTF_IN_H
#include "lib/buf.h"

struct utf_in {                 /* zeroed before use */
	enum { UTF_IN_START, UTF_IN_PLAIN, UTF_IN_LE, UTF_IN_BE } coding;
	uint8_t held[4], n;     /* what is no whole mark or character yet */
};
/* Appends to out; text without a mark as it is, well-formed or not. */
void utf_in_feed(struct utf_in *u, struct span in, struct buf *out);
/* Appends what was held. false: it ends in the middle of a UTF-16 character. */
bool utf_in_end(struct utf_in *u, struct buf *out);
#endif
