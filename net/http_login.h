/* The login of a connection, at a server (401) or a proxy (407): the choice of a scheme, the rounds
 * of tokens, their header. An engine: whoever owns it sends what it says. */
#ifndef NET_HTTP_LOGIN_H
#define NET_HTTP_LOGIN_H
#include "net/http_auth.h"
#include "net/http_msg.h"

#define HTTP_LOGIN_MAX (2 * 65536 + 64) /* bytes of a header's value */

struct http_login {
	/* The owner's to set; spans outlive the login. Nothing is said before a proxy has asked. */
	struct http_auth_want want;
	const char *who;                /* for messages: "'srv1'" */
	const struct http_auth_row *row;        /* scheme in use; NULL: not chosen yet */
	struct auth *auth;
	unsigned legs;                  /* headers this login took so far */
	bool more;                      /* the mechanism waits for another token */
	/* its own: */
	unsigned tried, rounds;
};

/* A new request of the owner: schemes refused earlier may be tried again. */
void http_login_fresh(struct http_login *l);
/* The connection is gone, and with it what belonged to it. */
void http_login_drop(struct http_login *l);
void http_login_free(struct http_login *l);
/* The first header of a request, appended to value (a secret buf): on a connection that is not
 * logged in, or with a scheme that logs in with each request. Nothing is appended when the server
 * must speak first. e: one sentence about `who`. */
int http_login_start(struct http_login *l, struct buf *value, struct err *e) MUST_CHECK;
/* After a 401 or 407. alive: the connection can take another request. 0: value is to be sent; 1:
 * start again with what was chosen now, on a new connection unless alive; negative: refused. */
int http_login_refused(struct http_login *l, const struct http_msg *m, bool alive,
	struct buf *value, struct err *e) MUST_CHECK;
/* After any other answer while more: the server's last token, which proves who it is. */
int http_login_accepted(struct http_login *l, const struct http_msg *m, struct err *e) MUST_CHECK;
/* Does an answer carry a token for the scheme in use? */
bool http_login_has_token(const struct http_login *l, const struct http_msg *m);
#endif
