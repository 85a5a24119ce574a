/* Requests and answers on one TCP connection, one after the other: bytes out, a whole answer in,
 * and a timer on every wait. Knows nothing of logins and bodies. */
#ifndef NET_HTTP_WIRE_H
#define NET_HTTP_WIRE_H
#include "net/http_msg.h"
#include "net/loop_io.h"
#include "net/stream.h"
#include "net/tls_io.h"

enum http_wire_ev {
	HTTP_WIRE_OPEN,         /* connected */
	HTTP_WIRE_ANSWER,       /* msg and body hold the answer to what was sent */
	HTTP_WIRE_LOST,         /* the request failed: err says why. Drop the connection. */
};

struct http_wire {
	struct stream *stream;  /* NULL = not connected */
	struct buf out;         /* the request: put it here, then send; freed when all was taken */
	size_t out_n;           /* bytes of it that were taken */
	struct http_msg msg;
	struct buf body;        /* of the answer, as it came */
	struct err err;
	/* LOST: the connection ended before or within the answer; ANSWER: behind it, unannounced */
	bool cut;
	bool used;              /* has answered something since it was connected */
	bool known;             /* HTTP is spoken there: set by the owner, or by an answer */
	bool alive;             /* after an answer: it can take another request */
	bool secure;            /* it is TLS */
	bool tunnel;            /* set before sending: the request is a CONNECT */
	/* its own: */
	struct loop *loop;
	const char *host;
	uint16_t port;
	bool busy;              /* something was sent, and no event came of it yet */
	uint32_t answer_ms;
	size_t body_max;
	struct timer patience;
	void (*event)(void *ctx, enum http_wire_ev ev);
	void *ctx;
};

/* host and ctx outlive it. event may drop or free the wire, or send. It comes from the loop, or as
 * the last thing inside http_wire_send() (LOST). */
void http_wire_init(struct http_wire *w, struct loop *l, const char *host, uint16_t port,
	size_t body_max, void (*event)(void *ctx, enum http_wire_ev ev), void *ctx);
void http_wire_connect(struct http_wire *w, uint32_t connect_ms);
/* Starts TLS on an open connection: HTTP_WIRE_OPEN comes once more. */
void http_wire_secure(struct http_wire *w, const struct tls_cfg *tls);
/* Is there a connection that can take a request? One that the server has closed is dropped. */
bool http_wire_check(struct http_wire *w);
/* answer_ms: from the request's last byte to the answer's first, 0 = none. */
void http_wire_send(struct http_wire *w, uint32_t answer_ms);
/* Closes the connection, if there is one. A server that closes it between requests is noticed and
 * does the same. */
void http_wire_drop(struct http_wire *w);
/* Forgets request and answer and gives their memory back; the connection stays. */
void http_wire_rest(struct http_wire *w);
void http_wire_free(struct http_wire *w);
#endif
