/* UTF-8 inside, UTF-16LE on the wire. Lone surrogates travel as their three-byte form (WTF-8), so
 * .NET strings survive a round trip. */
#ifndef LIB_UTF_H
#define LIB_UTF_H
#include "lib/buf.h"

/* Decodes one code point at s (surrogates in three-byte form included). Returns bytes taken, or 0
 * when malformed or cut off. */
size_t utf8_get(struct span s, uint32_t *cp);
/* The same, but malformed bytes give U+FFFD and take 1; 0 only for an empty span. */
size_t utf8_get_lax(struct span s, uint32_t *cp);
/* bytes written; surrogates get their three-byte form */
size_t utf8_encode(uint32_t cp, uint8_t out[4]);
void utf8_put(struct buf *b, uint32_t cp);
/* strict: no surrogates, no overlong forms */
bool utf8_valid(struct span s);
/* Appends UTF-16LE; false when s is malformed. */
bool utf16le_put(struct buf *b, struct span s);
/* Appends UTF-8 from UTF-16LE bytes (odd length: false). Halves are joined, lone ones kept in
 * three-byte form. */
bool utf16le_get(struct buf *b, struct span s16);
/* simple upper case for Latin, Greek, Cyrillic, Armenian, Georgian: NTOWFv2 user names */
uint32_t utf_upper(uint32_t cp);
/* terminal cells: 0 combining, 1, 2 wide or emoji; control characters 0 */
int utf_width(uint32_t cp);
size_t utf16_len(struct span s);                         /* UTF-16 units that s takes */
#endif
