#include "net/oldcrypt.h"
#include "lib/secret.h"

static uint32_t rotl(uint32_t v, unsigned n)
{
	return v << n | v >> (32 - n);
}

/* RFC 1320, 3.4: round by round the function, the constant, the order of words, the shifts. */
static void md4_block(uint32_t h[4], const uint8_t *p)
{
	static const uint32_t add[3] = { 0, 0x5a827999, 0x6ed9eba1 };
	static const uint8_t order[3][16] = {
		{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
		{ 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15 },
		{ 0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15 },
	};
	static const uint8_t shift[3][4] = { { 3, 7, 11, 19 }, { 3, 5, 9, 13 }, { 3, 9, 11, 15 } };
	uint32_t a = h[0], b = h[1], c = h[2], d = h[3], f;
	unsigned i, round;

	for (i = 0; i < 48; i++) {
		round = i / 16;
		f = round == 0 ? (b & c) | (~b & d)
			: round == 1 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
		f += a + get_u32le(p + 4 * order[round][i % 16]) + add[round];
		a = d;
		d = c;
		c = b;
		b = rotl(f, shift[round][i % 4]);
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
}

void md4(struct span in, uint8_t out[16])
{
	uint32_t h[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 };
	uint8_t last[128] = { 0 };
	size_t rest = in.n % 64, n = rest < 56 ? 64 : 128, at;

	for (at = 0; at + 64 <= in.n; at += 64)
		md4_block(h, in.p + at);
	if (rest)
		memcpy(last, in.p + at, rest);
	last[rest] = 0x80;
	put_u64le(last + n - 8, (uint64_t)in.n * 8);
	for (at = 0; at < n; at += 64)
		md4_block(h, last + at);
	for (at = 0; at < 4; at++)
		put_u32le(out + 4 * at, h[at]);
	secret_wipe(last, sizeof(last));
	secret_wipe(h, sizeof(h));
}

void rc4_init(struct rc4 *r, struct span key)
{
	unsigned i;
	uint8_t j = 0, t;

	for (i = 0; i < 256; i++)
		r->s[i] = (uint8_t)i;
	for (i = 0; i < 256; i++) {
		t = r->s[i];
		j = (uint8_t)(j + t + key.p[i % key.n]);
		r->s[i] = r->s[j];
		r->s[j] = t;
	}
	r->i = r->j = 0;
}

void rc4_run(struct rc4 *r, uint8_t *p, size_t n)
{
	uint8_t i = r->i, j = r->j, a, b;

	while (n--) {
		a = r->s[++i];
		j = (uint8_t)(j + a);
		b = r->s[j];
		r->s[i] = b;
		r->s[j] = a;
		*p++ ^= r->s[(uint8_t)(a + b)];
	}
	r->i = i;
	r->j = j;
}
