/* A client certificate with its key, from PEM files: chain, and a PKCS #8, PKCS #1 or SEC 1 key,
 * RSA or ECDSA on P-256, P-384 or P-521; encrypted PKCS #8 with PBES2 of PBKDF2 and AES-CBC.
 * An engine. */
#ifndef NET_TLS_CLIENT_H
#define NET_TLS_CLIENT_H
#include "lib/secret.h"
#include "net/tls_cert.h"

#define TLS_CLIENT_CHAIN_MAX 8

struct tls_client {
	struct tls_cert leaf;
	uint8_t thumbprint[20]; /* SHA-1 of leaf, as Windows names certificates */
	/* its own: */
	br_x509_certificate chain[TLS_CLIENT_CHAIN_MAX];
	size_t n;
	int type;               /* BR_KEYTYPE_RSA, BR_KEYTYPE_EC, or 0 for no key yet */
	br_rsa_private_key rsa;
	br_ec_private_key ec;
	struct buf certs, key;
};
void tls_client_init(struct tls_client *c);
void tls_client_free(struct tls_client *c);              /* wipes */
/* Reads the certificates of a file: the client's first, then those of its issuers. name: the
 * file's, for messages. E_USAGE when there is none, or it is for a key that cannot be used. */
int tls_client_cert(struct tls_client *c, struct span file, const char *name, struct err *e)
	MUST_CHECK;
/* Reads the key of a file, after the certificate. 0; 1 = it is encrypted and pass is NULL: call
 * again with the pass phrase; E_AUTH = wrong pass phrase; E_USAGE = no key, one that cannot be
 * used, or that of another certificate. */
int tls_client_key(struct tls_client *c, struct span file, const struct secret *pass,
	const char *name, struct err *e) MUST_CHECK;
/* Has the handshake use it, when the server asks. */
void tls_client_use(const struct tls_client *c, br_ssl_client_context *cc);
#endif
