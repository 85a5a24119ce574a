#include "net/tls_cert.h"
#include "net/tls_test.h"

static struct tls_pem pem;
static struct buf out;

static struct tls_cert read_cert(const char *text)
{
	struct tls_cert c;
	struct err e = { 0 };

	tls_pem_free(&pem);
	CHECK_INT(tls_cert_read(&c, test_der(&pem, text), &e), 0);
	return c;
}

static const char *shown(void)
{
	static char text[1000];

	snprintf(text, sizeof(text), "%s", buf_cstr(&out));
	buf_free(&out);
	buf_init(&out, 1000);
	return text;
}

static bool is_for(const struct tls_cert *c, const char *dns)
{
	struct tls_name n = { .dns = span_str(dns) };

	return tls_cert_is_for(c, &n);
}

static bool is_for_ip(const struct tls_cert *c, const char *text, const char *ip, size_t ip_n)
{
	struct tls_name n = { .dns = span_str(text), .ip_n = ip_n };

	memcpy(n.ip, ip, ip_n);
	return tls_cert_is_for(c, &n);
}

TEST(fields_of_a_certificate)
{
	struct tls_cert c = read_cert(pem_leaf), r;

	buf_init(&out, 1000);
	tls_cert_put_name(c.subject, &out);
	CHECK_STR(shown(), "O=Test, CN=leaf.example");
	tls_cert_put_name(c.issuer, &out);
	CHECK_STR(shown(), "O=Test, CN=Inter");
	tls_cert_put_names(&c, &out);
	CHECK_STR(shown(), "srv.example, *.w.example, *.com, f*.x.example, 10.0.0.1, "
		"fe80:0:0:0:0:0:0:1");
	tls_cert_put_time(c.from, &out);
	CHECK_STR(shown(), "2026-02-01 00:00:00 UTC");
	tls_cert_put_time(c.to, &out);
	CHECK_STR(shown(), "2032-01-01 00:00:00 UTC");
	CHECK(!c.ca && !c.odd_sig && !c.not_server && c.hash == br_sha256_ID);
	CHECK(c.pkey.key_type == BR_KEYTYPE_EC && c.pkey.key.ec.curve == BR_EC_secp256r1);
	CHECK(c.key.n == 65 && c.key.p[0] == 4);
	r = read_cert(pem_rsa);
	CHECK(r.pkey.key_type == BR_KEYTYPE_RSA && r.key_bits == 2048 && r.pkey.key.rsa.nlen == 256);
	CHECK(r.key.n == 270);          /* PKCS #1 RSAPublicKey */
	CHECK(r.usages == (BR_KEYTYPE_SIGN | BR_KEYTYPE_KEYX));
	r = read_cert(pem_root);
	CHECK(r.ca);
	r = read_cert(pem_cn);
	tls_cert_put_names(&r, &out);
	CHECK_STR(shown(), "CN=*.cn.example");
	buf_free(&out);
	tls_pem_free(&pem);
}

TEST(names_match_as_in_rfc_6125)
{
	struct tls_cert c = read_cert(pem_leaf), cn;

	CHECK(is_for(&c, "srv.example") && is_for(&c, "SRV.Example"));
	CHECK(!is_for(&c, "leaf.example"));             /* the common name does not count here */
	CHECK(!is_for(&c, "srv.example.org") && !is_for(&c, "xsrv.example") && !is_for(&c, ""));
	CHECK(is_for(&c, "a.w.example") && !is_for(&c, "w.example") && !is_for(&c, ".w.example"));
	CHECK(!is_for(&c, "a.b.w.example") && !is_for(&c, "*.example"));
	CHECK(!is_for(&c, "a.com"));                    /* too wide */
	CHECK(!is_for(&c, "foo.x.example"));            /* a part of a label */
	CHECK(is_for_ip(&c, "10.0.0.1", "\x0a\0\0\1", 4));
	CHECK(!is_for_ip(&c, "10.0.0.2", "\x0a\0\0\2", 4));
	CHECK(!is_for(&c, "10.0.0.1"));
	CHECK(is_for_ip(&c, "fe80::1", "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16));
	CHECK(!is_for_ip(&c, "srv.example", "\x0a\0\0\2", 4));
	cn = read_cert(pem_cn);
	CHECK(is_for(&cn, "a.cn.example") && !is_for(&cn, "cn.example"));
	CHECK(!is_for_ip(&cn, "10.0.0.1", "\x0a\0\0\1", 4));
	tls_pem_free(&pem);
}

TEST(fingerprints_are_written_and_read)
{
	struct tls_cert c = read_cert(pem_leaf);
	uint8_t print[TLS_PRINT_LEN], again[TLS_PRINT_LEN];
	const char *bad[] = { "", "SHA256:", "SHA256:abc", "SHA1:" SHA256_LEAF, SHA1_LEAF,
		"SHA256:" SHA256_LEAF ":00", "SHA256:G" SHA256_LEAF };
	size_t i;

	buf_init(&out, 1000);
	tls_cert_print(&c, print);
	tls_print_put(print, &out);
	CHECK(out.n == 7 + 43 && span_starts(buf_span(&out), "SHA256:"));
	CHECK(tls_print_get(buf_span(&out), again) && !memcmp(print, again, sizeof(print)));
	buf_putc(&out, '=');
	CHECK(tls_print_get(buf_span(&out), again) && !memcmp(print, again, sizeof(print)));
	memset(again, 0, sizeof(again));
	CHECK(tls_print_get(SPAN(" sha256:" SHA256_LEAF "\n"), again));
	CHECK(!memcmp(print, again, sizeof(print)));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!tls_print_get(span_str(bad[i]), again));
	buf_free(&out);
	tls_pem_free(&pem);
}

TEST(a_binding_is_made_of_the_hash_that_signed)
{
	struct tls_cert c = read_cert(pem_leaf);
	uint8_t by256[16], got[16];
	int id;

	tls_cert_binding(&c, by256);
	for (id = 0; id <= br_sha512_ID; id++) {
		c.hash = id;
		tls_cert_binding(&c, got);
		CHECK((memcmp(got, by256, 16) == 0) ==
			(id == 0 || id == br_md5_ID || id == br_sha1_ID || id == br_sha256_ID));
	}
	tls_pem_free(&pem);
}

TEST(cut_off_certificates_are_refused)
{
	struct span der = test_der(&pem, pem_leaf);
	struct tls_cert c;
	struct err e;
	uint8_t *copy;
	size_t i;

	for (i = 0; i < der.n; i++) {
		copy = malloc(i ? i : 1);
		memcpy(copy, der.p, i);
		e = (struct err){ 0 };
		CHECK_INT(tls_cert_read(&c, span_of(copy, i), &e), E_PEER);
		free(copy);
	}
	tls_pem_free(&pem);
}

TEST(bytes_changed_are_read_without_harm)
{
	struct span der = test_der(&pem, pem_leaf);
	uint8_t *copy = malloc(der.n);
	struct tls_cert c;
	struct err e;
	size_t i, bit;

	buf_init(&out, 4096);
	for (i = 0; i < der.n; i++)
		for (bit = 0; bit < 8; bit++) {
			memcpy(copy, der.p, der.n);
			copy[i] ^= (uint8_t)(1u << bit);
			e = (struct err){ 0 };
			if (tls_cert_read(&c, span_of(copy, der.n), &e) < 0)
				continue;
			buf_clear(&out);
			tls_cert_put_name(c.subject, &out);
			tls_cert_put_names(&c, &out);
			is_for(&c, "srv.example");
		}
	free(copy);
	buf_free(&out);
	tls_pem_free(&pem);
}
