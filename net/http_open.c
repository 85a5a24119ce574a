#include "net/http_open.h"
#include <stdio.h>

#define PROXY_SCHEMES (HTTP_NEGOTIATE | HTTP_NTLM | HTTP_DIGEST | HTTP_BASIC)

/* The wire is its owner's again. */
static void hand_over(struct http_open *o, enum http_wire_ev ev)
{
	struct http_wire *w = o->wire;

	w->host = o->host;
	w->port = o->port;
	w->event = o->event;
	w->ctx = o->ctx;
	http_login_drop(&o->login);
	w->event(w->ctx, ev);
}

#define LOSE(o, code, ...) do { \
	err_set(&(o)->wire->err, code, __VA_ARGS__); \
	hand_over(o, HTTP_WIRE_LOST); \
} while (0)

static void ask_proxy(struct http_open *o, struct span auth)
{
	http_wire_rest(o->wire);
	http_msg_put_connect(&o->wire->out, span_str(o->authority), auth);
	o->wire->tunnel = true;
	http_wire_send(o->wire, o->connect_ms);
}

/* The first CONNECT on a connection to the proxy. */
static void start_proxy(struct http_open *o)
{
	struct buf auth;

	o->login.want.target.filetime = loop_filetime();
	buf_init_secret(&auth, HTTP_LOGIN_MAX);
	if (http_login_start(&o->login, &auth, &o->wire->err) < 0)
		hand_over(o, HTTP_WIRE_LOST);
	else
		ask_proxy(o, buf_span(&auth));
	buf_free(&auth);
}

static void proxy_login(struct http_open *o)
{
	struct http_wire *w = o->wire;
	struct buf auth;
	int r;

	if (!o->proxy->cred) {
		LOSE(o, E_AUTH, "%s asks for a login: give an account for it in the proxy's URI "
			"(http://user:password@host:port)", o->who);
		return;
	}
	buf_init_secret(&auth, HTTP_LOGIN_MAX);
	r = http_login_refused(&o->login, &w->msg, w->alive, &auth, &w->err);
	if (r < 0) {
		hand_over(o, HTTP_WIRE_LOST);
	} else if (r == 0) {
		ask_proxy(o, buf_span(&auth));
	} else if (w->alive) {
		start_proxy(o);
	} else {
		http_login_drop(&o->login);
		http_wire_drop(w);
		http_wire_connect(w, o->connect_ms);
	}
	buf_free(&auth);
}

static void proxy_refused(struct http_open *o, int status)
{
	if (status == 401)              /* tinyproxy's way to say so */
		LOSE(o, E_AUTH, "access to %s denied: the user name or password is incorrect", o->who);
	else if (status == 403 || status == 405)
		LOSE(o, E_NET, "%s does not allow connections to '%s' port %u (HTTP %d)", o->who, o->host,
			o->port, status);
	else if (status >= 500)
		LOSE(o, E_NET, "%s cannot reach '%s' port %u (HTTP %d): check the host's name and port",
			o->who, o->host, o->port, status);
	else
		LOSE(o, E_NET, "%s does not connect to '%s' port %u (HTTP %d): is it an HTTP proxy?",
			o->who, o->host, o->port, status);
}

static void secure(struct http_open *o)
{
	if (o->tls)
		http_wire_secure(o->wire, o->tls);
	else
		hand_over(o, HTTP_WIRE_OPEN);
}

static void proxy_answered(struct http_open *o)
{
	struct http_wire *w = o->wire;

	w->tunnel = false;
	if (w->msg.status == 407) {
		proxy_login(o);
	} else if (w->msg.status >= 300) {
		proxy_refused(o, w->msg.status);
	} else if (!w->alive) {         /* nobody behind it may speak before us */
		LOSE(o, E_PEER, "%s did not keep the connection to '%s'", o->who, o->host);
	} else {
		http_wire_rest(w);
		w->used = false;
		secure(o);
	}
}

static void on_wire(void *ctx, enum http_wire_ev ev)
{
	struct http_open *o = ctx;
	struct http_wire *w = o->wire;

	if (ev == HTTP_WIRE_ANSWER) {
		proxy_answered(o);
	} else if (ev == HTTP_WIRE_LOST) {
		if (o->proxy && !w->secure)
			err_prefix(&w->err, "no way through %s: ", o->who);
		hand_over(o, ev);
	} else if (w->secure) {
		hand_over(o, ev);
	} else if (o->proxy) {
		start_proxy(o);
	} else {
		secure(o);
	}
}

void http_open_init(struct http_open *o, struct http_wire *w, const struct http_proxy *proxy,
	const struct tls_cfg *tls, uint32_t connect_ms)
{
	struct buf authority;

	*o = (struct http_open){ .wire = w, .proxy = proxy, .tls = tls, .connect_ms = connect_ms,
		.host = w->host, .port = w->port, .event = w->event, .ctx = w->ctx };
	if (!proxy)
		return;
	snprintf(o->who, sizeof(o->who), "the proxy '%.255s'", proxy->host);
	buf_init(&authority, sizeof(o->authority) - 1);
	http_msg_put_authority(&authority, span_str(w->host), w->port);
	snprintf(o->authority, sizeof(o->authority), "%s", buf_cstr(&authority));
	buf_free(&authority);
	o->login = (struct http_login){ .who = o->who, .want = { .proxy = true,
		.schemes = proxy->schemes ? proxy->schemes : PROXY_SCHEMES, .clear_ok = true,
		.cred = proxy->cred, .target = { .host = span_str(proxy->host), .service = SPAN("HTTP"),
		.method = SPAN("CONNECT"), .uri = span_str(o->authority) } } };
}

void http_open_free(struct http_open *o)
{
	http_login_free(&o->login);
}

void http_open_start(struct http_open *o)
{
	struct http_wire *w = o->wire;

	w->event = on_wire;
	w->ctx = o;
	if (o->proxy) {
		w->host = o->proxy->host;
		w->port = o->proxy->port;
	}
	w->tunnel = false;
	http_login_fresh(&o->login);
	http_wire_connect(w, o->connect_ms);
}
