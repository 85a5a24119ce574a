/* The Kerberos ticket that a login at a server may take: asked for before the connection is made,
 * kept for as long as its login lasts. */
#ifndef NET_HTTP_TICKET_H
#define NET_HTTP_TICKET_H
#include "lib/arena.h"
#include "net/http_auth.h"
#include "net/krb5_io.h"

struct http_ticket {            /* all its own */
	struct krb5_client *client;
	struct http_auth_want *want;
	void (*done)(void *ctx);
	void *ctx;
	enum { TICKET_UNKNOWN, TICKET_LIKELY, TICKET_UNLIKELY } chance;
	bool asked;             /* and answered: the login may begin */
	struct arena mem;
	struct krb5_cred cred, forward;
	struct err err;
};
/* client: NULL = no Kerberos. want gets ticket, krb5 and no_ticket; it and ctx outlive this. */
void http_ticket_init(struct http_ticket *t, struct krb5_client *client,
	struct http_auth_want *want, void (*done)(void *ctx), void *ctx);
/* Before a login by row (NULL: what will be chosen first). True: wait, done comes from the loop,
 * then ask again. False: what there can be is there. */
bool http_ticket_wait(struct http_ticket *t, const struct http_auth_row *row);
/* The login is over, or was given up: forgets the ticket, wiped, and what is under way. */
void http_ticket_drop(struct http_ticket *t);
#endif
