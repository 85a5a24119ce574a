/* One HTTP connection = one credential = one authentication context: connects lazily, does the 401 rounds, seals and opens bodies,
 * keeps the connection alive, reconnects when the server closed an idle one. One POST at a time. */
#ifndef NET_HTTP_CONN_H
#define NET_HTTP_CONN_H
#include "net/auth.h"
#include "net/loop_io.h"

enum http_scheme { HTTP_NEGOTIATE = 1, HTTP_NTLM = 2, HTTP_BASIC = 4 /* , later: KERBEROS, CREDSSP, DIGEST, CERTIFICATE */ };

struct http_conn_cfg {                    /* all pointed-to memory outlives the connection */
	struct loop *loop;
	const char *host;                 /* as the user named it */
	uint16_t port;
	const char *path;                 /* "/wsman" */
	unsigned schemes;                 /* http_scheme bits the user allows */
	bool allow_clear;                 /* NoEncryption: bodies may go unsealed over plain HTTP */
	const struct auth_cred *cred;
	uint32_t connect_ms;
	size_t body_max;                  /* cap of one answer, after opening */
};
struct http_reply {
	int status;                       /* 0 when err is set */
	struct span type;                 /* Content-Type without the sealing around it */
	struct span body;                 /* opened; valid during the callback only */
	const struct err *err;            /* NULL, or why there is no answer (text names host, what failed, the way out) */
	bool maybe_sent;                  /* with err: the request may have reached the server (never repeat Send or Command then) */
};
typedef void http_done(void *ctx, const struct http_reply *r);

struct http_conn;
struct http_conn *http_conn_new(const struct http_conn_cfg *cfg);
void http_conn_free(struct http_conn *c);                 /* drops a request under way without calling done */
bool http_conn_idle(const struct http_conn *c);
/* Posts body (copied). timeout_ms counts from the request's last byte to the answer's first, 0 = none. done is called exactly once, never from inside. */
void http_conn_post(struct http_conn *c, struct span body, const char *content_type, uint32_t timeout_ms, http_done *done, void *ctx);
#endif
