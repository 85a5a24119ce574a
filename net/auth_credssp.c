#include "net/auth_credssp.h"
#include "lib/arena.h"
#include "lib/rand.h"
#include "net/credssp.h"
#include "net/tls_eng.h"

#define SPEC "MS-CSSP 3.1.5"
#define REQUEST_MAX 0x40000               /* a TSRequest */
#define PIECE 16384                       /* plain text of a record */

enum auth_credssp_state { AUTH_START, AUTH_SHAKING, AUTH_INSIDE, AUTH_DONE, AUTH_BROKEN };
struct auth_credssp {
	struct auth a;
	struct arena arena;               /* holds this object too */
	const struct auth_cred *cred;
	struct auth *(*make)(const void *ctx, struct span binding);
	const void *ctx;
	bool old_ok;
	enum auth_credssp_state state;
	struct credssp inside;
	struct tls_eng tls;
};

static int broken(struct auth_credssp *s, struct err *e)
{
	s->state = AUTH_BROKEN;
	s->a.can_wrap = s->a.complete = false;
	return s->tls.err.code ? err_copy(e, &s->tls.err) : err_peer(e, SPEC, 0);
}

/* Gives TLS what came; whoever the certificate says the server is, it is accepted. */
static int feed(struct auth_credssp *s, struct span in, struct buf *plain, struct buf *out,
	struct err *e)
{
	int r = tls_eng_token(&s->tls, in, plain, out);

	if (r == 0 && tls_eng_state(&s->tls) == TLS_ENG_CERT) {
		tls_eng_accept(&s->tls);
		r = tls_eng_token(&s->tls, SPAN_NONE, plain, out);
	}
	if (r < 0)
		return broken(s, e);
	if (tls_eng_state(&s->tls) == TLS_ENG_ENDED)
		return err_set(e, E_AUTH, "the server broke off the login");
	if (buf_failed(plain))
		return err_set(e, E_LIMIT, "the server's answer is larger than allowed");
	return 0;
}

/* The TLS session stands: from now on there is one key. */
static void go_inside(struct auth_credssp *s)
{
	const struct tls_cert *leaf = &s->tls.chain.leaf;
	uint8_t binding[16];

	tls_cert_binding(leaf, binding);
	s->inside = (struct credssp){ .inner = s->make(s->ctx, span_of(binding, sizeof(binding))),
		.cred = s->cred, .key = leaf->key, .old_ok = s->old_ok };
	rand_bytes(s->inside.nonce, sizeof(s->inside.nonce));
	s->state = AUTH_INSIDE;
}

static int step(struct auth_credssp *s, struct span in, struct buf *plain, struct buf *out,
	struct err *e)
{
	struct buf reply;
	int r;

	if (!in.n && s->state == AUTH_SHAKING)
		return err_set(e, E_AUTH, "the server broke off the login");
	if (feed(s, in, plain, out, e) < 0)
		return e->code;
	if (s->state != AUTH_INSIDE) {
		s->state = AUTH_SHAKING;
		if (plain->n)
			return broken(s, e);
		if (tls_eng_state(&s->tls) != TLS_ENG_OPEN)
			return 1;
		go_inside(s);
	}
	if (out->n)                     /* TLS has something to say of its own */
		return broken(s, e);
	buf_init(&reply, REQUEST_MAX);
	r = credssp_step(&s->inside, buf_span(plain), &reply, e);
	if (r > 0 && buf_failed(&reply))
		r = err_set(e, E_LIMIT, "the authentication token is too long");
	if (r > 0 && tls_eng_seal(&s->tls, buf_span(&reply), out) < 0)
		r = broken(s, e);
	buf_free(&reply);
	return r;
}

static int credssp_auth_step(struct auth *a, struct span in, struct buf *out, struct err *e)
{
	struct auth_credssp *s = (struct auth_credssp *)a;
	struct buf plain, token;
	int r;

	if (s->state >= AUTH_DONE)
		return broken(s, e);
	buf_init(&plain, REQUEST_MAX);
	buf_init(&token, REQUEST_MAX);
	r = step(s, in, &plain, &token, e);
	buf_put(out, buf_span(&token));
	if (r >= 0 && (buf_failed(&token) || buf_failed(out)))
		r = err_set(e, E_LIMIT, "the authentication token is too long");
	if (r < 0)
		s->state = AUTH_BROKEN;
	if (r == 0)
		s->state = AUTH_DONE;
	a->can_wrap = a->complete = r == 0;
	buf_free(&plain);
	buf_free(&token);
	return r;
}

/* MS-WSMV 2.2.9.1: what counts as signature is the trailer, of which only the length is told. */
static int credssp_auth_wrap(struct auth *a, struct span plain, struct buf *out, size_t *sig_len,
	struct err *e)
{
	struct auth_credssp *s = (struct auth_credssp *)a;
	size_t start = out->n;

	BUG_ON(!a->can_wrap || plain.n > PIECE);
	*sig_len = 0;
	if (tls_eng_seal(&s->tls, plain, out) < 0)
		return broken(s, e);
	if (buf_failed(out))
		return err_set(e, E_LIMIT, "the message is too large to be sealed");
	if (plain.n)
		*sig_len = out->n - start - tls_eng_head_len(&s->tls) - plain.n;
	return 0;
}

static int credssp_auth_unwrap(struct auth *a, struct span sig, struct span sealed,
	struct buf *plain, struct err *e)
{
	struct auth_credssp *s = (struct auth_credssp *)a;
	struct buf out;
	int r;

	if (!a->complete || sig.n)
		return broken(s, e);
	buf_init(&out, REQUEST_MAX);
	r = feed(s, sealed, plain, &out, e);
	if (r == 0 && out.n)
		r = broken(s, e);
	buf_free(&out);
	return r;
}

static void credssp_auth_free(struct auth *a)
{
	struct auth_credssp *s = (struct auth_credssp *)a;
	struct arena arena = s->arena;

	if (s->inside.inner)
		s->inside.inner->ops->free(s->inside.inner);
	tls_eng_free(&s->tls);
	arena_free(&arena);
}

struct auth *auth_credssp_new(const struct auth_cred *c, bool old_ok,
	struct auth *(*make)(const void *ctx, struct span binding), const void *ctx)
{
	static const struct auth_ops ops = { .step = credssp_auth_step, .wrap = credssp_auth_wrap,
		.unwrap = credssp_auth_unwrap, .free = credssp_auth_free };
	struct arena arena;
	struct auth_credssp *s;

	arena_init(&arena, sizeof(*s));
	s = arena_alloc(&arena, sizeof(*s));
	s->a = (struct auth){ .ops = &ops, .scheme = "CredSSP", .piece = PIECE,
		.seal_protocol = "application/HTTP-CredSSP-session-encrypted" };
	s->arena = arena;
	s->cred = c;
	s->old_ok = old_ok;
	s->make = make;
	s->ctx = ctx;
	tls_eng_init(&s->tls, NULL, NULL);
	/* Another handshake could bring in another key. */
	br_ssl_engine_add_flags(&s->tls.cc.eng, BR_OPT_NO_RENEGOTIATION);
	return &s->a;
}
