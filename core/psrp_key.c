#include "core/psrp_key.h"
#include <bearssl_block.h>
#include <bearssl_rsa.h>
#include "lib/b64.h"
#include "lib/rand.h"
#include "lib/secret.h"
#include "lib/utf.h"

#define RSA_BITS 2048
#define RSA_LEN (RSA_BITS / 8)
#define AES_LEN 32
#define TEXT_MAX (1 << 18)                /* .NET's SecureString ends at 65,536 UTF-16 units */

enum key_stage { KEY_NEW, KEY_PAIR, KEY_SESSION };
struct psrp_key {                         /* lives in a slot of lib/secret */
	struct secret *slot;
	enum key_stage stage;
	br_rsa_private_key rsa;
	uint8_t aes[AES_LEN];
	uint8_t rsa_data[BR_RSA_KBUF_PRIV_SIZE(RSA_BITS)];
};
_Static_assert(sizeof(struct psrp_key) <= SECRET_MAX, "a key fits a slot");
_Static_assert(_Alignof(struct psrp_key) <= _Alignof(struct secret), "a slot is aligned for a key");

/* PUBLICKEYBLOB of CAPI: type, version, CALG_RSA_KEYX, "RSA1", bits, exponent; modulus follows,
 * last byte first. */
static const uint8_t public_head[] = { 6, 2, 0, 0, 0, 0xa4, 0, 0, 'R', 'S', 'A', '1',
	0, RSA_BITS >> 8, 0, 0, 1, 0, 1, 0 };
/* SIMPLEBLOB: type, version, CALG_AES_256, CALG_RSA_KEYX; cipher text follows, last byte first. */
static const uint8_t simple_head[] = { 1, 2, 0, 0, 0x10, 0x66, 0, 0, 0, 0xa4, 0, 0 };
#define SIMPLE_LEN (sizeof(simple_head) + RSA_LEN)

struct psrp_key *psrp_key_new(void)
{
	struct secret *slot = secret_new();
	struct psrp_key *k = (struct psrp_key *)(void *)slot->b;

	memset(k, 0, sizeof(*k));
	k->slot = slot;
	return k;
}

void psrp_key_free(struct psrp_key *k)
{
	if (k)
		secret_free(k->slot);
}

static void reverse(uint8_t *to, const uint8_t *from, size_t n)
{
	while (n--)
		*to++ = from[n];
}

static void kernel_random(const br_prng_class **ctx, void *out, size_t n)
{
	(void)ctx;
	rand_bytes(out, n);
}

void psrp_key_public(struct psrp_key *k, struct buf *base64)
{
	static const br_prng_class kernel = { .context_size = sizeof(br_prng_class *),
		.generate = kernel_random };
	const br_prng_class *rng = &kernel;
	uint8_t data[BR_RSA_KBUF_PUB_SIZE(RSA_BITS)], blob[sizeof(public_head) + RSA_LEN];
	br_rsa_public_key pub;

	BUG_ON(k->stage != KEY_NEW);
	BUG_ON(!br_rsa_i31_keygen(&rng, &k->rsa, k->rsa_data, &pub, data, RSA_BITS, 65537));
	BUG_ON(pub.nlen != RSA_LEN);
	memcpy(blob, public_head, sizeof(public_head));
	reverse(blob + sizeof(public_head), pub.n, RSA_LEN);
	b64_put(base64, span_of(blob, sizeof(blob)));
	k->stage = KEY_PAIR;
}

/* PKCS #1 v1.5 type 2 around exactly AES_LEN bytes; looks at every byte, whatever it finds. */
static bool unpadded(const uint8_t x[RSA_LEN])
{
	const size_t zero = RSA_LEN - AES_LEN - 1;
	unsigned bad = x[0] | (x[1] ^ 2u) | x[zero];
	size_t i;

	for (i = 2; i < zero; i++)
		bad |= (x[i] - 1u) >> 8;        /* a zero becomes all ones */
	return !bad;
}

int psrp_key_session(struct psrp_key *k, struct span base64, struct err *e)
{
	uint8_t x[RSA_LEN];
	struct buf blob;
	bool ok = false;

	buf_init(&blob, SIMPLE_LEN);
	if (k->stage == KEY_PAIR && b64_get(&blob, base64) && !buf_failed(&blob) &&
	    blob.n == SIMPLE_LEN && memcmp(blob.p, simple_head, sizeof(simple_head)) == 0) {
		reverse(x, blob.p + sizeof(simple_head), RSA_LEN);
		ok = br_rsa_i31_private(x, &k->rsa) && unpadded(x);
	}
	if (ok) {
		memcpy(k->aes, x + RSA_LEN - AES_LEN, AES_LEN);
		secret_wipe(k->rsa_data, sizeof(k->rsa_data));
		k->stage = KEY_SESSION;
	}
	secret_wipe(x, sizeof(x));
	buf_free(&blob);
	return ok ? 0 : err_peer(e, "MS-PSRP 2.2.2.4", 0);
}

/* AES-256-CBC, a zero vector for each value (MS-PSRP 2.2.5.1.24). n: whole blocks, in place. */
static void aes_cbc(const struct psrp_key *k, bool encrypt, uint8_t *p, size_t n)
{
	uint8_t iv[16] = { 0 };
	union { br_aes_ct64_cbcenc_keys enc; br_aes_ct64_cbcdec_keys dec; } c;

	if (encrypt) {
		br_aes_ct64_cbcenc_init(&c.enc, k->aes, AES_LEN);
		br_aes_ct64_cbcenc_run(&c.enc, iv, p, n);
	} else {
		br_aes_ct64_cbcdec_init(&c.dec, k->aes, AES_LEN);
		br_aes_ct64_cbcdec_run(&c.dec, iv, p, n);
	}
	secret_wipe(&c, sizeof(c));
}

bool psrp_key_encrypt(const struct psrp_key *k, struct span utf8, struct buf *base64)
{
	struct buf text;
	size_t pad, i;
	bool ok;

	buf_init_secret(&text, TEXT_MAX);
	ok = k && k->stage == KEY_SESSION && utf16le_put(&text, utf8);
	for (pad = 16 - text.n % 16, i = 0; i < pad; i++)       /* PKCS #7 */
		buf_putc(&text, (uint8_t)pad);
	ok = ok && !buf_failed(&text);
	if (ok) {
		aes_cbc(k, true, text.p, text.n);
		b64_put(base64, buf_span(&text));
		ok = !buf_failed(base64);
	}
	buf_free(&text);
	return ok;
}

bool psrp_key_decrypt(const struct psrp_key *k, struct span base64, struct buf *utf8)
{
	struct buf text;
	size_t pad, i;
	bool ok;

	buf_init_secret(&text, TEXT_MAX);
	ok = k && k->stage == KEY_SESSION && b64_get(&text, base64) && !buf_failed(&text) &&
		text.n && text.n % 16 == 0;
	if (ok) {
		aes_cbc(k, false, text.p, text.n);
		pad = text.p[text.n - 1];
		ok = pad >= 1 && pad <= 16;
		for (i = 0; ok && i < pad; i++)
			ok = text.p[text.n - 1 - i] == pad;
	}
	ok = ok && utf16le_get(utf8, span_sub(buf_span(&text), 0, text.n - pad)) && !buf_failed(utf8);
	buf_free(&text);
	return ok;
}
