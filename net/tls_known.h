/* Certificates that the user accepted at first contact, as ssh's known_hosts: lines of
 * "host:port SHA256:…", '#' begins a comment. An engine; tls_known_io.h has the file. */
#ifndef NET_TLS_KNOWN_H
#define NET_TLS_KNOWN_H
#include "net/tls_cert.h"

enum tls_known { TLS_KNOWN_NEW, TLS_KNOWN_SAME, TLS_KNOWN_CHANGED };

/* Looks host and port up; line: where it stands with another fingerprint (CHANGED), from 1. */
enum tls_known tls_known_find(struct span file, const char *host, uint16_t port,
	const uint8_t print[TLS_PRINT_LEN], unsigned *line);
/* Appends a line. */
void tls_known_put(struct buf *file, const char *host, uint16_t port,
	const uint8_t print[TLS_PRINT_LEN]);
#endif
