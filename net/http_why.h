/* Sentences for answers that are none of WS-Management's: what came, and the way out. No I/O. */
#ifndef NET_HTTP_WHY_H
#define NET_HTTP_WHY_H
#include "net/http_conn.h"
#include "net/http_msg.h"

/* A whole answer whose status or type is not what a WinRM service gives. redirect: gets the
 * absolute URI that the answer points to, if it does. */
void http_why_status(const struct http_msg *m, struct span body, const struct http_conn_cfg *cfg,
	struct err *e, struct buf *redirect);
/* Bytes that begin no HTTP answer, but one of SSH or TLS; else nothing is set. */
void http_why_stranger(struct span first, const char *host, uint16_t port, struct err *e);
#endif
