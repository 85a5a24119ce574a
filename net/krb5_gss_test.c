#include "net/krb5_gss.h"
#include "net/krb5_test.h"

static const int32_t etypes[] = { 17, 18, 19, 20, 23 };
static struct krb5_gss us, them;
static struct buf token, plain;

static void begin(int32_t etype)
{
	us = (struct krb5_gss){ .acceptor_subkey = true, .out_seq = 5, .in_seq = 0xfffffffe };
	krb5_key_random(&us.key, etype);
	them = us;
	them.from_acceptor = true;
	them.in_seq = us.out_seq;
	them.out_seq = us.in_seq;
	buf_init(&token, 1 << 17);
	buf_init(&plain, 1 << 17);
}

static void end(void)
{
	buf_free(&token);
	buf_free(&plain);
}

static bool opens(struct krb5_gss *g, struct span t, size_t cut)
{
	buf_clear(&plain);
	return krb5_gss_unwrap(g, span_sub(t, 0, cut), span_sub(t, cut, t.n), &plain);
}

TEST(tokens_open_wherever_they_are_cut)
{
	static uint8_t text[100];
	size_t i, n, sig, cut;

	for (i = 0; i < 5; i++) {
		begin(etypes[i]);
		for (n = 0; n < sizeof(text); n += 9) {
			memset(text, (int)n, n);
			for (cut = 0; cut <= n + 50; cut += 7) {
				buf_clear(&token);
				krb5_gss_wrap(i & 1 ? &us : &them, span_of(text, n), &token, &sig);
				CHECK_INT(token.n, sig + n + krb5_gss_padding(&us));
				CHECK(opens(i & 1 ? &them : &us, buf_span(&token), cut));
				CHECK_MEM(plain.p, plain.n, text, n);
			}
		}
		end();
	}
}

TEST(tokens_are_laid_out_as_windows_splits_them)
{
	static const struct { int32_t etype; size_t sig; const char *head; } want[] = {
		{ 17, 60, "050402ff 0000 001c 0000000000000005" },
		{ 18, 60, "050402ff 0000 001c 0000000000000005" },
		{ 19, 64, "050402ff 0000 0020 0000000000000005" },
		{ 20, 72, "050402ff 0000 0028 0000000000000005" },
		{ 23, 45, "6030 06092a864886f712010202 02011100" },
	};
	size_t i, sig;

	for (i = 0; i < 5; i++) {
		begin(want[i].etype);
		us.acceptor_subkey = false;
		krb5_gss_wrap(&us, SPAN("text"), &token, &sig);
		CHECK_INT(sig, want[i].sig);
		CHECK_HEX(token.p, want[i].etype == 23 ? 17 : 16, want[i].head);
		end();
	}
}

TEST(the_flags_tell_who_speaks_and_whose_key_it_is)
{
	size_t sig;

	begin(18);
	krb5_gss_wrap(&them, SPAN("text"), &token, &sig);
	CHECK_INT(token.p[2], 7);
	us.acceptor_subkey = false;             /* another key than theirs, then */
	CHECK(!opens(&us, buf_span(&token), sig));
	end();
}

TEST(no_changed_or_shortened_token_opens)
{
	size_t i, at, sig;

	for (i = 0; i < 5; i++) {
		begin(etypes[i]);
		krb5_gss_wrap(&them, SPAN("some text"), &token, &sig);
		for (at = 0; at < token.n; at++) {
			CHECK(!opens(&us, span_sub(buf_span(&token), 0, at), sig));
			CHECK(!opens(&us, span_sub(buf_span(&token), 0, at), at));
			token.p[at] ^= 0x10;
			CHECK(!opens(&us, buf_span(&token), sig));
			CHECK_INT(plain.n, 0);
			token.p[at] ^= 0x10;
		}
		CHECK(opens(&us, buf_span(&token), sig));
		end();
	}
}

TEST(tokens_open_once_in_order_and_not_at_their_own_end)
{
	struct buf second;
	size_t i, sig;

	for (i = 0; i < 5; i++) {
		begin(etypes[i]);
		buf_init(&second, 1000);
		krb5_gss_wrap(&them, SPAN("one"), &token, &sig);
		krb5_gss_wrap(&them, SPAN("two"), &second, &sig);
		CHECK(!opens(&us, buf_span(&second), sig));
		CHECK(opens(&us, buf_span(&token), sig));
		CHECK(!opens(&us, buf_span(&token), sig));
		CHECK(opens(&us, buf_span(&second), sig));
		buf_clear(&token);
		us.in_seq = us.out_seq;
		krb5_gss_wrap(&us, SPAN("ours"), &token, &sig);
		CHECK(!opens(&us, buf_span(&token), sig));
		buf_free(&second);
		end();
	}
}

/* A token with 16 bytes of filler, turned right by that many bytes, says RRC rrc. */
static void put_filled(size_t turn, unsigned rrc)
{
	struct buf text, cipher;
	uint8_t h[16];

	buf_clear(&token);
	put_u32be(h, 0x050407ff);
	put_u32be(h + 4, 16u << 16);
	put_u64be(h + 8, them.out_seq);
	buf_init(&text, 100);
	buf_init(&cipher, 200);
	buf_puts(&text, "some text\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
	buf_put(&text, span_of(h, 16));
	krb5_encrypt(&them.key, 22, buf_span(&text), &cipher);
	put_u16be(h + 6, (uint16_t)rrc);
	turn %= cipher.n;
	buf_put(&token, span_of(h, 16));
	buf_put(&token, span_sub(buf_span(&cipher), cipher.n - turn, turn));
	buf_put(&token, span_sub(buf_span(&cipher), 0, cipher.n - turn));
	buf_free(&text);
	buf_free(&cipher);
}

TEST(tokens_with_filler_open_turned_either_way)
{
	static const struct { size_t turn; unsigned rrc; } form[] = { { 0, 0 }, { 28, 28 }, { 44, 28 },
		{ 44, 44 }, { 1000, 1000 }, { 65535, 65535 } };
	size_t i, j;

	for (i = 0; i < 2; i++) {
		begin(etypes[i]);
		for (j = 0; j < sizeof(form) / sizeof(form[0]); j++) {
			put_filled(form[j].turn, form[j].rrc);
			CHECK(opens(&us, buf_span(&token), 76));
			CHECK_MEM(plain.p, plain.n, "some text", 9);
			us.in_seq--;
		}
		put_filled(45, 28);
		CHECK(!opens(&us, buf_span(&token), 76));
		end();
	}
}

TEST(signatures_fit_once_and_to_their_text_alone)
{
	size_t i, at;

	for (i = 0; i < 5; i++) {
		begin(etypes[i]);
		krb5_gss_put_mic(&them, SPAN("text"), &token);
		CHECK(!krb5_gss_check_mic(&us, SPAN("texts"), buf_span(&token)));
		for (at = 0; at < token.n; at++) {
			token.p[at] ^= 1;
			CHECK(!krb5_gss_check_mic(&us, SPAN("text"), buf_span(&token)));
			token.p[at] ^= 1;
			CHECK(!krb5_gss_check_mic(&us, SPAN("text"), span_of(token.p, at)));
		}
		CHECK(!krb5_gss_check_mic(&them, SPAN("text"), buf_span(&token)));
		CHECK(krb5_gss_check_mic(&us, SPAN("text"), buf_span(&token)));
		CHECK(!krb5_gss_check_mic(&us, SPAN("text"), buf_span(&token)));
		end();
	}
}

TEST(a_full_buffer_takes_nothing)
{
	size_t i, sig;

	for (i = 0; i < 5; i++) {
		begin(etypes[i]);
		krb5_gss_wrap(&them, SPAN("some text"), &token, &sig);
		buf_free(&plain);
		buf_init(&plain, 8);
		CHECK(!opens(&us, buf_span(&token), sig) && buf_failed(&plain) && plain.n == 0);
		buf_free(&token);
		buf_init(&token, 30);
		krb5_gss_wrap(&us, SPAN("some text"), &token, &sig);
		CHECK(buf_failed(&token));
		end();
	}
}

TEST(frames_hold_a_token_of_kerberos)
{
	struct span t;

	begin(17);
	krb5_gss_put_frame(SPAN("\x01\x00xy"), &token);
	CHECK_HEX(token.p, token.n, "600f 06092a864886f712010202 0100 7879");
	CHECK(krb5_gss_get_frame(buf_span(&token), &t));
	CHECK_MEM(t.p, t.n, "\x01\x00xy", 4);
	CHECK(krb5_gss_get_frame(hex("600c 06092a864882f712010202 00"), &t));   /* Windows' number */
	CHECK(!krb5_gss_get_frame(hex("600c 06092a864882f712010203 00"), &t));
	CHECK(!krb5_gss_get_frame(hex("600c 06092a864886f712010202 0000"), &t));
	CHECK(!krb5_gss_get_frame(hex("600c 06092a864886f712010202"), &t));
	end();
}
