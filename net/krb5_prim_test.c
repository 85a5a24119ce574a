#include "net/krb5_prim.h"
#include "net/krb5_test.h"

static void check_nfold(const char *in, const char *want)
{
	struct span w = hex(want);
	uint8_t out[64];

	krb5_nfold(span_str(in), out, w.n);
	CHECK_MEM(out, w.n, w.p, w.n);
}

TEST(n_fold_as_in_rfc_3961_a_1)
{
	check_nfold("012345", "be072631276b1955");
	check_nfold("password", "78a07b6caf85fa");
	check_nfold("Rough Consensus, and Running Code", "bb6ed30870b7f0e0");
	check_nfold("password", "59e4a8ca7c0385c3c37b3f6d2000247cb6e6bd5b3e");
	check_nfold("MASSACHVSETTS INSTITVTE OF TECHNOLOGY",
		"db3b0d8f0b061e603282b308a50841229ad798fab9540c1b");
	check_nfold("Q", "518a54a215a8452a518a54a215a8452a518a54a215");
	check_nfold("ba", "fb25d531ae8974499f52fd92ea9857c4ba24cf297e");
	check_nfold("kerberos", "6b65726265726f73");
	check_nfold("kerberos", "6b65726265726f737b9b5b2b93132b93");
	check_nfold("kerberos", "8372c236344e5f1550cd0747e15d62ca7a5a3bcea4");
	check_nfold("kerberos", "6b65726265726f737b9b5b2b93132b935c9bdcdad95c9899c4cae4dee6d6cae4");
}

static void check_pbkdf2_with(const br_hash_class *hash, struct span password, struct span salt,
	uint32_t rounds, const char *want)
{
	struct span w = hex(want);
	uint8_t out[64];

	krb5_pbkdf2(hash, password, SPAN_NONE, salt, rounds, out, w.n);
	CHECK_MEM(out, w.n, w.p, w.n);
}

static void check_pbkdf2(const char *password, struct span salt, uint32_t rounds, const char *want)
{
	check_pbkdf2_with(&br_sha1_vtable, span_str(password), salt, rounds, want);
}

TEST(pbkdf2_as_in_rfc_6070_2)           /* but for the one of 16,777,216 rounds */
{
	const struct span salt = SPAN("salt");

	check_pbkdf2("password", salt, 1, "0c60c80f961f0e71f3a9b524af6012062fe037a6");
	check_pbkdf2("password", salt, 2, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
	check_pbkdf2("password", salt, 4096, "4b007901b765489abead49d926f721d065a429c1");
	check_pbkdf2("passwordPASSWORDpassword", SPAN("saltSALTsaltSALTsaltSALTsaltSALTsalt"), 4096,
		"3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038");
	check_pbkdf2_with(&br_sha1_vtable, SPAN("pass\0word"), SPAN("sa\0lt"), 4096,
		"56fa6aa75548099dcc37d7f03425e0c3");
}

TEST(pbkdf2_as_in_rfc_7914_11)
{
	check_pbkdf2_with(&br_sha256_vtable, SPAN("passwd"), SPAN("salt"), 1,
		"55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
		"49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783");
	check_pbkdf2_with(&br_sha256_vtable, SPAN("Password"), SPAN("NaCl"), 80000,
		"4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
		"a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d");
}

TEST(pbkdf2_as_in_rfc_3962_b)
{
	const struct span salt = SPAN("ATHENA.MIT.EDUraeburn");

	check_pbkdf2("password", salt, 1, "cdedb5281bb2f801565a1122b2563515");
	check_pbkdf2("password", salt, 1,
		"cdedb5281bb2f801565a1122b25635150ad1f7a04bb9f3a333ecc0e2e1f70837");
	check_pbkdf2("password", salt, 2,
		"01dbee7f4a9e243e988b62c73cda935da05378b93244ec8f48a99e61ad799d86");
	check_pbkdf2("password", salt, 1200,
		"5c08eb61fdf71e4e4ec3cf6ba1f5512ba7e52ddbc5e5142f708a31e2e62b1e13");
	check_pbkdf2("password", SPAN("\x12\x34\x56\x78\x78\x56\x34\x12"), 5,
		"d1daa78615f287e6a1c8b120d7062a493f98d203e6be49a6adf4fa574b6e64ee");
	check_pbkdf2("\xf0\x9d\x84\x9e", SPAN("EXAMPLE.COMpianist"), 50,
		"6b9cf26d45455a43a5b8bb276a403b39e7fe37a0c41e02c281ff3069e1e94f52");
}

static void check_cts(size_t n, const char *want)
{
	static const char text[] = "I would like the General Gau's Chicken, please, and wonton soup.";
	const struct span key = SPAN("chicken teriyaki");
	uint8_t p[64];

	memcpy(p, text, n);
	krb5_cts_encrypt(key, p, n);
	CHECK_HEX(p, n, want);
	krb5_cts_decrypt(key, p, n);
	CHECK_MEM(p, n, text, n);
}

TEST(cipher_text_stealing_as_in_rfc_3962_b)
{
	check_cts(17, "c6353568f2bf8cb4d8a580362da7ff7f97");
	check_cts(31, "fc00783e0efdb2c1d445d4c8eff7ed2297687268d6ecccc0c07b25e25ecfe5");
	check_cts(32, "39312523a78662d5be7fcbcc98ebf5a897687268d6ecccc0c07b25e25ecfe584");
	check_cts(47, "97687268d6ecccc0c07b25e25ecfe584b3fffd940c16a18c1b5549d2f838029e"
		"39312523a78662d5be7fcbcc98ebf5");
	check_cts(48, "97687268d6ecccc0c07b25e25ecfe5849dad8bbb96c4cdc03bc103e1a194bbd8"
		"39312523a78662d5be7fcbcc98ebf5a8");
	check_cts(64, "97687268d6ecccc0c07b25e25ecfe58439312523a78662d5be7fcbcc98ebf5a8"
		"4807efe836ee89a526730dbc2f7bc8409dad8bbb96c4cdc03bc103e1a194bbd8");
}

TEST(a_single_block_is_plain_cbc)
{
	uint8_t p[16] = "I would like the";

	krb5_cts_encrypt(SPAN("chicken teriyaki"), p, 16);
	CHECK_HEX(p, 16, "97687268d6ecccc0c07b25e25ecfe584");       /* first block of the above */
	krb5_cts_decrypt(SPAN("chicken teriyaki"), p, 16);
	CHECK_MEM(p, 16, "I would like the", 16);
}

static void check_kdf(const br_hash_class *hash, const char *key, const char *label,
	const char *want)
{
	struct span w = hex(want);
	uint8_t out[48];

	krb5_kdf_sha2(hash, hex(key), hex(label), out, w.n);
	CHECK_MEM(out, w.n, w.p, w.n);
}

TEST(keys_are_derived_as_in_rfc_8009_a)
{
	const char *key = "3705d96080c17728a0e800eab6e0d23c";

	check_kdf(&br_sha256_vtable, key, "0000000299", "b31a018a48f54776f403e9a396325dc3");
	check_kdf(&br_sha256_vtable, key, "00000002aa", "9b197dd1e8c5609d6e67c3e37c62c72e");
	check_kdf(&br_sha256_vtable, key, "0000000255", "9fda0e56ab2d85e1569a688696c26a6c");
	key = "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52";
	check_kdf(&br_sha384_vtable, key, "0000000299",
		"ef5718be86cc84963d8bbb5031e9f5c4ba41f28faf69e73d");
	check_kdf(&br_sha384_vtable, key, "00000002aa",
		"56ab22bee63d82d7bc5227f6773f8ea7a5eb1c825160c38312980c442e5c7e49");
	check_kdf(&br_sha384_vtable, key, "0000000255",
		"69b16514e3cd8e56b82010d5c73012b622c4d00ffc23ed1f");
}
