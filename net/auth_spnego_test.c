#include "lib/b64.h"
#include "net/auth_test.h"

/* A mechanism that says what it is told to and completes with its second token. */
struct fake { struct auth a; struct span tokens[2]; struct buf got; int steps; unsigned mics; };
static struct fake fake;

static int fake_step(struct auth *a, struct span in, struct buf *out, struct err *e)
{
	if (fake.steps > 1)
		return err_peer(e, "fake", 0);
	buf_clear(&fake.got);
	buf_put(&fake.got, in);
	buf_put(out, fake.tokens[fake.steps]);
	a->complete = a->can_wrap = ++fake.steps == 2;
	return !a->complete;
}

static int fake_put_mic(struct auth *a, struct span data, struct buf *out, struct err *e)
{
	(void)a;
	(void)e;
	CHECK(data.n > 2 && data.p[0] == 0x30 && data.p[1] == data.n - 2);
	buf_puts(out, "OURS");
	fake.mics++;
	return 0;
}

static int fake_check_mic(struct auth *a, struct span data, struct span mic, struct err *e)
{
	(void)a;
	CHECK(data.n > 2 && data.p[0] == 0x30 && data.p[1] == data.n - 2);
	return span_is(mic, "THEIRS") ? 0 : err_set(e, E_PEER, "wrong MIC");
}

static int fake_unwrap(struct auth *a, struct span sig, struct span sealed, struct buf *plain,
	struct err *e)
{
	(void)a;
	(void)sig;
	(void)e;
	buf_put(plain, sealed);
	return 0;
}

static void fake_free(struct auth *a)
{
	(void)a;
	buf_free(&fake.got);
}

static const struct auth_ops fake_ops = { fake_step, NULL, fake_unwrap, fake_put_mic,
	fake_check_mic, fake_free };
static struct auth *spnego;
static struct buf out;
static struct err err;

static int step(struct span in)
{
	buf_clear(&out);
	return spnego->ops->step(spnego, in, &out, &err);
}

static void begin_with(struct span first, struct span second, bool wants_mic)
{
	fake = (struct fake){ .a = { .ops = &fake_ops, .wants_mic = wants_mic },
		.tokens = { first, second } };
	buf_init(&fake.got, 1 << 20);
	buf_init(&out, 1 << 20);
	err = (struct err){ 0 };
	spnego = auth_spnego_new(&fake.a, SPAN("\x06\x02\x2a\x03"));
	CHECK_STR(spnego->scheme, "Negotiate");
	CHECK_INT(step(SPAN_NONE), 1);
}

static void begin(bool wants_mic)
{
	begin_with(SPAN("one"), SPAN("two"), wants_mic);
}

static void end(void)
{
	spnego->ops->free(spnego);
	buf_free(&out);
}

/* NegTokenResp of the parts that are told; lengths below 128 */
#define MORE "\xa0\3\x0a\1\1"
#define DONE "\xa0\3\x0a\1\0"
#define REJECT "\xa0\3\x0a\1\2"
#define MECH "\xa1\4\6\2\x2a\3"
#define TOKEN "\xa2\5\4\3abc"
#define MIC "\xa3\x8\4\6THEIRS"
static struct span resp(struct span body)
{
	static uint8_t m[200];

	memcpy(m, (uint8_t[]){ 0xa1, (uint8_t)(body.n + 2), 0x30, (uint8_t)body.n }, 4);
	memcpy(m + 4, body.p, body.n);
	return span_of(m, body.n + 4);
}
#define RESP(lit) resp(SPAN(lit))

TEST(tokens_look_as_rfc_4178_has_them)
{
	begin(true);
	CHECK_MEM(out.p, out.n, "\x60\x1b\6\6\x2b\6\1\5\5\2" "\xa0\x11\x30\x0f" "\xa0\6\x30\4\6\2\x2a\3"
		"\xa2\5\4\3one", 29);
	CHECK_INT(step(RESP(MORE MECH TOKEN)), 1);
	CHECK(span_is(buf_span(&fake.got), "abc"));
	CHECK_MEM(out.p, out.n, "\xa1\x16\x30\x14" MORE "\xa2\5\4\3two" "\xa3\6\4\4OURS", 24);
	CHECK(spnego->can_wrap && !spnego->complete);
	CHECK_INT(step(RESP(DONE MIC)), 0);
	CHECK(spnego->complete);
	CHECK_INT(out.n, 0);
	CHECK_INT(fake.mics, 1);
	end();
}

TEST(long_tokens_keep_their_length)
{
	static const size_t sizes[] = { 1, 100, 127, 128, 255, 256, 65535, 65536, 70000 };
	static uint8_t long_one[70000];
	struct span s, body;
	unsigned k;
	size_t i, n;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memset(long_one, 'x', sizes[i]);
		begin_with(span_of(long_one, sizes[i]), SPAN("two"), false);
		s = buf_span(&out);
		for (k = 0; k < 7; k++) {       /* down to the token; two of the tags are skipped */
			static const uint8_t tag[] = { 0x60, 6, 0xa0, 0x30, 0xa0, 0xa2, 4 };

			CHECK(s.n >= 2);
			CHECK_INT(s.p[0], tag[k]);
			n = s.p[1] & 0x80 ? s.p[1] & 0x7f : 0;
			body = span_sub(s, 2 + n, s.n);
			CHECK_INT(n, s.p[1] == 0x81 ? 1 : s.p[1] == 0x82 ? 2 : s.p[1] == 0x83 ? 3 : 0);
			CHECK_INT(n == 0 ? s.p[1] : n == 1 ? s.p[2] : n == 2 ? get_u16be(s.p + 2)
				: (s.p[2] << 16 | get_u16be(s.p + 3)), k == 1 ? 6 : k == 4 ? 6 : body.n);
			s = k == 1 || k == 4 ? span_sub(body, 6, body.n) : body;
		}
		CHECK_MEM(s.p, s.n, long_one, sizes[i]);
		end();
	}
}

TEST(a_long_token_of_the_server_arrives_whole)
{
	static uint8_t m[70000];

	memset(m, 'y', sizeof(m));
	memcpy(m, "\xa1\x83\1\0\x12" "\x30\x82\x01\x2a", 9);    /* lengths that do not agree */
	begin(false);
	CHECK_INT(step(span_of(m, 5 + 0x10012)), E_PEER);
	end();
	memcpy(m, "\xa1\x83\1\0\x0d" "\x30\x83\1\0\x08" "\xa2\x83\1\0\3" "\4\x82\xff\xff", 19);
	begin(false);
	CHECK_INT(step(span_of(m, 5 + 0x1000d)), 1);
	CHECK_INT(fake.got.n, 65535);
	end();
}

TEST(a_missing_or_wrong_mic_is_refused)
{
	begin(true);
	CHECK_INT(step(RESP(MORE TOKEN)), 1);
	CHECK_INT(step(RESP(DONE)), E_AUTH);
	CHECK_INT(step(RESP(DONE MIC)), E_AUTH);         /* the first error stays */
	CHECK(!spnego->can_wrap && !spnego->complete);
	end();
	begin(true);
	CHECK_INT(step(RESP(MORE TOKEN)), 1);
	CHECK_INT(step(SPAN_NONE), E_AUTH);
	end();
	begin(true);
	CHECK_INT(step(RESP(MORE TOKEN)), 1);
	CHECK_INT(step(RESP(DONE "\xa3\x8\4\6theirs")), E_PEER);
	CHECK(!spnego->can_wrap);
	end();
}

TEST(a_mic_that_the_server_alone_wants_is_given)
{
	begin(false);
	CHECK_INT(step(RESP("\xa0\3\x0a\1\3" TOKEN)), 1);
	CHECK_INT(fake.mics, 1);
	CHECK_INT(step(RESP(DONE MIC)), 0);
	end();
}

TEST(without_mics_the_answer_alone_completes)
{
	begin(false);
	CHECK_INT(step(RESP(MORE TOKEN)), 1);
	CHECK_INT(fake.mics, 0);
	CHECK_INT(step(SPAN_NONE), 0);
	CHECK(spnego->complete);
	end();
	begin(false);
	CHECK_INT(step(RESP(MORE TOKEN)), 1);
	CHECK_INT(step(RESP(DONE)), 0);
	end();
}

TEST(a_mic_that_comes_with_the_end_is_checked_and_not_answered)   /* as with Kerberos */
{
	begin_with(SPAN("one"), SPAN_NONE, false);
	CHECK_INT(step(RESP(DONE MECH TOKEN MIC)), 0);
	CHECK(spnego->complete && out.n == 0);
	CHECK_INT(fake.mics, 0);
	end();
	begin_with(SPAN("one"), SPAN_NONE, false);
	CHECK_INT(step(RESP(DONE MECH TOKEN "\xa3\x8\4\6theirs")), E_PEER);
	end();
	begin_with(SPAN("one"), SPAN_NONE, false);
	CHECK_INT(step(RESP(MORE MECH TOKEN MIC)), 1);
	CHECK_INT(fake.mics, 1);
	CHECK_INT(step(RESP(DONE)), 0);
	end();
}

TEST(a_mechanism_may_have_several_names)
{
	begin(false);
	spnego->ops->free(spnego);
	fake.steps = 0;
	spnego = auth_spnego_new(&fake.a, SPAN("\6\2\x2a\3" "\6\2\x2a\4"));
	CHECK_INT(step(SPAN_NONE), 1);
	CHECK_MEM(out.p + 14, 12, "\xa0\x0a\x30\x8" "\6\2\x2a\3" "\6\2\x2a\4", 12);
	CHECK_INT(step(RESP(MORE "\xa1\4\6\2\x2a\4" TOKEN)), 1);
	end();
}

TEST(refusals_are_e_auth)
{
	begin(true);
	CHECK_INT(step(RESP(REJECT)), E_AUTH);
	end();
	begin(true);
	CHECK_INT(step(SPAN_NONE), E_AUTH);
	end();
	begin(true);
	CHECK_INT(step(RESP(MORE TOKEN)), 1);
	CHECK_INT(step(RESP(REJECT)), E_AUTH);
	end();
	begin(true);
	CHECK_INT(step(RESP(MORE "\xa1\4\6\2\x2a\4" TOKEN)), E_AUTH);    /* another mechanism */
	end();
}

TEST(answers_that_the_state_does_not_allow_are_refused)
{
	begin(true);
	CHECK_INT(step(RESP(MORE)), E_PEER);
	end();
	begin(true);
	CHECK_INT(step(RESP(MORE TOKEN)), 1);
	CHECK_INT(step(RESP(MORE TOKEN MIC)), E_PEER);
	end();
	begin(true);
	CHECK_INT(step(RESP(MORE TOKEN)), 1);
	CHECK_INT(step(RESP(MORE MIC)), E_PEER);
	end();
	begin(true);
	CHECK_INT(step(RESP(MORE TOKEN)), 1);
	CHECK_INT(step(RESP(DONE MIC)), 0);
	CHECK_INT(step(RESP(DONE MIC)), E_PEER);
	end();
	begin(true);                    /* out of order; twice; something behind */
	CHECK_INT(step(RESP(TOKEN MORE)), E_PEER);
	end();
	begin(true);
	CHECK_INT(step(RESP(MORE MORE TOKEN)), E_PEER);
	end();
	begin(true);
	CHECK_INT(step(RESP(MORE TOKEN "\4\0")), E_PEER);
	end();
}

TEST(a_raw_ntlm_answer_is_taken_and_goes_on_raw)
{
	begin(true);
	CHECK_INT(step(SPAN("NTLMSSP\0rest")), 0);
	CHECK(span_starts(buf_span(&fake.got), "NTLMSSP"));
	CHECK(span_is(buf_span(&out), "two"));
	CHECK(spnego->complete && spnego->can_wrap);
	CHECK_INT(fake.mics, 0);
	end();
	begin(true);
	CHECK_INT(step(RESP(MORE TOKEN)), 1);
	CHECK_INT(step(SPAN("NTLMSSP\0rest")), E_PEER);
	end();
}

TEST(nothing_is_unwrapped_before_the_last_token)
{
	struct buf plain;

	buf_init(&plain, 100);
	begin(true);
	CHECK_INT(step(RESP(MORE TOKEN)), 1);
	CHECK_INT(spnego->ops->unwrap(spnego, SPAN("s"), SPAN("x"), &plain, &err), E_AUTH);
	err = (struct err){ 0 };
	CHECK_INT(step(RESP(DONE MIC)), 0);
	CHECK_INT(spnego->ops->unwrap(spnego, SPAN("s"), SPAN("x"), &plain, &err), 0);
	end();
	buf_free(&plain);
}

static int feed(struct span in)
{
	uint8_t *copy = malloc(in.n ? in.n : 1);
	int r;

	if (!copy)
		abort();
	if (in.n)
		memcpy(copy, in.p, in.n);
	begin(true);
	r = step(span_of(copy, in.n));
	CHECK(r >= 0 || r == err.code);
	CHECK_INT(spnego->can_wrap, r >= 0);
	end();
	free(copy);
	return r;
}

TEST(an_answer_cut_anywhere_is_refused)
{
	struct span s = RESP(MORE MECH TOKEN);
	size_t i;

	for (i = 0; i < s.n; i++)
		CHECK(feed(span_sub(s, 0, i)) < 0);
	CHECK_INT(feed(s), 1);
}

TEST(an_answer_changed_anywhere_does_no_harm)
{
	static const uint8_t to[] = { 0x00, 0x01, 0x7f, 0x80, 0x84, 0x85, 0xff };
	uint8_t m[64];
	size_t i, k, n = RESP(MORE MECH TOKEN MIC).n;

	for (i = 0; i < n; i++) {
		for (k = 0; k < sizeof(to); k++) {
			memcpy(m, RESP(MORE MECH TOKEN MIC).p, n);
			m[i] = to[k];
			feed(span_of(m, n));
		}
	}
}

TEST(basic_as_in_rfc_7617_2)            /* 2 and 2.1 */
{
	static const char *const examples[][3] = {
		{ "Aladdin", "open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ==" },
		{ "test", "123\xc2\xa3", "dGVzdDoxMjPCow==" },
	};
	struct buf text;
	struct auth *a;
	size_t i;

	for (i = 0; i < 2; i++) {
		test_cred_set(examples[i][0], "", examples[i][1]);
		a = auth_basic_new(&test_cred);
		buf_init_secret(&out, 100);
		buf_init(&text, 100);
		CHECK_INT(a->ops->step(a, SPAN_NONE, &out, &err), 0);
		b64_put(&text, buf_span(&out));
		CHECK_STR(buf_cstr(&text), examples[i][2]);
		a->ops->free(a);
		buf_free(&out);
		buf_free(&text);
	}
}

TEST(basic_is_user_and_password)
{
	struct auth *a;

	test_cred_set("J\xc3\xb6rg", "DOM", "p:w");
	a = auth_basic_new(&test_cred);
	buf_init_secret(&out, 100);
	err = (struct err){ 0 };
	CHECK_INT(a->ops->step(a, SPAN_NONE, &out, &err), 0);
	CHECK_STR(buf_cstr(&out), "DOM\\J\xc3\xb6rg:p:w");
	CHECK(a->complete && !a->can_wrap && !a->seal_protocol);
	a->ops->free(a);
	test_cred_set("u", ".", "p");
	a = auth_basic_new(&test_cred);
	buf_clear(&out);
	err = (struct err){ 0 };
	CHECK_INT(a->ops->step(a, SPAN_NONE, &out, &err), 0);
	CHECK_STR(buf_cstr(&out), "u:p");
	a->ops->free(a);
	test_cred_set("a:b", "", "p");
	a = auth_basic_new(&test_cred);
	CHECK_INT(a->ops->step(a, SPAN_NONE, &out, &err), E_USAGE);
	a->ops->free(a);
	buf_free(&out);
}
