/* The login schemes of HTTP (RFC 9110 section 11), a row of one table each, and the choice between
 * them. An engine. */
#ifndef NET_HTTP_AUTH_H
#define NET_HTTP_AUTH_H
#include "net/auth.h"
#include "net/http_challenge.h"

enum http_scheme { HTTP_NEGOTIATE = 1, HTTP_NTLM = 2, HTTP_BASIC = 4, HTTP_DIGEST = 8,
	HTTP_CERTIFICATE = 16 };

struct http_auth_want {         /* who logs in, and what may be used for it */
	unsigned schemes;       /* http_scheme bits the user allows */
	bool clear_ok;          /* schemes that protect nothing may be used without TLS */
	bool tls;
	const struct auth_cred *cred;
	struct auth_target target;
};

/* How a mechanism's token stands in a header: as base64; as parameters; not at all, for the name
 * says it all. */
enum http_form { HTTP_TOKEN, HTTP_PARAMS, HTTP_BARE };
struct http_auth_row {
	unsigned scheme;        /* its http_scheme bit */
	const char *name;       /* on the wire */
	const char *word;       /* as -Authentication takes it; NULL: it has its own parameter */
	enum http_form form;
	/* The login is the connection's, and its keys protect bodies without TLS. Others log in with
	 * each request. */
	bool seals;
	struct auth *(*make)(const struct http_auth_want *w);
};

struct http_offer {             /* what a 401 or 407 offers; zeroed at first */
	unsigned rows;          /* those we have: a bit for each row of the table */
	char names[120];        /* all, as much as fits, for messages: "Basic, Kerberos" */
};
void http_auth_offer(struct http_offer *o, struct span value);
/* What a value says to a scheme: its token (maybe empty), or its parameters. False if the scheme is
 * not in it. */
bool http_auth_find(struct span value, const struct http_auth_row *row, struct span *found);
/* The best of the schemes that are allowed and offered (o NULL: nothing known yet) and not among
 * the rows of *tried; it is added to those. NULL with e set (E_AUTH: what is offered, and which
 * parameter helps). Never a scheme that is not allowed. */
const struct http_auth_row *http_auth_choose(const struct http_auth_want *w,
	const struct http_offer *o, unsigned *tried, struct err *e);
#endif
