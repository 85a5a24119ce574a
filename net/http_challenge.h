/* WWW-Authenticate and Proxy-Authenticate values (RFC 9110 section 11): challenges and their
 * parameters. An engine. */
#ifndef NET_HTTP_CHALLENGE_H
#define NET_HTTP_CHALLENGE_H
#include "lib/buf.h"

/* token (token68) and params exclude each other; all point into the value. */
struct http_challenge { struct span scheme, token, params; };

/* Cuts the first challenge off a value, which may hold several. False at its end, or when it is
 * malformed. */
bool http_challenge_next(struct span *value, struct http_challenge *c);
/* Appends the value of a parameter, unquoted. False when there is none; what is too long for value
 * shows in buf_failed(). */
bool http_challenge_param(struct span params, const char *name, struct buf *value);
#endif
