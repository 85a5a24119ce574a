#include "net/http_conn.h"
#include <strings.h>
#include "lib/arena.h"
#include "net/http_seal.h"
#include "net/http_why.h"

#define REQUEST_MAX (64u << 20)
#define SEALING_MAX 65536               /* what sealing may add to a body */

enum conn_state {
	CONN_IDLE,                      /* no request; the connection may be open */
	CONN_STARTING,                  /* a request, nothing done for it yet */
	CONN_LOGIN,                     /* connecting, or a token without a body is under way */
	CONN_BODY,                      /* the body is under way, maybe with a token */
};

struct http_conn {
	struct arena mem;               /* holds this struct */
	struct http_conn_cfg cfg;
	struct span host;               /* without brackets */
	enum conn_state state;
	struct http_wire wire;
	struct http_open open;
	struct http_login login;
	struct http_ticket ticket;
	bool login_alone;
	bool proven;                    /* the scheme of login got in */
	/* of the connection: */
	bool ready;                     /* logged in: bodies may go */
	uint8_t binding[16];            /* to the TLS channel */
	bool riding;                    /* the body under way goes with a login's header */

	/* of the request: */
	struct timer start;
	struct buf req, type;           /* its plain body and Content-Type */
	struct buf plain, plain_type;   /* the same of the answer */
	struct buf redirect;            /* or where it points */
	bool maybe_sent, retried;
	uint32_t timeout_ms;
	http_done *done;
	void *ctx;
	struct err err;
};

static void begin(void *ctx);

static void drop_connection(struct http_conn *c)
{
	http_wire_drop(&c->wire);
	http_login_drop(&c->login);
	c->ready = c->riding = false;
}

/* Ends the request. Nothing of c may be touched afterwards: done may have freed it. What done is
 * shown lives here. */
static void finish(struct http_conn *c, struct http_reply *r)
{
	struct buf plain = c->plain, type = c->plain_type, redirect = c->redirect;
	struct err e = c->err;
	http_done *done = c->done;
	void *ctx = c->ctx;

	buf_init_secret(&c->plain, c->plain.max);
	buf_init(&c->plain_type, c->plain_type.max);
	buf_init(&c->redirect, c->redirect.max);
	buf_free(&c->req);
	http_wire_rest(&c->wire);
	c->state = CONN_IDLE;
	r->body = buf_span(&plain);
	r->type = buf_span(&type);
	r->redirect = buf_span(&redirect);
	if (e.code)
		r->err = &e;
	done(ctx, r);
	buf_free(&plain);
	buf_free(&type);
	buf_free(&redirect);
}

/* The request failed for the reason in c->err; the connection goes with it. */
static void fail(struct http_conn *c)
{
	struct http_reply r = { .maybe_sent = c->maybe_sent, .cut = c->wire.cut };

	drop_connection(c);
	http_ticket_drop(&c->ticket);
	buf_clear(&c->plain);
	buf_clear(&c->plain_type);
	finish(c, &r);
}

#define FAIL(c, code, ...) do { \
	err_set(&(c)->err, code, __VA_ARGS__); \
	fail(c); \
} while (0)

/* The same request with a new login, mostly on a new connection. Only if it was not processed. */
static void restart(struct http_conn *c, bool stay)
{
	if (!stay)
		drop_connection(c);
	http_ticket_drop(&c->ticket);
	c->maybe_sent = false;
	begin(c);
}

/* The same, but once only. */
static void try_again(struct http_conn *c)
{
	c->retried = true;
	restart(c, false);
}

/* TLS protects bodies as well; without it they are sealed, unless the scheme cannot (it was chosen
 * by http_auth_choose, which knows whether that is allowed). */
static bool sealing(const struct http_conn *c)
{
	return c->login.row->seals && !c->cfg.tls;
}

static int put_body(struct http_conn *c, struct buf *body, struct buf *type)
{
	if (sealing(c))
		return http_seal_put(c->login.auth, buf_span(&c->req), buf_cstr(&c->type), body, type,
			&c->err);
	buf_put(body, buf_span(&c->req));
	buf_put(type, buf_span(&c->type));
	return 0;
}

static void send_post(struct http_conn *c, struct span auth, bool with_body)
{
	const struct auth_target *target = &c->login.want.target;
	struct buf body, type, *out = &c->wire.out;
	int r = 0;

	buf_init_secret(&body, REQUEST_MAX);
	buf_init(&type, 1024);
	if (with_body)
		r = put_body(c, &body, &type);
	buf_clear(out);
	http_msg_put_post(out, &(struct http_post){ .host = c->host, .port = c->cfg.port,
		.https = c->cfg.tls,
		.path = target->uri, .auth = auth, .type = buf_span(&type), .body_len = body.n });
	buf_put(out, buf_span(&body));
	if (r >= 0 && (buf_failed(&c->req) || buf_failed(&body) || buf_failed(&type) ||
	    buf_failed(out)))
		r = err_set(&c->err, E_LIMIT, "a request to '%s' is too large", c->cfg.host);
	buf_free(&body);
	buf_free(&type);
	if (r < 0) {
		fail(c);
		return;
	}
	c->state = with_body ? CONN_BODY : CONN_LOGIN;
	c->riding = with_body && auth.n;
	http_wire_send(&c->wire, with_body ? c->timeout_ms : c->cfg.connect_ms);
}

/* Sends what the login has to say: alone while more is needed, else with the body. */
static void send_login(struct http_conn *c, struct span auth)
{
	const struct http_login *l = &c->login;
	bool with_body = !l->more;

	if (l->row->seals)
		with_body = !auth.n || (l->auth->can_wrap && !c->login_alone);
	send_post(c, auth, with_body);
}

static void log_in(struct http_conn *c)
{
	struct auth_target *target = &c->login.want.target;
	struct buf auth;

	target->filetime = loop_filetime();
	if (tls_io_binding(c->wire.stream, c->binding))
		target->channel_binding = span_of(c->binding, sizeof(c->binding));
	c->ready = false;
	buf_init_secret(&auth, HTTP_LOGIN_MAX);
	if (http_login_start(&c->login, &auth, &c->err) < 0)
		fail(c);
	else
		send_login(c, buf_span(&auth));
	buf_free(&auth);
}

/* Starts the request with what there is: a connection that is logged in, one that is not, none. */
static void begin(void *ctx)
{
	struct http_conn *c = ctx;
	bool open = http_wire_check(&c->wire);

	if (!open)
		drop_connection(c);     /* its context went with it */
	if (!c->ready && http_ticket_wait(&c->ticket, c->login.row)) {
		c->state = CONN_LOGIN;
	} else if (!open) {
		c->state = CONN_LOGIN;
		http_open_start(&c->open);
	} else if (c->ready) {
		send_post(c, SPAN_NONE, true);
	} else {
		log_in(c);
	}
}

static void unauthorized(struct http_conn *c)
{
	struct buf auth;
	int r;

	c->maybe_sent = false;
	if (c->state == CONN_LOGIN || c->riding) {
		buf_init_secret(&auth, HTTP_LOGIN_MAX);
		r = http_login_refused(&c->login, &c->wire.msg, c->wire.alive, &auth, &c->err);
		if (r < 0)
			fail(c);
		else if (r == 0)
			send_login(c, buf_span(&auth));
		else
			restart(c, c->wire.alive);
		buf_free(&auth);
	} else if (c->retried) {
		FAIL(c, E_AUTH, "'%s' accepted the login but refuses the request", c->cfg.host);
	} else {                        /* its context is gone, and the request was not looked at */
		try_again(c);
	}
}

static void fail_status(struct http_conn *c)
{
	http_why_status(&c->wire.msg, buf_span(&c->wire.body), &c->cfg, &c->err, &c->redirect);
	fail(c);
}

static struct span content_type(const struct http_conn *c)
{
	struct span type = SPAN_NONE;

	http_msg_field(&c->wire.msg, "Content-Type", 0, &type);
	return type;
}

static bool sealed_answer(const struct http_conn *c)
{
	return c->wire.body.n && http_seal_is(content_type(c));
}

/* The server took our last token: now it must prove that it, too, knows the password. False when
 * the request has ended. */
static bool login_done(struct http_conn *c)
{
	struct http_login *l = &c->login;

	if (!l->more)
		return true;
	if (!http_login_has_token(l, &c->wire.msg) && !sealed_answer(c) && (l->legs <= 1 ||
	    c->state == CONN_BODY || c->wire.body.n || c->wire.msg.status >= 300)) {
		fail_status(c);
		return false;
	}
	if (http_login_accepted(l, &c->wire.msg, &c->err) >= 0)
		return true;
	fail(c);
	return false;
}

/* Content-Types without their parameters. */
static bool same_media(struct span a, struct span b)
{
	struct span x = span_trim(span_cut(&a, ';')), y = span_trim(span_cut(&b, ';'));

	return x.n == y.n && (!x.n || strncasecmp((const char *)x.p, (const char *)y.p, x.n) == 0);
}

/* 400 instead of an answer: the server has forgotten our context, or cannot take a body together
 * with a token. It was not processed, so it goes again. */
static bool resent(struct http_conn *c)
{
	if (c->wire.msg.status != 400 || c->state != CONN_BODY || !c->login.row->seals ||
	    sealed_answer(c))
		return false;
	if (c->riding && !c->login_alone) {
		c->login_alone = true;
		restart(c, false);
		return true;
	}
	if (c->retried)
		return false;
	try_again(c);
	return true;
}

/* The body under way got an answer other than 401. */
static void body_answered(struct http_conn *c)
{
	struct http_reply r = { .status = c->wire.msg.status };
	struct span type = content_type(c), raw = buf_span(&c->wire.body);
	bool sealed = sealed_answer(c);

	if (c->riding && c->login.row->seals && r.status == 200 && !raw.n && !c->login_alone) {
		c->login_alone = true;          /* the login was seen, the body was overlooked */
		restart(c, false);
		return;
	}
	if (sealed ? !c->login.row->seals : sealing(c)) {
		if (sealed || (raw.n && same_media(type, buf_span(&c->type))))
			err_set(&c->err, E_PEER, "'%s' answered %s, which cannot be trusted: is a proxy in "
				"between?", c->cfg.host, sealed ? "encrypted by a key nobody has" :
				"an encrypted request in clear");
	} else if (sealed) {
		if (http_seal_get(c->login.auth, raw, &c->plain, &c->err) < 0)
			err_prefix(&c->err, "the encrypted answer of '%s' cannot be trusted: ", c->cfg.host);
		buf_put(&c->plain_type, http_seal_type(raw));
	} else {
		buf_put(&c->plain, raw);
		buf_put(&c->plain_type, type);
	}
	if (buf_failed(&c->plain))
		err_set(&c->err, E_LIMIT, "an answer of '%s' is larger than %zu bytes", c->cfg.host,
			c->cfg.body_max);
	if (c->err.code) {
		fail(c);
	} else if (!c->plain.n || !same_media(buf_span(&c->plain_type), buf_span(&c->type))) {
		fail_status(c);
	} else {
		if (!c->wire.alive)
			drop_connection(c);
		finish(c, &r);
	}
}

static void logged_in(struct http_conn *c)
{
	int status = c->wire.msg.status;

	c->proven = true;
	c->ready = c->login.row->seals;               /* others log in with each request */
	http_ticket_drop(&c->ticket);
	if (c->state == CONN_BODY)
		body_answered(c);
	else if (status >= 300 && status != 400 && status != 411 && status != 500)
		fail_status(c);                 /* those three may be said of the missing body */
	else if (c->wire.alive)
		send_post(c, SPAN_NONE, true);
	else
		FAIL(c, E_PEER, "'%s' closes the connection after the login: is a proxy in between?",
			c->cfg.host);
}

/* A whole answer is there. */
static void answered(struct http_conn *c)
{
	if (c->wire.msg.status == 401)
		unauthorized(c);
	else if (!resent(c) && login_done(c))
		logged_in(c);
}

static void on_wire(void *ctx, enum http_wire_ev ev)
{
	struct http_conn *c = ctx;

	c->maybe_sent = http_conn_sent(c);
	if (ev == HTTP_WIRE_OPEN) {
		log_in(c);
	} else if (ev == HTTP_WIRE_ANSWER) {
		answered(c);
	} else if (c->wire.used && !c->wire.out_n && !c->retried) {
		try_again(c);           /* closed while idle, and not a byte of the request is gone */
	} else {
		err_copy(&c->err, &c->wire.err);
		fail(c);
	}
}

static size_t text_max(const struct http_conn_cfg *cfg)
{
	return 3 * strlen(cfg->path) + strlen(cfg->host) + 64;
}

/* What the login and the requests say of the target; texts live as long as the connection. */
static void set_target(struct http_conn *c)
{
	struct auth_target *t = &c->login.want.target;
	struct span host = span_str(c->cfg.host);
	struct buf text;

	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = span_sub(host, 1, host.n - 2);
	if (span_is(host, "."))
		host = SPAN("localhost");
	c->host = host;
	*t = (struct auth_target){ .service = SPAN("HTTP"), .method = SPAN("POST") };
	buf_init(&text, text_max(&c->cfg));
	buf_put(&text, host);
	if (c->cfg.port_in_spn)
		buf_printf(&text, ":%u", c->cfg.port);
	arena_dup(&c->mem, buf_span(&text), &t->host);
	buf_clear(&text);
	http_msg_put_path(&text, span_str(c->cfg.path));
	arena_dup(&c->mem, buf_span(&text), &t->uri);
	buf_clear(&text);
	buf_printf(&text, "'%s'", c->cfg.host);
	c->login.who = arena_str(&c->mem, buf_span(&text));
	buf_free(&text);
	BUG_ON(arena_failed(&c->mem));
}

struct http_conn *http_conn_new(const struct http_conn_cfg *cfg)
{
	struct arena mem;
	struct http_conn *c;

	arena_init(&mem, sizeof(*c) + 3 * text_max(cfg));
	c = arena_alloc(&mem, sizeof(*c));
	BUG_ON(!c);
	c->mem = mem;
	c->cfg = *cfg;
	c->login_alone = cfg->login_alone;
	c->login.want = (struct http_auth_want){ .schemes = cfg->schemes, .clear_ok = cfg->allow_clear,
		.old_credssp = cfg->old_credssp, .cred = cfg->cred, .tls = cfg->tls };
	set_target(c);
	buf_init_secret(&c->req, REQUEST_MAX);
	buf_init_secret(&c->plain, cfg->body_max);
	buf_init(&c->type, 256);
	buf_init(&c->plain_type, 256);
	buf_init(&c->redirect, 4096);
	http_wire_init(&c->wire, cfg->loop, cfg->host, cfg->port, cfg->body_max + SEALING_MAX, on_wire,
		c);
	c->wire.known = cfg->known;
	http_ticket_init(&c->ticket, cfg->krb5, &c->login.want, begin, c);
	http_open_init(&c->open, &c->wire, cfg->proxy, cfg->tls, cfg->connect_ms);
	return c;
}

void http_conn_learn(struct http_conn *c, const struct http_conn *from)
{
	if (!from->proven)
		return;
	c->login.row = from->login.row;
	c->login_alone = from->login_alone;
	c->ticket.chance = from->ticket.chance;
}

void http_conn_free(struct http_conn *c)
{
	struct arena mem;

	if (!c)
		return;
	drop_connection(c);
	http_ticket_drop(&c->ticket);
	http_login_free(&c->login);
	http_open_free(&c->open);
	http_wire_free(&c->wire);
	loop_disarm(c->cfg.loop, &c->start);
	buf_free(&c->req);
	buf_free(&c->plain);
	buf_free(&c->type);
	buf_free(&c->plain_type);
	buf_free(&c->redirect);
	mem = c->mem;
	arena_free(&mem);
}

bool http_conn_sent(const struct http_conn *c)
{
	return c->maybe_sent || (c->state == CONN_BODY && c->wire.out_n);
}

void http_conn_post(struct http_conn *c, struct span body, const char *type, uint32_t timeout_ms,
	http_done *done, void *ctx)
{
	BUG_ON(c->state != CONN_IDLE);
	c->state = CONN_STARTING;
	buf_put(&c->req, body);
	buf_clear(&c->type);
	buf_puts(&c->type, type);
	c->timeout_ms = timeout_ms;
	c->done = done;
	c->ctx = ctx;
	c->err = (struct err){ 0 };
	c->maybe_sent = c->retried = false;
	http_login_fresh(&c->login);
	loop_arm(c->cfg.loop, &c->start, 0, begin, c);
}
