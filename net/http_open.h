/* Makes a wire ready for requests: TCP, a proxy's CONNECT with its login, TLS. */
#ifndef NET_HTTP_OPEN_H
#define NET_HTTP_OPEN_H
#include "net/http_login.h"
#include "net/http_wire.h"
#include "net/url.h"

struct http_proxy {             /* outlives the connection, with what it points to */
	const char *host;
	uint16_t port;
	unsigned schemes;       /* http_scheme bits allowed there; 0 = all that proxies know */
	const struct auth_cred *cred;   /* NULL = no account there */
};

struct http_open {              /* all its own */
	struct http_wire *wire;
	const struct http_proxy *proxy;
	const struct tls_cfg *tls;
	uint32_t connect_ms;
	struct http_login login;        /* at the proxy */
	/* of the wire, which is lent from http_open_start() to the event: */
	const char *host;
	uint16_t port;
	void (*event)(void *ctx, enum http_wire_ev ev);
	void *ctx;
	char who[URL_HOST_MAX + 16], authority[URL_HOST_MAX + 16];
};

/* The wire is initialised for the target, and outlives it. proxy, tls: NULL = none. connect_ms: for
 * TCP, then for each answer of the proxy. */
void http_open_init(struct http_open *o, struct http_wire *w, const struct http_proxy *proxy,
	const struct tls_cfg *tls, uint32_t connect_ms);
void http_open_free(struct http_open *o);
/* The wire's event comes with HTTP_WIRE_OPEN or HTTP_WIRE_LOST, as after http_wire_connect(). */
void http_open_start(struct http_open *o);
#endif
