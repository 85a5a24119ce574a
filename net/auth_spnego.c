#include "net/asn1.h"
#include "net/auth.h"
#include "lib/arena.h"

#define TOKEN_MAX 0x20000                 /* of the mechanism inside */
#define SPEC "RFC 4178 4.2"
#define SPNEGO_OID SPAN("\x2b\x06\x01\x05\x05\x02")

enum neg { NEG_DONE = 0, NEG_MORE = 1, NEG_REJECT = 2, NEG_REQUEST_MIC = 3, NEG_NONE = 4 };

struct answer {                           /* NegTokenResp, 4.2.2; spans point into it */
	enum neg state;
	struct span mech, token, mic;
	bool has_token, has_mic;
};

enum spnego_state { SPNEGO_START, SPNEGO_GOING, SPNEGO_RAW, SPNEGO_DONE, SPNEGO_BROKEN };
struct auth_spnego {
	struct auth a;
	struct arena arena;               /* holds this object too */
	struct auth *inner;
	struct span mechs;
	enum spnego_state state;
	bool mic_sent, mic_seen;
};

static bool read_answer(struct span in, struct answer *r)
{
	struct span seq, state = SPAN_NONE;
	bool has_state = false, has_mech = false;

	*r = (struct answer){ .state = NEG_NONE };
	if (!der_get(&in, DER_CTX + 1, &seq) || in.n || !der_get(&seq, DER_SEQ, &in) || seq.n ||
	    !der_option(&in, 0, DER_ENUM, &state, &has_state) ||
	    !der_option(&in, 1, DER_OID, &r->mech, &has_mech) ||
	    !der_option(&in, 2, DER_OCTETS, &r->token, &r->has_token) ||
	    !der_option(&in, 3, DER_OCTETS, &r->mic, &r->has_mic) || in.n)
		return false;
	if (has_state && (state.n != 1 || state.p[0] > NEG_REQUEST_MIC))
		return false;
	if (has_state)
		r->state = (enum neg)state.p[0];
	return true;
}

static void put_init(const struct auth_spnego *s, struct span token, struct buf *out)
{
	size_t app = der_open(out, DER_APP), init, seq;

	der_put(out, DER_OID, SPNEGO_OID);
	init = der_open(out, DER_CTX + 0);
	seq = der_open(out, DER_SEQ);
	der_put_field(out, 0, DER_SEQ, s->mechs);
	der_put_field(out, 2, DER_OCTETS, token);
	der_close(out, seq);
	der_close(out, init);
	der_close(out, app);
}

static void put_resp(struct span token, struct span mic, struct buf *out)
{
	static const uint8_t more = NEG_MORE;
	size_t resp = der_open(out, DER_CTX + 1), seq = der_open(out, DER_SEQ);

	der_put_field(out, 0, DER_ENUM, span_of(&more, 1));
	if (token.n)
		der_put_field(out, 2, DER_OCTETS, token);
	if (mic.n)
		der_put_field(out, 3, DER_OCTETS, mic);
	der_close(out, seq);
	der_close(out, resp);
}

static bool offered(const struct auth_spnego *s, struct span mech)
{
	struct span list = s->mechs, oid;

	while (der_get(&list, DER_OID, &oid)) {
		if (span_eq(oid, mech))
			return true;
	}
	return false;
}

static int start(struct auth_spnego *s, struct buf *out, struct err *e)
{
	struct buf token;
	int r;

	buf_init(&token, TOKEN_MAX);
	r = s->inner->ops->step(s->inner, SPAN_NONE, &token, e);
	if (r >= 0) {
		put_init(s, buf_span(&token), out);
		s->state = SPNEGO_GOING;
		r = 1;
	}
	buf_free(&token);
	return r;
}

/* The MICs of RFC 4178, 5: theirs if it came, ours once. */
static int exchange_mics(struct auth_spnego *s, const struct answer *in, struct buf *mic,
	struct err *e)
{
	struct auth *inner = s->inner;
	struct buf mechs;
	int r = 0;

	if (!inner->complete || !inner->ops->put_mic)
		return 0;
	buf_init(&mechs, 64);
	der_put(&mechs, DER_SEQ, s->mechs);     /* MechTypeList: what the MICs cover */
	if (in->has_mic && !s->mic_seen) {
		r = inner->ops->check_mic(inner, buf_span(&mechs), in->mic, e);
		s->mic_seen = true;
	}
	if (r == 0 && !s->mic_sent && (inner->wants_mic || in->state == NEG_REQUEST_MIC ||
	    (s->mic_seen && in->state != NEG_DONE))) {
		r = inner->ops->put_mic(inner, buf_span(&mechs), mic, e);
		s->mic_sent = true;
	}
	buf_free(&mechs);
	return r;
}

static int no_proof(struct err *e)
{
	return err_set(e, E_AUTH, "the server did not prove that it knows the session key "
		"(no mechListMIC, RFC 4178 section 5)");
}

/* A token that comes with the refusal may tell why. */
static int rejected(struct auth_spnego *s, const struct answer *ans, bool was_complete,
	struct buf *token, struct err *e)
{
	struct err why = { 0 };

	if (!was_complete && ans->token.n &&
	    s->inner->ops->step(s->inner, ans->token, token, &why) == E_AUTH)
		return err_copy(e, &why);
	return err_set(e, E_AUTH, "the user name or password is incorrect, or the "
		"account may not log on there remotely");
}

static int go_on(struct auth_spnego *s, struct span in, struct buf *token, struct buf *mic,
	struct err *e)
{
	struct auth *inner = s->inner;
	bool was_complete = inner->complete;
	struct answer ans;

	if (!in.n && !was_complete)
		return err_set(e, E_AUTH, "the server broke off the authentication");
	if (!in.n)                      /* accepted, as the HTTP status alone says */
		return s->mic_sent ? no_proof(e) : 0;
	if (!read_answer(in, &ans))
		return err_peer(e, SPEC, 0);
	if (ans.state == NEG_REJECT)
		return rejected(s, &ans, was_complete, token, e);
	if (ans.mech.n && !offered(s, ans.mech))
		return err_set(e, E_AUTH, "the server chose a mechanism that was not offered");
	if (was_complete ? ans.token.n : !ans.has_token)
		return err_peer(e, SPEC, 0);
	if (!was_complete && inner->ops->step(inner, ans.token, token, e) < 0)
		return e->code;
	if (exchange_mics(s, &ans, mic, e) < 0)
		return e->code;
	if (token->n || mic->n || !inner->complete)
		return 1;
	if (s->mic_sent && !s->mic_seen)
		return no_proof(e);
	return ans.state == NEG_DONE || ans.state == NEG_NONE ? 0 : err_peer(e, SPEC, 0);
}

static int resume(struct auth_spnego *s, struct span in, struct buf *out, struct err *e)
{
	struct buf token, mic;
	int r;

	buf_init(&token, TOKEN_MAX);
	buf_init(&mic, TOKEN_MAX);
	r = go_on(s, in, &token, &mic, e);
	if (r == 1)
		put_resp(buf_span(&token), buf_span(&mic), out);
	s->state = r == 1 ? SPNEGO_GOING : SPNEGO_DONE;
	buf_free(&token);
	buf_free(&mic);
	return r;
}

static int spnego_step(struct auth *a, struct span in, struct buf *out, struct err *e)
{
	struct auth_spnego *s = (struct auth_spnego *)a;
	struct auth *inner = s->inner;
	int r;

	if (s->state == SPNEGO_START) {
		r = start(s, out, e);
	} else if (s->state == SPNEGO_GOING && !inner->complete && span_starts(in, "NTLMSSP")) {
		/* DEVIATION RFC 4178: Windows answers without SPNEGO where it knows NTLM alone. With one
		 * mechanism in the list there is nothing that a MIC over the list would add. */
		r = inner->ops->step(inner, in, out, e);
		s->state = r == 0 ? SPNEGO_DONE : SPNEGO_BROKEN;
	} else if (s->state == SPNEGO_GOING) {
		r = resume(s, in, out, e);
	} else {
		r = err_peer(e, SPEC, 0);
	}
	if (r >= 0 && buf_failed(out))
		r = err_set(e, E_LIMIT, "the authentication token is too long");
	if (r < 0)
		s->state = SPNEGO_BROKEN;
	a->complete = s->state == SPNEGO_DONE;
	a->can_wrap = inner->can_wrap && s->state != SPNEGO_BROKEN;
	a->padding = inner->padding;
	return r;
}

static int spnego_wrap(struct auth *a, struct span plain, struct buf *out, size_t *sig_len,
	struct err *e)
{
	struct auth *inner = ((struct auth_spnego *)a)->inner;

	BUG_ON(!a->can_wrap);
	return inner->ops->wrap(inner, plain, out, sig_len, e);
}

static int spnego_unwrap(struct auth *a, struct span sig, struct span sealed, struct buf *plain,
	struct err *e)
{
	struct auth *inner = ((struct auth_spnego *)a)->inner;

	if (!a->complete)               /* sealed, but without the token that ends the exchange */
		return no_proof(e);
	return inner->ops->unwrap(inner, sig, sealed, plain, e);
}

static void spnego_free(struct auth *a)
{
	struct auth_spnego *s = (struct auth_spnego *)a;
	struct arena arena = s->arena;

	s->inner->ops->free(s->inner);
	arena_free(&arena);
}

struct auth *auth_spnego_new(struct auth *inner, struct span mechs)
{
	static const struct auth_ops ops = { spnego_step, spnego_wrap, spnego_unwrap, NULL, NULL,
		spnego_free };
	struct arena arena;
	struct auth_spnego *s;

	arena_init(&arena, sizeof(*s));
	s = arena_alloc(&arena, sizeof(*s));
	s->a = (struct auth){ .ops = &ops, .scheme = "Negotiate",
		.seal_protocol = "application/HTTP-SPNEGO-session-encrypted" };
	s->inner = inner;
	s->mechs = mechs;
	s->arena = arena;
	return &s->a;
}
