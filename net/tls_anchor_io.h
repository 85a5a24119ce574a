/* Where trust anchors are found on this machine. */
#ifndef NET_TLS_ANCHOR_IO_H
#define NET_TLS_ANCHOR_IO_H
#include "net/tls_anchor.h"

/* Feeds a from ca_file if there is one; else from what SSL_CERT_FILE and SSL_CERT_DIR name; else
 * from the bundle or folder of the system. E_USAGE when one that the user named cannot be read or
 * holds no certificate; that the system has none is no error. */
int tls_anchor_load(struct tls_anchor *a, const char *ca_file, struct err *e) MUST_CHECK;
#endif
