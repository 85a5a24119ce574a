#include "net/krb5_msg.h"
#include <stdio.h>
#include "lib/num.h"
#include "lib/secret.h"
#include "net/asn1.h"

#define VERSION 5

bool krb5_principal_eq(const struct krb5_principal *a, const struct krb5_principal *b)
{
	unsigned i;

	if (!span_eq(a->realm, b->realm) || a->part_n != b->part_n)
		return false;
	for (i = 0; i < a->part_n; i++) {
		if (!span_eq(a->part[i], b->part[i]))
			return false;
	}
	return true;
}

void krb5_principal_text(const struct krb5_principal *p, struct buf *out)
{
	unsigned i;

	for (i = 0; i < p->part_n; i++) {
		if (i)
			buf_putc(out, '/');
		buf_put(out, p->part[i]);
	}
	if (p->realm.n) {
		buf_putc(out, '@');
		buf_put(out, p->realm);
	}
}

static bool dup_principal(struct arena *a, struct krb5_principal *p)
{
	unsigned i;
	bool ok = arena_dup(a, p->realm, &p->realm);

	for (i = 0; i < p->part_n; i++)
		ok = arena_dup(a, p->part[i], &p->part[i]) && ok;
	return ok;
}

bool krb5_cred_dup(struct arena *a, const struct krb5_cred *in, struct krb5_cred *out)
{
	*out = *in;
	return dup_principal(a, &out->client) && dup_principal(a, &out->server) &&
		arena_dup(a, in->ticket, &out->ticket);
}

static bool field_i32(struct span *s, unsigned n, int32_t *v)
{
	int64_t wide;

	if (!der_field_int(s, n, &wide) || wide < INT32_MIN || wide > INT32_MAX)
		return false;
	*v = (int32_t)wide;
	return true;
}

/* UInt32; MIT krb5 once wrote them as if they had a sign. */
static bool field_u32(struct span *s, unsigned n, uint32_t *v)
{
	int64_t wide;

	if (!der_field_int(s, n, &wide) || wide < INT32_MIN || wide > UINT32_MAX)
		return false;
	*v = (uint32_t)wide;
	return true;
}

/* "20261121130500Z", 5.2.3 */
static bool read_time(struct span s, int64_t *t)
{
	struct date d;
	char text[24];

	if (s.n != 15)
		return false;
	snprintf(text, sizeof(text), "%.4s-%.2s-%.2sT%.2s:%.2s:%.3s", (const char *)s.p,
		(const char *)s.p + 4, (const char *)s.p + 6, (const char *)s.p + 8,
		(const char *)s.p + 10, (const char *)s.p + 12);
	if (!num_date(span_str(text), &d) || d.kind != DATE_UTC)
		return false;
	*t = (d.ticks - TICKS_UNIX_EPOCH) / TICKS_PER_SEC;
	return true;
}

static bool field_time(struct span *s, unsigned n, int64_t *t)
{
	struct span body;

	return der_field(s, n, DER_TIME, &body) && read_time(body, t);
}

static bool option_time(struct span *s, unsigned n, int64_t *t)
{
	struct span body;
	bool has = false;

	return der_option(s, n, DER_TIME, &body, &has) && (!has || read_time(body, t));
}

/* A time in [n] and its microseconds in [n + 1]. */
static bool field_time_us(struct span *s, unsigned n, int64_t *t_us)
{
	int32_t us;

	if (!field_time(s, n, t_us) || !field_i32(s, n + 1, &us) || us < 0 || us > 999999)
		return false;
	*t_us = *t_us * 1000000 + us;
	return true;
}

/* PrincipalName, 5.2.2 */
static bool read_name(struct span name, struct krb5_principal *p)
{
	struct span parts;

	if (!field_i32(&name, 0, &p->type) || !der_field(&name, 1, DER_SEQ, &parts))
		return false;
	for (p->part_n = 0; parts.n; p->part_n++) {
		if (p->part_n == KRB5_PARTS || !der_get(&parts, DER_TEXT, &p->part[p->part_n]))
			return false;
	}
	return p->part_n > 0;
}

/* Realm in [n] and PrincipalName in [n + 1]. */
static bool field_principal(struct span *s, unsigned n, struct krb5_principal *p)
{
	struct span name;

	return der_field(s, n, DER_TEXT, &p->realm) && der_field(s, n + 1, DER_SEQ, &name) &&
		read_name(name, p);
}

/* EncryptedData, 5.2.9 */
static bool field_sealed(struct span *s, unsigned n, int32_t *etype, struct span *cipher)
{
	struct span data, kvno;
	bool has;

	return der_field(s, n, DER_SEQ, &data) && field_i32(&data, 0, etype) &&
		der_option(&data, 1, DER_INT, &kvno, &has) && der_field(&data, 2, DER_OCTETS, cipher);
}

/* EncryptionKey in [n] */
static bool field_key(struct span *s, unsigned n, struct krb5_key *k)
{
	struct span key, bytes;
	int32_t etype;

	return der_field(s, n, DER_SEQ, &key) && field_i32(&key, 0, &etype) &&
		der_field(&key, 1, DER_OCTETS, &bytes) && krb5_key_set(k, etype, bytes);
}

/* What [APPLICATION type] SEQUENCE holds behind pvno and msg-type, in [n] and [n + 1]. */
static bool open_msg(struct span msg, unsigned type, unsigned n, struct span *seq)
{
	struct span app;
	int32_t version, is;

	return der_get(&msg, DER_APP + type, &app) && !msg.n && der_get(&app, DER_SEQ, seq) &&
		!app.n && field_i32(seq, n, &version) && version == VERSION &&
		field_i32(seq, n + 1, &is) && is == (int32_t)type;
}

unsigned krb5_msg_type(struct span msg)
{
	struct span body, whole;
	unsigned tag;

	return der_any(&msg, &tag, &body, &whole) && !msg.n && (tag & 0xe0) == DER_APP ? tag & 0x1f : 0;
}

bool krb5_next_pa(struct span *list, int32_t *type, struct span *value)
{
	struct span pa;

	return der_get(list, DER_SEQ, &pa) && field_i32(&pa, 1, type) &&
		der_field(&pa, 2, DER_OCTETS, value);
}

bool krb5_find_pa(struct span list, int32_t type, struct span *value)
{
	int32_t is;

	while (krb5_next_pa(&list, &is, value)) {
		if (is == type)
			return true;
	}
	return false;
}

bool krb5_first_etype_info(struct span pa_value, struct span *rest)
{
	return der_get(&pa_value, DER_SEQ, rest) && !pa_value.n;
}

bool krb5_next_etype_info(struct span *rest, struct krb5_etype_info *out)
{
	struct span entry, salt, whole;
	unsigned tag;
	bool has;

	*out = (struct krb5_etype_info){ 0 };
	if (!der_get(rest, DER_SEQ, &entry) || !field_i32(&entry, 0, &out->etype))
		return false;
	if (entry.n && entry.p[0] == DER_CTX + 1) {     /* a string, or octets in the old form */
		if (!der_get(&entry, DER_CTX + 1, &salt) || !der_any(&salt, &tag, &out->salt, &whole))
			return false;
		out->has_salt = true;
	}
	return der_option(&entry, 2, DER_OCTETS, &out->params, &has);
}

bool krb5_get_method_data(struct span data, struct span *list)
{
	return der_get(&data, DER_SEQ, list) && !data.n;
}

bool krb5_get_kdc_rep(struct span msg, struct krb5_kdc_rep *r)
{
	struct span seq, body;
	bool has;

	*r = (struct krb5_kdc_rep){ .type = krb5_msg_type(msg) };
	if ((r->type != KRB5_AS_REP && r->type != KRB5_TGS_REP) || !open_msg(msg, r->type, 0, &seq) ||
	    !der_option(&seq, 2, DER_SEQ, &r->pa, &has) || !field_principal(&seq, 3, &r->client) ||
	    !der_get(&seq, DER_CTX + 5, &r->ticket))
		return false;
	body = r->ticket;                       /* Ticket, kept with its tag */
	return der_get(&body, DER_APP + 1, &body) &&
		field_sealed(&seq, 6, &r->etype, &r->sealed);
}

static bool read_flags(struct span bits, uint32_t *flags)
{
	size_t i;

	if (bits.n < 2)
		return false;
	for (*flags = 0, i = 1; i <= 4; i++)            /* the first byte counts unused bits */
		*flags = *flags << 8 | (i < bits.n ? bits.p[i] : 0);
	return true;
}

/* EncKDCRepPart, 5.4.2 */
static bool read_kdc_part(struct span in, uint32_t *nonce, struct krb5_cred *c)
{
	struct span seq, last_req, flags;
	int64_t key_expires;

	/* Some KDCs use EncASRepPart's number for both. */
	return (der_get(&in, DER_APP + 25, &seq) || der_get(&in, DER_APP + 26, &seq)) &&
		der_get(&seq, DER_SEQ, &seq) && field_key(&seq, 0, &c->key) &&
		der_field(&seq, 1, DER_SEQ, &last_req) && field_u32(&seq, 2, nonce) &&
		option_time(&seq, 3, &key_expires) && der_field(&seq, 4, DER_BITS, &flags) &&
		read_flags(flags, &c->flags) && field_time(&seq, 5, &c->auth_time) &&
		option_time(&seq, 6, &c->start_time) && field_time(&seq, 7, &c->end_time) &&
		option_time(&seq, 8, &c->renew_till) && field_principal(&seq, 9, &c->server);
}

int krb5_open_kdc_rep(const struct krb5_kdc_rep *r, const struct krb5_key *k, uint32_t usage,
	uint32_t nonce, struct buf *plain, struct krb5_cred *cred, struct err *e)
{
	size_t start = plain->n;
	uint32_t theirs = 0;

	*cred = (struct krb5_cred){ .client = r->client, .ticket = r->ticket };
	if (r->etype != k->etype || !krb5_decrypt(k, usage, r->sealed, plain))
		return err_set(e, E_AUTH, "the KDC's answer does not open with our key");
	/* The span begins where plain began to grow; behind an RC4 cipher text zeros may follow. */
	if (!read_kdc_part(span_sub(buf_span(plain), start, plain->n), &theirs, cred)) {
		secret_wipe(&cred->key, sizeof(cred->key));
		return err_peer(e, "RFC 4120 5.4.2", 0);
	}
	if (theirs != nonce) {
		secret_wipe(&cred->key, sizeof(cred->key));
		return err_set(e, E_PEER, "the KDC's answer belongs to another question "
			"(RFC 4120 section 3.1.5)");
	}
	return 0;
}

bool krb5_get_error(struct span msg, struct krb5_error *out)
{
	struct span seq, body, name;
	bool has = false;
	int64_t client_time;

	*out = (struct krb5_error){ 0 };
	if (!open_msg(msg, KRB5_ERROR, 0, &seq) || !option_time(&seq, 2, &client_time) ||
	    !der_option(&seq, 3, DER_INT, &body, &has) || !field_time_us(&seq, 4, &out->server_us) ||
	    !field_i32(&seq, 6, &out->code) ||
	    !der_option(&seq, 7, DER_TEXT, &out->client.realm, &has))
		return false;
	has = false;
	if (!der_option(&seq, 8, DER_SEQ, &name, &has) || (has && !read_name(name, &out->client)))
		return false;
	return field_principal(&seq, 9, &out->server) &&
		der_option(&seq, 11, DER_TEXT, &out->text, &has) &&
		der_option(&seq, 12, DER_OCTETS, &out->data, &has);
}

const char *krb5_error_text(int32_t code)
{
	static const struct { int8_t code; const char *text; } known[] = {
		{ KRB5_E_CLIENT_UNKNOWN, "the user is not known" },
		{ KRB5_E_SERVER_UNKNOWN, "the service is not known" },
		{ KRB5_E_POLICY, "a policy forbids it" },
		{ KRB5_E_BADOPTION, "it cannot do what was asked for" },
		{ KRB5_E_ETYPE, "there is no encryption type in common" },
		{ KRB5_E_REVOKED, "the account is disabled, locked or expired" },
		{ KRB5_E_KEY_EXPIRED, "the password has expired" },
		{ KRB5_E_PREAUTH_FAILED, "the password is wrong" },
		{ KRB5_E_PREAUTH_REQUIRED, "it wants another kind of proof" },
		{ KRB5_E_INTEGRITY, "a key does not fit" },
		{ KRB5_E_TKT_EXPIRED, "the ticket has expired" },
		{ KRB5_E_TKT_NOT_YET, "the ticket is not valid yet" },
		{ 34, "the request was seen before" },
		{ KRB5_E_NOT_US, "the ticket is for another service" },
		{ KRB5_E_SKEW, "the clocks differ too much" },
		{ KRB5_E_MODIFIED, "the ticket is for another service's key" },
		{ KRB5_E_BAD_VERSION, "the ticket was made with an older key" },
		{ KRB5_E_NO_KEY, "it does not have the key for the ticket" },
		{ 60, "it does not say why" },
		{ KRB5_E_WRONG_REALM, "the user belongs to another realm" },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].code == code)
			return known[i].text;
	}
	return "it gives no reason that is known here";
}

int krb5_open_ap_rep(struct span msg, const struct krb5_key *session, int64_t now_us,
	struct krb5_ap_rep *out, struct err *e)
{
	struct span seq, cipher, in;
	struct buf plain;
	int64_t time_us = 0;
	int32_t etype;
	int r = E_PEER;

	*out = (struct krb5_ap_rep){ 0 };
	if (!open_msg(msg, KRB5_AP_REP, 0, &seq) || !field_sealed(&seq, 2, &etype, &cipher))
		return err_peer(e, "RFC 4120 5.5.2", 0);
	buf_init_secret(&plain, cipher.n);
	if (etype != session->etype || !krb5_decrypt(session, KRB5_U_AP_REP, cipher, &plain))
		goto out;
	in = buf_span(&plain);
	if (!der_get(&in, DER_APP + 27, &seq) || !der_get(&seq, DER_SEQ, &seq) ||
	    !field_time_us(&seq, 0, &time_us) || time_us != now_us)
		goto out;
	if (seq.n && seq.p[0] == DER_CTX + 2 && !field_key(&seq, 2, &out->subkey))
		goto out;
	out->has_seq = seq.n && seq.p[0] == DER_CTX + 3;
	if (!out->has_seq || field_u32(&seq, 3, &out->seq))
		r = 0;
out:
	buf_free(&plain);
	if (r < 0) {
		secret_wipe(&out->subkey, sizeof(out->subkey));
		err_set(e, r, "the server did not prove its identity: its Kerberos answer is not made with "
			"the ticket's key (RFC 4120 section 3.2.5)");
	}
	return r;
}
