/* The login schemes of HTTP (RFC 9110 section 11), a row of one table each, and the choice between
 * them. An engine. */
#ifndef NET_HTTP_AUTH_H
#define NET_HTTP_AUTH_H
#include "net/auth_krb5.h"
#include "net/http_challenge.h"

/* What the user may allow. HTTP_NEGOTIATE: Kerberos where there is a ticket, else NTLM;
 * HTTP_KERBEROS: never NTLM, whatever the scheme is called on the wire. */
enum http_scheme { HTTP_NEGOTIATE = 1, HTTP_NTLM = 2, HTTP_BASIC = 4, HTTP_DIGEST = 8,
	HTTP_CERTIFICATE = 16, HTTP_KERBEROS = 32, HTTP_CREDSSP = 64 };

struct http_auth_want {         /* who logs in, and what may be used for it */
	unsigned schemes;       /* http_scheme bits the user allows */
	bool clear_ok;          /* schemes that protect nothing may be used without TLS */
	bool old_credssp;       /* versions of CredSSP with a hole will do */
	bool tls;
	bool proxy;             /* the login is one at a proxy (407) */
	const struct auth_cred *cred;   /* NULL: no account, only a ticket or a certificate */
	struct auth_target target;
	const struct krb5_cred *ticket; /* for that target, or NULL; lives as long as the login */
	struct krb5_options krb5;       /* with it */
	const struct err *no_ticket;    /* why there is none, if it was asked for */
};

/* How a mechanism's token stands in a header: as base64; as parameters; not at all, for the name
 * says it all. */
enum http_form { HTTP_TOKEN, HTTP_PARAMS, HTTP_BARE };
enum http_ticket_use { HTTP_TICKET_NONE, HTTP_TICKET_MAY, HTTP_TICKET_MUST };
struct http_auth_row {
	unsigned scheme;        /* its http_scheme bit */
	const char *name;       /* on the wire */
	const char *word;       /* as -Authentication takes it; NULL: it has its own parameter */
	enum http_form form;
	/* The login is the connection's, and its keys protect bodies without TLS. Others log in with
	 * each request. */
	bool seals;
	enum http_ticket_use ticket;
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
 * the rows of *tried; it is added to those. NULL with e set (what is offered, and which parameter
 * helps; or why there is no ticket). Never a scheme that is not allowed. */
const struct http_auth_row *http_auth_choose(const struct http_auth_want *w,
	const struct http_offer *o, unsigned *tried, struct err *e);
/* Whether a ticket is of use to a row; NULL: to what will be chosen first. */
enum http_ticket_use http_auth_ticket(const struct http_auth_want *w,
	const struct http_auth_row *row);
#endif
