/* Kerberos encryption types (RFC 3961): AES with SHA-1 (RFC 3962), AES with SHA-2 (RFC 8009), and
 * RC4 (RFC 4757) for old servers. An engine. */
#ifndef NET_KRB5_CRYPTO_H
#define NET_KRB5_CRYPTO_H
#include "lib/buf.h"
#include "lib/err.h"

enum krb5_etype { KRB5_AES128_SHA1 = 17, KRB5_AES256_SHA1 = 18, KRB5_AES128_SHA256 = 19,
	KRB5_AES256_SHA384 = 20, KRB5_RC4 = 23 };
#define KRB5_KEY_MAX 32
#define KRB5_SUM_MAX 24                   /* longest checksum */

/* Made by krb5_key_set or krb5_string_to_key only, so the type is one of ours and n fits it; wipe
 * after use. etype 0: no key. */
struct krb5_key { int32_t etype; uint8_t n, b[KRB5_KEY_MAX]; };

/* false: not one of our types, or not its key length; k is then no key */
bool krb5_key_set(struct krb5_key *k, int32_t etype, struct span bytes);
void krb5_key_random(struct krb5_key *k, int32_t etype);
size_t krb5_key_len(int32_t etype);       /* 0: not one of our types */

/* password: UTF-8. params: s2kparams of ETYPE-INFO2, 4 bytes big-endian, or none for the type's
 * default; RC4 uses neither salt nor params. E_USAGE: the password is not UTF-8; E_PEER, E_LIMIT:
 * params are malformed or ask for more than 1,000,000 rounds. */
int krb5_string_to_key(int32_t etype, struct span password, struct span salt, struct span params,
	struct krb5_key *k, struct err *e) MUST_CHECK;

/* Appends the cipher text of plain; usage: RFC 4120, 7.5.1. */
void krb5_encrypt(const struct krb5_key *k, uint32_t usage, struct span plain, struct buf *out);
/* Appends the plain text (to a secret buf, where keys are in it). False: wrong key or usage,
 * changed on its way, too short, or over the buf's maximum; nothing is appended then. */
bool krb5_decrypt(const struct krb5_key *k, uint32_t usage, struct span cipher, struct buf *plain)
	MUST_CHECK;

/* The type's own keyed checksum; returns its length. */
size_t krb5_sum(const struct krb5_key *k, uint32_t usage, struct span data,
	uint8_t out[KRB5_SUM_MAX]);
int32_t krb5_sum_type(int32_t etype);     /* its number in a Checksum */
#endif
