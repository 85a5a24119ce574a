/* Client certificates in files. */
#ifndef NET_TLS_CLIENT_IO_H
#define NET_TLS_CLIENT_IO_H
#include "net/tls_client.h"

/* Loads a certificate and its key into c (after tls_client_init). key_path NULL: the file of that
 * name that ends in ".key", or if there is none the same file. 0; 1 = the key is encrypted and
 * pass is NULL: ask, and call again after tls_client_free and _init; E_AUTH = wrong pass phrase;
 * E_USAGE. */
int tls_client_load(struct tls_client *c, const char *cert_path, const char *key_path,
	const struct secret *pass, struct err *e) MUST_CHECK;
/* The file in a folder whose first certificate has that SHA-1 thumbprint, as Windows shows it (hex
 * digits; what else stands between them does not count). Its path is appended to out. E_USAGE. */
int tls_client_find(const char *folder, const char *thumbprint, struct buf *out, struct err *e)
	MUST_CHECK;
#endif
