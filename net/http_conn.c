#include "net/http_conn.h"
#include <strings.h>
#include "lib/arena.h"
#include "lib/b64.h"
#include "net/http_seal.h"
#include "net/http_why.h"
#include "net/http_wire.h"

#define TOKEN_MAX 65536
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
	struct auth_target target;
	enum conn_state state;
	struct http_wire wire;

	const struct http_auth_row *row;        /* scheme in use; stays for the next connection */
	unsigned tried;                 /* schemes that were not offered */
	bool login_alone;
	/* of the connection: */
	struct auth *auth;
	int legs;                       /* tokens sent */
	bool more;                      /* the mechanism waits for another token */
	bool ready;                     /* logged in: bodies may go */
	bool riding;                    /* the body under way goes with a token */

	/* of the request: */
	struct timer start;
	struct buf req, type;           /* its plain body and Content-Type */
	struct buf plain, plain_type;   /* the same of the answer */
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
	if (c->auth)
		c->auth->ops->free(c->auth);
	c->auth = NULL;
	c->ready = c->riding = c->more = false;
	c->legs = 0;
}

/* Ends the request. Nothing of c may be touched afterwards: done may have freed it. What done is
 * shown lives here. */
static void finish(struct http_conn *c, struct http_reply *r)
{
	struct buf plain = c->plain, type = c->plain_type;
	struct err e = c->err;
	http_done *done = c->done;
	void *ctx = c->ctx;

	buf_init_secret(&c->plain, c->plain.max);
	buf_init(&c->plain_type, c->plain_type.max);
	buf_free(&c->req);
	http_wire_rest(&c->wire);
	c->state = CONN_IDLE;
	r->body = buf_span(&plain);
	r->type = buf_span(&type);
	if (e.code)
		r->err = &e;
	done(ctx, r);
	buf_free(&plain);
	buf_free(&type);
}

/* The request failed for the reason in c->err; the connection goes with it. */
static void fail(struct http_conn *c)
{
	struct http_reply r = { .maybe_sent = c->maybe_sent };

	drop_connection(c);
	buf_clear(&c->plain);
	buf_clear(&c->plain_type);
	finish(c, &r);
}

#define FAIL(c, code, ...) do { \
	err_set(&(c)->err, code, __VA_ARGS__); \
	fail(c); \
} while (0)

/* The same request on a new connection, with a new login. Only if it was not processed. */
static void restart(struct http_conn *c)
{
	drop_connection(c);
	c->maybe_sent = false;
	begin(c);
}

/* The same, but once only. */
static void try_again(struct http_conn *c)
{
	c->retried = true;
	restart(c);
}

/* The body as it goes: sealed, or in clear if the scheme cannot seal (it was chosen by
 * http_auth_choose, which knows whether that is allowed). */
static int put_body(struct http_conn *c, struct buf *body, struct buf *type)
{
	if (c->row->seals)
		return http_seal_put(c->auth, buf_span(&c->req), buf_cstr(&c->type), body, type, &c->err);
	buf_put(body, buf_span(&c->req));
	buf_put(type, buf_span(&c->type));
	return 0;
}

static void send_post(struct http_conn *c, struct span token, bool with_body)
{
	struct buf auth, body, type, *out = &c->wire.out;
	int r = 0;

	buf_init_secret(&auth, TOKEN_MAX * 2);
	buf_init_secret(&body, REQUEST_MAX);
	buf_init(&type, 1024);
	if (token.n) {
		buf_printf(&auth, "%s ", c->row->name);
		b64_put(&auth, token);
	}
	if (with_body)
		r = put_body(c, &body, &type);
	buf_clear(out);
	http_msg_put_post(out, &(struct http_post){ .host = c->target.host, .port = c->cfg.port,
		.path = span_str(c->cfg.path), .auth = buf_span(&auth), .type = buf_span(&type),
		.body_len = body.n });
	buf_put(out, buf_span(&body));
	if (r >= 0 && (buf_failed(&c->req) || buf_failed(&auth) || buf_failed(&body) ||
	    buf_failed(&type) || buf_failed(out)))
		r = err_set(&c->err, E_LIMIT, "a request to '%s' is too large", c->cfg.host);
	buf_free(&auth);
	buf_free(&body);
	buf_free(&type);
	if (r < 0) {
		fail(c);
		return;
	}
	c->state = with_body ? CONN_BODY : CONN_LOGIN;
	c->riding = with_body && token.n;
	http_wire_send(&c->wire, with_body ? c->timeout_ms : c->cfg.connect_ms);
}

static void login_failed(struct http_conn *c)
{
	err_prefix(&c->err, "login at '%s' by %s failed: ", c->cfg.host, c->row->name);
	fail(c);
}

/* Gives the server's token to the mechanism and sends what it answers. */
static void login_step(struct http_conn *c, struct span in)
{
	struct buf token;
	int r;

	buf_init_secret(&token, TOKEN_MAX);
	r = c->auth->ops->step(c->auth, in, &token, &c->err);
	if (r >= 0 && buf_failed(&token))
		r = err_set(&c->err, E_LIMIT, "the token is too large");
	if (r > 0 && !token.n)
		r = err_set(&c->err, E_PEER, "the server asks for more than there is to say");
	c->more = r > 0;
	c->legs++;
	if (r < 0)
		login_failed(c);
	else
		send_post(c, buf_span(&token),
			!token.n || !c->row->seals || (c->auth->can_wrap && !c->login_alone));
	buf_free(&token);
}

static void login(struct http_conn *c)
{
	if (c->auth)
		c->auth->ops->free(c->auth);
	c->target.filetime = loop_filetime();
	c->auth = c->row->make(c->cfg.cred, &c->target);
	c->ready = false;
	c->legs = 0;
	login_step(c, SPAN_NONE);
}

/* Starts the request with what there is: a connection that is logged in, one that is not, none. */
static void begin(void *ctx)
{
	struct http_conn *c = ctx;

	if (!c->row)
		c->row = http_auth_choose(c->cfg.schemes, NULL, c->cfg.allow_clear, &c->err);
	if (!c->row) {
		err_prefix(&c->err, "login at '%s' is not possible: ", c->cfg.host);
		fail(c);
	} else if (!http_wire_check(&c->wire)) {
		drop_connection(c);     /* its context went with it */
		c->state = CONN_LOGIN;
		http_wire_connect(&c->wire, c->cfg.connect_ms);
	} else if (c->ready) {
		send_post(c, SPAN_NONE, true);
	} else {
		login(c);
	}
}

/* 401 to our first token, and no token in it: perhaps another scheme is offered that we may use. */
static void other_scheme(struct http_conn *c)
{
	struct http_offer offer = { 0 };
	const struct http_auth_row *row;
	struct span value;
	size_t i;

	for (i = 0; http_msg_field(&c->wire.msg, "WWW-Authenticate", i, &value); i++)
		http_auth_offer(&offer, value);
	if (offer.schemes & c->row->scheme) {
		FAIL(c, E_AUTH, "access to '%s' denied: the user name or password is incorrect, or %s is "
			"not accepted for this account", c->cfg.host, c->row->name);
		return;
	}
	c->tried |= c->row->scheme;
	offer.schemes &= ~c->tried;
	row = http_auth_choose(c->cfg.schemes, &offer, c->cfg.allow_clear, &c->err);
	if (!row) {
		err_prefix(&c->err, "login at '%s' failed: ", c->cfg.host);
		fail(c);
		return;
	}
	c->row = row;
	if (!c->wire.alive)
		drop_connection(c);
	begin(c);
}

static void unauthorized(struct http_conn *c, struct span token)
{
	bool logging_in = c->state == CONN_LOGIN || c->riding;

	c->maybe_sent = false;
	if (logging_in && c->more && token.n && !c->wire.alive)
		FAIL(c, E_PEER, "'%s' closes the connection during the login: is a proxy in between?",
			c->cfg.host);
	else if (logging_in && c->more && token.n)
		login_step(c, token);
	else if (logging_in && c->legs == 1)
		other_scheme(c);
	else if (logging_in)
		FAIL(c, E_AUTH, "access to '%s' denied: the user name or password is incorrect, or the "
			"account may not log on there remotely (an account of a domain is DOMAIN\\USER)",
			c->cfg.host);
	else if (c->retried)
		FAIL(c, E_AUTH, "'%s' accepted the login but refuses the request", c->cfg.host);
	else                            /* its context is gone, and the request was not looked at */
		try_again(c);
}

static void fail_status(struct http_conn *c)
{
	http_why_status(&c->wire.msg, c->wire.body.n == 0, &c->cfg, &c->err);
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
static bool login_done(struct http_conn *c, struct span token)
{
	struct buf out;
	int r;

	if (!c->more)
		return true;
	if (!token.n && !sealed_answer(c) && (c->legs == 1 || c->state == CONN_BODY ||
	    c->wire.body.n || c->wire.msg.status >= 300)) {
		fail_status(c);
		return false;
	}
	buf_init_secret(&out, TOKEN_MAX);
	r = c->auth->ops->step(c->auth, token, &out, &c->err);
	if (r > 0 || (r == 0 && out.n))
		r = err_set(&c->err, E_PEER, "the server ended it too early");
	buf_free(&out);
	c->more = false;
	if (r < 0)
		login_failed(c);
	return r == 0;
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
	if (c->wire.msg.status != 400 || c->state != CONN_BODY || !c->row->seals || sealed_answer(c))
		return false;
	if (c->riding && !c->login_alone) {
		c->login_alone = true;
		restart(c);
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

	if (c->riding && c->row->seals && r.status == 200 && !raw.n && !c->login_alone) {
		c->login_alone = true;          /* the login was seen, the body was overlooked */
		restart(c);
		return;
	}
	if (sealed != c->row->seals) {
		if (sealed || (raw.n && same_media(type, buf_span(&c->type))))
			err_set(&c->err, E_PEER, "'%s' answered %s, which cannot be trusted: is a proxy in "
				"between?", c->cfg.host, sealed ? "encrypted by a key nobody has" : "an encrypted request in clear");
	} else if (sealed) {
		if (http_seal_get(c->auth, raw, &c->plain, &c->err) < 0)
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

	c->ready = c->row->seals;               /* others log in with each request */
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
	struct span value, token = SPAN_NONE;
	struct buf bytes;
	size_t i;

	buf_init_secret(&bytes, TOKEN_MAX);
	for (i = 0; http_msg_field(&c->wire.msg, "WWW-Authenticate", i, &value); i++) {
		if (http_auth_token(value, c->row->name, &token))
			break;
	}
	if (!b64_get(&bytes, token) || buf_failed(&bytes))
		FAIL(c, E_PEER, "login at '%s' failed: its token is malformed", c->cfg.host);
	else if (c->wire.msg.status == 401)
		unauthorized(c, buf_span(&bytes));
	else if (!resent(c) && login_done(c, buf_span(&bytes)))
		logged_in(c);
	buf_free(&bytes);
}

static void on_wire(void *ctx, enum http_wire_ev ev)
{
	struct http_conn *c = ctx;

	c->maybe_sent = http_conn_sent(c);
	if (ev == HTTP_WIRE_OPEN) {
		login(c);
	} else if (ev == HTTP_WIRE_ANSWER) {
		answered(c);
	} else if (c->wire.used && !c->wire.out_n && !c->retried) {
		try_again(c);           /* closed while idle, and not a byte of the request is gone */
	} else {
		err_copy(&c->err, &c->wire.err);
		fail(c);
	}
}

struct http_conn *http_conn_new(const struct http_conn_cfg *cfg)
{
	struct arena mem;
	struct http_conn *c;
	struct span host = span_str(cfg->host);

	arena_init(&mem, sizeof(*c));
	c = arena_alloc(&mem, sizeof(*c));
	BUG_ON(!c);
	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = span_sub(host, 1, host.n - 2);
	c->mem = mem;
	c->cfg = *cfg;
	c->login_alone = cfg->login_alone;
	c->target = (struct auth_target){ .host = host, .service = SPAN("HTTP") };
	if (span_is(host, "."))
		c->target.host = SPAN("localhost");
	buf_init_secret(&c->req, REQUEST_MAX);
	buf_init_secret(&c->plain, cfg->body_max);
	buf_init(&c->type, 256);
	buf_init(&c->plain_type, 256);
	http_wire_init(&c->wire, cfg->loop, cfg->host, cfg->port, cfg->body_max + SEALING_MAX, on_wire,
		c);
	return c;
}

void http_conn_free(struct http_conn *c)
{
	struct arena mem;

	if (!c)
		return;
	drop_connection(c);
	http_wire_free(&c->wire);
	loop_disarm(c->cfg.loop, &c->start);
	buf_free(&c->req);
	buf_free(&c->plain);
	buf_free(&c->type);
	buf_free(&c->plain_type);
	mem = c->mem;
	arena_free(&mem);
}

bool http_conn_idle(const struct http_conn *c)
{
	return c->state == CONN_IDLE;
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
	c->tried = 0;
	loop_arm(c->cfg.loop, &c->start, 0, begin, c);
}
