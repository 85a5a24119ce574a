/* The file of accepted certificates: $PSSESSION_KNOWN_CERTIFICATES, else known_certificates in the
 * configuration's folder. */
#ifndef NET_TLS_KNOWN_IO_H
#define NET_TLS_KNOWN_IO_H
#include "net/tls_known.h"

/* 0 = this one was accepted before; 1 = nothing is known of that host and port; E_TLS = another one
 * was: the text says so loudly; E_USAGE = the file cannot be read. */
int tls_known_check(const char *host, uint16_t port, const uint8_t print[TLS_PRINT_LEN],
	struct err *e) MUST_CHECK;
/* Remembers it. E_USAGE when the file cannot be written. */
int tls_known_remember(const char *host, uint16_t port, const uint8_t print[TLS_PRINT_LEN],
	struct err *e) MUST_CHECK;
#endif
