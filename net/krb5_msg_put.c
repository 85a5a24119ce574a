#include "lib/num.h"
#include "lib/secret.h"
#include "net/asn1.h"
#include "net/krb5_msg.h"

#define VERSION 5
#define ANY SIZE_MAX                      /* as long as the ticket in it, which came over a cap */

static void put_time(struct buf *b, unsigned n, int64_t t)
{
	struct date d = { TICKS_UNIX_EPOCH + t * TICKS_PER_SEC, DATE_UTC, 0 };
	struct buf text;
	uint8_t digits[15];
	size_t i, at = 0;

	buf_init(&text, 40);
	num_put_date(&text, &d);        /* KerberosTime is the same without punctuation */
	for (i = 0; i < text.n && at < sizeof(digits); i++) {
		if (!strchr("-:T", text.p[i]))
			digits[at++] = text.p[i];
	}
	der_put_field(b, n, DER_TIME, span_of(digits, at));
	buf_free(&text);
}

static void put_flags(struct buf *b, unsigned n, uint32_t flags)
{
	uint8_t bits[5] = { 0 };        /* none of the last byte's bits is unused */

	put_u32be(bits + 1, flags);
	der_put_field(b, n, DER_BITS, span_of(bits, sizeof(bits)));
}

static void put_name(struct buf *b, unsigned n, const struct krb5_principal *p)
{
	size_t field = der_open(b, DER_CTX + n), seq = der_open(b, DER_SEQ), parts, list;
	unsigned i;

	der_put_field_int(b, 0, p->type);
	parts = der_open(b, DER_CTX + 1);
	list = der_open(b, DER_SEQ);
	for (i = 0; i < p->part_n; i++)
		der_put(b, DER_TEXT, p->part[i]);
	der_close(b, list);
	der_close(b, parts);
	der_close(b, seq);
	der_close(b, field);
}

static void put_key(struct buf *b, unsigned n, const struct krb5_key *k)
{
	size_t field = der_open(b, DER_CTX + n), seq = der_open(b, DER_SEQ);

	der_put_field_int(b, 0, k->etype);
	der_put_field(b, 1, DER_OCTETS, span_of(k->b, k->n));
	der_close(b, seq);
	der_close(b, field);
}

/* EncryptedData without the field around it. */
static void put_sealed(struct buf *b, const struct krb5_key *k, uint32_t usage, struct span plain)
{
	size_t seq = der_open(b, DER_SEQ), field, octets;

	der_put_field_int(b, 0, k->etype);
	field = der_open(b, DER_CTX + 2);
	octets = der_open(b, DER_OCTETS);
	krb5_encrypt(k, usage, plain, b);
	der_close(b, octets);
	der_close(b, field);
	der_close(b, seq);
}

void krb5_put_pa(struct buf *list, int32_t type, struct span value)
{
	size_t seq = der_open(list, DER_SEQ);

	der_put_field_int(list, 1, type);
	der_put_field(list, 2, DER_OCTETS, value);
	der_close(list, seq);
}

void krb5_put_pa_timestamp(struct buf *list, const struct krb5_key *k, int64_t now_us)
{
	struct buf plain, value;
	size_t seq;

	buf_init(&plain, 100);
	buf_init(&value, 400);
	seq = der_open(&plain, DER_SEQ);
	put_time(&plain, 0, now_us / 1000000);
	der_put_field_int(&plain, 1, now_us % 1000000);
	der_close(&plain, seq);
	put_sealed(&value, k, KRB5_U_PA_TIMESTAMP, buf_span(&plain));
	krb5_put_pa(list, KRB5_PA_ENC_TIMESTAMP, buf_span(&value));
	buf_free(&plain);
	buf_free(&value);
}

/* KDC-REQ-BODY, 5.4.1 */
static void put_body(struct buf *b, const struct krb5_kdc_req *r)
{
	size_t seq = der_open(b, DER_SEQ), field, list;
	unsigned i;

	put_flags(b, 0, r->options);
	if (r->client)
		put_name(b, 1, r->client);
	der_put_field(b, 2, DER_TEXT, r->server->realm);
	put_name(b, 3, r->server);
	put_time(b, 5, r->till);
	der_put_field_int(b, 7, r->nonce);
	field = der_open(b, DER_CTX + 8);
	list = der_open(b, DER_SEQ);
	for (i = 0; i < r->etype_n; i++)
		der_put_int(b, DER_INT, r->etype[i]);
	der_close(b, list);
	der_close(b, field);
	der_close(b, seq);
}

static void put_kdc_req(struct buf *out, unsigned type, struct span pa, struct span body)
{
	size_t app = der_open(out, DER_APP + type), seq = der_open(out, DER_SEQ), field;

	der_put_field_int(out, 1, VERSION);
	der_put_field_int(out, 2, type);
	if (pa.n)
		der_put_field(out, 3, DER_SEQ, pa);
	field = der_open(out, DER_CTX + 4);
	buf_put(out, body);
	der_close(out, field);
	der_close(out, seq);
	der_close(out, app);
}

void krb5_put_as_req(const struct krb5_kdc_req *r, struct span pa, struct buf *out)
{
	struct buf body;

	buf_init(&body, ANY);
	put_body(&body, r);
	put_kdc_req(out, KRB5_AS_REQ, pa, buf_span(&body));
	buf_free(&body);
}

void krb5_put_tgs_req(const struct krb5_kdc_req *r, const struct krb5_cred *tgt, int64_t now_us,
	struct buf *out)
{
	struct krb5_ap_req ap = { .cred = tgt, .usage = KRB5_U_TGS_REQ_AUTH, .now_us = now_us,
		.sum_type = krb5_sum_type(tgt->key.etype) };
	uint8_t sum[KRB5_SUM_MAX];
	struct buf body, req, pa;

	buf_init(&body, ANY);
	buf_init(&req, ANY);
	buf_init(&pa, ANY);
	put_body(&body, r);
	ap.sum = span_of(sum, krb5_sum(&tgt->key, KRB5_U_TGS_REQ_SUM, buf_span(&body), sum));
	krb5_put_ap_req(&ap, &req);
	krb5_put_pa(&pa, KRB5_PA_TGS_REQ, buf_span(&req));
	put_kdc_req(out, KRB5_TGS_REQ, buf_span(&pa), buf_span(&body));
	buf_free(&body);
	buf_free(&req);
	buf_free(&pa);
}

/* Authenticator, 5.5.1 */
static void put_authenticator(struct buf *b, const struct krb5_ap_req *r)
{
	size_t app = der_open(b, DER_APP + 2), seq = der_open(b, DER_SEQ), field, sum;

	der_put_field_int(b, 0, VERSION);
	der_put_field(b, 1, DER_TEXT, r->cred->client.realm);
	put_name(b, 2, &r->cred->client);
	if (r->sum.n) {
		field = der_open(b, DER_CTX + 3);
		sum = der_open(b, DER_SEQ);
		der_put_field_int(b, 0, r->sum_type);
		der_put_field(b, 1, DER_OCTETS, r->sum);
		der_close(b, sum);
		der_close(b, field);
	}
	der_put_field_int(b, 4, r->now_us % 1000000);
	put_time(b, 5, r->now_us / 1000000);
	if (r->subkey)
		put_key(b, 6, r->subkey);
	if (r->has_seq)
		der_put_field_int(b, 7, r->seq);
	der_close(b, seq);
	der_close(b, app);
}

void krb5_put_ap_req(const struct krb5_ap_req *r, struct buf *out)
{
	size_t app = der_open(out, DER_APP + KRB5_AP_REQ), seq = der_open(out, DER_SEQ), field;
	struct buf plain;

	buf_init_secret(&plain, ANY);
	put_authenticator(&plain, r);
	der_put_field_int(out, 0, VERSION);
	der_put_field_int(out, 1, KRB5_AP_REQ);
	put_flags(out, 2, r->mutual ? 0x20000000u : 0);
	field = der_open(out, DER_CTX + 3);
	buf_put(out, r->cred->ticket);
	der_close(out, field);
	field = der_open(out, DER_CTX + 4);
	put_sealed(out, &r->cred->key, r->usage, buf_span(&plain));
	der_close(out, field);
	der_close(out, seq);
	der_close(out, app);
	buf_free(&plain);
}

/* KrbCredInfo, 5.8.1 */
static void put_cred_info(struct buf *b, const struct krb5_cred *c)
{
	size_t seq = der_open(b, DER_SEQ);

	put_key(b, 0, &c->key);
	der_put_field(b, 1, DER_TEXT, c->client.realm);
	put_name(b, 2, &c->client);
	put_flags(b, 3, c->flags);
	put_time(b, 4, c->auth_time);
	put_time(b, 5, c->start_time ? c->start_time : c->auth_time);
	put_time(b, 6, c->end_time);
	if (c->renew_till)
		put_time(b, 7, c->renew_till);
	der_put_field(b, 8, DER_TEXT, c->server.realm);
	put_name(b, 9, &c->server);
	der_close(b, seq);
}

void krb5_put_cred(const struct krb5_cred *c, const struct krb5_key *k, int64_t now_us,
	struct buf *out)
{
	size_t app, seq, field, list;
	struct buf plain;

	buf_init_secret(&plain, ANY);
	app = der_open(&plain, DER_APP + 29);
	seq = der_open(&plain, DER_SEQ);
	field = der_open(&plain, DER_CTX + 0);
	list = der_open(&plain, DER_SEQ);
	put_cred_info(&plain, c);
	der_close(&plain, list);
	der_close(&plain, field);
	put_time(&plain, 2, now_us / 1000000);
	der_put_field_int(&plain, 3, now_us % 1000000);
	der_close(&plain, seq);
	der_close(&plain, app);
	app = der_open(out, DER_APP + KRB5_CRED);
	seq = der_open(out, DER_SEQ);
	der_put_field_int(out, 0, VERSION);
	der_put_field_int(out, 1, KRB5_CRED);
	der_put_field(out, 2, DER_SEQ, c->ticket);
	field = der_open(out, DER_CTX + 3);
	put_sealed(out, k, KRB5_U_CRED, buf_span(&plain));
	der_close(out, field);
	der_close(out, seq);
	der_close(out, app);
	buf_free(&plain);
}
