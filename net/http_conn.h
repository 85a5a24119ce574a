/* One HTTP connection = one credential = one authentication context: connects lazily, does the 401
 * rounds, seals and opens bodies, keeps the connection alive, reconnects when the server closed an
 * idle one. One POST at a time. */
#ifndef NET_HTTP_CONN_H
#define NET_HTTP_CONN_H
#include "net/http_auth.h"
#include "net/http_open.h"
#include "net/http_ticket.h"
#include "net/loop_io.h"

struct http_conn_cfg {          /* all pointed-to memory outlives the connection */
	struct loop *loop;
	const char *host;       /* as the user named it */
	uint16_t port;
	const char *path;       /* "/wsman" */
	unsigned schemes;       /* http_scheme bits the user allows */
	bool allow_clear;       /* NoEncryption: Basic over plain HTTP (what can seal does so anyway) */
	bool old_credssp;       /* versions of CredSSP with a hole (2 to 4) will do */
	/* false: the first body rides, sealed, with the last token and saves a request. A server that
	 * does not take this is noticed and gets them one after the other. */
	bool login_alone;
	const struct auth_cred *cred;   /* NULL: the current user's ticket, or a certificate */
	struct krb5_client *krb5;       /* NULL = no Kerberos */
	bool port_in_spn;               /* IncludePortInSPN */
	bool known;                     /* another connection has shown that HTTP is spoken there */
	const struct tls_cfg *tls;      /* NULL = plain HTTP. Over TLS bodies go unsealed. */
	const struct http_proxy *proxy; /* NULL = none */
	uint32_t connect_ms;    /* to connect; and for each answer of the login */
	size_t body_max;        /* cap of one answer, after opening */
};
struct http_reply {
	int status;             /* 0 with err; else mostly 200, or 500 with a fault in the body */
	struct span type;       /* Content-Type without the sealing around it */
	struct span body;       /* opened, of the request's media type, never empty; for the callback */
	/* NULL, or why there is no such answer: text names host, what failed, the way out. */
	const struct err *err;
	/* With err: where the server says one should go instead, as an absolute URI; else empty. It is
	 * never followed here: whether it may be is the user's to say. */
	struct span redirect;
	/* With err: the server may have seen the request. Never repeat Send or Command then. */
	bool maybe_sent;
	bool cut;               /* With err: the connection ended before the answer was whole. */
};
typedef void http_done(void *ctx, const struct http_reply *r);

struct http_conn;
struct http_conn *http_conn_new(const struct http_conn_cfg *cfg);
/* c, which has not posted yet, starts with what another connection of the same cfg found out: which
 * scheme is accepted, how bodies go with it, whether there is a KDC. */
void http_conn_learn(struct http_conn *c, const struct http_conn *from);
/* Drops a request under way without calling done. Fine inside done. */
void http_conn_free(struct http_conn *c);
/* Whether the server may have seen the body of the request under way. */
bool http_conn_sent(const struct http_conn *c);
/* Posts body (copied). timeout_ms counts from the request's last byte to the answer's first,
 * 0 = none. done is called exactly once, never from inside; it may make the next post. */
void http_conn_post(struct http_conn *c, struct span body, const char *content_type,
	uint32_t timeout_ms, http_done *done, void *ctx);
#endif
