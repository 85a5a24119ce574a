#include "net/tls_client.h"
#include "net/asn1.h"
#include "net/krb5_prim.h"
#include "net/tls_pem.h"

#define CERTS_MAX (64u << 10)
#define KEY_MAX TLS_PEM_MAX
#define ROUNDS_MAX 10000000
#define IS(s, lit) span_eq(s, SPAN(lit))
#define OID_EC "\x2a\x86\x48\xce\x3d\x02\x01"
#define OID_RSA "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"

enum { KEY_LOCKED = 1, KEY_NONE = 2 };

void tls_client_init(struct tls_client *c)
{
	memset(c, 0, sizeof(*c));
	buf_init(&c->certs, CERTS_MAX);
	buf_init_secret(&c->key, KEY_MAX);
}

void tls_client_free(struct tls_client *c)
{
	buf_free(&c->certs);
	buf_free(&c->key);
	secret_wipe(c, sizeof(*c));
}

/* The next block; the last one at the end of the file. */
static bool next_block(struct tls_pem *p, struct span *file, bool *at_end)
{
	if (*at_end)
		return false;
	if (tls_pem_next(p, file))
		return true;
	*at_end = true;
	return tls_pem_end(p);
}

static void set_leaf(struct tls_client *c)
{
	br_sha1_context sha;

	br_sha1_init(&sha);
	br_sha1_update(&sha, c->leaf.der.p, c->leaf.der.n);
	br_sha1_out(&sha, c->thumbprint);
}

int tls_client_cert(struct tls_client *c, struct span file, const char *name, struct err *e)
{
	size_t at[TLS_CLIENT_CHAIN_MAX + 1] = { 0 }, i;
	struct err malformed = { 0 };
	struct tls_pem p;
	bool end = false;

	tls_pem_init(&p);
	while (c->n < TLS_CLIENT_CHAIN_MAX && next_block(&p, &file, &end)) {
		if (!p.der.n || (p.label.n && !span_is(p.label, "CERTIFICATE")))
			continue;
		buf_put(&c->certs, p.der);
		at[++c->n] = c->certs.n;
	}
	tls_pem_free(&p);
	for (i = 0; i < c->n; i++)
		c->chain[i] = (br_x509_certificate){ c->certs.p + at[i], at[i + 1] - at[i] };
	if (!c->n || buf_failed(&c->certs) || tls_cert_read(&c->leaf, span_of(c->chain[0].data,
	    c->chain[0].data_len), &malformed) < 0)
		return err_set(e, E_USAGE, "'%s' holds no certificate; a .pfx file must be converted "
			"first: openssl pkcs12 -in FILE -out FILE.pem", name);
	if (!c->leaf.pkey.key_type)
		return err_set(e, E_USAGE, "the certificate in '%s' cannot be used: it must be for RSA of "
			"at most 4096 bits, or for ECDSA on P-256, P-384 or P-521", name);
	set_leaf(c);
	return 0;
}

/* RSAPrivateKey (RFC 8017, A.1.2) */
static bool rsa_key(struct tls_client *c, struct span der)
{
	const br_rsa_public_key *pub = &c->leaf.pkey.key.rsa;
	struct span seq, v[9];
	size_t i;

	if (!der_get(&der, DER_SEQ, &seq))
		return false;
	for (i = 0; i < 9; i++) {
		if (!der_get(&seq, DER_INT, &v[i]))
			return false;
		while (v[i].n && !v[i].p[0])
			v[i] = span_sub(v[i], 1, v[i].n);
	}
	if (c->leaf.pkey.key_type != BR_KEYTYPE_RSA || !span_eq(v[1], span_of(pub->n, pub->nlen)))
		return false;
	c->rsa = (br_rsa_private_key){ .n_bitlen = c->leaf.key_bits,
		.p = (uint8_t *)v[4].p, .plen = v[4].n, .q = (uint8_t *)v[5].p, .qlen = v[5].n,
		.dp = (uint8_t *)v[6].p, .dplen = v[6].n, .dq = (uint8_t *)v[7].p, .dqlen = v[7].n,
		.iq = (uint8_t *)v[8].p, .iqlen = v[8].n };
	c->type = BR_KEYTYPE_RSA;
	return true;
}

/* ECPrivateKey (RFC 5915, 3); its curve is the certificate's, or the public keys differ. */
static bool ec_key(struct tls_client *c, struct span der)
{
	const br_ec_public_key *pub = &c->leaf.pkey.key.ec;
	uint8_t q[BR_EC_KBUF_PUB_MAX_SIZE];
	struct span seq, version, x;
	size_t n;

	if (!der_get(&der, DER_SEQ, &seq) || !der_get(&seq, DER_INT, &version) ||
	    !der_get(&seq, DER_OCTETS, &x) || c->leaf.pkey.key_type != BR_KEYTYPE_EC)
		return false;
	c->ec = (br_ec_private_key){ .curve = pub->curve, .x = (uint8_t *)x.p, .xlen = x.n };
	n = br_ec_compute_pub(&br_ec_prime_i31, NULL, q, &c->ec);
	if (!n || !span_eq(span_of(q, n), span_of(pub->q, pub->qlen)))
		return false;
	c->type = BR_KEYTYPE_EC;
	return true;
}

/* PrivateKeyInfo (RFC 5958, 2) */
static bool pkcs8_key(struct tls_client *c, struct span der)
{
	struct span seq, version, alg, oid, key;

	if (!der_get(&der, DER_SEQ, &seq) || !der_get(&seq, DER_INT, &version) ||
	    !der_get(&seq, DER_SEQ, &alg) || !der_get(&alg, DER_OID, &oid) ||
	    !der_get(&seq, DER_OCTETS, &key))
		return false;
	return IS(oid, OID_RSA) ? rsa_key(c, key) : IS(oid, OID_EC) && ec_key(c, key);
}

struct pbes2 {                          /* RFC 8018, A.2 and A.4 */
	struct span salt, iv, cipher;
	const br_hash_class *hash;
	int64_t rounds;
	size_t key_len;
};

static const br_hash_class *prf(struct span oid)
{
	if (IS(oid, "\x2a\x86\x48\x86\xf7\x0d\x02\x07"))
		return &br_sha1_vtable;
	if (IS(oid, "\x2a\x86\x48\x86\xf7\x0d\x02\x09"))
		return &br_sha256_vtable;
	if (IS(oid, "\x2a\x86\x48\x86\xf7\x0d\x02\x0a"))
		return &br_sha384_vtable;
	return IS(oid, "\x2a\x86\x48\x86\xf7\x0d\x02\x0b") ? &br_sha512_vtable : NULL;
}

/* EncryptedPrivateKeyInfo (RFC 5958, 3); false when it is not of the kinds we know. */
static bool read_pbes2(struct span der, struct pbes2 *b)
{
	struct span seq, alg, params, kdf, kp, enc, oid, body;

	if (!der_get(&der, DER_SEQ, &seq) || !der_get(&seq, DER_SEQ, &alg) ||
	    !der_get(&seq, DER_OCTETS, &b->cipher) || !der_get(&alg, DER_OID, &oid) ||
	    !IS(oid, "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d") || !der_get(&alg, DER_SEQ, &params) ||
	    !der_get(&params, DER_SEQ, &kdf) || !der_get(&params, DER_SEQ, &enc))
		return false;
	if (!der_get(&kdf, DER_OID, &oid) || !IS(oid, "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c") ||
	    !der_get(&kdf, DER_SEQ, &kp) || !der_get(&kp, DER_OCTETS, &b->salt) ||
	    !der_get(&kp, DER_INT, &body) || !der_int(body, &b->rounds))
		return false;
	der_get(&kp, DER_INT, &body);           /* key length: the cipher tells it */
	b->hash = &br_sha1_vtable;
	if (der_get(&kp, DER_SEQ, &body))
		b->hash = der_get(&body, DER_OID, &oid) ? prf(oid) : NULL;
	if (!der_get(&enc, DER_OID, &oid) || !der_get(&enc, DER_OCTETS, &b->iv) || oid.n != 9 ||
	    memcmp(oid.p, "\x60\x86\x48\x01\x65\x03\x04\x01", 8) != 0)
		return false;
	b->key_len = oid.p[8] == 2 ? 16 : oid.p[8] == 22 ? 24 : oid.p[8] == 42 ? 32 : 0;
	return b->hash && b->key_len && b->iv.n == 16 && b->cipher.n && b->cipher.n % 16 == 0 &&
		b->rounds > 0 && b->rounds <= ROUNDS_MAX;
}

/* In place; what comes out is a DER SEQUENCE, or the pass phrase was wrong. */
static struct span decrypt(const struct pbes2 *b, const struct secret *pass)
{
	struct span plain = b->cipher;
	br_aes_ct64_cbcdec_keys aes;
	uint8_t key[32], iv[16], pad;

	krb5_pbkdf2(b->hash, secret_span(pass), SPAN_NONE, b->salt, (uint32_t)b->rounds, key,
		b->key_len);
	memcpy(iv, b->iv.p, sizeof(iv));
	br_aes_ct64_cbcdec_init(&aes, key, b->key_len);
	br_aes_ct64_cbcdec_run(&aes, iv, (uint8_t *)plain.p, plain.n);
	secret_wipe(key, sizeof(key));
	secret_wipe(&aes, sizeof(aes));
	pad = plain.p[plain.n - 1];
	if (!pad || pad > 16 || plain.p[0] != DER_SEQ)
		return SPAN_NONE;
	return span_sub(plain, 0, plain.n - pad);
}

static int encrypted_key(struct tls_client *c, const struct secret *pass, const char *name,
	struct err *e)
{
	struct pbes2 b = { 0 };
	struct span plain, body, rest;

	if (!read_pbes2(buf_span(&c->key), &b))
		return err_set(e, E_USAGE, "the key in '%s' is encrypted in a way that is not supported: "
			"openssl pkcs8 -topk8 -v2 aes-256-cbc makes one that is", name);
	if (!pass)
		return KEY_LOCKED;
	plain = rest = decrypt(&b, pass);
	if (!der_get(&rest, DER_SEQ, &body) || rest.n)
		return err_set(e, E_AUTH, "wrong pass phrase for the key in '%s'", name);
	return pkcs8_key(c, plain) ? 0 : KEY_NONE;
}

/* One block of the file, copied to c->key. */
static int take_key(struct tls_client *c, const struct tls_pem *p, const struct secret *pass,
	const char *name, struct err *e)
{
	struct span der;

	buf_clear(&c->key);
	buf_put(&c->key, p->der);
	der = buf_span(&c->key);
	if (p->old_cipher)
		return err_set(e, E_USAGE, "the key in '%s' is encrypted in OpenSSL's old format: convert "
			"it with openssl pkcs8 -topk8 -in FILE -out NEW", name);
	if (span_is(p->label, "ENCRYPTED PRIVATE KEY"))
		return encrypted_key(c, pass, name, e);
	if (span_is(p->label, "PRIVATE KEY"))
		return pkcs8_key(c, der) ? 0 : KEY_NONE;
	if (span_is(p->label, "RSA PRIVATE KEY"))
		return rsa_key(c, der) ? 0 : KEY_NONE;
	if (span_is(p->label, "EC PRIVATE KEY"))
		return ec_key(c, der) ? 0 : KEY_NONE;
	if (p->label.n)
		return KEY_NONE;
	return pkcs8_key(c, der) || rsa_key(c, der) || ec_key(c, der) ? 0 : KEY_NONE;
}

int tls_client_key(struct tls_client *c, struct span file, const struct secret *pass,
	const char *name, struct err *e)
{
	struct tls_pem p;
	bool end = false;
	int r = KEY_NONE;

	BUG_ON(!c->n);
	tls_pem_init(&p);
	while (r == KEY_NONE && next_block(&p, &file, &end))
		r = take_key(c, &p, pass, name, e);
	tls_pem_free(&p);
	if (r == KEY_NONE)
		r = err_set(e, E_USAGE, "'%s' holds no key that belongs to the certificate (PEM of "
			"PKCS #8, PKCS #1 or SEC 1)", name);
	return r;
}

void tls_client_use(const struct tls_client *c, br_ssl_client_context *cc)
{
	if (c->type == BR_KEYTYPE_RSA)
		br_ssl_client_set_single_rsa(cc, c->chain, c->n, &c->rsa, br_rsa_i31_pkcs1_sign);
	if (c->type == BR_KEYTYPE_EC)
		br_ssl_client_set_single_ec(cc, c->chain, c->n, &c->ec, BR_KEYTYPE_SIGN, 0,
			&br_ec_prime_i31, br_ecdsa_i31_sign_asn1);
}
