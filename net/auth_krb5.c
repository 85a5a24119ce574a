#include "net/auth_krb5.h"
#include <stdlib.h>
#include "lib/num.h"
#include "lib/rand.h"
#include "net/krb5_gss.h"

#define TOKEN_MAX 0x40000                 /* an AP-REQ with two tickets in it */
#define BINDING_LEN 16
#define SKEW_US 300000000                 /* what clocks may differ by as a rule, RFC 4120 8.2 */
#define CHECKSUM_GSS 0x8003               /* RFC 4121, 4.1.1 */
/* GSS-API's flags in it */
#define DELEG 0x01u
#define MUTUAL 0x02u
#define REPLAY 0x04u
#define SEQUENCE 0x08u
#define CONF 0x10u
#define INTEG 0x20u
/* Token ids, RFC 4121, 4.1 */
#define ID_AP_REQ "\x01\x00"
#define ID_AP_REP "\x02\x00"
#define ID_ERROR "\x03\x00"

enum krb5_state { KRB5_START, KRB5_ASKED, KRB5_DONE, KRB5_BROKEN };
struct auth_krb5 {
	struct auth a;
	struct arena arena;               /* holds this object too */
	struct krb5_cred cred, forward;   /* the latter without ticket: no delegation */
	struct span host, channel_binding;
	int64_t now_us;
	enum krb5_state state;
	struct krb5_gss gss;              /* from the first token on: the subkey */
};

/* The authenticator's "checksum": binding, flags, and the ticket to give away. */
static void put_checksum(const struct auth_krb5 *k, struct buf *out)
{
	uint8_t head[24] = { BINDING_LEN }, deleg[4] = { 1 };
	uint32_t flags = MUTUAL | REPLAY | SEQUENCE | CONF | INTEG;
	struct buf cred;

	if (k->channel_binding.n)
		memcpy(head + 4, k->channel_binding.p, BINDING_LEN);
	put_u32le(head + 20, flags | (k->forward.ticket.n ? DELEG : 0));
	buf_put(out, span_of(head, sizeof(head)));
	if (!k->forward.ticket.n)
		return;
	buf_init_secret(&cred, UINT16_MAX);
	krb5_put_cred(&k->forward, &k->cred.key, k->now_us, &cred);
	put_u16le(deleg + 2, (uint16_t)cred.n);
	buf_put(out, span_of(deleg, sizeof(deleg)));
	buf_put(out, buf_span(&cred));
	if (buf_failed(&cred))                  /* a ticket too long for the field: nothing is sent */
		buf_room(out, SIZE_MAX);
	buf_free(&cred);
}

static int ask(struct auth_krb5 *k, struct buf *out, struct err *e)
{
	struct krb5_ap_req req = { .cred = &k->cred, .mutual = true, .usage = KRB5_U_AP_REQ_AUTH,
		.sum_type = CHECKSUM_GSS, .subkey = &k->gss.key, .has_seq = true,
		.now_us = k->now_us };
	struct buf sum, token;
	int r = 1;

	krb5_key_random(&k->gss.key, k->cred.key.etype);
	rand_bytes(&req.seq, sizeof(req.seq));
	req.seq &= 0x3fffffff;          /* some take the number for one with a sign */
	k->gss.out_seq = req.seq;
	buf_init(&sum, TOKEN_MAX);
	buf_init(&token, TOKEN_MAX);
	put_checksum(k, &sum);
	req.sum = buf_span(&sum);
	buf_put(&token, SPAN(ID_AP_REQ));
	krb5_put_ap_req(&req, &token);
	krb5_gss_put_frame(buf_span(&token), out);
	if (buf_failed(&sum) || buf_failed(&token) || buf_failed(out))
		r = err_set(e, E_LIMIT, "the Kerberos ticket is too large to be sent");
	buf_free(&sum);
	buf_free(&token);
	return r;
}

static void put_time(struct buf *b, int64_t us)
{
	struct date d = { TICKS_UNIX_EPOCH + us / 1000000 * TICKS_PER_SEC, DATE_UTC, 0 };

	num_put_date(b, &d);
}

static int skewed(const struct auth_krb5 *k, int64_t server_us, struct err *e)
{
	struct buf ours, theirs;
	int r;

	buf_init(&ours, 64);
	buf_init(&theirs, 64);
	put_time(&ours, k->now_us);
	put_time(&theirs, server_us);
	r = err_set(e, E_AUTH, "the clocks differ too much for Kerberos: here it is %s, at %.*s %s; "
		"set the one that is wrong", buf_cstr(&ours), SPAN_ARG(k->host), buf_cstr(&theirs));
	buf_free(&ours);
	buf_free(&theirs);
	return r;
}

static int refused(const struct auth_krb5 *k, struct span msg, struct err *e)
{
	struct krb5_error ke;
	struct buf name;
	int r;

	if (!krb5_get_error(msg, &ke))
		return err_peer(e, "RFC 4120 5.9.1", 0);
	/* A ticket that is good here and out of date there: one of the clocks is wrong. */
	if (ke.code == KRB5_E_SKEW || ((ke.code == KRB5_E_TKT_NOT_YET ||
		ke.code == KRB5_E_TKT_EXPIRED) && llabs(ke.server_us - k->now_us) > SKEW_US))
		return skewed(k, ke.server_us, e);
	buf_init(&name, SIZE_MAX);
	krb5_principal_text(&k->cred.server, &name);
	if (ke.code == KRB5_E_MODIFIED || ke.code == KRB5_E_NOT_US || ke.code == KRB5_E_NO_KEY ||
	    ke.code == KRB5_E_BAD_VERSION)
		r = err_set(e, E_AUTH, "the server cannot open the ticket for %.160s: that name belongs to "
			"another account (setspn -Q tells which), or use the host's full name",
			buf_cstr(&name));
	else
		r = err_set(e, E_AUTH, "the server refuses the ticket for %.160s: %s (Kerberos error %ld)",
			buf_cstr(&name), krb5_error_text(ke.code), (long)ke.code);
	buf_free(&name);
	return r;
}

/* The AP-REP: mutual authentication, key and numbers of what follows. */
static int finish(struct auth_krb5 *k, struct span in, struct err *e)
{
	struct krb5_ap_rep rep;
	struct span token;
	int r;

	if (!in.n)
		return err_set(e, E_AUTH, "the server refused the Kerberos ticket without a reason");
	if (!krb5_gss_get_frame(in, &token) || token.n < 2)
		return err_peer(e, "RFC 4121 4.1", 0);
	in = span_sub(token, 2, token.n);
	if (span_starts(token, "\x03") && !token.p[1])
		return refused(k, in, e);
	if (memcmp(token.p, ID_AP_REP, 2) != 0)
		return err_peer(e, "RFC 4121 4.1", 0);
	r = krb5_open_ap_rep(in, &k->cred.key, k->now_us, &rep, e);
	if (r < 0)
		return r;
	/* RFC 4121, 2: the acceptor's key wins. The tokens of RC4 know nothing of that: MIT krb5 and
	 * Windows leave it at ours there, unless the other one is of a newer type. */
	if (rep.subkey.etype && (k->gss.key.etype != KRB5_RC4 || rep.subkey.etype != KRB5_RC4)) {
		k->gss.key = rep.subkey;
		k->gss.acceptor_subkey = true;
	}
	k->gss.in_seq = rep.seq;
	secret_wipe(&rep, sizeof(rep));
	k->a.padding = (uint8_t)krb5_gss_padding(&k->gss);
	k->a.can_wrap = k->a.complete = true;
	return 0;
}

static int krb5_step(struct auth *a, struct span in, struct buf *out, struct err *e)
{
	struct auth_krb5 *k = (struct auth_krb5 *)a;
	enum krb5_state state = k->state;
	int r;

	k->state = KRB5_BROKEN;
	if (state == KRB5_START)
		r = ask(k, out, e);
	else if (state == KRB5_ASKED)
		r = finish(k, in, e);
	else
		return err_peer(e, "RFC 4121 4.1", 0);
	if (r >= 0)
		k->state = r ? KRB5_ASKED : KRB5_DONE;
	return r;
}

static int krb5_wrap(struct auth *a, struct span plain, struct buf *out, size_t *sig_len,
	struct err *e)
{
	BUG_ON(!a->can_wrap);
	krb5_gss_wrap(&((struct auth_krb5 *)a)->gss, plain, out, sig_len);
	return buf_failed(out) ? err_set(e, E_LIMIT, "the message is too large to be sealed") : 0;
}

static int wrong_signature(struct auth_krb5 *k, struct err *e)
{
	k->state = KRB5_BROKEN;
	return err_set(e, E_PEER, "the signature of the server's answer is wrong: it was changed "
		"on its way, or one before it was lost (RFC 4121 section 4.2)");
}

static int krb5_unwrap(struct auth *a, struct span sig, struct span sealed, struct buf *plain,
	struct err *e)
{
	struct auth_krb5 *k = (struct auth_krb5 *)a;

	if (k->state == KRB5_DONE && krb5_gss_unwrap(&k->gss, sig, sealed, plain))
		return 0;
	if (buf_failed(plain))
		return err_set(e, E_LIMIT, "the server's answer is larger than allowed");
	return wrong_signature(k, e);
}

static int krb5_put_mic(struct auth *a, struct span data, struct buf *out, struct err *e)
{
	BUG_ON(!a->can_wrap);
	krb5_gss_put_mic(&((struct auth_krb5 *)a)->gss, data, out);
	return buf_failed(out) ? err_set(e, E_LIMIT, "the Kerberos answer is too long") : 0;
}

static int krb5_check_mic(struct auth *a, struct span data, struct span mic, struct err *e)
{
	struct auth_krb5 *k = (struct auth_krb5 *)a;

	if (k->state == KRB5_DONE && krb5_gss_check_mic(&k->gss, data, mic))
		return 0;
	return wrong_signature(k, e);
}

static void krb5_free(struct auth *a)
{
	struct arena arena = ((struct auth_krb5 *)a)->arena;

	arena_wipe(&arena);
	arena_free(&arena);
}

struct auth *auth_krb5_new(const struct krb5_cred *service_ticket, const struct auth_target *t,
	const struct krb5_options *o)
{
	static const struct auth_ops ops = { krb5_step, krb5_wrap, krb5_unwrap, krb5_put_mic,
		krb5_check_mic, krb5_free };
	struct arena arena;
	struct auth_krb5 *k;
	bool ok;

	BUG_ON(t->channel_binding.n && t->channel_binding.n != BINDING_LEN);
	arena_init(&arena, SIZE_MAX);
	k = arena_alloc(&arena, sizeof(*k));
	ok = krb5_cred_dup(&arena, service_ticket, &k->cred) &&
		(!o->forward || krb5_cred_dup(&arena, o->forward, &k->forward)) &&
		arena_dup(&arena, t->host, &k->host) &&
		arena_dup(&arena, t->channel_binding, &k->channel_binding);
	BUG_ON(!ok);
	k->a = (struct auth){ .ops = &ops, .scheme = "Kerberos",
		.seal_protocol = "application/HTTP-Kerberos-session-encrypted" };
	k->now_us = o->now_us;
	k->arena = arena;
	return &k->a;
}
