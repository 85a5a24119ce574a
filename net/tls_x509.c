#include "net/tls_x509.h"
#include "lib/num.h"
#include "net/tls_err.h"

#define DER_MAX (64u << 10)             /* of a whole chain */
#define NAME_LEN 80                     /* bytes of a name in a message */
#define RSA_MIN 2048
#define DAY 86400
#define LESS "; or check less: -SessionOption "
#define DAYS_BEFORE_1970 719528         /* BearSSL counts from year 0 */

static struct tls_chain *self(const br_x509_class *const *ctx)
{
	return (struct tls_chain *)(void *)ctx;
}

static void start_chain(const br_x509_class **ctx, const char *server)
{
	struct tls_chain *c = self(ctx);

	(void)server;
	buf_clear(&c->der);
	c->n = 0;
	c->whole = false;
}

static void start_cert(const br_x509_class **ctx, uint32_t len)
{
	struct tls_chain *c = self(ctx);

	if (c->n == TLS_CHAIN_MAX || len > DER_MAX - c->der.n)
		err_set(&c->err, E_LIMIT, "the server sends more certificates than are sensible");
}

static void append(const br_x509_class **ctx, const unsigned char *p, size_t n)
{
	struct tls_chain *c = self(ctx);

	if (!c->err.code)
		buf_put(&c->der, span_of(p, n));
}

static void end_cert(const br_x509_class **ctx)
{
	struct tls_chain *c = self(ctx);

	if (!c->err.code)
		c->at[++c->n] = c->der.n;
}

/* Renegotiation must show the certificate that was judged. */
static void check_again(struct tls_chain *c, const uint8_t before[TLS_PRINT_LEN])
{
	if (memcmp(before, c->print, TLS_PRINT_LEN) != 0)
		err_set(&c->err, E_TLS, "the server shows another certificate when it renegotiates");
}

static unsigned end_chain(const br_x509_class **ctx)
{
	struct tls_chain *c = self(ctx);
	static const uint8_t none[TLS_PRINT_LEN];
	uint8_t before[TLS_PRINT_LEN];

	memcpy(before, c->print, sizeof(before));
	if (!c->err.code && !c->n)
		err_set(&c->err, E_PEER, "the server shows no certificate");
	if (c->err.code || tls_cert_read(&c->leaf, tls_chain_cert(c, 0), &c->err) < 0)
		return BR_ERR_X509_INVALID_VALUE;
	if (!c->leaf.pkey.key_type && c->leaf.key_bits)
		err_set(&c->err, E_TLS, "the server's key has %u bits: no more than 4096 are supported",
			c->leaf.key_bits);
	else if (!c->leaf.pkey.key_type)
		err_set(&c->err, E_TLS, "the server's certificate is for a key (%s) that is not "
			"supported: it needs one for RSA or for ECDSA on P-256, P-384 or P-521",
			c->leaf.key_name);
	tls_cert_print(&c->leaf, c->print);
	tls_cert_binding(&c->leaf, c->binding);
	if (memcmp(before, none, sizeof(none)) != 0)
		check_again(c, before);
	c->whole = !c->err.code;
	return c->whole ? 0 : BR_ERR_X509_UNSUPPORTED;
}

static const br_x509_pkey *get_pkey(const br_x509_class *const *ctx, unsigned *usages)
{
	struct tls_chain *c = self(ctx);

	if (usages)
		*usages = c->leaf.usages;
	return c->whole ? &c->leaf.pkey : NULL;
}

void tls_chain_init(struct tls_chain *c)
{
	static const br_x509_class class = { sizeof(*c), start_chain, start_cert, append, end_cert,
		end_chain, get_pkey };

	memset(c, 0, sizeof(*c));
	c->vtable = &class;
	buf_init(&c->der, DER_MAX);
}

void tls_chain_free(struct tls_chain *c)
{
	buf_free(&c->der);
}

struct span tls_chain_cert(const struct tls_chain *c, size_t i)
{
	return span_sub(buf_span(&c->der), c->at[i], c->at[i + 1] - c->at[i]);
}

/* BearSSL's verdict on the signatures, at a time when the leaf was valid: its dates are another
 * matter. No name, no MD5, no SHA-1. */
static unsigned run_bearssl(const struct tls_chain *c, const struct tls_anchor *a, int64_t at)
{
	br_x509_minimal_context m;
	const br_x509_class **x = &m.vtable;
	struct span cert;
	size_t i;

	br_x509_minimal_init(&m, &br_sha256_vtable, a->list, a->n);
	br_x509_minimal_set_rsa(&m, br_rsa_i31_pkcs1_vrfy);
	br_x509_minimal_set_ecdsa(&m, &br_ec_prime_i31, br_ecdsa_i31_vrfy_asn1);
	br_x509_minimal_set_hash(&m, br_sha224_ID, &br_sha224_vtable);
	br_x509_minimal_set_hash(&m, br_sha256_ID, &br_sha256_vtable);
	br_x509_minimal_set_hash(&m, br_sha384_ID, &br_sha384_vtable);
	br_x509_minimal_set_hash(&m, br_sha512_ID, &br_sha512_vtable);
	br_x509_minimal_set_minrsa(&m, RSA_MIN / 8);
	br_x509_minimal_set_time(&m, (uint32_t)(at / DAY + DAYS_BEFORE_1970), (uint32_t)(at % DAY));
	m.vtable->start_chain(x, NULL);
	for (i = 0; i < c->n; i++) {
		cert = tls_chain_cert(c, i);
		m.vtable->start_cert(x, (uint32_t)cert.n);
		m.vtable->append(x, cert.p, cert.n);
		m.vtable->end_cert(x);
	}
	return m.vtable->end_chain(x);
}

static void put_name(struct span name, struct buf *out)
{
	struct buf text;

	buf_init(&text, 4096);
	tls_cert_put_name(name, &text);
	buf_put(out, span_sub(buf_span(&text), 0, NAME_LEN));
	buf_free(&text);
}

/* The first certificate whose signature BearSSL did not look at. */
static void put_signature(const struct tls_chain *c, struct buf *why)
{
	struct tls_cert cert;
	struct err e = { 0 };
	size_t i;

	for (i = 0; i < c->n; i++) {
		if (tls_cert_read(&cert, tls_chain_cert(c, i), &e) < 0)
			break;
		if (cert.odd_sig || cert.hash == br_sha1_ID) {
			buf_printf(why, "it or its issuer is signed with %s, which is %s",
				cert.odd_sig ? cert.odd_sig : "SHA-1",
				cert.odd_sig ? "not supported" : "no longer safe");
			return;
		}
	}
	buf_puts(why, "its chain uses an algorithm or key that is not supported");
}

static void put_unknown_issuer(const struct tls_chain *c, const struct tls_anchor *a,
	struct buf *why)
{
	struct tls_cert last;
	struct err e = { 0 };

	if (!a->seen)
		buf_puts(why, "this machine has no list of certification authorities; ");
	if (span_eq(c->leaf.issuer, c->leaf.subject)) {
		buf_puts(why, "it is self-signed");
	} else if (tls_cert_read(&last, tls_chain_cert(c, c->n - 1), &e) == 0) {
		buf_puts(why, "its issuer is unknown here: ");
		put_name(last.issuer, why);
	}
}

static void put_ca_reason(const struct tls_chain *c, const struct tls_anchor *a, unsigned code,
	struct buf *why)
{
	switch (code) {
	case BR_ERR_X509_NOT_TRUSTED:
		put_unknown_issuer(c, a, why);
		break;
	case BR_ERR_X509_UNSUPPORTED:
		put_signature(c, why);
		break;
	case BR_ERR_X509_EXPIRED:
		buf_puts(why, "a certificate of its chain has expired");
		break;
	case BR_ERR_X509_WEAK_PUBLIC_KEY:
		buf_printf(why, "an RSA key in its chain has less than %d bits", RSA_MIN);
		break;
	default:
		buf_puts(why, tls_err_text((int)code));
	}
}

/* Time stands still before the day this program was made. */
static int64_t built(void)
{
	struct date d = { .ticks = TICKS_UNIX_EPOCH };

	num_date(SPAN(PSSESSION_DATE "T00:00:00"), &d);
	return (d.ticks - TICKS_UNIX_EPOCH) / TICKS_PER_SEC;
}

static void put_dates(const struct tls_cert *leaf, int64_t now, struct buf *why)
{
	bool over = now > leaf->to, wrong = now < built();

	buf_puts(why, over ? "it expired on " : "it is valid only from ");
	tls_cert_put_time(over ? leaf->to : leaf->from, why);
	if (over && !wrong)
		return;
	buf_puts(why, " (this machine's clock says ");
	tls_cert_put_time(now, why);
	buf_puts(why, wrong ? ", before this program was made: set it first)" : ")");
}

static void next_reason(struct buf *why)
{
	if (why->n)
		buf_puts(why, "; ");
}

unsigned tls_x509_doubts(const struct tls_chain *c, const struct tls_anchor *a,
	const struct tls_name *name, const char *host, int64_t now, struct buf *why)
{
	const struct tls_cert *leaf = &c->leaf;
	int64_t at = now < leaf->from ? leaf->from : now > leaf->to ? leaf->to : now;
	unsigned doubts = 0, code;
	struct buf names;

	code = a->has_leaf ? 0 : run_bearssl(c, a, at);
	if (leaf->not_server) {
		doubts |= TLS_DOUBT_CHAIN;
		buf_puts(why, "it is not made for servers");
	} else if (code) {
		doubts |= code == BR_ERR_X509_NOT_TRUSTED ? TLS_DOUBT_CA : TLS_DOUBT_CHAIN;
		put_ca_reason(c, a, code, why);
	}
	if (!tls_cert_is_for(leaf, name)) {
		doubts |= TLS_DOUBT_NAME;
		next_reason(why);
		buf_init(&names, 4096);
		tls_cert_put_names(leaf, &names);
		buf_printf(why, "it is for %.*s, not for %s",
			(int)(names.n < NAME_LEN ? names.n : NAME_LEN), (const char *)names.p, host);
		buf_free(&names);
	}
	if (at != now) {
		doubts |= TLS_DOUBT_TIME;
		next_reason(why);
		put_dates(leaf, now, why);
	}
	return doubts;
}

int tls_x509_pinned(const struct tls_chain *c, const struct tls_trust *t, const char *host,
	struct err *e)
{
	struct buf print;

	if (!t->pinned)
		return 1;
	if (memcmp(t->pin, c->print, TLS_PRINT_LEN) == 0)
		return 0;
	buf_init(&print, 128);
	tls_print_put(c->print, &print);
	err_set(e, E_TLS, "the certificate of '%s' is not the one that was named: its fingerprint is "
		"%s. Somebody may be in between; nothing was sent", host, buf_cstr(&print));
	buf_free(&print);
	return e->code;
}

static int refuse(const struct tls_chain *c, unsigned doubts, const char *host, const char *why,
	struct err *e)
{
	static const char *const fewer[] = { "", LESS "SkipCACheck", LESS "SkipCNCheck",
		LESS "SkipCACheck,SkipCNCheck" };
	int skip = (doubts & (TLS_DOUBT_CA | TLS_DOUBT_CHAIN) ? 1 : 0) |
		(doubts & TLS_DOUBT_NAME ? 2 : 0);
	struct buf print;

	buf_init(&print, 128);
	tls_print_put(c->print, &print);
	err_set(e, E_TLS, "the certificate of '%s' is not trusted: %s. If its fingerprint is the "
		"server's: -CertificateFingerprint %s%s%s", host, why, buf_cstr(&print),
		doubts & TLS_DOUBT_CA ? "; or give its CA: -CACertificate FILE" : "",
		doubts & TLS_DOUBT_TIME ? "" : fewer[skip]);
	buf_free(&print);
	return e->code;
}

int tls_x509_judge(const struct tls_chain *c, const struct tls_trust *t,
	const struct tls_anchor *a, const struct tls_name *name, const char *host, int64_t now,
	struct err *e)
{
	unsigned skip = (t->skip_ca ? TLS_DOUBT_CA | TLS_DOUBT_CHAIN : 0) |
		(t->skip_cn ? TLS_DOUBT_NAME : 0), doubts;
	struct buf why, text;
	int r = 0;

	buf_init(&why, 1024);
	buf_init(&text, 2048);
	doubts = tls_x509_doubts(c, a, name, host, now, &why);
	if (doubts & ~skip) {
		r = refuse(c, doubts & ~skip, host, buf_cstr(&why), e);
		if (t->ask)
			r = t->ask(t->ctx, c, buf_cstr(&why), e);
	} else if (doubts && t->passed) {
		buf_printf(&text, "the certificate of '%s' is accepted although %s", host, buf_cstr(&why));
		t->passed(t->ctx, buf_cstr(&text));
	}
	buf_free(&why);
	buf_free(&text);
	if (r == 0)
		*e = (struct err){ 0 };
	return r;
}
