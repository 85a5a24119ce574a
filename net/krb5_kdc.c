#include "net/krb5_kdc.h"
#include "lib/rand.h"
#include "net/krb5_store.h"
#include "net/krb5_why.h"

#define US 1000000LL
#define SKEW_US (300 * US)                /* what KDCs and services let pass */
#define NAMES_MAX 16384
#define PLAIN_MAX 65536

static const int32_t etypes[] = {         /* best first */
	KRB5_AES256_SHA1, KRB5_AES128_SHA1, KRB5_AES256_SHA384, KRB5_AES128_SHA256, KRB5_RC4,
};
#define ETYPE_N (sizeof(etypes) / sizeof(etypes[0]))

void krb5_kdc_init(struct krb5_kdc *k, const struct krb5_login *l)
{
	*k = (struct krb5_kdc){ .login = l, .client = l->client, .realm = l->client.realm, .got = -1 };
	krb5_tickets_init(&k->tickets);
	k->reply_key = secret_new();
	arena_init(&k->who, NAMES_MAX);
	arena_init(&k->run, NAMES_MAX);
}

void krb5_kdc_free(struct krb5_kdc *k)
{
	krb5_tickets_free(&k->tickets);
	secret_free(k->reply_key);
	arena_free(&k->who);
	arena_free(&k->run);
}

struct krb5_principal krb5_krbtgt(struct span of, struct span realm)
{
	return (struct krb5_principal){ .type = KRB5_NT_SRV_INST, .part_n = 2, .realm = realm,
		.part = { SPAN("krbtgt"), of } };
}

static bool is_krbtgt(const struct krb5_principal *p)
{
	return p->part_n == 2 && span_is(p->part[0], "krbtgt");
}

static bool can_log_in(const struct krb5_kdc *k)
{
	return k->login->password || k->login->keytab.n;
}

static int find_tgt(const struct krb5_kdc *k, struct span realm, int64_t clock_us)
{
	struct krb5_principal tgt = krb5_krbtgt(realm, SPAN_NONE);

	return krb5_tickets_find(&k->tickets, &tgt, false, !can_log_in(k), clock_us + k->offset_us);
}

bool krb5_kdc_has_tgt(const struct krb5_kdc *k, int64_t clock_us)
{
	return find_tgt(k, k->client.realm, clock_us) >= 0;
}

static void forget_proof(struct krb5_kdc *k)
{
	secret_wipe(k->reply_key->b, SECRET_MAX);
	k->reply_etype = 0;
	k->proven = false;
}

void krb5_kdc_want(struct krb5_kdc *k, const struct krb5_principal *server)
{
	unsigned i;

	arena_reset(&k->run);
	k->forward = !server;
	k->server = server ? *server : (struct krb5_principal){ 0 };
	arena_dup(&k->run, k->server.realm, &k->server.realm);
	for (i = 0; i < k->server.part_n; i++)
		arena_dup(&k->run, k->server.part[i], &k->server.part[i]);
	k->realm = k->client.realm;
	k->clock_fixed = k->again = false;
	k->hop_n = 0;
	k->offset_was = k->offset_us;
	k->tgt = k->got = -1;
	forget_proof(k);
}

void krb5_kdc_get(const struct krb5_kdc *k, struct krb5_cred *cred)
{
	krb5_tickets_get(&k->tickets, k->got, cred);
}

/* The keytab's newest key of a type for whoever logs in. */
static bool keytab_key(const struct krb5_kdc *k, int32_t etype, struct krb5_key *out)
{
	struct span rest = k->login->keytab;
	struct krb5_keytab_entry one;
	uint32_t kvno = 0;
	bool found = false;

	while (krb5_keytab_next(&rest, &one)) {
		if (one.key.etype == etype && krb5_same_parts(&one.owner, &k->login->client) &&
		    span_eq(one.owner.realm, k->login->client.realm) && (!found || one.kvno >= kvno)) {
			*out = one.key;
			kvno = one.kvno;
			found = true;
		}
		secret_wipe(&one.key, sizeof(one.key));
	}
	return found;
}

static bool have_etype(const struct krb5_kdc *k, int32_t etype)
{
	struct krb5_key key;
	bool have = k->login->password || keytab_key(k, etype, &key);

	secret_wipe(&key, sizeof(key));
	return have && krb5_key_len(etype);
}

static bool etype_info(struct span pa, int32_t etype, struct krb5_etype_info *info)
{
	struct span value, rest;

	if (!krb5_find_pa(pa, KRB5_PA_ETYPE_INFO2, &value) &&
	    !krb5_find_pa(pa, KRB5_PA_ETYPE_INFO, &value))
		return false;
	if (!krb5_first_etype_info(value, &rest))
		return false;
	while (krb5_next_etype_info(&rest, info))
		if (info->etype == etype)
			return true;
	return false;
}

/* The salt unless the KDC names one: the realm, and the name without separators (RFC 4120, 4). */
static void put_default_salt(const struct krb5_kdc *k, struct buf *salt)
{
	unsigned i;

	buf_put(salt, k->client.realm);
	for (i = 0; i < k->client.part_n; i++)
		buf_put(salt, k->client.part[i]);
}

/* What we share with the KDC: key of that type from the keytab, or from the password with the salt
 * that the KDC's data names. */
static int make_key(struct krb5_kdc *k, int32_t etype, struct span pa, struct err *e)
{
	struct krb5_etype_info info = { 0 };
	struct krb5_key key = { 0 };
	struct buf salt;
	int r = 0;

	buf_init(&salt, NAMES_MAX);
	if (!etype_info(pa, etype, &info) || !info.has_salt)
		info.has_salt = krb5_find_pa(pa, KRB5_PA_PW_SALT, &info.salt);
	if (!info.has_salt) {
		put_default_salt(k, &salt);
		info.salt = buf_span(&salt);
	}
	if (k->login->password)
		r = krb5_string_to_key(etype, secret_span(k->login->password), info.salt, info.params,
			&key, e);
	else if (!keytab_key(k, etype, &key))
		r = err_set(e, E_USAGE, "the keytab has no key of the type that the KDC of %.*s uses (%d)",
			SPAN_ARG(k->realm), etype);
	if (r == 0) {
		k->reply_etype = etype;
		secret_set(k->reply_key, span_of(key.b, key.n));
	}
	secret_wipe(&key, sizeof(key));
	buf_free(&salt);
	return r;
}

static void load_reply_key(const struct krb5_kdc *k, struct krb5_key *key)
{
	BUG_ON(!krb5_key_set(key, k->reply_etype, secret_span(k->reply_key)));
}

static int put_as_req(struct krb5_kdc *k, int64_t now_us, struct buf *out, struct err *e)
{
	int32_t ours[ETYPE_N];
	struct krb5_kdc_req req = { .client = &k->client, .server = &k->asked, .etype = ours,
		.nonce = k->nonce,
		.options = KRB5_CANONICALIZE | (k->login->forwardable ? KRB5_FORWARDABLE : 0) };
	struct krb5_key key;
	struct buf pa;
	size_t i;

	for (i = 0; i < ETYPE_N; i++)
		if (have_etype(k, etypes[i]))
			ours[req.etype_n++] = etypes[i];
	if (!req.etype_n)
		return err_set(e, E_USAGE, "the keytab has no key for '%.*s' in realm %.*s",
			SPAN_ARG(k->login->client.part[0]), SPAN_ARG(k->login->client.realm));
	buf_init(&pa, NAMES_MAX);
	k->asked = krb5_krbtgt(k->realm, k->realm);
	if (k->proven) {
		load_reply_key(k, &key);
		krb5_put_pa_timestamp(&pa, &key, now_us);
		secret_wipe(&key, sizeof(key));
	}
	krb5_put_as_req(&req, buf_span(&pa), out);
	buf_free(&pa);
	k->as = true;
	return 1;
}

static int put_tgs_req(struct krb5_kdc *k, int64_t now_us, struct buf *out)
{
	struct krb5_kdc_req req = { .server = &k->asked, .etype = etypes, .etype_n = ETYPE_N,
		.nonce = k->nonce,
		.options = k->forward ? KRB5_FORWARDABLE | KRB5_FORWARDED : KRB5_CANONICALIZE };
	struct krb5_cred tgt;

	if (span_eq(k->server.realm, k->realm))
		k->server.realm = SPAN_NONE;      /* there: this KDC knows, or refers to others */
	if (k->server.realm.n) {
		k->asked = krb5_krbtgt(k->server.realm, k->realm);
	} else {
		k->asked = k->server;
		k->asked.realm = k->realm;
	}
	krb5_tickets_get(&k->tickets, k->tgt, &tgt);
	krb5_put_tgs_req(&req, &tgt, now_us, out);
	secret_wipe(&tgt.key, sizeof(tgt.key));
	k->as = false;
	return 1;
}

/* What to do next, with the tickets as they are. */
static int go_on(struct krb5_kdc *k, int64_t clock_us, struct buf *out, struct err *e)
{
	int64_t now_us = clock_us + k->offset_us;
	int r;

	if (k->forward)
		k->server = krb5_krbtgt(k->client.realm, k->client.realm);
	if (k->got < 0)
		k->got = krb5_tickets_find(&k->tickets, &k->server, k->forward, false, now_us);
	if (k->got >= 0)
		return 0;
	rand_bytes(&k->nonce, sizeof(k->nonce));
	k->nonce &= 0x7fffffff;
	if (k->tgt < 0)
		k->tgt = find_tgt(k, k->realm, clock_us);
	if (k->tgt >= 0)
		r = put_tgs_req(k, now_us, out);
	else if (!can_log_in(k) || !span_eq(k->realm, k->client.realm))
		return krb5_why_no_ticket(k, e);
	else
		r = put_as_req(k, now_us, out, e);
	if (r > 0 && buf_failed(out))
		return err_set(e, E_LIMIT, "the request to the KDC of %.*s grew too long",
			SPAN_ARG(k->realm));
	return r;
}

/* On to another realm, never twice to the same in one run. */
static int hop(struct krb5_kdc *k, struct span realm, struct err *e)
{
	bool seen = span_eq(realm, k->realm);
	unsigned i;

	for (i = 0; i < k->hop_n; i++)
		seen |= span_eq(realm, k->hop[i]);
	if (!realm.n || realm.n > KRB5_REALM_MAX || memchr(realm.p, 0, realm.n))
		return err_peer(e, "RFC 4120 5.2.2", 0);
	if (seen)
		return err_set(e, E_PEER, "the KDC of %.*s refers to realm %.*s, which was asked before: "
			"the realms refer to each other in a circle", SPAN_ARG(k->realm), SPAN_ARG(realm));
	if (k->hop_n == KRB5_HOPS)
		return err_set(e, E_LIMIT, "more than %d realms on the way to '%.*s/%.*s'", KRB5_HOPS,
			SPAN_ARG(k->server.part[0]), SPAN_ARG(k->server.part[1]));
	k->hop[k->hop_n++] = k->realm;
	if (!arena_dup(&k->run, realm, &k->realm))
		return err_set(e, E_LIMIT, "the names of the realms grew too long");
	return 0;
}

/* From here on our realm is called so. */
static int adopt_realm(struct krb5_kdc *k, struct span realm, struct err *e)
{
	if (!arena_dup(&k->who, realm, &k->client.realm))
		return err_set(e, E_LIMIT, "the names of the realms grew too long");
	k->realm = k->client.realm;
	return 0;
}

/* RFC 4120, 3.1.3: the error's time is not authenticated, so it is believed once a run and only to
 * ask again; what a login then gets states the time under our key (check_clock). */
static int fix_clock(struct krb5_kdc *k, int64_t kdc_us, int64_t clock_us, struct err *e)
{
	if (k->clock_fixed || kdc_us <= 0)
		return krb5_why_skew(k, clock_us, kdc_us, e);
	k->clock_fixed = true;
	k->offset_us = kdc_us - clock_us;
	return 0;
}

static int check_clock(struct krb5_kdc *k, const struct krb5_cred *c, int64_t clock_us,
	struct err *e)
{
	int64_t kdc_us = (c->start_time ? c->start_time : c->auth_time) * US;
	int64_t diff = kdc_us - clock_us - k->offset_us;

	if (diff < SKEW_US && diff > -SKEW_US)
		return 0;
	return fix_clock(k, kdc_us, clock_us, e);
}

/* The KDC wants a proof: chooses the best type that it names and we have. */
static int prove(struct krb5_kdc *k, const struct krb5_error *ke, int64_t clock_us, struct err *e)
{
	struct krb5_etype_info info;
	struct span pa, none;
	size_t i;

	if (k->proven || !krb5_get_method_data(ke->data, &pa) ||
	    !krb5_find_pa(pa, KRB5_PA_ENC_TIMESTAMP, &none))
		return krb5_why(k, ke, clock_us, e);
	for (i = 0; i < ETYPE_N; i++)
		if (have_etype(k, etypes[i]) && etype_info(pa, etypes[i], &info))
			break;
	if (i == ETYPE_N)
		return krb5_why(k, &(struct krb5_error){ .code = KRB5_E_ETYPE }, clock_us, e);
	k->proven = true;
	return make_key(k, etypes[i], pa, e);
}

static int as_error(struct krb5_kdc *k, const struct krb5_error *ke, int64_t clock_us,
	struct err *e)
{
	if (ke->code == KRB5_E_PREAUTH_REQUIRED)
		return prove(k, ke, clock_us, e);
	if (ke->code == KRB5_E_SKEW)
		return fix_clock(k, ke->server_us, clock_us, e);
	if (ke->code == KRB5_E_WRONG_REALM && ke->client.realm.n &&
	    !span_eq(ke->client.realm, k->realm)) {
		forget_proof(k);
		return hop(k, ke->client.realm, e) < 0 ? e->code : adopt_realm(k, k->realm, e);
	}
	return krb5_why(k, ke, clock_us, e);
}

static int as_reply(struct krb5_kdc *k, struct span msg, int64_t clock_us, struct err *e)
{
	struct krb5_kdc_rep rep;
	struct krb5_cred c = { 0 };
	struct krb5_key key = { 0 };
	struct buf plain;
	int r = 0;

	if (!krb5_get_kdc_rep(msg, &rep) || rep.type != KRB5_AS_REP || !have_etype(k, rep.etype))
		return err_peer(e, "RFC 4120 5.4.2", 0);
	buf_init_secret(&plain, PLAIN_MAX);
	if (k->reply_etype != rep.etype)
		r = make_key(k, rep.etype, rep.pa, e);
	if (r == 0) {
		load_reply_key(k, &key);
		r = krb5_open_kdc_rep(&rep, &key, KRB5_U_AS_REP, k->nonce, &plain, &c, e);
	}
	if (r == E_AUTH) {
		*e = (struct err){ 0 };
		r = krb5_why(k, &(struct krb5_error){ .code = KRB5_E_PREAUTH_FAILED }, clock_us, e);
	}
	if (r == 0 && (!is_krbtgt(&c.server) || !span_eq(c.server.part[1], c.server.realm)))
		r = err_peer(e, "RFC 4120 3.1.5", 0);
	if (r == 0)
		r = check_clock(k, &c, clock_us, e);
	if (r == 0 && !span_eq(c.server.realm, k->client.realm))
		r = adopt_realm(k, c.server.realm, e);
	if (r == 0 && (k->tgt = krb5_tickets_add(&k->tickets, &c, false)) < 0)
		r = err_set(e, E_LIMIT, "the KDC of %.*s gave a ticket too large", SPAN_ARG(k->realm));
	forget_proof(k);
	secret_wipe(&key, sizeof(key));
	secret_wipe(&c.key, sizeof(c.key));
	buf_free(&plain);
	return r;
}

static int tgs_error(struct krb5_kdc *k, const struct krb5_error *ke, int64_t clock_us,
	struct err *e)
{
	if (ke->code == KRB5_E_SKEW)
		return fix_clock(k, ke->server_us, clock_us, e);
	if ((ke->code == KRB5_E_TKT_EXPIRED || ke->code == KRB5_E_TKT_NOT_YET) && !k->again &&
	    can_log_in(k)) {
		krb5_tickets_forget(&k->tickets);
		k->again = true;
		k->hop_n = 0;
		k->tgt = -1;
		k->realm = k->client.realm;
		return 0;
	}
	return krb5_why(k, ke, clock_us, e);
}

/* The ticket asked for, or one for another realm's KDC: a referral (RFC 6806, 8). */
static int take_ticket(struct krb5_kdc *k, const struct krb5_cred *c, int64_t clock_us,
	struct err *e)
{
	bool wanted = krb5_same_parts(&c->server, &k->server);
	int place;

	if (!wanted && !is_krbtgt(&c->server))
		return err_set(e, E_PEER, "the KDC of %.*s gave a ticket for another service than "
			"'%.*s/%.*s'", SPAN_ARG(k->realm), SPAN_ARG(k->server.part[0]),
			SPAN_ARG(k->server.part[1]));
	if (c->end_time * US <= clock_us + k->offset_us)        /* of a TGT that is over, too */
		return krb5_why(k, &(struct krb5_error){ .code = KRB5_E_TKT_EXPIRED }, clock_us, e);
	place = krb5_tickets_add(&k->tickets, c, wanted && k->forward);
	if (place < 0)
		return err_set(e, E_LIMIT, "the KDC of %.*s gave a ticket too large", SPAN_ARG(k->realm));
	if (wanted)
		k->got = place;
	else
		k->tgt = place;
	return wanted ? 0 : hop(k, c->server.part[1], e);
}

static int tgs_reply(struct krb5_kdc *k, struct span msg, int64_t clock_us, struct err *e)
{
	struct krb5_kdc_rep rep;
	struct krb5_cred c = { 0 }, tgt;
	struct buf plain;
	int r;

	if (!krb5_get_kdc_rep(msg, &rep) || rep.type != KRB5_TGS_REP)
		return err_peer(e, "RFC 4120 5.4.2", 0);
	buf_init_secret(&plain, PLAIN_MAX);
	krb5_tickets_get(&k->tickets, k->tgt, &tgt);
	r = krb5_open_kdc_rep(&rep, &tgt.key, KRB5_U_TGS_REP, k->nonce, &plain, &c, e);
	if (r == 0)
		r = take_ticket(k, &c, clock_us, e);
	secret_wipe(&tgt.key, sizeof(tgt.key));
	secret_wipe(&c.key, sizeof(c.key));
	buf_free(&plain);
	return r;
}

int krb5_kdc_step(struct krb5_kdc *k, struct span answer, int64_t clock_us, struct buf *out,
	struct err *e)
{
	struct krb5_error ke;
	int r = 0;

	if (answer.n && krb5_msg_type(answer) == KRB5_ERROR) {
		if (!krb5_get_error(answer, &ke))
			r = err_peer(e, "RFC 4120 5.9.1", 0);
		else
			r = k->as ? as_error(k, &ke, clock_us, e) : tgs_error(k, &ke, clock_us, e);
	} else if (answer.n) {
		r = k->as ? as_reply(k, answer, clock_us, e) : tgs_reply(k, answer, clock_us, e);
	}
	if (r == 0)
		r = go_on(k, clock_us, out, e);
	if (r < 0)
		k->offset_us = k->offset_was;     /* nothing has proven that it was right */
	return r;
}
