#include "net/auth_krb5.h"
#include "net/krb5_gss.h"
#include "net/krb5_test.h"

#define NOW_US (1795266926 * 1000000LL + 42)              /* 2026-11-21 13:15:26 */
#define STAMP "a011180f32303236313132313133313532365a" "a10302012a"
#define SUBKEY "a22b3029a003020112a1220420" \
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define RC4_SUBKEY "a21b3019a003020117a1120410000102030405060708090a0b0c0d0e0f"

static struct krb5_cred cred;
static struct auth *auth;
static struct buf out, plain;
static struct krb5_gss server;            /* set by answer() */
static struct err err;

static void begin_with(int32_t etype, struct span binding, const struct krb5_cred *forward)
{
	struct auth_target t = { .host = SPAN("h"), .service = SPAN("HTTP"),
		.channel_binding = binding };
	struct krb5_options o = { NOW_US, forward };

	cred = (struct krb5_cred){ .client = { 1, 1, SPAN("R"), { SPAN("alice") } },
		.server = { 2, 2, SPAN("R"), { SPAN("HTTP"), SPAN("h") } },
		.ticket = SPAN("\x61\4tick") };
	krb5_key_random(&cred.key, etype);
	err = (struct err){ 0 };
	buf_init(&out, 1 << 20);
	buf_init_secret(&plain, 1 << 20);
	auth = auth_krb5_new(&cred, &t, &o);
}

static void begin(int32_t etype)
{
	begin_with(etype, SPAN_NONE, NULL);
}

static void end(void)
{
	auth->ops->free(auth);
	buf_free(&out);
	buf_free(&plain);
}

static int step(struct span in)
{
	err = (struct err){ 0 };
	buf_clear(&out);
	return auth->ops->step(auth, in, &out, &err);
}

/* What an acceptor finds in the first token: the authenticator's checksum, key and number. */
struct found { struct span sum; struct krb5_key subkey; int64_t seq; };

static void open_request(struct found *f)
{
	struct span token, seq, x, cipher, key;
	int64_t v;

	CHECK(krb5_gss_get_frame(buf_span(&out), &token));
	CHECK(span_starts(token, "\x01") && token.p[1] == 0);
	token = span_sub(token, 2, token.n);
	CHECK(der_get(&token, DER_APP + 14, &seq) && !token.n && der_get(&seq, DER_SEQ, &seq));
	CHECK(der_field_int(&seq, 0, &v) && der_field_int(&seq, 1, &v));
	CHECK(der_field(&seq, 2, DER_BITS, &x));
	CHECK_HEX(x.p, x.n, "0020000000");      /* mutual-required */
	CHECK(der_get(&seq, DER_CTX + 3, &x) && der_field(&seq, 4, DER_SEQ, &x));
	CHECK(der_field_int(&x, 0, &v) && der_field(&x, 2, DER_OCTETS, &cipher));
	buf_clear(&plain);
	CHECK(krb5_decrypt(&cred.key, KRB5_U_AP_REQ_AUTH, cipher, &plain));
	seq = buf_span(&plain);
	CHECK(der_get(&seq, DER_APP + 2, &seq) && der_get(&seq, DER_SEQ, &seq));
	CHECK(der_field_int(&seq, 0, &v) && der_get(&seq, DER_CTX + 1, &x) &&
		der_get(&seq, DER_CTX + 2, &x) && der_field(&seq, 3, DER_SEQ, &x));
	CHECK(der_field_int(&x, 0, &v) && v == 0x8003 && der_field(&x, 1, DER_OCTETS, &f->sum));
	CHECK(der_field_int(&seq, 4, &v) && v == 42 && der_get(&seq, DER_CTX + 5, &x));
	CHECK(der_field(&seq, 6, DER_SEQ, &x) && der_field_int(&x, 0, &v));
	CHECK(der_field(&x, 1, DER_OCTETS, &key) && krb5_key_set(&f->subkey, (int32_t)v, key));
	CHECK(der_field_int(&seq, 7, &f->seq) && !seq.n);
}

/* Steps with an AP-REP of that encrypted part, framed. */
static int answer(const char *part)
{
	struct buf rep, token;
	int r;

	buf_init(&rep, 1000);
	buf_init(&token, 1000);
	buf_put(&rep, SPAN("\2\0"));
	test_ap_rep(&rep, &cred.key, hex(part));
	krb5_gss_put_frame(buf_span(&rep), &token);
	r = step(buf_span(&token));
	buf_free(&rep);
	buf_free(&token);
	return r;
}

static void login(const char *part)
{
	struct found f;

	CHECK_INT(step(SPAN_NONE), 1);
	CHECK(!auth->can_wrap && !auth->complete);
	open_request(&f);
	server = (struct krb5_gss){ .from_acceptor = true, .key = f.subkey, .in_seq = (uint64_t)f.seq };
	CHECK_INT(answer(part), 0);
	CHECK(auth->can_wrap && auth->complete && out.n == 0);
}

static void talk(void)
{
	struct buf b;
	size_t sig;

	buf_init(&b, 1000);
	buf_clear(&out);
	buf_clear(&plain);
	CHECK_INT(auth->ops->wrap(auth, SPAN("request"), &out, &sig, &err), 0);
	CHECK_INT(out.n, sig + 7 + auth->padding);
	CHECK(krb5_gss_unwrap(&server, span_sub(buf_span(&out), 0, sig),
		span_sub(buf_span(&out), sig, out.n), &plain));
	CHECK_MEM(plain.p, plain.n, "request", 7);
	krb5_gss_wrap(&server, SPAN("answer"), &b, &sig);
	buf_clear(&plain);
	CHECK_INT(auth->ops->unwrap(auth, span_sub(buf_span(&b), 0, sig),
		span_sub(buf_span(&b), sig, b.n), &plain, &err), 0);
	CHECK_MEM(plain.p, plain.n, "answer", 6);
	buf_free(&b);
}

TEST(the_first_token_asks_for_mutual_authentication_and_secrecy)
{
	struct found f;

	begin(18);
	CHECK_STR(auth->scheme, "Kerberos");
	CHECK_STR(auth->seal_protocol, "application/HTTP-Kerberos-session-encrypted");
	CHECK_INT(step(SPAN_NONE), 1);
	open_request(&f);
	CHECK_HEX(f.sum.p, f.sum.n, "10000000" "00000000000000000000000000000000" "3e000000");
	CHECK_INT(f.subkey.etype, 18);
	CHECK(memcmp(f.subkey.b, cred.key.b, 32) != 0);
	end();
}

TEST(the_channel_binding_is_in_the_checksum)
{
	struct found f;

	begin_with(18, SPAN("0123456789abcdef"), NULL);
	CHECK_INT(step(SPAN_NONE), 1);
	open_request(&f);
	CHECK_HEX(f.sum.p, f.sum.n, "10000000" "30313233343536373839616263646566" "3e000000");
	end();
}

TEST(a_ticket_is_given_away_when_asked)
{
	struct krb5_cred forward = { .client = { 1, 1, SPAN("R"), { SPAN("alice") } },
		.server = { 2, 2, SPAN("R"), { SPAN("krbtgt"), SPAN("R") } },
		.ticket = SPAN("\x61\3tgt") };
	struct found f;

	krb5_key_random(&forward.key, 18);
	begin_with(18, SPAN_NONE, &forward);
	CHECK_INT(step(SPAN_NONE), 1);
	open_request(&f);
	CHECK(f.sum.n > 28);
	CHECK_HEX(f.sum.p + 20, 6, "3f000000" "0100");
	CHECK_INT(get_u16le(f.sum.p + 26), f.sum.n - 28);
	CHECK_INT(f.sum.p[28], 0x76);           /* KRB-CRED */
	end();
}

TEST(a_ticket_too_long_to_be_given_away_is_refused)
{
	static uint8_t ticket[0x10000];
	struct krb5_cred forward = { .client = { 1, 1, SPAN("R"), { SPAN("alice") } },
		.server = { 2, 1, SPAN("R"), { SPAN("krbtgt") } },
		.ticket = { ticket, sizeof(ticket) } };

	krb5_key_random(&forward.key, 18);
	begin_with(18, SPAN_NONE, &forward);
	CHECK_INT(step(SPAN_NONE), E_LIMIT);
	end();
}

TEST(without_a_subkey_of_theirs_ours_is_used)
{
	static const int32_t etypes[] = { 17, 18, 19, 20, 23 };
	size_t i;

	for (i = 0; i < 5; i++) {
		begin(etypes[i]);
		login("7b1a3018" STAMP);
		talk();
		talk();
		end();
	}
}

TEST(their_subkey_and_number_are_used)
{
	begin(18);
	login("7b4d304b" STAMP SUBKEY "a304020204d2");
	server.out_seq = 1234;
	server.acceptor_subkey = true;
	krb5_key_set(&server.key, 18, hex("000102030405060708090a0b0c0d0e0f"
		"101112131415161718191a1b1c1d1e1f"));
	talk();
	end();
}

TEST(with_rc4_their_subkey_counts_only_when_it_is_of_a_newer_type)
{
	begin(23);
	login("7b373035" STAMP RC4_SUBKEY);
	CHECK_INT(auth->padding, 1);
	talk();
	end();
	begin(23);
	login("7b473045" STAMP SUBKEY);
	CHECK_INT(auth->padding, 0);
	server.acceptor_subkey = true;
	krb5_key_set(&server.key, 18, hex("000102030405060708090a0b0c0d0e0f"
		"101112131415161718191a1b1c1d1e1f"));
	talk();
	end();
}

static void check_refused(struct span in, int code, const char *text)
{
	begin(18);
	CHECK_INT(step(SPAN_NONE), 1);
	CHECK_INT(step(in), code);
	CHECK(!auth->complete && !auth->can_wrap);
	if (!strstr(err.text, text))
		FAIL("\"%s\" lacks \"%s\"", err.text, text);
	CHECK_INT(step(in), E_PEER);            /* and it stays broken */
	end();
}

/* A framed KRB-ERROR, the server's clock at 14:00. */
static struct span krb_error(int code)
{
	static uint8_t bytes[200];
	struct buf b, token;
	size_t app, seq, n;

	buf_init(&b, 1000);
	buf_put(&b, SPAN("\3\0"));
	app = der_open(&b, DER_APP + 30);
	seq = der_open(&b, DER_SEQ);
	der_put_field_int(&b, 0, 5);
	der_put_field_int(&b, 1, 30);
	der_put_field(&b, 4, DER_TIME, SPAN("20261121140000Z"));
	der_put_field_int(&b, 5, 3);
	der_put_field_int(&b, 6, code);
	der_put_field(&b, 9, DER_TEXT, SPAN("R"));
	der_put_field(&b, 10, DER_SEQ, hex("a003020102" "a1073005" "1b0168" "1b00"));
	der_close(&b, seq);
	der_close(&b, app);
	buf_init(&token, 1000);
	krb5_gss_put_frame(buf_span(&b), &token);
	n = token.n;
	CHECK(n <= sizeof(bytes));
	memcpy(bytes, token.p, n);
	buf_free(&b);
	buf_free(&token);
	return span_of(bytes, n);
}

TEST(refusals_are_told_with_their_reason)
{
	check_refused(SPAN_NONE, E_AUTH, "without a reason");
	for (const char *code = "\x25\x21\x20"; *code; code++)
		check_refused(krb_error(*code), E_AUTH,
			"here it is 2026-11-21T13:15:26Z, at h 2026-11-21T14:00:00Z");
	for (const char *code = "\x29\x23\x2c\x2d"; *code; code++)
		check_refused(krb_error(*code), E_AUTH, "setspn");
	check_refused(krb_error(0x22), E_AUTH,
		"HTTP/h@R: the request was seen before (Kerberos error 34)");
}

TEST(answers_that_are_none_are_refused)
{
	check_refused(SPAN("x"), E_PEER, "RFC 4121");
	check_refused(hex("600d 06092a864886f712010202 0200"), E_PEER, "RFC 4120");
	check_refused(hex("600d 06092a864886f712010202 0100"), E_PEER, "RFC 4121");
	check_refused(hex("600d 06092a864886f712010202 0300"), E_PEER, "RFC 4120");
	check_refused(hex("600c 06092a864886f712010202 02"), E_PEER, "RFC 4121");
}

TEST(an_answer_for_another_time_is_no_proof)
{
	begin(18);
	CHECK_INT(step(SPAN_NONE), 1);
	CHECK_INT(answer("7b1a3018a011180f32303236313132313133313532375aa10302012a"), E_PEER);
	CHECK(!auth->complete && !auth->can_wrap && strstr(err.text, "did not prove"));
	end();
}

TEST(a_wrong_message_ends_the_session)
{
	struct buf b;
	size_t sig;

	begin(18);
	login("7b1a3018" STAMP);
	buf_init(&b, 1000);
	krb5_gss_wrap(&server, SPAN("answer"), &b, &sig);
	buf_clear(&plain);
	b.p[b.n - 1] ^= 1;
	CHECK_INT(auth->ops->unwrap(auth, buf_span(&b), SPAN_NONE, &plain, &err), E_PEER);
	b.p[b.n - 1] ^= 1;
	CHECK_INT(auth->ops->unwrap(auth, buf_span(&b), SPAN_NONE, &plain, &err), E_PEER);
	buf_free(&b);
	end();
}

TEST(nothing_opens_before_the_server_has_proven_itself)
{
	begin(18);
	CHECK_INT(auth->ops->unwrap(auth, SPAN("x"), SPAN("y"), &plain, &err), E_PEER);
	end();
}

TEST(signatures_pass_both_ways)
{
	struct buf b;

	begin(18);
	login("7b1a3018" STAMP);
	buf_init(&b, 100);
	buf_clear(&out);
	CHECK_INT(auth->ops->put_mic(auth, SPAN("text"), &out, &err), 0);
	CHECK(krb5_gss_check_mic(&server, SPAN("text"), buf_span(&out)));
	krb5_gss_put_mic(&server, SPAN("text"), &b);
	CHECK_INT(auth->ops->check_mic(auth, SPAN("text"), buf_span(&b), &err), 0);
	CHECK_INT(auth->ops->check_mic(auth, SPAN("text"), buf_span(&b), &err), E_PEER);
	buf_free(&b);
	end();
}

TEST(spnego_offers_both_names_and_seals_as_its_own)
{
	struct buf b;
	size_t resp, seq;

	begin(18);
	auth = auth_spnego_new(auth, AUTH_OIDS_KRB5);
	CHECK_STR(auth->scheme, "Negotiate");
	CHECK_STR(auth->seal_protocol, "application/HTTP-SPNEGO-session-encrypted");
	CHECK_INT(step(SPAN_NONE), 1);
	CHECK(span_search(buf_span(&out), SPAN("\xa0\x18\x30\x16\x06\x09\x2a\x86\x48\x82\xf7\x12\x01"
		"\x02\x02\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\xa2")) < out.n);
	/* refused, with a reason in the mechanism's token */
	buf_init(&b, 1000);
	resp = der_open(&b, DER_CTX + 1);
	seq = der_open(&b, DER_SEQ);
	der_put_field(&b, 0, DER_ENUM, SPAN("\2"));
	der_put_field(&b, 2, DER_OCTETS, krb_error(0x20));
	der_close(&b, seq);
	der_close(&b, resp);
	CHECK_INT(step(buf_span(&b)), E_AUTH);
	CHECK(strstr(err.text, "the clocks differ"));
	buf_free(&b);
	end();
}
