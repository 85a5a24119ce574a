#include "net/tls_x509.h"
#include "net/tls_test.h"

#define AT(days) (1767225600 + (int64_t)(days) * 86400) /* after 2026-01-01 */
#define YEAR 365

static struct tls_chain chain;
static struct tls_anchor anchors;
static struct buf why;
static struct err e;

/* The certificates of a PEM text as the handshake brings them, cut into pieces of `size` bytes. */
static unsigned receive(const char *text, size_t size)
{
	const br_x509_class **x = &chain.vtable;
	struct span in = span_str(text);
	struct tls_pem p;
	size_t at, n;

	tls_pem_init(&p);
	chain.vtable->start_chain(x, "localhost");
	while (tls_pem_next(&p, &in)) {
		chain.vtable->start_cert(x, (uint32_t)p.der.n);
		for (at = 0; at < p.der.n; at += n) {
			n = p.der.n - at < size ? p.der.n - at : size;
			chain.vtable->append(x, p.der.p + at, n);
		}
		chain.vtable->end_cert(x);
	}
	tls_pem_free(&p);
	return chain.vtable->end_chain(x);
}

/* Good for two of them at a time. */
static const char *join(const char *a, const char *b, const char *c)
{
	static char text[2][8000];
	static int turn;

	turn = !turn;
	snprintf(text[turn], sizeof(text[turn]), "%s%s%s", a, b, c);
	return text[turn];
}

static void trusting(const char *bundle, size_t size)
{
	struct span in = span_str(bundle), piece;

	tls_anchor_init(&anchors, &chain);
	while (in.n) {
		piece = span_sub(in, 0, size);
		tls_anchor_feed(&anchors, piece);
		in = span_sub(in, piece.n, in.n);
	}
	tls_anchor_end_file(&anchors);
}

static unsigned doubts(const char *dns, int64_t now)
{
	struct tls_name name = { .dns = span_str(dns) };
	unsigned d;

	buf_clear(&why);
	d = tls_x509_doubts(&chain, &anchors, &name, dns, now, &why);
	CHECK((d == 0) == (why.n == 0));
	return d;
}

static void start(const char *text, const char *bundle)
{
	tls_chain_init(&chain);
	buf_init(&why, 1024);
	CHECK_INT(receive(text, 256), 0);
	CHECK(chain.whole);
	trusting(bundle, 4096);
}

static void stop(void)
{
	tls_anchor_free(&anchors);
	tls_chain_free(&chain);
	buf_free(&why);
}

TEST(a_good_chain_leaves_no_doubt)
{
	const uint8_t *leaf;

	start(join(pem_leaf, pem_inter, ""), join(pem_rsa, pem_cn, pem_root));
	CHECK_INT(doubts("srv.example", AT(YEAR)), 0);
	CHECK(anchors.n == 1 && anchors.seen == 3);
	leaf = tls_chain_cert(&chain, 0).p;
	CHECK(chain.leaf.der.p == leaf && chain.n == 2);
	stop();
	start(join(pem_leaf, pem_inter, pem_root), pem_root);
	CHECK_INT(doubts("srv.example", AT(YEAR)), 0);
	stop();
	start(pem_leaf, pem_inter);             /* whoever is named as an anchor is one */
	CHECK_INT(doubts("srv.example", AT(YEAR)), 0);
	stop();
}

TEST(each_doubt_has_its_bit_and_its_words)
{
	start(join(pem_leaf, pem_inter, ""), pem_root);
	CHECK_INT(doubts("other.example", AT(YEAR)), TLS_DOUBT_NAME);
	CHECK(strstr(buf_cstr(&why), "it is for srv.example, *.w.example"));
	CHECK_INT(doubts("srv.example", AT(6 * YEAR + 30)), TLS_DOUBT_TIME);
	CHECK_STR(buf_cstr(&why), "it expired on 2032-01-01 00:00:00 UTC");
	CHECK_INT(doubts("x", AT(12 * YEAR)), TLS_DOUBT_TIME | TLS_DOUBT_NAME);
	stop();
	start(join(pem_leaf, pem_inter, ""), pem_rsa);
	CHECK_INT(doubts("srv.example", AT(YEAR)), TLS_DOUBT_CA);
	CHECK_STR(buf_cstr(&why), "its issuer is unknown here: O=Test, CN=Root");
	CHECK_INT(doubts("x", AT(12 * YEAR)), TLS_DOUBT_TIME | TLS_DOUBT_NAME | TLS_DOUBT_CA);
	stop();
	start(join(pem_cn, pem_inter, ""), pem_root);
	CHECK_INT(doubts("a.cn.example", AT(8 * YEAR)), TLS_DOUBT_CHAIN);
	CHECK_STR(buf_cstr(&why), "a certificate of its chain has expired");
	stop();
	start(pem_rsa, "");
	CHECK_INT(doubts("rsa.example", AT(YEAR)), TLS_DOUBT_CA);
	CHECK_STR(buf_cstr(&why), "this machine has no list of certification authorities; it is "
		"self-signed");
	stop();
}

TEST(a_clock_that_stands_before_this_program_is_named)
{
	start(join(pem_leaf, pem_inter, ""), pem_root);
	CHECK_INT(doubts("srv.example", 86400), TLS_DOUBT_TIME);
	CHECK_STR(buf_cstr(&why), "it is valid only from 2026-02-01 00:00:00 UTC (this machine's clock "
		"says 1970-01-02 00:00:00 UTC, before this program was made: set it first)");
	stop();
}

TEST(a_trusted_leaf_needs_no_issuer)
{
	start(pem_rsa, join(pem_root, pem_rsa, ""));
	CHECK(anchors.has_leaf);
	CHECK_INT(doubts("rsa.example", AT(YEAR)), 0);
	CHECK_INT(doubts("x", AT(12 * YEAR)), TLS_DOUBT_TIME | TLS_DOUBT_NAME);
	stop();
}

TEST(pieces_do_not_matter)
{
	size_t size;

	for (size = 1; size < 300; size += 17) {
		tls_chain_init(&chain);
		buf_init(&why, 1024);
		CHECK_INT(receive(join(pem_leaf, pem_inter, ""), size), 0);
		trusting(join(pem_rsa, pem_root, pem_inter), size);
		CHECK(anchors.n == 2 && anchors.seen == 3);
		CHECK_INT(doubts("srv.example", AT(YEAR)), 0);
		stop();
	}
}

TEST(a_changed_signature_is_noticed)
{
	start(join(pem_leaf, pem_inter, ""), pem_root);
	chain.der.p[chain.leaf.der.n - 1] ^= 1;
	CHECK_INT(doubts("srv.example", AT(YEAR)), TLS_DOUBT_CHAIN);
	CHECK_STR(buf_cstr(&why), "a signature in its chain is wrong");
	stop();
}

TEST(another_certificate_on_renegotiation_is_refused)
{
	tls_chain_init(&chain);
	CHECK_INT(receive(join(pem_leaf, pem_inter, ""), 256), 0);
	CHECK_INT(receive(pem_leaf, 256), 0);
	CHECK(receive(pem_cn, 256) != 0);
	CHECK(!chain.whole && strstr(chain.err.text, "another certificate"));
	tls_chain_free(&chain);
}

TEST(chains_are_limited)
{
	int i;

	tls_chain_init(&chain);
	chain.vtable->start_chain(&chain.vtable, NULL);
	CHECK(chain.vtable->end_chain(&chain.vtable) != 0);
	CHECK_STR(chain.err.text, "the server shows no certificate");
	tls_chain_free(&chain);
	tls_chain_init(&chain);
	chain.vtable->start_chain(&chain.vtable, NULL);
	for (i = 0; i < 100; i++) {
		chain.vtable->start_cert(&chain.vtable, 1);
		chain.vtable->append(&chain.vtable, (const uint8_t *)"0", 1);
		chain.vtable->end_cert(&chain.vtable);
	}
	CHECK(chain.vtable->end_chain(&chain.vtable) != 0);
	CHECK_INT(chain.err.code, E_LIMIT);
	tls_chain_free(&chain);
}

static int answer;
static char asked[100];

static int ask(void *ctx, const struct tls_chain *c, const char *reason, struct err *usual)
{
	CHECK(ctx == &asked && c == &chain && usual->code == E_TLS && strstr(usual->text, reason));
	snprintf(asked, sizeof(asked), "%s", reason);
	return answer;
}

static char heard[500];

static void passed(void *ctx, const char *text)
{
	CHECK(ctx == &asked);
	snprintf(heard, sizeof(heard), "%s", text);
}

static int judge(const struct tls_trust *t, const char *dns)
{
	struct tls_name name = { .dns = span_str(dns) };

	e = (struct err){ 0 };
	asked[0] = 0;
	heard[0] = 0;
	return tls_x509_judge(&chain, t, &anchors, &name, dns, AT(YEAR), &e);
}

TEST(the_users_wish_decides)
{
	struct tls_trust t = { .ask = ask, .passed = passed, .ctx = &asked };

	start(join(pem_leaf, pem_inter, ""), pem_rsa);
	CHECK_INT(tls_x509_pinned(&chain, &t, "h", &e), 1);
	answer = E_TLS;
	CHECK_INT(judge(&t, "other"), E_TLS);
	CHECK(strstr(asked, "its issuer is unknown here: O=Test, CN=Root; it is for srv.example"));
	CHECK(strstr(e.text, "-CertificateFingerprint SHA256:") && strstr(e.text, "; or give its CA: "
		"-CACertificate FILE; or check less: -SessionOption SkipCACheck,SkipCNCheck"));
	answer = 0;
	CHECK(judge(&t, "other") == 0 && !e.code);
	t.skip_ca = true;
	CHECK(judge(&t, "srv.example") == 0 && !asked[0]);
	CHECK_STR(heard, "the certificate of 'srv.example' is accepted although its issuer is unknown "
		"here: O=Test, CN=Root");
	CHECK(judge(&t, "other") == 0 && asked[0]);
	t.skip_cn = true;
	CHECK(judge(&t, "other") == 0 && !asked[0] && heard[0]);
	t = (struct tls_trust){ .pinned = true };
	CHECK_INT(tls_x509_pinned(&chain, &t, "h", &e), E_TLS);
	CHECK(strstr(e.text, "is not the one that was named"));
	memcpy(t.pin, chain.print, sizeof(t.pin));
	e = (struct err){ 0 };
	CHECK_INT(tls_x509_pinned(&chain, &t, "h", &e), 0);
	stop();
}
