/* BearSSL's error numbers in words. */
#ifndef NET_TLS_ERR_H
#define NET_TLS_ERR_H
#include "lib/err.h"

/* A clause for people: what went wrong and, where there is one, the way out. Static text. */
const char *tls_err_text(int bearssl_code);
#endif
