/* HTTP authentication (RFC 9110 section 11): reads challenges, chooses a scheme. Each scheme is a
 * row of one table. An engine. */
#ifndef NET_HTTP_AUTH_H
#define NET_HTTP_AUTH_H
#include "net/auth.h"

enum http_scheme { HTTP_NEGOTIATE = 1, HTTP_NTLM = 2, HTTP_BASIC = 4 };

struct http_auth_row {
	unsigned scheme;        /* its http_scheme bit */
	const char *name;       /* as on the wire, and as -Authentication takes it */
	bool seals;             /* protects passwords and bodies without TLS */
	struct auth *(*make)(const struct auth_cred *c, const struct auth_target *t);
};

struct http_offer {             /* what a 401 offers; zeroed at first */
	unsigned schemes;       /* those we have */
	char names[120];        /* all, as much as fits, for messages: "Basic, Kerberos" */
};
/* token (token68) and params exclude each other; all point into the value. */
struct http_challenge { struct span scheme, token, params; };

/* Cuts the first challenge off a WWW-Authenticate value, which may hold several. False at its end,
 * or when it is malformed. */
bool http_auth_next(struct span *value, struct http_challenge *c);
void http_auth_offer(struct http_offer *o, struct span value);
/* The token (maybe empty) that a value carries for a scheme; false if the scheme is not in it. */
bool http_auth_token(struct span value, const char *scheme, struct span *token);
/* The best of the allowed schemes; of those offered, unless o is NULL (nothing known yet).
 * clear_ok: it need not protect anything. NULL with e set (E_AUTH: what is offered, and which
 * parameter helps). Never a scheme that is not allowed. */
const struct http_auth_row *http_auth_choose(unsigned allowed, const struct http_offer *o,
	bool clear_ok, struct err *e);
#endif
