/* What NTLM still needs and BearSSL lacks. Never use either for anything new. */
#ifndef NET_OLDCRYPT_H
#define NET_OLDCRYPT_H
#include "lib/span.h"

void md4(struct span in, uint8_t out[16]);                /* RFC 1320 */

struct rc4 { uint8_t s[256], i, j; };                     /* RFC 6229 has vectors */
void rc4_init(struct rc4 *r, struct span key);            /* key: 1 to 256 bytes */
void rc4_run(struct rc4 *r, uint8_t *p, size_t n);        /* in place */
#endif
