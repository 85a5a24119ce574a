/* What Kerberos' encryption types are made of. Inside of net/krb5_crypto.c and net/krb5_gss.c, and
 * for their tests; everyone else uses net/krb5_crypto.h. */
#ifndef NET_KRB5_PRIM_H
#define NET_KRB5_PRIM_H
#include <bearssl_hmac.h>
#include "lib/span.h"

/* HMAC over a and b one after the other; out takes as many bytes as asked for. */
void krb5_hmac(const br_hash_class *hash, struct span key, struct span a, struct span b,
	uint8_t *out, size_t out_len);
/* PBKDF2 (RFC 8018, 5.2) with that HMAC; the salt comes in two parts. */
void krb5_pbkdf2(const br_hash_class *hash, struct span password, struct span salt1,
	struct span salt2, uint32_t rounds, uint8_t *out, size_t out_len);
/* RFC 3961, 5.1: in folded to out_len bytes. Both at most 64 bytes. */
void krb5_nfold(struct span in, uint8_t *out, size_t out_len);
/* AES in CBC with cipher text stealing (RFC 3962, 5), all-zero IV, in place; n is 16 or more. */
void krb5_cts_encrypt(struct span key, uint8_t *p, size_t n);
void krb5_cts_decrypt(struct span key, uint8_t *p, size_t n);
/* DK of RFC 3961, 5.1 with AES: as long as the key. */
void krb5_dk(struct span key, struct span constant, uint8_t *out);
/* KDF-HMAC-SHA2 of RFC 8009, 3: out_len at most the hash's length; no context. */
void krb5_kdf_sha2(const br_hash_class *hash, struct span key, struct span label, uint8_t *out,
	size_t out_len);
#endif
