#include "net/krb5_prim.h"
#include <bearssl_block.h>
#include "lib/secret.h"

#define HASH_MAX 64
#define BLOCK 16

void krb5_hmac(const br_hash_class *hash, struct span key, struct span a, struct span b,
	uint8_t *out, size_t out_len)
{
	br_hmac_key_context k;
	br_hmac_context h;
	uint8_t mac[HASH_MAX];

	br_hmac_key_init(&k, hash, key.p, key.n);
	br_hmac_init(&h, &k, 0);
	br_hmac_update(&h, a.p, a.n);
	br_hmac_update(&h, b.p, b.n);
	br_hmac_out(&h, mac);
	memcpy(out, mac, out_len);
	secret_wipe(&k, sizeof(k));
	secret_wipe(&h, sizeof(h));
	secret_wipe(mac, sizeof(mac));
}

void krb5_pbkdf2(const br_hash_class *hash, struct span password, struct span salt1,
	struct span salt2, uint32_t rounds, uint8_t *out, size_t out_len)
{
	br_hmac_key_context k;
	br_hmac_context h;
	uint8_t u[HASH_MAX] = { 0 }, t[HASH_MAX], block[4];
	size_t n, done, i;
	uint32_t round;

	br_hmac_key_init(&k, hash, password.p, password.n);
	for (done = 0; done < out_len; done += n) {
		br_hmac_init(&h, &k, 0);
		n = br_hmac_size(&h);
		put_u32be(block, (uint32_t)(done / n + 1));
		br_hmac_update(&h, salt1.p, salt1.n);
		br_hmac_update(&h, salt2.p, salt2.n);
		br_hmac_update(&h, block, sizeof(block));
		br_hmac_out(&h, u);
		memcpy(t, u, sizeof(t));
		for (round = 1; round < rounds; round++) {
			br_hmac_init(&h, &k, 0);
			br_hmac_update(&h, u, n);
			br_hmac_out(&h, u);
			for (i = 0; i < n; i++)
				t[i] ^= u[i];
		}
		memcpy(out + done, t, out_len - done < n ? out_len - done : n);
	}
	secret_wipe(&k, sizeof(k));
	secret_wipe(&h, sizeof(h));
	secret_wipe(u, sizeof(u));
	secret_wipe(t, sizeof(t));
}

/* Bit `at` of the input repeated without end, each copy rotated right by 13 bits more. */
static unsigned folded_bit(struct span in, size_t at)
{
	size_t bits = in.n * 8, copy = at / bits;
	size_t from = (at % bits + bits - copy * 13 % bits) % bits;

	return in.p[from / 8] >> (7 - from % 8) & 1;
}

static size_t lcm(size_t a, size_t b)
{
	size_t m = a;

	while (m % b)
		m += a;
	return m;
}

void krb5_nfold(struct span in, uint8_t *out, size_t out_len)
{
	size_t total = lcm(in.n, out_len), i;
	unsigned sum, carry = 0, bit, round;
	uint8_t acc[HASH_MAX] = { 0 };

	/* The copies' pieces of out_len bytes are added up as ones' complement numbers: what is carried
	 * out in front comes in again at the end. */
	for (i = total; i--; ) {
		for (sum = 0, bit = 0; bit < 8; bit++)
			sum = sum << 1 | folded_bit(in, i * 8 + bit);
		sum += acc[i % out_len] + carry;
		acc[i % out_len] = (uint8_t)sum;
		carry = sum >> 8;
	}
	for (round = 0; carry && round < 2; round++) {
		for (i = out_len; i-- && carry; ) {
			sum = acc[i] + carry;
			acc[i] = (uint8_t)sum;
			carry = sum >> 8;
		}
	}
	memcpy(out, acc, out_len);
}

void krb5_cts_encrypt(struct span key, uint8_t *p, size_t n)
{
	br_aes_ct64_cbcenc_keys k;
	uint8_t iv[BLOCK] = { 0 }, last[BLOCK] = { 0 };
	size_t whole = (n - 1) / BLOCK * BLOCK, rest = n - whole;

	br_aes_ct64_cbcenc_init(&k, key.p, key.n);
	br_aes_ct64_cbcenc_run(&k, iv, p, whole);
	memcpy(last, p + whole, rest);
	br_aes_ct64_cbcenc_run(&k, iv, last, BLOCK);
	if (whole) {                    /* the last two blocks change places, the longer one first */
		memcpy(p + whole, p + whole - BLOCK, rest);
		memcpy(p + whole - BLOCK, last, BLOCK);
	} else {
		memcpy(p, last, BLOCK);
	}
	secret_wipe(&k, sizeof(k));
	secret_wipe(last, sizeof(last));
}

void krb5_cts_decrypt(struct span key, uint8_t *p, size_t n)
{
	br_aes_ct64_cbcdec_keys k;
	uint8_t iv[BLOCK] = { 0 }, last[BLOCK], c;
	size_t whole = (n - 1) / BLOCK * BLOCK, rest = n - whole, i;
	uint8_t *before = whole ? p + whole - BLOCK : p;

	br_aes_ct64_cbcdec_init(&k, key.p, key.n);
	memcpy(last, before, BLOCK);
	br_aes_ct64_cbcdec_run(&k, iv, last, BLOCK);
	if (!whole) {
		memcpy(p, last, BLOCK);
	} else {
		/* last: the plain end, padded with zeros, XOR the block before it, whose beginning is what
		 * the cipher text ends with. */
		memcpy(before, last, BLOCK);
		for (i = 0; i < rest; i++) {
			c = p[whole + i];
			p[whole + i] = before[i] ^ c;
			before[i] = c;
		}
		memset(iv, 0, BLOCK);
		br_aes_ct64_cbcdec_run(&k, iv, p, whole);
	}
	secret_wipe(&k, sizeof(k));
	secret_wipe(last, sizeof(last));
}

void krb5_dk(struct span key, struct span constant, uint8_t *out)
{
	uint8_t block[BLOCK];
	size_t done;

	krb5_nfold(constant, block, BLOCK);
	for (done = 0; done < key.n; done += BLOCK) {
		krb5_cts_encrypt(key, block, BLOCK);
		memcpy(out + done, block, BLOCK);
	}
	secret_wipe(block, sizeof(block));
}

void krb5_kdf_sha2(const br_hash_class *hash, struct span key, struct span label, uint8_t *out,
	size_t out_len)
{
	uint8_t text[4 + 16 + 1 + 4] = { 0, 0, 0, 1 };

	memcpy(text + 4, label.p, label.n);
	put_u32be(text + 4 + label.n + 1, (uint32_t)(8 * out_len));
	krb5_hmac(hash, key, span_of(text, 4 + label.n + 1 + 4), SPAN_NONE, out, out_len);
}
