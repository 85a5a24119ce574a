#include "net/oldcrypt.h"
#include "tests/unit.h"

static void check_md4(const char *text, const char *want)
{
	char hex[33];
	uint8_t sum[16];
	size_t i;

	md4(span_str(text), sum);
	for (i = 0; i < 16; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	CHECK_STR(hex, want);
}

/* RFC 1320, A.5 */
TEST(md4_gives_the_vectors_of_rfc_1320)
{
	check_md4("", "31d6cfe0d16ae931b73c59d7e0c089c0");
	check_md4("a", "bde52cb31de33e46245e05fbdbd6fb24");
	check_md4("abc", "a448017aaf21d8525fc10ae87aa6729d");
	check_md4("message digest", "d9130a8164549fe818874806e1c7014b");
	check_md4("abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9");
	check_md4("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
		"043f8582f241db351ce627e153e7f0e4");
	check_md4("1234567890123456789012345678901234567890123456789012345678901234567890123456789"
		"0", "e33b4ddc9c38f2199c3e7b164fcc0536");
}

/* One, two and three blocks; the sums are OpenSSL's. */
TEST(md4_pads_at_the_edges_of_blocks)
{
	static const struct { size_t n; uint8_t sum[4]; } edge[] = {
		{ 55, { 0x92, 0xf3, 0x2b, 0xb8 } },
		{ 56, { 0x37, 0x4d, 0x5f, 0x08 } },
		{ 63, { 0x28, 0x70, 0x45, 0x25 } },
		{ 64, { 0xb1, 0xab, 0xf9, 0x56 } },
		{ 65, { 0xaf, 0xc1, 0xa3, 0x30 } },
		{ 119, { 0xb5, 0x5a, 0xe1, 0x5e } },
		{ 120, { 0xd8, 0xf9, 0xad, 0xfc } },
		{ 128, { 0x7c, 0x08, 0x7d, 0xd9 } },
		{ 200, { 0xeb, 0xd2, 0xde, 0x6b } },
	};
	uint8_t data[200], sum[16];
	size_t i;

	memset(data, 'x', sizeof(data));
	for (i = 0; i < sizeof(edge) / sizeof(edge[0]); i++) {
		md4(span_of(data, edge[i].n), sum);
		CHECK_MEM(sum, 4, edge[i].sum, 4);
	}
}

static void check_rc4(size_t key_len, size_t at, const char *want)
{
	static uint8_t stream[4112];
	uint8_t key[32];
	struct rc4 r;
	size_t i;

	for (i = 0; i < key_len; i++)
		key[i] = (uint8_t)(i + 1);
	memset(stream, 0, sizeof(stream));
	rc4_init(&r, span_of(key, key_len));
	rc4_run(&r, stream, 5);         /* in pieces: the state must carry on */
	rc4_run(&r, stream + 5, sizeof(stream) - 5);
	CHECK_MEM(stream + at, 16, want, 16);
}

/* RFC 6229, 2: keys 0102030405… of 40, 56 and 128 bits, at offsets 0 and 4096 */
TEST(rc4_gives_the_vectors_of_rfc_6229)
{
	check_rc4(5, 0, "\xb2\x39\x63\x05\xf0\x3d\xc0\x27\xcc\xc3\x52\x4a\x0a\x11\x18\xa8");
	check_rc4(5, 4096, "\xff\x25\xb5\x89\x95\x99\x67\x07\xe5\x1f\xbd\xf0\x8b\x34\xd8\x75");
	check_rc4(7, 0, "\x29\x3f\x02\xd4\x7f\x37\xc9\xb6\x33\xf2\xaf\x52\x85\xfe\xb4\x6b");
	check_rc4(7, 4096, "\xe7\x4b\x0b\x97\x31\x22\x7f\xd3\x7c\x0e\xc0\x8a\x47\xdd\xd8\xb8");
	check_rc4(16, 0, "\x9a\xc7\xcc\x9a\x60\x9d\x1e\xf7\xb2\x93\x28\x99\xcd\xe4\x1b\x97");
	check_rc4(16, 4096, "\xa3\x6a\x4c\x30\x1a\xe8\xac\x13\x61\x0c\xcb\xc1\x22\x56\xca\xcc");
}
