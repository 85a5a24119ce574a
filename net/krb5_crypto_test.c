#include "net/krb5_crypto.h"
#include "net/krb5_test.h"

#define X16 "XXXXXXXXXXXXXXXX"
#define X64 X16 X16 X16 X16
#define RANDOM "\x10\xdf\x9d\xd7\x83\xe5\xbc\x8a\xce\xa1\x73\x0e\x74\x35\x5f\x61"

static const int32_t all[] = { 17, 18, 19, 20, 23 };
static struct err err;

static const struct { int32_t etype; uint32_t rounds; const char *password; struct span salt;
	const char *key; } s2k[] = {                    /* RFC 3962, B; RFC 8009, A */
	{ KRB5_AES128_SHA1, 1, "password", SPAN("ATHENA.MIT.EDUraeburn"),
		"42263c6e89f4fc28b8df68ee09799f15" },
	{ KRB5_AES256_SHA1, 1, "password", SPAN("ATHENA.MIT.EDUraeburn"),
		"fe697b52bc0d3ce14432ba036a92e65bbb52280990a2fa27883998d72af30161" },
	{ KRB5_AES128_SHA1, 2, "password", SPAN("ATHENA.MIT.EDUraeburn"),
		"c651bf29e2300ac27fa469d693bdda13" },
	{ KRB5_AES256_SHA1, 2, "password", SPAN("ATHENA.MIT.EDUraeburn"),
		"a2e16d16b36069c135d5e9d2e25f896102685618b95914b467c67622225824ff" },
	{ KRB5_AES128_SHA1, 1200, "password", SPAN("ATHENA.MIT.EDUraeburn"),
		"4c01cd46d632d01e6dbe230a01ed642a" },
	{ KRB5_AES256_SHA1, 1200, "password", SPAN("ATHENA.MIT.EDUraeburn"),
		"55a6ac740ad17b4846941051e1e8b0a7548d93b0ab30a8bc3ff16280382b8c2a" },
	{ KRB5_AES128_SHA1, 5, "password", SPAN("\x12\x34\x56\x78\x78\x56\x34\x12"),
		"e9b23d52273747dd5c35cb55be619d8e" },
	{ KRB5_AES256_SHA1, 5, "password", SPAN("\x12\x34\x56\x78\x78\x56\x34\x12"),
		"97a4e786be20d81a382d5ebc96d5909cabcdadc87ca48f574504159f16c36e31" },
	{ KRB5_AES128_SHA1, 1200, X64, SPAN("pass phrase equals block size"),
		"59d1bb789a828b1aa54ef9c2883f69ed" },
	{ KRB5_AES256_SHA1, 1200, X64, SPAN("pass phrase equals block size"),
		"89adee3608db8bc71f1bfbfe459486b05618b70cbae22092534e56c553ba4b34" },
	{ KRB5_AES128_SHA1, 1200, X64 "X", SPAN("pass phrase exceeds block size"),
		"cb8005dc5f90179a7f02104c0018751d" },
	{ KRB5_AES256_SHA1, 1200, X64 "X", SPAN("pass phrase exceeds block size"),
		"d78c5c9cb872a8c9dad4697f0bb5b2d21496c82beb2caeda2112fceea057401b" },
	{ KRB5_AES128_SHA1, 50, "\xf0\x9d\x84\x9e", SPAN("EXAMPLE.COMpianist"),
		"f149c1f2e154a73452d43e7fe62a56e5" },
	{ KRB5_AES256_SHA1, 50, "\xf0\x9d\x84\x9e", SPAN("EXAMPLE.COMpianist"),
		"4b6d9839f84406df1f09cc166db4b83c571848b784a3d6bdc346589a3e393f9e" },
	{ KRB5_AES128_SHA256, 32768, "password", SPAN(RANDOM "ATHENA.MIT.EDUraeburn"),
		"089bca48b105ea6ea77ca5d2f39dc5e7" },
	{ KRB5_AES256_SHA384, 32768, "password", SPAN(RANDOM "ATHENA.MIT.EDUraeburn"),
		"45bd806dbf6a833a9cffc1c94589a222367a79bc21c413718906e9f578a78467" },
};

TEST(passwords_become_the_published_keys)
{
	struct krb5_key k;
	uint8_t params[4];
	size_t i;

	for (i = 0; i < sizeof(s2k) / sizeof(s2k[0]); i++) {
		put_u32be(params, s2k[i].rounds);
		CHECK_INT(krb5_string_to_key(s2k[i].etype, span_str(s2k[i].password), s2k[i].salt,
			span_of(params, 4), &k, &err), 0);
		CHECK_INT(k.etype, s2k[i].etype);
		CHECK_HEX(k.b, k.n, s2k[i].key);
	}
	/* RFC 4757, 2 */
	CHECK_INT(krb5_string_to_key(23, SPAN("foo"), SPAN("salt"), SPAN_NONE, &k, &err), 0);
	CHECK_HEX(k.b, k.n, "ac8e657f83df82beea5d43bdaf7800cc");
}

TEST(without_parameters_the_default_number_of_rounds_is_taken)
{
	static const uint32_t rounds[] = { 4096, 4096, 32768, 32768 };
	struct krb5_key a, b;
	uint8_t params[4];
	size_t i;

	for (i = 0; i < 4; i++) {
		put_u32be(params, rounds[i]);
		CHECK_INT(krb5_string_to_key(all[i], SPAN("p"), SPAN("s"), SPAN_NONE, &a, &err), 0);
		CHECK_INT(krb5_string_to_key(all[i], SPAN("p"), SPAN("s"), span_of(params, 4), &b,
			&err), 0);
		CHECK_MEM(a.b, a.n, b.b, b.n);
	}
}

static int string_to_key(int32_t etype, struct span password, struct span params)
{
	struct krb5_key k;
	int r;

	err = (struct err){ 0 };
	r = krb5_string_to_key(etype, password, SPAN("salt"), params, &k, &err);
	CHECK(r == 0 || k.etype == 0);
	return r;
}

TEST(bad_passwords_and_parameters_are_refused)
{
	CHECK_INT(string_to_key(18, SPAN("\xff"), SPAN_NONE), E_USAGE);
	CHECK_INT(string_to_key(23, SPAN("\xff"), SPAN_NONE), E_USAGE);
	CHECK_INT(string_to_key(18, SPAN("p"), SPAN("\0\0\1")), E_PEER);
	CHECK_INT(string_to_key(18, SPAN("p"), SPAN("\0\0\0\1\0")), E_PEER);
	CHECK_INT(string_to_key(18, SPAN("p"), SPAN("\0\0\0\0")), E_LIMIT);        /* 2^32 */
	CHECK_INT(string_to_key(20, SPAN("p"), SPAN("\0\x0f\x42\x41")), E_LIMIT);   /* 1,000,001 */
}

static struct krb5_key key_of(int32_t etype, const char *text)
{
	struct krb5_key k;

	CHECK(krb5_key_set(&k, etype, hex(text)));
	return k;
}
static struct krb5_key sha2_key(int32_t etype)           /* RFC 8009, A */
{
	return key_of(etype, etype == KRB5_AES128_SHA256 ? "3705d96080c17728a0e800eab6e0d23c" :
		"6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52");
}

static const struct { int32_t etype; size_t plain_n; const char *cipher; } sealed[] = {
	{ KRB5_AES128_SHA256, 0,
		"ef85fb890bb8472f4dab20394dca781dad877eda39d50c870c0d5a0a8e48c718" },
	{ KRB5_AES128_SHA256, 6,
		"84d7f30754ed987bab0bf3506beb09cfb55402cef7e6877ce99e247e52d16ed4"
		"421dfdf8976c" },
	{ KRB5_AES128_SHA256, 16,
		"3517d640f50ddc8ad3628722b3569d2ae07493fa8263254080ea65c1008e8fc2"
		"95fb4852e7d83e1e7c48c37eebe6b0d3" },
	{ KRB5_AES128_SHA256, 21,
		"720f73b18d9859cd6ccb4346115cd336c70f58edc0c4437c5573544c31c813bc"
		"e1e6d072c186b39a413c2f92ca9b8334a287ffcbfc" },
	{ KRB5_AES256_SHA384, 0,
		"41f53fa5bfe7026d91faf9be959195a058707273a96a40f0a01960621ac61274"
		"8b9bbfbe7eb4ce3c" },
	{ KRB5_AES256_SHA384, 6,
		"4ed7b37c2bcac8f74f23c1cf07e62bc7b75fb3f637b9f559c7f664f69eab7b60"
		"92237526ea0d1f61cb20d69d10f2" },
	{ KRB5_AES256_SHA384, 16,
		"bc47ffec7998eb91e8115cf8d19dac4bbbe2e163e87dd37f49beca92027764f6"
		"8cf51f14d798c2273f35df574d1f932e40c4ff255b36a266" },
	{ KRB5_AES256_SHA384, 21,
		"40013e2df58e8751957d2878bcd2d6fe101ccfd556cb1eae79db3c3ee86429f2"
		"b2a602ac86fef6ecb647d6295fae077a1feb517508d2c16b4192e01f62" },
};

TEST(the_cipher_texts_of_rfc_8009_a_open)
{
	struct span want;
	struct krb5_key k;
	struct buf b;
	size_t i;

	for (i = 0; i < sizeof(sealed) / sizeof(sealed[0]); i++) {
		k = sha2_key(sealed[i].etype);
		buf_init_secret(&b, 100);
		CHECK(krb5_decrypt(&k, 2, hex(sealed[i].cipher), &b));
		want = hex("000102030405060708090a0b0c0d0e0f1011121314");
		CHECK_MEM(b.p, b.n, want.p, sealed[i].plain_n);
		buf_free(&b);
	}
}

TEST(checksums_as_in_rfc_8009_a)
{
	struct span text = hex("000102030405060708090a0b0c0d0e0f1011121314");
	struct krb5_key k = sha2_key(KRB5_AES128_SHA256);
	uint8_t sum[KRB5_SUM_MAX];

	CHECK_HEX(sum, krb5_sum(&k, 2, text, sum), "d78367186643d67b411cba9139fc1dee");
	k = sha2_key(KRB5_AES256_SHA384);
	CHECK_HEX(sum, krb5_sum(&k, 2, text, sum),
		"45ee791567eefca37f4ac1e0222de80d43c3bfa06699672a");
}

TEST(checksums_of_the_older_types_as_mit_krb5_makes_them)
{
	struct krb5_key k = key_of(17, "9062430c8cda3388922e6d6a509f5b7a");
	uint8_t sum[KRB5_SUM_MAX];

	CHECK_HEX(sum, krb5_sum(&k, 3, SPAN("eight nine ten eleven twelve thirteen"), sum),
		"01a4b088d45628f6946614e3");
	k = key_of(18, "b1ae4cd8462aff1677053cc9279aac30b796fb81ce21474dd3ddbcfea4ec76d7");
	CHECK_HEX(sum, krb5_sum(&k, 4, SPAN("fourteen"), sum), "e08739e3279e2903ec8e3836");
	k = key_of(23, "f7d3a155af5e238a0b7a871a96ba2ab2");
	CHECK_HEX(sum, krb5_sum(&k, 6, SPAN("seventeen eighteen nineteen twenty"), sum),
		"eb38cc97e2230f59da4117dc5859d7ec");
}

TEST(what_is_encrypted_decrypts_and_nothing_else_does)
{
	uint8_t text[70], other[200];
	struct buf c, p;
	struct krb5_key k, k2;
	size_t t, n, i;

	memset(text, 'x', sizeof(text));
	buf_init(&c, 200);
	buf_init_secret(&p, 200);
	for (t = 0; t < 5; t++) {
		krb5_key_random(&k, all[t]);
		krb5_key_random(&k2, all[t]);
		for (n = 0; n <= sizeof(text); n++) {
			buf_clear(&c);
			buf_clear(&p);
			krb5_encrypt(&k, 7, span_of(text, n), &c);
			CHECK(krb5_decrypt(&k, 7, buf_span(&c), &p));
			CHECK_MEM(p.p, p.n, text, n);
			CHECK(!krb5_decrypt(&k, 6, buf_span(&c), &p));
			CHECK(!krb5_decrypt(&k2, 7, buf_span(&c), &p));
		}
		for (i = 0; i < c.n; i++) {
			CHECK(!krb5_decrypt(&k, 7, span_sub(buf_span(&c), 0, i), &p));
			memcpy(other, c.p, c.n);
			other[i] ^= 0x10;
			CHECK(!krb5_decrypt(&k, 7, span_of(other, c.n), &p));
		}
		CHECK_INT(p.n, sizeof(text));
	}
	buf_free(&c);
	buf_free(&p);
}

TEST(two_cipher_texts_of_one_text_differ)
{
	struct krb5_key k;
	struct buf a, b;
	size_t t;

	for (t = 0; t < 5; t++) {
		buf_init(&a, 100);
		buf_init(&b, 100);
		krb5_key_random(&k, all[t]);
		krb5_encrypt(&k, 1, SPAN("text"), &a);
		krb5_encrypt(&k, 1, SPAN("text"), &b);
		CHECK(a.n == b.n && memcmp(a.p, b.p, a.n));
		buf_free(&a);
		buf_free(&b);
	}
}

TEST(rc4_takes_the_usages_that_windows_gave_it)          /* RFC 4757, 3 */
{
	struct krb5_key k;
	struct buf c, p;

	krb5_key_random(&k, KRB5_RC4);
	buf_init(&c, 100);
	buf_init(&p, 100);
	krb5_encrypt(&k, 3, SPAN("text"), &c);
	CHECK(krb5_decrypt(&k, 8, buf_span(&c), &p));
	CHECK(krb5_decrypt(&k, 9, buf_span(&c), &p));
	CHECK(!krb5_decrypt(&k, 2, buf_span(&c), &p));
	buf_free(&c);
	buf_free(&p);
}

TEST(keys_of_other_types_or_lengths_are_no_keys)
{
	static const uint8_t b[40];
	struct krb5_key k;
	size_t n, t;

	for (n = 0; n <= 40; n++) {
		for (t = 0; t < 5; t++) {
			CHECK_INT(krb5_key_set(&k, all[t], span_of(b, n)), n == krb5_key_len(all[t]));
			CHECK_INT(k.etype, n == krb5_key_len(all[t]) ? all[t] : 0);
		}
		CHECK(!krb5_key_set(&k, 16, span_of(b, n)));
		CHECK(!krb5_key_set(&k, 0, span_of(b, n)));
	}
}

TEST(a_full_buffer_takes_no_half_of_a_text)
{
	struct krb5_key k;
	struct buf c, p;

	krb5_key_random(&k, KRB5_AES256_SHA1);
	buf_init(&c, 31);
	krb5_encrypt(&k, 1, SPAN("text"), &c);
	CHECK(buf_failed(&c) && c.n == 0);
	buf_free(&c);
	buf_init(&c, 100);
	krb5_encrypt(&k, 1, SPAN("text"), &c);
	buf_init_secret(&p, 3);
	CHECK(!krb5_decrypt(&k, 1, buf_span(&c), &p) && p.n == 0);
	buf_free(&c);
	buf_free(&p);
}
