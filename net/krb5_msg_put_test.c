#include "net/asn1.h"
#include "net/krb5_msg.h"
#include "net/krb5_test.h"

#define NOW 1795266926                    /* 2026-11-21 13:15:26 */
#define NOW_US (NOW * 1000000LL + 42)
#define STAMP_BODY "11180f32303236313132313133313532365a"

static const struct krb5_principal alice = { KRB5_NT_PRINCIPAL, 1,
	{ (const uint8_t *)"ALPHA.TEST", 10 }, { { (const uint8_t *)"alice", 5 } } };
static const struct krb5_principal tgs = { KRB5_NT_SRV_INST, 2,
	{ (const uint8_t *)"ALPHA.TEST", 10 },
	{ { (const uint8_t *)"krbtgt", 6 }, { (const uint8_t *)"ALPHA.TEST", 10 } } };
static const int32_t etypes[] = { 17, 18, 19, 20, 23 };
static struct buf out, plain;

static struct krb5_kdc_req request(void)
{
	return (struct krb5_kdc_req){ .client = &alice, .server = &tgs, .till = NOW + 86400,
		.options = KRB5_FORWARDABLE | KRB5_RENEWABLE_OK, .nonce = 0x23b5ce4a, .etype = etypes,
		.etype_n = 5 };
}

static struct krb5_cred ticket(int32_t etype)
{
	struct krb5_cred c = { .client = alice, .server = tgs, .auth_time = NOW,
		.end_time = NOW + 3600, .flags = KRB5_FORWARDABLE, .ticket = SPAN("\x61\4tick") };

	krb5_key_random(&c.key, etype);
	return c;
}

static void begin(void)
{
	buf_init(&out, 4096);
	buf_init_secret(&plain, 4096);
}

static void end(void)
{
	CHECK(!buf_failed(&out));
	buf_free(&out);
	buf_free(&plain);
}

TEST(an_as_req_has_the_body_that_mit_krb5_makes)
{
	struct krb5_kdc_req r = request();

	begin();
	krb5_put_as_req(&r, SPAN_NONE, &out);
	/* [4]: as kinit of MIT krb5 1.20 sent it for the same wishes; before it: 5.4.1 by hand */
	CHECK_HEX(out.p, out.n, "6a818b308188a103020105a20302010a"
		"a47c307aa00703050040000010a1123010a003020101a10930071b05616c696365a20c1b0a"
		"414c5048412e54455354a31f301da003020102a11630141b066b72627467741b0a414c5048412e544553"
		"54a511180f32303236313132323133313532365aa706020423b5ce4aa811300f02011102011202011302"
		"0114020117");
	end();
}

TEST(an_as_req_carries_the_pre_authentication)
{
	struct krb5_kdc_req r = request();
	struct buf pa;

	begin();
	buf_init(&pa, 100);
	krb5_put_pa(&pa, 149, SPAN_NONE);
	krb5_put_pa(&pa, 128, SPAN("x"));
	krb5_put_as_req(&r, buf_span(&pa), &out);
	CHECK_HEX(out.p + 6, 39, "a103020105a20302010a" "a31b3019" "300aa10402020095a2020400"
		"300ba10402020080a203040178");
	buf_free(&pa);
	end();
}

/* Takes EncryptedData apart and opens it into plain. */
static void open_sealed(struct span data, const struct krb5_key *k, uint32_t usage)
{
	struct span cipher;
	int64_t etype;

	buf_clear(&plain);
	CHECK(der_field_int(&data, 0, &etype) && etype == k->etype);
	CHECK(der_field(&data, 2, DER_OCTETS, &cipher) && !data.n);
	CHECK(krb5_decrypt(k, usage, cipher, &plain));
}

TEST(the_encrypted_timestamp_opens_and_tells_the_time)
{
	struct span list, value;
	struct krb5_key k;

	begin();
	krb5_key_random(&k, KRB5_AES256_SHA384);
	krb5_put_pa_timestamp(&out, &k, NOW_US);
	list = buf_span(&out);
	CHECK(krb5_find_pa(list, KRB5_PA_ENC_TIMESTAMP, &value) && der_get(&value, DER_SEQ, &value));
	open_sealed(value, &k, KRB5_U_PA_TIMESTAMP);
	CHECK_HEX(plain.p, plain.n, "3018a0" STAMP_BODY "a10302012a");
	end();
}

/* The AP-REQ's authenticator into plain. */
static void open_ap_req(struct span msg, const struct krb5_cred *c, uint32_t usage, uint8_t options)
{
	struct span seq, bits, wrapped;
	int64_t v;

	CHECK(der_get(&msg, DER_APP + 14, &seq) && !msg.n && der_get(&seq, DER_SEQ, &seq));
	CHECK(der_field_int(&seq, 0, &v) && v == 5 && der_field_int(&seq, 1, &v) && v == 14);
	CHECK(der_field(&seq, 2, DER_BITS, &bits));
	CHECK(bits.n == 5 && !bits.p[0] && bits.p[1] == options);
	CHECK(der_get(&seq, DER_CTX + 3, &wrapped));
	CHECK_MEM(wrapped.p, wrapped.n, c->ticket.p, c->ticket.n);
	CHECK(der_field(&seq, 4, DER_SEQ, &wrapped) && !seq.n);
	open_sealed(wrapped, &c->key, usage);
}

#define WHO "a003020105" "a10c1b0a414c5048412e54455354" "a2123010a003020101a10930071b05616c696365"

TEST(an_ap_req_has_ticket_and_authenticator)
{
	struct krb5_cred c = ticket(KRB5_RC4);
	struct krb5_ap_req r = { .cred = &c, .usage = KRB5_U_AP_REQ_AUTH, .now_us = NOW_US };

	begin();
	krb5_put_ap_req(&r, &out);
	open_ap_req(buf_span(&out), &c, KRB5_U_AP_REQ_AUTH, 0);
	CHECK_HEX(plain.p, plain.n, "6241303f" WHO "a40302012a" "a5" STAMP_BODY);
	end();
}

TEST(an_ap_req_may_ask_for_proof_and_bring_checksum_key_and_number)
{
	struct krb5_cred c = ticket(KRB5_AES128_SHA1);
	struct krb5_key sub;
	struct krb5_ap_req r = { .cred = &c, .usage = KRB5_U_AP_REQ_AUTH, .now_us = NOW_US,
		.mutual = true, .sum_type = 0x8003, .sum = SPAN("sum"), .subkey = &sub, .has_seq = true,
		.seq = 0x80000001 };

	begin();
	CHECK(krb5_key_set(&sub, 17, SPAN("0123456789abcdef")));
	krb5_put_ap_req(&r, &out);
	open_ap_req(buf_span(&out), &c, KRB5_U_AP_REQ_AUTH, 0x20);
	CHECK_HEX(plain.p, plain.n, "62793077" WHO "a310300ea0050203008003a105040373756d"
		"a40302012a" "a5" STAMP_BODY
		"a61b3019a003020111a112041030313233343536373839616263646566"
		"a70702050080000001");
	end();
}

TEST(a_tgs_req_is_signed_with_the_ticket_granting_tickets_key)
{
	struct krb5_kdc_req r = request();
	struct krb5_cred c;
	struct span msg, seq, list, value, body, sum;
	uint8_t want[KRB5_SUM_MAX];
	int64_t v;
	size_t i;

	r.client = NULL;
	for (i = 0; i < 5; i++) {
		begin();
		c = ticket(etypes[i]);
		krb5_put_tgs_req(&r, &c, NOW_US, &out);
		msg = buf_span(&out);
		CHECK(der_get(&msg, DER_APP + 12, &seq) && !msg.n && der_get(&seq, DER_SEQ, &seq));
		CHECK(der_field_int(&seq, 1, &v) && v == 5 && der_field_int(&seq, 2, &v) && v == 12);
		CHECK(der_field(&seq, 3, DER_SEQ, &list) && der_get(&seq, DER_CTX + 4, &body) && !seq.n);
		CHECK_HEX(body.p, 13, "3066" "a00703050040000010" "a20c");
		CHECK(krb5_find_pa(list, KRB5_PA_TGS_REQ, &value));
		open_ap_req(value, &c, KRB5_U_TGS_REQ_AUTH, 0);
		value = buf_span(&plain);
		CHECK(der_get(&value, DER_APP + 2, &value) && der_get(&value, DER_SEQ, &value));
		CHECK(der_field_int(&value, 0, &v) && der_get(&value, DER_CTX + 1, &list) &&
			der_get(&value, DER_CTX + 2, &list) && der_field(&value, 3, DER_SEQ, &list));
		CHECK(der_field_int(&list, 0, &v) && v == krb5_sum_type(etypes[i]));
		CHECK(der_field(&list, 1, DER_OCTETS, &sum));
		CHECK_MEM(sum.p, sum.n, want, krb5_sum(&c.key, KRB5_U_TGS_REQ_SUM, body, want));
		end();
	}
}

TEST(a_ticket_to_give_away_comes_with_its_key)
{
	struct krb5_cred c = ticket(KRB5_AES256_SHA1);
	struct krb5_key k;
	struct span msg, seq, part, key;

	begin();
	krb5_key_random(&k, KRB5_AES128_SHA256);
	krb5_put_cred(&c, &k, NOW_US, &out);
	msg = buf_span(&out);
	CHECK(der_get(&msg, DER_APP + 22, &seq) && !msg.n && der_get(&seq, DER_SEQ, &seq));
	CHECK_HEX(seq.p, 10, "a003020105a103020116");
	seq = span_sub(seq, 10, seq.n);
	CHECK(der_field(&seq, 2, DER_SEQ, &part));
	CHECK(der_field(&seq, 3, DER_SEQ, &part) && !seq.n);
	open_sealed(part, &k, KRB5_U_CRED);
	part = buf_span(&plain);
	CHECK(der_get(&part, DER_APP + 29, &part) && der_get(&part, DER_SEQ, &part));
	CHECK(der_field(&part, 0, DER_SEQ, &seq));
	CHECK_HEX(part.p, part.n, "a2" STAMP_BODY "a30302012a");
	CHECK(der_get(&seq, DER_SEQ, &seq) && der_field(&seq, 0, DER_SEQ, &key));
	key = span_sub(key, 5 + 4, key.n);
	CHECK_MEM(key.p, key.n, c.key.b, c.key.n);
	end();
}

TEST(a_message_too_long_for_its_buffer_shows)
{
	struct krb5_kdc_req r = request();
	struct krb5_cred c = ticket(KRB5_AES256_SHA1);
	size_t max;

	for (max = 0; max < 100; max++) {
		buf_init(&out, max);
		krb5_put_tgs_req(&r, &c, NOW_US, &out);
		CHECK(buf_failed(&out));
		buf_free(&out);
	}
}

TEST(a_ticket_is_copied_with_its_names)
{
	struct krb5_cred c = ticket(KRB5_AES256_SHA1), copy;
	struct arena a;

	arena_init(&a, 4096);
	CHECK(krb5_cred_dup(&a, &c, &copy));
	CHECK(krb5_principal_eq(&c.client, &copy.client) && krb5_principal_eq(&c.server, &copy.server));
	CHECK(copy.ticket.p != c.ticket.p && copy.client.part[0].p != c.client.part[0].p);
	CHECK_MEM(copy.key.b, copy.key.n, c.key.b, c.key.n);
	arena_free(&a);
	arena_init(&a, 20);
	CHECK(!krb5_cred_dup(&a, &c, &copy));
	arena_free(&a);
}
