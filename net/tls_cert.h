/* What a client needs to know of an X.509 certificate (RFC 5280): names, dates, key, and which hash
 * its signature uses. Says nothing about whether it can be trusted. An engine. */
#ifndef NET_TLS_CERT_H
#define NET_TLS_CERT_H
#include <bearssl.h>
#include "lib/buf.h"
#include "lib/err.h"

#define TLS_PRINT_LEN 32        /* SHA-256 */

struct tls_cert {               /* points into the DER that it was read from */
	struct span der;
	struct span issuer, subject;    /* Name, whole */
	int64_t from, to;       /* validity, seconds since 1970 */
	struct span alt;        /* content of SubjectAltName */
	bool has_alt;
	struct span key;        /* subjectPublicKey: a PKCS #1 RSAPublicKey, or a point */
	br_x509_pkey pkey;      /* the same for BearSSL; key_type 0 when BearSSL cannot use it */
	unsigned usages;        /* BR_KEYTYPE_KEYX, BR_KEYTYPE_SIGN: what the key may be used for */
	const char *key_name;   /* "RSA", "EC P-256", "Ed25519", …; static text */
	unsigned key_bits;      /* of an RSA modulus */
	int hash;               /* of its signature: br_md5_ID to br_sha512_ID, or 0 for unknown */
	const char *odd_sig;    /* signature BearSSL cannot check: "RSA-PSS", "Ed25519"; or NULL */
	bool ca;                /* may issue others: BasicConstraints, or version 1 issued by itself */
	bool not_server;        /* has extended key usages, and authentication of servers is none */
};
/* E_PEER when malformed. A key or signature of unknown kind is no error. */
int tls_cert_read(struct tls_cert *c, struct span der, struct err *e) MUST_CHECK;

struct tls_name { struct span dns; uint8_t ip[16]; size_t ip_n; };      /* ip_n: 0, 4 or 16 */
/* Is the certificate for that name (RFC 6125, RFC 2818)? Names and addresses of SubjectAltName;
 * the common name only when there is no SubjectAltName. */
bool tls_cert_is_for(const struct tls_cert *c, const struct tls_name *n);
/* The names that it is for, as a list for people: "a, *.b, 10.0.0.1". */
void tls_cert_put_names(const struct tls_cert *c, struct buf *out);
/* A Name as "CN=x, O=y", safe to print. */
void tls_cert_put_name(struct span name, struct buf *out);
/* Seconds since 1970 as "2031-01-02 03:04:05 UTC". */
void tls_cert_put_time(int64_t t, struct buf *out);

void tls_cert_print(const struct tls_cert *c, uint8_t out[TLS_PRINT_LEN]);
/* "SHA256:" and base64 without padding, as ssh shows keys */
void tls_print_put(const uint8_t print[TLS_PRINT_LEN], struct buf *out);
/* Reads that, or 64 hex digits, also with colons, with or without "SHA256:" before them. */
bool tls_print_get(struct span text, uint8_t out[TLS_PRINT_LEN]);
/* MD5 of gss_channel_bindings_struct (RFC 4121, 4.1.1.2) with tls-server-end-point (RFC 5929, 4) as
 * NTLM and Kerberos carry it. */
void tls_cert_binding(const struct tls_cert *c, uint8_t out[16]);
#endif
