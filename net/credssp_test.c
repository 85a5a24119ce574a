#include "net/credssp_test.h"
#include "net/auth_test.h"
#include "net/asn1.h"

/* SHA-256 of "CredSSP … Binding Hash", a NUL, nonce and key, by another implementation. */
#define CLIENT_HASH "\xae\xd0\xad\xf7\x59\x7d\xab\xf3\xc9\x61\xd6\x02\xb1\x94\x00\x81" \
	"\xb3\x55\x07\x73\x43\x1a\x96\xe9\x29\xed\x37\x66\xbe\x59\x74\x52"
#define SERVER_HASH "\x3d\x04\xf8\xcd\x9b\x7e\x84\x81\x1d\x51\x26\xf0\xb2\x7a\x3f\x96" \
	"\x2c\x2a\x73\x5d\x5a\xc7\x76\x89\x50\x93\x2c\xdb\x23\x8b\x28\x62"
#define OLD_ANSWER "\x31\x06\x02\x01\x03\x02\x01\x05"

static struct credssp c;
static struct test_inner inner;
static struct buf out, in;
static struct err err;

static void begin(void)
{
	test_cred_set("u", "D", "p\xc3\xa4");
	test_begin(&c, &inner, &test_cred);
	buf_init(&out, 1 << 20);
	buf_init(&in, 1 << 20);
	err = (struct err){ 0 };
}

static void end(void)
{
	buf_free(&out);
	buf_free(&in);
}

/* The answer in a block of exactly its size. */
static int step(struct span s)
{
	uint8_t *copy = malloc(s.n ? s.n : 1);
	int r;

	if (!copy)
		abort();
	if (s.n)
		memcpy(copy, s.p, s.n);
	buf_clear(&out);
	r = credssp_step(&c, span_of(copy, s.n), &out, &err);
	free(copy);
	CHECK_INT(r < 0, c.state == CREDSSP_BROKEN);
	return r;
}

/* A TSRequest of the server, into in. */
static struct span request(int64_t version, struct span token, struct span key)
{
	size_t seq, field, list, item;
	uint8_t byte;

	buf_clear(&in);
	seq = der_open(&in, DER_SEQ);
	der_put_field_int(&in, 0, version);
	if (token.n) {
		field = der_open(&in, DER_CTX + 1);
		list = der_open(&in, DER_SEQ);
		item = der_open(&in, DER_SEQ);
		der_put_field(&in, 0, DER_OCTETS, token);
		der_close(&in, item);
		der_close(&in, list);
		der_close(&in, field);
	}
	if (key.n) {
		field = der_open(&in, DER_CTX + 3);
		item = der_open(&in, DER_OCTETS);
		buf_puts(&in, TEST_SIG);
		for (; key.n; key = span_sub(key, 1, key.n)) {
			byte = (uint8_t)(key.p[0] + 1);
			buf_put(&in, span_of(&byte, 1));
		}
		der_close(&in, item);
		der_close(&in, field);
	}
	der_close(&in, seq);
	return buf_span(&in);
}

static struct span failure(int64_t code)
{
	size_t seq;

	buf_clear(&in);
	seq = der_open(&in, DER_SEQ);
	der_put_field_int(&in, 0, 6);
	der_put_field_int(&in, 4, code);
	der_close(&in, seq);
	return buf_span(&in);
}

/* Is it in what was sent, as the mechanism inside seals it? */
static bool sent(struct span plain)
{
	struct buf b;
	size_t sig_len;
	bool found;

	buf_init(&b, 1 << 16);
	inner.a.can_wrap = true;
	test_inner_wrap(&inner.a, plain, &b, &sig_len, &err);
	found = span_search(buf_span(&out), buf_span(&b)) < out.n;
	buf_free(&b);
	return found;
}

#define PASSWORD SPAN("\x30\x1f\xa0\x03\x02\x01\x01\xa1\x18\x04\x16\x30\x14" \
	"\xa0\x04\x04\x02" "D\0" "\xa1\x04\x04\x02" "u\0" "\xa2\x06\x04\x04" "p\0\xe4\0")

/* Up to the answer for the key, which is left to the test. */
static void go_to_key(int64_t version)
{
	CHECK_INT(step(SPAN_NONE), 1);
	CHECK_INT(step(request(version, SPAN("ONE"), SPAN_NONE)), 1);
	CHECK(c.state == CREDSSP_KEY);
	CHECK(!sent(PASSWORD));
}

TEST(the_first_message_offers_version_6)
{
	static const char want[] = "\x30\x12\xa0\x03\x02\x01\x06\xa1\x0b\x30\x09\x30\x07\xa0\x05"
		"\x04\x03one";

	begin();
	CHECK_INT(step(SPAN_NONE), 1);
	CHECK_MEM(out.p, out.n, want, sizeof(want) - 1);
	end();
}

TEST(versions_5_and_6_bind_by_hashes)
{
	int64_t version;

	for (version = 5; version <= 9; version++) {
		begin();
		go_to_key(version);
		CHECK(sent(SPAN(CLIENT_HASH)));
		CHECK(span_search(buf_span(&out), span_of(c.nonce, CREDSSP_NONCE_LEN)) < out.n);
		CHECK(span_search(buf_span(&out), SPAN("two")) < out.n);
		CHECK_INT(step(request(version, SPAN("TWO"), SPAN(SERVER_HASH))), 1);
		CHECK(sent(PASSWORD));
		CHECK_INT(step(SPAN_NONE), 0);
		end();
	}
}

TEST(older_versions_bind_by_the_key_itself)
{
	int64_t version;

	for (version = 2; version <= 4; version++) {
		begin();
		go_to_key(version);
		CHECK(sent(SPAN(TEST_KEY)));
		CHECK(span_search(buf_span(&out), span_of(c.nonce, CREDSSP_NONCE_LEN)) == out.n);
		CHECK_INT(step(request(version, SPAN("TWO"), SPAN(OLD_ANSWER))), 1);
		CHECK(sent(PASSWORD));
		CHECK_INT(step(SPAN_NONE), 0);
		end();
	}
}

TEST(older_versions_are_refused_unless_told)
{
	int64_t version;

	for (version = 2; version <= 5; version++) {
		begin();
		c.old_ok = false;
		CHECK_INT(step(SPAN_NONE), 1);
		CHECK_INT(step(request(version, SPAN("ONE"), SPAN_NONE)), version < 5 ? E_AUTH : 1);
		CHECK(version == 5 || strstr(err.text, "CVE-2018-0886"));
		end();
	}
}

TEST(a_mechanism_that_is_done_earlier_is_taken)
{
	begin();
	inner.early = true;
	go_to_key(6);
	CHECK_INT(step(request(6, SPAN_NONE, SPAN(SERVER_HASH))), 1);
	CHECK(sent(PASSWORD));
	end();
}

static void bad_key(int64_t version, struct span token, struct span key, int code)
{
	begin();
	go_to_key(version);
	CHECK_INT(step(request(version, token, key)), code);
	CHECK_INT(out.n, 0);
	end();
}

TEST(the_password_waits_for_the_right_answer)
{
	bad_key(6, SPAN("TWO"), SPAN(CLIENT_HASH), E_TLS);
	bad_key(6, SPAN("TWO"), SPAN(OLD_ANSWER), E_TLS);
	bad_key(6, SPAN("TWO"), SPAN("x"), E_TLS);
	bad_key(6, SPAN("TWO"), SPAN(SERVER_HASH "x"), E_TLS);
	bad_key(6, SPAN("TWO"), SPAN_NONE, E_TLS);
	bad_key(2, SPAN("TWO"), SPAN(TEST_KEY), E_TLS);
	bad_key(2, SPAN("TWO"), SPAN(SERVER_HASH), E_TLS);
	bad_key(6, SPAN("2"), SPAN(SERVER_HASH), E_AUTH);
	bad_key(6, SPAN_NONE, SPAN(SERVER_HASH), E_AUTH);
}

TEST(messages_out_of_their_order_are_refused)
{
	begin();
	CHECK_INT(step(SPAN_NONE), 1);
	CHECK_INT(step(request(6, SPAN("ONE"), SPAN(SERVER_HASH))), E_PEER);
	CHECK_INT(step(request(6, SPAN("ONE"), SPAN_NONE)), E_PEER);
	end();
	begin();
	CHECK_INT(step(SPAN_NONE), 1);
	CHECK_INT(step(request(6, SPAN_NONE, SPAN_NONE)), E_PEER);
	end();
	begin();
	inner.early = true;
	go_to_key(6);
	CHECK_INT(step(request(6, SPAN("TWO"), SPAN(SERVER_HASH))), E_PEER);
	end();
	begin();
	go_to_key(6);
	CHECK_INT(step(request(6, SPAN("TWO"), SPAN(SERVER_HASH))), 1);
	CHECK_INT(step(request(6, SPAN("TWO"), SPAN(SERVER_HASH))), E_PEER);
	end();
}

TEST(a_server_that_says_nothing_has_broken_off)
{
	begin();
	CHECK_INT(step(SPAN_NONE), 1);
	CHECK_INT(step(SPAN_NONE), E_AUTH);
	end();
	begin();
	go_to_key(6);
	CHECK_INT(step(SPAN_NONE), E_AUTH);
	end();
}

TEST(versions_are_checked)
{
	static const int64_t bad[] = { 1, 0, -1, INT64_MIN };
	size_t i;

	for (i = 0; i < 4; i++) {
		begin();
		CHECK_INT(step(SPAN_NONE), 1);
		CHECK_INT(step(request(bad[i], SPAN("ONE"), SPAN_NONE)), E_PEER);
		end();
	}
	begin();
	go_to_key(6);
	CHECK_INT(step(request(5, SPAN("TWO"), SPAN(SERVER_HASH))), E_PEER);
	end();
	begin();
	CHECK_INT(step(SPAN_NONE), 1);
	CHECK_INT(step(request(INT64_MAX, SPAN("ONE"), SPAN_NONE)), 1);
	CHECK_INT(c.version, 6);
	end();
}

TEST(error_codes_are_told_in_words)
{
	static const int64_t codes[] = { 0xc000006d, (int32_t)0xc000006d, 0xc0000072, 0xc0000234, 1 };
	static const char *const words[] = { "password is incorrect (status c000006d)",
		"password is incorrect (status c000006d)", "disabled", "locked", "(status 00000001)" };
	size_t i;

	for (i = 0; i < 5; i++) {
		begin();
		go_to_key(6);
		CHECK_INT(step(failure(codes[i])), E_AUTH);
		CHECK(strstr(err.text, words[i]) != NULL);
		end();
	}
	begin();                        /* the last chance to say so */
	go_to_key(6);
	CHECK_INT(step(request(6, SPAN("TWO"), SPAN(SERVER_HASH))), 1);
	CHECK_INT(step(failure(0xc0000413)), E_AUTH);
	CHECK(strstr(err.text, "may not log on") != NULL);
	end();
}

TEST(a_name_that_is_not_utf_8_is_refused)
{
	begin();
	test_cred.user = SPAN("\xff");
	go_to_key(6);
	CHECK_INT(step(request(6, SPAN("TWO"), SPAN(SERVER_HASH))), E_USAGE);
	CHECK_INT(out.n, 0);
	end();
}

TEST(an_answer_cut_anywhere_is_refused)
{
	size_t i, n = 1;
	struct buf whole;

	for (i = 0; i < n; i++) {
		begin();
		go_to_key(6);
		request(6, SPAN("TWO"), SPAN(SERVER_HASH));
		n = in.n;
		CHECK(step(span_sub(buf_span(&in), 0, i)) < 0);
		CHECK_INT(out.n, 0);
		end();
	}
	begin();
	go_to_key(6);
	buf_init(&whole, 1 << 16);
	buf_put(&whole, request(6, SPAN("TWO"), SPAN(SERVER_HASH)));
	buf_putc(&whole, 0);
	CHECK_INT(step(buf_span(&whole)), E_PEER);
	buf_free(&whole);
	end();
}

/* Only the version may be another, above ours. */
TEST(an_answer_changed_anywhere_gets_no_password)
{
	size_t i, n = 1;
	unsigned bit;
	int r;

	for (i = 0; i < n; i++) {
		for (bit = 0; bit < 8; bit++) {
			begin();
			go_to_key(6);
			request(6, SPAN("TWO"), SPAN(SERVER_HASH));
			n = in.n;
			in.p[i] ^= (uint8_t)(1u << bit);
			r = step(buf_span(&in));
			if (r >= 0 && (i != 6 || in.p[i] < 6))
				FAIL("byte %zu, bit %u", i, bit);
			CHECK(r >= 0 || !out.n);
			end();
		}
	}
}
