/* The client's side of the exchanges against a KDC made up here, which knows the keys and says what
 * no real one does. (Real ones: tests/krb5_kdc_test.py.) */
#include "net/krb5_kdc.h"
#include "net/krb5_test.h"

#define NOW 1795266926LL                  /* 2026-11-21 13:15:26 */
#define US 1000000LL

static struct krb5_login login;
static struct krb5_kdc k;
static struct buf out;
static struct err e;
static int64_t clock_us = NOW * US;

static void start(const char *password)
{
	struct krb5_principal web = { .type = KRB5_NT_SRV_INST, .part_n = 2,
		.part = { SPAN("HTTP"), SPAN("web") } };
	struct secret *s;

	login = (struct krb5_login){ .client = { .type = KRB5_NT_PRINCIPAL, .part_n = 1,
		.realm = SPAN("A"), .part = { SPAN("alice") } } };
	if (password) {
		s = secret_new();
		CHECK(secret_set(s, span_str(password)));
		login.password = s;
	}
	e = (struct err){ 0 };
	buf_init(&out, 65536);
	krb5_kdc_init(&k, &login);
	krb5_kdc_want(&k, &web);
}

static void done(void)
{
	krb5_kdc_free(&k);
	secret_free((struct secret *)login.password);
	buf_free(&out);
}

static int step(struct span answer)
{
	buf_clear(&out);
	return krb5_kdc_step(&k, answer, clock_us, &out, &e);
}

static void check_why(int r, int code, const char *why)
{
	CHECK_INT(r, code);
	CHECK_INT(e.code, code);
	if (!strstr(e.text, why))
		FAIL("\"%s\" lacks \"%s\"", e.text, why);
}

static void put_text(struct buf *b, unsigned n, const char *text)
{
	der_put_field(b, n, DER_TEXT, span_str(text));
}

static void put_name(struct buf *b, unsigned n, const char *first, const char *second)
{
	size_t field = der_open(b, DER_CTX + n), seq = der_open(b, DER_SEQ), parts, list;

	der_put_field_int(b, 0, second ? KRB5_NT_SRV_INST : KRB5_NT_PRINCIPAL);
	parts = der_open(b, DER_CTX + 1);
	list = der_open(b, DER_SEQ);
	der_put(b, DER_TEXT, span_str(first));
	if (second)
		der_put(b, DER_TEXT, span_str(second));
	der_close(b, list);
	der_close(b, parts);
	der_close(b, seq);
	der_close(b, field);
}

static void put_sealed(struct buf *b, unsigned n, int32_t etype, struct span cipher)
{
	size_t field = der_open(b, DER_CTX + n), seq = der_open(b, DER_SEQ);

	der_put_field_int(b, 0, etype);
	der_put_field(b, 2, DER_OCTETS, cipher);
	der_close(b, seq);
	der_close(b, field);
}

static void put_ticket(struct buf *b, const char *realm, const char *first, const char *second)
{
	size_t field = der_open(b, DER_CTX + 5), app = der_open(b, DER_APP + 1), seq;

	seq = der_open(b, DER_SEQ);
	der_put_field_int(b, 0, 5);
	put_text(b, 1, realm);
	put_name(b, 2, first, second);
	put_sealed(b, 3, 18, SPAN("only the service can read this"));
	der_close(b, seq);
	der_close(b, app);
	der_close(b, field);
}

struct rep {                              /* of a KDC-REP; what is 0 is as it should be */
	const char *first, *second, *realm;       /* the ticket's server; krbtgt/A@A */
	struct krb5_key key;              /* what it is sealed with */
	uint32_t nonce;
	const char *start, *end;
};

static void put_part(struct buf *b, const struct rep *r, bool as)
{
	static const uint8_t session[16] = "session key of A", flags[5] = { 0 };
	size_t app = der_open(b, DER_APP + (as ? 25 : 26)), seq = der_open(b, DER_SEQ), field, in;

	field = der_open(b, DER_CTX + 0);
	in = der_open(b, DER_SEQ);
	der_put_field_int(b, 0, 17);
	der_put_field(b, 1, DER_OCTETS, span_of(session, 16));
	der_close(b, in);
	der_close(b, field);
	field = der_open(b, DER_CTX + 1);
	der_put(b, DER_SEQ, SPAN_NONE);
	der_close(b, field);
	der_put_field_int(b, 2, r->nonce ? r->nonce : k.nonce);
	der_put_field(b, 4, DER_BITS, span_of(flags, 5));
	der_put_field(b, 5, DER_TIME, span_str(r->start ? r->start : "20261121131526Z"));
	der_put_field(b, 7, DER_TIME, span_str(r->end ? r->end : "20261121231526Z"));
	put_text(b, 9, r->realm ? r->realm : "A");
	put_name(b, 10, r->first ? r->first : "krbtgt", r->second ? r->second : "A");
	der_close(b, seq);
	der_close(b, app);
}

/* Bytes last until the next reply. */
static struct span reply(bool as, struct rep r)
{
	static uint8_t bytes[4096];
	struct krb5_key key = r.key;
	struct buf b, plain, cipher;
	size_t app, seq, n;

	buf_init(&b, sizeof(bytes));
	buf_init(&plain, 2000);
	buf_init(&cipher, 2000);
	if (!key.etype && as)
		CHECK_INT(krb5_string_to_key(17, SPAN("secret"), SPAN("Aalice"), SPAN_NONE, &key, &e), 0);
	else if (!key.etype)
		CHECK(krb5_key_set(&key, 17, SPAN("session key of A")));
	put_part(&plain, &r, as);
	krb5_encrypt(&key, as ? KRB5_U_AS_REP : KRB5_U_TGS_REP, buf_span(&plain), &cipher);
	app = der_open(&b, DER_APP + (as ? 11 : 13));
	seq = der_open(&b, DER_SEQ);
	der_put_field_int(&b, 0, 5);
	der_put_field_int(&b, 1, as ? 11 : 13);
	put_text(&b, 3, "A");
	put_name(&b, 4, "alice", NULL);
	put_ticket(&b, r.realm ? r.realm : "A", r.first ? r.first : "krbtgt",
		r.second ? r.second : "A");
	put_sealed(&b, 6, key.etype, buf_span(&cipher));
	der_close(&b, seq);
	der_close(&b, app);
	n = b.n;
	memcpy(bytes, b.p, n);
	buf_free(&b);
	buf_free(&plain);
	buf_free(&cipher);
	return span_of(bytes, n);
}

#define AS_REPLY(...) reply(true, (struct rep){ __VA_ARGS__ })
#define TGS_REPLY(...) reply(false, (struct rep){ __VA_ARGS__ })

/* crealm and data may be NULL; time is the KDC's. */
static struct span error(int code, const char *time, const char *crealm, const struct buf *data)
{
	static uint8_t bytes[2048];
	size_t app, seq, n;
	struct buf b;

	buf_init(&b, sizeof(bytes));
	app = der_open(&b, DER_APP + 30);
	seq = der_open(&b, DER_SEQ);
	der_put_field_int(&b, 0, 5);
	der_put_field_int(&b, 1, 30);
	der_put_field(&b, 4, DER_TIME, span_str(time));
	der_put_field_int(&b, 5, 0);
	der_put_field_int(&b, 6, code);
	if (crealm)
		put_text(&b, 7, crealm);
	put_text(&b, 9, "A");
	put_name(&b, 10, "krbtgt", "A");
	if (data)
		der_put_field(&b, 12, DER_OCTETS, buf_span(data));
	der_close(&b, seq);
	der_close(&b, app);
	n = b.n;
	memcpy(bytes, b.p, n);
	buf_free(&b);
	return span_of(bytes, n);
}

#define ERROR(code) error(code, "20261121131526Z", NULL, NULL)

static void put_info(struct buf *b, int32_t etype, const char *salt, struct span params)
{
	size_t seq = der_open(b, DER_SEQ);

	der_put_field_int(b, 0, etype);
	if (salt)
		put_text(b, 1, salt);
	if (params.n)
		der_put_field(b, 2, DER_OCTETS, params);
	der_close(b, seq);
}

/* PREAUTH_REQUIRED: the timestamp wanted or not, ETYPE-INFO2 with RC4 first and one other type. */
static struct span demand(bool timestamp, int32_t etype, struct span params)
{
	struct buf info, list, data;
	struct span msg;
	size_t seq;

	buf_init(&info, 500);
	buf_init(&list, 500);
	buf_init(&data, 500);
	seq = der_open(&info, DER_SEQ);
	put_info(&info, KRB5_RC4, NULL, SPAN_NONE);
	put_info(&info, etype, "salt", params);
	der_close(&info, seq);
	if (timestamp)
		krb5_put_pa(&list, KRB5_PA_ENC_TIMESTAMP, SPAN_NONE);
	krb5_put_pa(&list, KRB5_PA_ETYPE_INFO2, buf_span(&info));
	der_put(&data, DER_SEQ, buf_span(&list));
	msg = error(KRB5_E_PREAUTH_REQUIRED, "20261121131526Z", NULL, &data);
	buf_free(&info);
	buf_free(&list);
	buf_free(&data);
	return msg;
}

static unsigned asked(void)
{
	return krb5_msg_type(buf_span(&out));
}

static void log_in(void)
{
	start("secret");
	CHECK_INT(step(SPAN_NONE), 1);
	CHECK_INT(asked(), KRB5_AS_REQ);
	CHECK_INT(step(AS_REPLY(0)), 1);
	CHECK_INT(asked(), KRB5_TGS_REQ);
	CHECK_INT(k.reply_etype, 0);
	CHECK_INT(k.reply_key->b[0], 0);
}

TEST(a_login_and_a_ticket)
{
	struct krb5_cred c;

	log_in();
	CHECK_INT(step(TGS_REPLY(.first = "HTTP", .second = "web")), 0);
	krb5_kdc_get(&k, &c);
	CHECK(span_is(c.server.part[1], "web") && span_is(c.client.part[0], "alice"));
	CHECK_MEM(c.key.b, c.key.n, "session key of A", 16);
	CHECK_INT(k.offset_us, 0);
	done();
}

TEST(a_ticket_at_hand_asks_nobody)
{
	struct krb5_principal web = { .part_n = 2, .part = { SPAN("HTTP"), SPAN("WEB") } };

	log_in();
	CHECK_INT(step(TGS_REPLY(.first = "HTTP", .second = "web")), 0);
	krb5_kdc_want(&k, &web);
	CHECK_INT(step(SPAN_NONE), 0);
	done();
}

TEST(a_chain_of_referrals_ends)
{
	static const char *const realm[] = { "A", "B", "C", "D", "E", "F", "G", "H", "I", "J" };
	size_t i;

	log_in();
	for (i = 0; i < KRB5_HOPS; i++) {
		CHECK_INT(step(TGS_REPLY(.second = realm[i + 1], .realm = realm[i])), 1);
		CHECK(span_is(k.realm, realm[i + 1]));
	}
	check_why(step(TGS_REPLY(.second = "J", .realm = "I")), E_LIMIT, "more than 8 realms");
	done();
}

TEST(a_circle_of_referrals_ends)
{
	log_in();
	CHECK_INT(step(TGS_REPLY(.second = "B")), 1);
	CHECK_INT(step(TGS_REPLY(.second = "C", .realm = "B")), 1);
	check_why(step(TGS_REPLY(.second = "B", .realm = "C")), E_PEER, "in a circle");
	done();
}

TEST(a_referral_to_itself_or_nowhere_is_refused)
{
	log_in();
	check_why(step(TGS_REPLY(.second = "A")), E_PEER, "in a circle");
	done();
	log_in();
	check_why(step(TGS_REPLY(.second = "")), E_PEER, "malformed");
	done();
}

TEST(a_ticket_for_another_service_is_refused)
{
	log_in();
	check_why(step(TGS_REPLY(.first = "HTTP", .second = "evil")), E_PEER, "another service");
	done();
}

TEST(a_login_that_yields_something_else_is_refused)
{
	start("secret");
	CHECK_INT(step(SPAN_NONE), 1);
	check_why(step(AS_REPLY(.first = "HTTP", .second = "web")), E_PEER, "malformed");
	done();
	start("secret");
	CHECK_INT(step(SPAN_NONE), 1);
	check_why(step(AS_REPLY(.second = "B")), E_PEER, "malformed");
	done();
}

TEST(answers_out_of_turn_are_refused)
{
	start("secret");
	CHECK_INT(step(SPAN_NONE), 1);
	check_why(step(TGS_REPLY(0)), E_PEER, "malformed");
	done();
	log_in();
	check_why(step(AS_REPLY(0)), E_PEER, "malformed");
	done();
	log_in();
	CHECK(step(SPAN("junk")) == E_PEER);
	done();
}

TEST(an_answer_to_another_question_is_refused)
{
	start("secret");
	CHECK_INT(step(SPAN_NONE), 1);
	CHECK(step(AS_REPLY(.nonce = k.nonce ^ 1)) < 0);
	CHECK(!krb5_kdc_has_tgt(&k, clock_us));
	done();
}

TEST(answers_that_are_cut_off_are_refused)
{
	struct span whole;
	uint8_t *copy;
	size_t n;

	start("secret");
	CHECK_INT(step(SPAN_NONE), 1);
	whole = AS_REPLY(0);
	for (n = 1; n < whole.n; n++) {
		copy = malloc(n);
		memcpy(copy, whole.p, n);
		e = (struct err){ 0 };
		CHECK_INT(step(span_of(copy, n)), E_PEER);
		free(copy);
	}
	done();
}

TEST(a_wrong_password_is_told_as_such)
{
	start("guess");
	CHECK_INT(step(SPAN_NONE), 1);
	check_why(step(AS_REPLY(0)), E_AUTH, "wrong password for 'alice@A'");
	done();
	start("guess");
	CHECK_INT(step(SPAN_NONE), 1);
	check_why(step(ERROR(KRB5_E_PREAUTH_FAILED)), E_AUTH, "wrong password for 'alice@A'");
	done();
}

TEST(a_realm_that_the_kdc_spells_otherwise_is_ours_from_there_on)
{
	start("secret");
	CHECK_INT(step(SPAN_NONE), 1);
	CHECK_INT(step(AS_REPLY(.second = "A.EXAMPLE", .realm = "A.EXAMPLE")), 1);
	CHECK_INT(asked(), KRB5_TGS_REQ);
	CHECK(span_is(k.realm, "A.EXAMPLE") && span_is(k.client.realm, "A.EXAMPLE"));
	done();
}

TEST(the_best_type_that_both_have_proves_us)
{
	static const int32_t types[] = { 17, 18, 19, 20 };
	struct krb5_key key;
	size_t i;

	for (i = 0; i < 4; i++) {
		start("secret");
		CHECK_INT(step(SPAN_NONE), 1);
		CHECK_INT(step(demand(true, types[i], SPAN_NONE)), 1);
		CHECK_INT(asked(), KRB5_AS_REQ);
		CHECK_INT(k.reply_etype, types[i]);
		CHECK_INT(krb5_string_to_key(types[i], SPAN("secret"), SPAN("salt"), SPAN_NONE, &key,
			&e), 0);
		CHECK_MEM(k.reply_key->b, k.reply_key->n, key.b, key.n);
		CHECK_INT(step(AS_REPLY(.key = key)), 1);
		CHECK_INT(asked(), KRB5_TGS_REQ);
		done();
	}
}

TEST(a_kdc_that_wants_another_proof_or_one_without_end)
{
	start("secret");
	CHECK_INT(step(SPAN_NONE), 1);
	check_why(step(demand(false, 18, SPAN_NONE)), E_AUTH, "another proof");
	done();
	start("secret");
	CHECK_INT(step(SPAN_NONE), 1);
	CHECK_INT(step(demand(true, 18, SPAN_NONE)), 1);
	check_why(step(demand(true, 18, SPAN_NONE)), E_AUTH, "another proof");
	done();
	start("secret");
	CHECK_INT(step(SPAN_NONE), 1);
	CHECK_INT(step(demand(true, 18, SPAN("\xff\xff\xff\xff"))), E_LIMIT);
	done();
}

TEST(a_false_clock_is_believed_once_and_not_kept)
{
	start("secret");
	CHECK_INT(step(SPAN_NONE), 1);
	CHECK_INT(step(error(KRB5_E_SKEW, "20301121131526Z", NULL, NULL)), 1);
	CHECK(k.offset_us > 0);
	check_why(step(error(KRB5_E_SKEW, "20311121131526Z", NULL, NULL)), E_AUTH,
		"here it is 2026-11-21T13:15:26Z, at the KDC of A 2031-11-21T13:15:26Z");
	CHECK_INT(k.offset_us, 0);
	done();
}

TEST(a_login_that_proves_another_time_than_the_error_told)
{
	start("secret");
	CHECK_INT(step(SPAN_NONE), 1);
	CHECK_INT(step(error(KRB5_E_SKEW, "20301121131526Z", NULL, NULL)), 1);
	check_why(step(AS_REPLY(0)), E_AUTH, "the clocks differ");
	CHECK_INT(k.offset_us, 0);
	done();
}

TEST(a_login_sets_the_clock)
{
	start("secret");
	CHECK_INT(step(SPAN_NONE), 1);
	CHECK_INT(step(AS_REPLY(.start = "20261121141526Z")), 1);
	CHECK_INT(k.offset_us, 3600 * US);
	CHECK_INT(step(TGS_REPLY(.first = "HTTP", .second = "web")), 0);
	CHECK_INT(k.offset_us, 3600 * US);
	done();
}

TEST(a_ticket_refused_as_too_old_is_replaced_once)
{
	log_in();
	CHECK_INT(step(ERROR(KRB5_E_TKT_EXPIRED)), 1);
	CHECK_INT(asked(), KRB5_AS_REQ);
	CHECK_INT(step(AS_REPLY(0)), 1);
	check_why(step(ERROR(KRB5_E_TKT_EXPIRED)), E_AUTH, "expired");
	done();
}

TEST(a_service_ticket_that_is_over_is_refused)
{
	log_in();
	check_why(step(TGS_REPLY(.first = "HTTP", .second = "web", .end = "20261121131500Z")), E_AUTH,
		"expired");
	done();
}

TEST(clients_are_referred_to_their_realm)
{
	start("secret");
	CHECK_INT(step(SPAN_NONE), 1);
	CHECK_INT(step(error(KRB5_E_WRONG_REALM, "20261121131526Z", "B", NULL)), 1);
	CHECK_INT(asked(), KRB5_AS_REQ);
	CHECK(span_is(k.realm, "B"));
	check_why(step(error(KRB5_E_WRONG_REALM, "20261121131526Z", "A", NULL)), E_PEER, "circle");
	done();
	start("secret");
	CHECK_INT(step(SPAN_NONE), 1);
	check_why(step(ERROR(KRB5_E_WRONG_REALM)), E_AUTH, "wrong realm");
	done();
}

TEST(without_anything_to_log_in_with)
{
	start(NULL);
	check_why(step(SPAN_NONE), E_AUTH, "no ticket-granting ticket for A");
	done();
}

TEST(the_newest_key_of_a_keytab)
{
	/* alice@A, version 2, then 3, then 9 of somebody else */
	static const char file[] =
		"00000029 0001 0001 41 0005 616c696365 00000001 00000000 02 0011 0010"
		"32323232323232323232323232323232"
		"00000029 0001 0001 41 0005 616c696365 00000001 00000000 03 0011 0010"
		"33333333333333333333333333333333"
		"00000029 0001 0001 41 0005 616c696366 00000001 00000000 09 0011 0010"
		"39393939393939393939393939393939";
	struct krb5_key key;

	start(NULL);
	login.keytab = hex(file);
	CHECK_INT(step(SPAN_NONE), 1);
	CHECK(krb5_key_set(&key, 17, SPAN("3333333333333333")));
	CHECK_INT(step(AS_REPLY(.key = key)), 1);
	CHECK_INT(asked(), KRB5_TGS_REQ);
	done();
}

TEST(codes_nobody_knows_are_told_with_their_number)
{
	log_in();
	check_why(step(ERROR(99)), E_AUTH, "(error 99)");
	done();
}
