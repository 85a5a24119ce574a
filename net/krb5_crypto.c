#include "net/krb5_crypto.h"
#include "lib/rand.h"
#include "lib/secret.h"
#include "lib/utf.h"
#include "net/krb5_prim.h"
#include "net/oldcrypt.h"

#define ROUNDS_MAX 1000000u               /* of PBKDF2: half a minute on a slow machine */
#define CONFOUNDER_MAX 16
#define PASSWORD_MAX 2048                 /* bytes of UTF-16 */

struct etype {
	int32_t id, sum_type;
	uint8_t key_len, confounder, sum_len;
	uint8_t mac_key_len;              /* of the keys that checksums are made with */
	const br_hash_class *hash;
	uint32_t rounds;                  /* of PBKDF2, when not told */
	const char *name;                 /* part of the salt; NULL: not with this type */
};
static const struct etype etypes[] = {
	{ KRB5_AES256_SHA1, 16, 32, 16, 12, 32, &br_sha1_vtable, 4096, NULL },
	{ KRB5_AES128_SHA1, 15, 16, 16, 12, 16, &br_sha1_vtable, 4096, NULL },
	{ KRB5_AES256_SHA384, 20, 32, 16, 24, 24, &br_sha384_vtable, 32768,
		"aes256-cts-hmac-sha384-192" },
	{ KRB5_AES128_SHA256, 19, 16, 16, 16, 16, &br_sha256_vtable, 32768,
		"aes128-cts-hmac-sha256-128" },
	{ KRB5_RC4, -138, 16, 8, 16, 16, &br_md5_vtable, 0, NULL },
};

enum purpose { FOR_CHECKSUM = 0x99, FOR_ENCRYPTION = 0xaa, FOR_INTEGRITY = 0x55 };

static const struct etype *find(int32_t id)
{
	size_t i;

	for (i = 0; i < sizeof(etypes) / sizeof(etypes[0]); i++) {
		if (etypes[i].id == id)
			return &etypes[i];
	}
	return NULL;
}

static const struct etype *type_of(const struct krb5_key *k)
{
	const struct etype *t = find(k->etype);

	BUG_ON(!t || k->n != t->key_len);
	return t;
}

size_t krb5_key_len(int32_t etype)
{
	const struct etype *t = find(etype);

	return t ? t->key_len : 0;
}

int32_t krb5_sum_type(int32_t etype)
{
	const struct etype *t = find(etype);

	BUG_ON(!t);
	return t->sum_type;
}

bool krb5_key_set(struct krb5_key *k, int32_t etype, struct span bytes)
{
	*k = (struct krb5_key){ 0 };
	if (!bytes.n || bytes.n != krb5_key_len(etype))
		return false;
	k->etype = etype;
	k->n = (uint8_t)bytes.n;
	memcpy(k->b, bytes.p, bytes.n);
	return true;
}

void krb5_key_random(struct krb5_key *k, int32_t etype)
{
	uint8_t b[KRB5_KEY_MAX];

	rand_bytes(b, sizeof(b));
	BUG_ON(!krb5_key_set(k, etype, span_of(b, krb5_key_len(etype))));
	secret_wipe(b, sizeof(b));
}

/* RFC 4757, 2 */
static int rc4_string_to_key(struct span password, struct krb5_key *k, struct err *e)
{
	uint8_t hash[16];
	struct buf text;
	int r = 0;

	buf_init_secret(&text, PASSWORD_MAX);
	if (!utf16le_put(&text, password) || buf_failed(&text)) {
		r = err_set(e, E_USAGE, "the password is not valid UTF-8, or too long");
	} else {
		md4(buf_span(&text), hash);
		krb5_key_set(k, KRB5_RC4, span_of(hash, sizeof(hash)));
		secret_wipe(hash, sizeof(hash));
	}
	buf_free(&text);
	return r;
}

int krb5_string_to_key(int32_t etype, struct span password, struct span salt, struct span params,
	struct krb5_key *k, struct err *e)
{
	const struct etype *t = find(etype);
	uint32_t rounds;
	struct span name, key;
	uint8_t made[KRB5_KEY_MAX];

	BUG_ON(!t);
	*k = (struct krb5_key){ 0 };
	if (etype == KRB5_RC4)
		return rc4_string_to_key(password, k, e);
	if (!utf8_valid(password))
		return err_set(e, E_USAGE, "the password is not valid UTF-8");
	if (params.n && params.n != 4)
		return err_peer(e, "RFC 3962 4", 0);
	rounds = params.n ? get_u32be(params.p) : t->rounds;
	if (rounds - 1 >= ROUNDS_MAX)   /* 0 stands for 2^32 */
		return err_set(e, E_LIMIT, "the KDC asks for %lu rounds to make a key from the password, "
			"which is more than is accepted (RFC 3962 section 4)", (unsigned long)rounds);
	name = t->name ? span_of(t->name, strlen(t->name) + 1) : SPAN_NONE;     /* with its NUL */
	/* RFC 8009 puts name and NUL in front of the salt. */
	krb5_pbkdf2(t->hash, password, name, salt, rounds, made, t->key_len);
	key = span_of(made, t->key_len);
	k->etype = etype;
	k->n = t->key_len;
	if (t->name)
		krb5_kdf_sha2(t->hash, key, SPAN("kerberos"), k->b, t->key_len);
	else
		krb5_dk(key, SPAN("kerberos"), k->b);
	secret_wipe(made, sizeof(made));
	return 0;
}

/* Ke, Ki or Kc of RFC 3961, 5.3, and RFC 8009, 5; returns its length. */
static struct span derive(const struct etype *t, const struct krb5_key *k, uint32_t usage,
	enum purpose purpose, uint8_t out[KRB5_KEY_MAX])
{
	uint8_t constant[5];
	size_t n = purpose == FOR_ENCRYPTION ? t->key_len : t->mac_key_len;

	put_u32be(constant, usage);
	constant[4] = (uint8_t)purpose;
	if (t->name)
		krb5_kdf_sha2(t->hash, span_of(k->b, k->n), span_of(constant, 5), out, n);
	else
		krb5_dk(span_of(k->b, k->n), span_of(constant, 5), out);
	return span_of(out, n);
}

/* The checksum in an AES cipher text: over the plain text (RFC 3961, 5.3), or over IV and cipher
 * text (RFC 8009, 5). */
static void aes_mac(const struct etype *t, const struct krb5_key *k, uint32_t usage,
	struct span text, uint8_t out[KRB5_SUM_MAX])
{
	static const uint8_t iv[16];
	uint8_t key[KRB5_KEY_MAX];

	krb5_hmac(t->hash, derive(t, k, usage, FOR_INTEGRITY, key),
		t->name ? span_of(iv, sizeof(iv)) : SPAN_NONE, text, out, t->sum_len);
	secret_wipe(key, sizeof(key));
}

static void aes_encrypt(const struct etype *t, const struct krb5_key *k, uint32_t usage,
	uint8_t *p, size_t n)
{
	uint8_t key[KRB5_KEY_MAX];

	if (!t->name)
		aes_mac(t, k, usage, span_of(p, n), p + n);
	krb5_cts_encrypt(derive(t, k, usage, FOR_ENCRYPTION, key), p, n);
	if (t->name)
		aes_mac(t, k, usage, span_of(p, n), p + n);
	secret_wipe(key, sizeof(key));
}

static bool aes_decrypt(const struct etype *t, const struct krb5_key *k, uint32_t usage,
	uint8_t *p, size_t n)
{
	uint8_t key[KRB5_KEY_MAX], mac[KRB5_SUM_MAX];

	if (t->name)
		aes_mac(t, k, usage, span_of(p, n), mac);
	krb5_cts_decrypt(derive(t, k, usage, FOR_ENCRYPTION, key), p, n);
	if (!t->name)
		aes_mac(t, k, usage, span_of(p, n), mac);
	secret_wipe(key, sizeof(key));
	return secret_eq(mac, p + n, t->sum_len);
}

/* RFC 4757, 3: two of RFC 4120's usages have other numbers, as Windows had them first. */
static void rc4_usage(uint32_t usage, uint8_t out[4])
{
	put_u32le(out, usage == 3 || usage == 9 ? 8 : usage == 23 ? 13 : usage);
}

/* RFC 4757, 4; from = the checksum, known (decrypting) or made here. The text is in place. */
static void rc4_cipher(const struct krb5_key *k, uint32_t usage, bool encrypt, uint8_t sum[16],
	uint8_t *p, size_t n)
{
	uint8_t salt[4], k1[16], k3[16], mac[16];
	struct rc4 c;

	rc4_usage(usage, salt);
	krb5_hmac(&br_md5_vtable, span_of(k->b, k->n), span_of(salt, 4), SPAN_NONE, k1, 16);
	if (encrypt)
		krb5_hmac(&br_md5_vtable, span_of(k1, 16), span_of(p, n), SPAN_NONE, sum, 16);
	krb5_hmac(&br_md5_vtable, span_of(k1, 16), span_of(sum, 16), SPAN_NONE, k3, 16);
	rc4_init(&c, span_of(k3, 16));
	rc4_run(&c, p, n);
	if (!encrypt) {                 /* the caller compares */
		krb5_hmac(&br_md5_vtable, span_of(k1, 16), span_of(p, n), SPAN_NONE, mac, 16);
		memcpy(sum, mac, 16);
	}
	secret_wipe(k1, sizeof(k1));
	secret_wipe(k3, sizeof(k3));
	secret_wipe(&c, sizeof(c));
}

void krb5_encrypt(const struct krb5_key *k, uint32_t usage, struct span plain, struct buf *out)
{
	const struct etype *t = type_of(k);
	size_t n = t->confounder + plain.n;
	uint8_t *p = buf_room(out, n + t->sum_len), *text;

	if (!p)
		return;
	text = k->etype == KRB5_RC4 ? p + t->sum_len : p;
	rand_bytes(text, t->confounder);
	if (plain.n)
		memcpy(text + t->confounder, plain.p, plain.n);
	if (k->etype == KRB5_RC4)
		rc4_cipher(k, usage, true, p, text, n);
	else
		aes_encrypt(t, k, usage, p, n);
	buf_add(out, n + t->sum_len);
}

bool krb5_decrypt(const struct krb5_key *k, uint32_t usage, struct span cipher, struct buf *plain)
{
	const struct etype *t = type_of(k);
	bool rc4 = k->etype == KRB5_RC4, ok;
	uint8_t *p, sum[16];
	size_t n;

	if (cipher.n < (size_t)t->confounder + t->sum_len)
		return false;
	p = buf_room(plain, cipher.n);
	if (!p)
		return false;
	n = cipher.n - t->sum_len;
	if (rc4) {
		memcpy(p, cipher.p + 16, n);
		memcpy(sum, cipher.p, 16);
		rc4_cipher(k, usage, false, sum, p, n);
		ok = secret_eq(sum, cipher.p, 16);
	} else {
		memcpy(p, cipher.p, cipher.n);
		ok = aes_decrypt(t, k, usage, p, n);
	}
	if (!ok) {
		secret_wipe(p, cipher.n);
		return false;
	}
	memmove(p, p + t->confounder, n - t->confounder);
	buf_add(plain, n - t->confounder);
	return true;
}

/* RFC 4757, 3 */
static void rc4_sum(const struct krb5_key *k, uint32_t usage, struct span data, uint8_t out[16])
{
	uint8_t salt[4], sign_key[16], digest[16];
	br_md5_context c;

	rc4_usage(usage, salt);
	krb5_hmac(&br_md5_vtable, span_of(k->b, k->n), span_of("signaturekey", 13), SPAN_NONE,
		sign_key, 16);                          /* counts with its NUL */
	br_md5_init(&c);
	br_md5_update(&c, salt, 4);
	br_md5_update(&c, data.p, data.n);
	br_md5_out(&c, digest);
	krb5_hmac(&br_md5_vtable, span_of(sign_key, 16), span_of(digest, 16), SPAN_NONE, out, 16);
	secret_wipe(sign_key, sizeof(sign_key));
}

size_t krb5_sum(const struct krb5_key *k, uint32_t usage, struct span data,
	uint8_t out[KRB5_SUM_MAX])
{
	const struct etype *t = type_of(k);
	uint8_t key[KRB5_KEY_MAX];

	if (k->etype == KRB5_RC4) {
		rc4_sum(k, usage, data, out);
		return 16;
	}
	krb5_hmac(t->hash, derive(t, k, usage, FOR_CHECKSUM, key), data, SPAN_NONE, out, t->sum_len);
	secret_wipe(key, sizeof(key));
	return t->sum_len;
}
