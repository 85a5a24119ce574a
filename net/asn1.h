/* DER (X.690) as Kerberos, SPNEGO and key files use it: tags of one byte, lengths of at most four.
 * The reader points into the peer's bytes, takes nothing it did not check, and nests no deeper than
 * its caller does. */
#ifndef NET_ASN1_H
#define NET_ASN1_H
#include "lib/buf.h"

enum der_tag { DER_BOOL = 0x01, DER_INT = 0x02, DER_BITS = 0x03, DER_OCTETS = 0x04, DER_NULL = 0x05,
	DER_OID = 0x06, DER_ENUM = 0x0a, DER_UTF8 = 0x0c, DER_TIME = 0x18, DER_TEXT = 0x1b,
	DER_SEQ = 0x30, DER_SET = 0x31,
	DER_APP = 0x60,         /* + n: [APPLICATION n], constructed */
	DER_CTX = 0xa0 };       /* + n: [n], constructed */

/* Takes the first element off *s if it has that tag; else, or when it does not fit, false. body may
 * be s: then what is inside takes the place of all. */
bool der_get(struct span *s, unsigned tag, struct span *body);
/* Takes the first element whatever it is; whole: with tag and length. */
bool der_any(struct span *s, unsigned *tag, struct span *body, struct span *whole);
/* Takes [n] EXPLICIT, which holds one element of that tag and nothing else. */
bool der_field(struct span *s, unsigned n, unsigned tag, struct span *body);
/* The same, OPTIONAL: true, *has and *body untouched when something else, or nothing, stands
 * there. */
bool der_option(struct span *s, unsigned n, unsigned tag, struct span *body, bool *has);
/* Value of an INTEGER's or ENUMERATED's body: 1 to 8 bytes. */
bool der_int(struct span body, int64_t *v);
/* [n] EXPLICIT INTEGER. */
bool der_field_int(struct span *s, unsigned n, int64_t *v);

/* Writer: open, put the content, close; what went over the buffer's maximum shows in buf_failed. */
size_t der_open(struct buf *b, unsigned tag);            /* returns the mark for der_close */
void der_close(struct buf *b, size_t mark);              /* puts the length in */
void der_put(struct buf *b, unsigned tag, struct span body);
void der_put_int(struct buf *b, unsigned tag, int64_t v);
/* [n] EXPLICIT around one element. */
void der_put_field(struct buf *b, unsigned n, unsigned tag, struct span body);
void der_put_field_int(struct buf *b, unsigned n, int64_t v);
#endif
