#include "net/tls_cert.h"
#include <stdio.h>
#include "lib/num.h"
#include "net/asn1.h"

#define IS(s, lit) span_eq(s, SPAN(lit))
#define OID_PKCS1 "\x2a\x86\x48\x86\xf7\x0d\x01\x01"            /* 1.2.840.113549.1.1 */
#define OID_ECDSA "\x2a\x86\x48\xce\x3d\x04"                    /* 1.2.840.10045.4 */

struct algorithm { struct span oid; const char *odd; int hash; };

static const struct algorithm *find_algorithm(struct span oid)
{
	static const struct algorithm known[] = {
		{ SPAN(OID_PKCS1 "\x04"), "MD5", br_md5_ID },
		{ SPAN(OID_PKCS1 "\x05"), NULL, br_sha1_ID },
		{ SPAN(OID_PKCS1 "\x0e"), NULL, br_sha224_ID },
		{ SPAN(OID_PKCS1 "\x0b"), NULL, br_sha256_ID },
		{ SPAN(OID_PKCS1 "\x0c"), NULL, br_sha384_ID },
		{ SPAN(OID_PKCS1 "\x0d"), NULL, br_sha512_ID },
		{ SPAN(OID_PKCS1 "\x0a"), "RSA-PSS", 0 },
		{ SPAN(OID_ECDSA "\x01"), NULL, br_sha1_ID },
		{ SPAN(OID_ECDSA "\x03\x01"), NULL, br_sha224_ID },
		{ SPAN(OID_ECDSA "\x03\x02"), NULL, br_sha256_ID },
		{ SPAN(OID_ECDSA "\x03\x03"), NULL, br_sha384_ID },
		{ SPAN(OID_ECDSA "\x03\x04"), NULL, br_sha512_ID },
		{ SPAN("\x2b\x65\x70"), "Ed25519", 0 },
		{ SPAN("\x2b\x65\x71"), "Ed448", 0 },
	};
	static const struct algorithm unknown = { SPAN_NONE, "an unknown algorithm", 0 };
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (span_eq(oid, known[i].oid))
			return &known[i];
	return &unknown;
}

/* AlgorithmIdentifier */
static bool get_algorithm(struct span *s, struct span *oid, struct span *params)
{
	return der_get(s, DER_SEQ, params) && der_get(params, DER_OID, oid);
}

/* A BIT STRING of whole bytes. */
static bool get_bits(struct span *s, struct span *body)
{
	if (!der_get(s, DER_BITS, body) || !body->n || body->p[0])
		return false;
	*body = span_sub(*body, 1, body->n);
	return true;
}

static bool get_magnitude(struct span *s, struct span *v)
{
	if (!der_get(s, DER_INT, v) || !v->n || v->p[0] & 0x80)
		return false;
	while (v->n && !v->p[0])
		*v = span_sub(*v, 1, v->n);
	return v->n > 0;
}

static bool rsa_key(struct tls_cert *c)
{
	struct span in = c->key, seq, n, e;
	unsigned top;

	if (!der_get(&in, DER_SEQ, &seq) || !get_magnitude(&seq, &n) || !get_magnitude(&seq, &e))
		return false;
	for (c->key_bits = (unsigned)n.n * 8, top = n.p[0]; !(top & 0x80); top <<= 1)
		c->key_bits--;
	c->key_name = "RSA";
	if (n.n > BR_X509_BUFSIZE_SIG || e.n > BR_X509_BUFSIZE_KEY - BR_X509_BUFSIZE_SIG)
		return true;            /* over 4096 bits: more than BearSSL takes */
	c->pkey.key_type = BR_KEYTYPE_RSA;
	c->pkey.key.rsa = (br_rsa_public_key){ .n = (uint8_t *)n.p, .nlen = n.n,
		.e = (uint8_t *)e.p, .elen = e.n };
	return true;
}

static void ec_key(struct tls_cert *c, struct span curve)
{
	static const struct { struct span oid; const char *name; int id; size_t len; } curves[] = {
		{ SPAN("\x2a\x86\x48\xce\x3d\x03\x01\x07"), "EC P-256", BR_EC_secp256r1, 65 },
		{ SPAN("\x2b\x81\x04\x00\x22"), "EC P-384", BR_EC_secp384r1, 97 },
		{ SPAN("\x2b\x81\x04\x00\x23"), "EC P-521", BR_EC_secp521r1, 133 },
	};
	size_t i;

	c->key_name = "EC on an unknown curve";
	for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		if (!span_eq(curve, curves[i].oid) || c->key.n != curves[i].len)
			continue;
		c->key_name = curves[i].name;
		c->pkey.key_type = BR_KEYTYPE_EC;
		c->pkey.key.ec = (br_ec_public_key){ .curve = curves[i].id, .q = (uint8_t *)c->key.p,
			.qlen = c->key.n };
	}
}

/* SubjectPublicKeyInfo */
static bool get_key(struct tls_cert *c, struct span *s)
{
	struct span spki, oid, params, curve = SPAN_NONE;

	if (!der_get(s, DER_SEQ, &spki) || !get_algorithm(&spki, &oid, &params) ||
	    !get_bits(&spki, &c->key))
		return false;
	if (IS(oid, OID_PKCS1 "\x01"))
		return rsa_key(c);
	if (IS(oid, "\x2a\x86\x48\xce\x3d\x02\x01")) {
		der_get(&params, DER_OID, &curve);
		ec_key(c, curve);
	} else {
		c->key_name = find_algorithm(oid)->odd;
	}
	return true;
}

/* UTCTime YYMMDDHHMMSSZ or GeneralizedTime YYYYMMDDHHMMSSZ (RFC 5280, 4.1.2.5) */
static bool get_time(struct span *s, int64_t *t)
{
	struct span body, whole;
	struct date d;
	char text[32];
	const char *p;
	unsigned tag;

	if (!der_any(s, &tag, &body, &whole) || body.n < 13)
		return false;
	p = (const char *)body.p;
	if (tag == DER_TIME && body.n == 15)
		snprintf(text, sizeof(text), "%.4s", p);
	else if (tag == DER_TIME - 1 && body.n == 13)
		snprintf(text, sizeof(text), "%s%.2s", p[0] < '5' ? "20" : "19", p);
	else
		return false;
	p += body.n - 11;
	snprintf(text + 4, sizeof(text) - 4, "-%.2s-%.2sT%.2s:%.2s:%.2s%c", p, p + 2, p + 4, p + 6,
		p + 8, p[10]);
	if (!num_date(span_str(text), &d) || d.kind != DATE_UTC)
		return false;
	*t = (d.ticks - TICKS_UNIX_EPOCH) / TICKS_PER_SEC;
	return true;
}

static bool server_usage(struct span list)
{
	struct span oid;

	while (der_get(&list, DER_OID, &oid))
		if (IS(oid, "\x2b\x06\x01\x05\x05\x07\x03\x01") || IS(oid, "\x55\x1d\x25\x00"))
			return true;            /* id-kp-serverAuth, anyExtendedKeyUsage */
	return false;
}

static bool take_extension(struct tls_cert *c, struct span oid, struct span v)
{
	struct span body;

	if (IS(oid, "\x55\x1d\x11")) {          /* SubjectAltName */
		c->has_alt = true;
		return der_get(&v, DER_SEQ, &c->alt);
	}
	if (IS(oid, "\x55\x1d\x0f")) {          /* KeyUsage */
		if (!der_get(&v, DER_BITS, &body) || body.n < 2)
			return false;
		c->usages = (body.p[1] & 0x38 ? BR_KEYTYPE_KEYX : 0) |
			(body.p[1] & 0xc0 ? BR_KEYTYPE_SIGN : 0);
	} else if (IS(oid, "\x55\x1d\x13")) {   /* BasicConstraints */
		if (!der_get(&v, DER_SEQ, &body))
			return false;
		c->ca = der_get(&body, DER_BOOL, &v) && v.n == 1 && v.p[0];
	} else if (IS(oid, "\x55\x1d\x25")) {   /* ExtendedKeyUsage */
		if (!der_get(&v, DER_SEQ, &body))
			return false;
		c->not_server = !server_usage(body);
	}
	return true;
}

static bool get_extensions(struct tls_cert *c, struct span tbs)
{
	struct span skip, list, one, oid, value;
	unsigned tag;

	while (tbs.n && tbs.p[0] != DER_CTX + 3)        /* unique ids */
		if (!der_any(&tbs, &tag, &skip, &value))
			return false;
	if (!tbs.n)
		return true;
	if (!der_field(&tbs, 3, DER_SEQ, &list))
		return false;
	while (list.n) {
		if (!der_get(&list, DER_SEQ, &one) || !der_get(&one, DER_OID, &oid))
			return false;
		der_get(&one, DER_BOOL, &skip);
		if (!der_get(&one, DER_OCTETS, &value) || !take_extension(c, oid, value))
			return false;
	}
	return true;
}

static bool get_name(struct span *s, struct span *name)
{
	struct span body;
	unsigned tag;

	return der_any(s, &tag, &body, name) && tag == DER_SEQ;
}

static bool get_tbs(struct tls_cert *c, struct span tbs)
{
	struct span skip, dates;
	int64_t version = 0;

	if (tbs.n && tbs.p[0] == DER_CTX && !der_field_int(&tbs, 0, &version))
		return false;
	if (!der_get(&tbs, DER_INT, &skip) || !der_get(&tbs, DER_SEQ, &skip) ||
	    !get_name(&tbs, &c->issuer) || !der_get(&tbs, DER_SEQ, &dates) ||
	    !get_time(&dates, &c->from) || !get_time(&dates, &c->to) ||
	    !get_name(&tbs, &c->subject) || !get_key(c, &tbs))
		return false;
	c->ca = !version && span_eq(c->issuer, c->subject);
	c->usages = BR_KEYTYPE_KEYX | BR_KEYTYPE_SIGN;
	return get_extensions(c, tbs);
}

int tls_cert_read(struct tls_cert *c, struct span der, struct err *e)
{
	struct span in = der, whole, tbs, oid, params;
	const struct algorithm *sig;

	memset(c, 0, sizeof(*c));
	c->der = der;
	if (!der_get(&in, DER_SEQ, &whole) || in.n || !der_get(&whole, DER_SEQ, &tbs) ||
	    !get_tbs(c, tbs) || !get_algorithm(&whole, &oid, &params) || !get_bits(&whole, &params))
		return err_set(e, E_PEER, "a certificate is malformed (RFC 5280)");
	sig = find_algorithm(oid);
	c->hash = sig->hash;
	c->odd_sig = sig->odd;
	return 0;
}

void tls_cert_print(const struct tls_cert *c, uint8_t out[TLS_PRINT_LEN])
{
	br_sha256_context sha;

	br_sha256_init(&sha);
	br_sha256_update(&sha, c->der.p, c->der.n);
	br_sha256_out(&sha, out);
}

void tls_cert_binding(const struct tls_cert *c, uint8_t out[16])
{
	static const char prefix[] = "tls-server-end-point:";
	const br_hash_class *hash = &br_sha256_vtable;
	br_hash_compat_context h;
	br_md5_context md5;
	uint8_t head[20] = { 0 }, sum[64];
	size_t n;

	if (c->hash == br_sha224_ID)            /* MD5, SHA-1 and unknown ones become SHA-256 */
		hash = &br_sha224_vtable;
	if (c->hash == br_sha384_ID)
		hash = &br_sha384_vtable;
	if (c->hash == br_sha512_ID)
		hash = &br_sha512_vtable;
	n = hash->desc >> BR_HASHDESC_OUT_OFF & BR_HASHDESC_OUT_MASK;
	hash->init(&h.vtable);
	hash->update(&h.vtable, c->der.p, c->der.n);
	hash->out(&h.vtable, sum);
	put_u32le(head + 16, (uint32_t)(sizeof(prefix) - 1 + n));
	br_md5_init(&md5);
	br_md5_update(&md5, head, sizeof(head));
	br_md5_update(&md5, prefix, sizeof(prefix) - 1);
	br_md5_update(&md5, sum, n);
	br_md5_out(&md5, out);
}
