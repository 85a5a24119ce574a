#include "net/tls_client.h"
#include "net/tls_test.h"

static struct tls_client c;
static struct err e;

static int load(const char *cert, const char *key, const char *pass)
{
	struct secret *s = pass ? secret_new() : NULL;
	int r;

	if (s)
		CHECK(secret_set(s, span_str(pass)));
	e = (struct err){ 0 };
	tls_client_init(&c);
	r = tls_client_cert(&c, span_str(cert), "c", &e);
	if (r == 0)
		r = tls_client_key(&c, span_str(key), s, "k", &e);
	secret_free(s);
	return r;
}

static int try_load(const char *cert, const char *key, const char *pass)
{
	int r = load(cert, key, pass);

	tls_client_free(&c);
	return r;
}

TEST(certificate_and_key_are_read)
{
	char thumbprint[61] = "";
	int i;

	CHECK_INT(load(pem_leaf, pem_leaf_key, NULL), 0);
	CHECK_INT(c.type, BR_KEYTYPE_EC);
	for (i = 0; i < 20; i++)
		snprintf(thumbprint + 3 * i, 4, i < 19 ? "%02X:" : "%02X", c.thumbprint[i]);
	CHECK_STR(thumbprint, SHA1_LEAF);
	tls_client_free(&c);
	CHECK_INT(load(pem_rsa, pem_rsa_key, NULL), 0);
	CHECK(c.type == BR_KEYTYPE_RSA && c.rsa.n_bitlen == 2048 && c.rsa.plen == 128);
	tls_client_free(&c);
}

TEST(an_encrypted_key_needs_its_pass_phrase)
{
	CHECK_INT(try_load(pem_leaf, pem_locked_key, NULL), 1);
	CHECK_INT(try_load(pem_leaf, pem_locked_key, "secret"), 0);
	CHECK_INT(try_load(pem_leaf, pem_locked_key, "Secret"), E_AUTH);
	CHECK_STR(e.text, "wrong pass phrase for the key in 'k'");
	CHECK_INT(try_load(pem_leaf, pem_locked_key, ""), E_AUTH);
}

TEST(keys_of_others_are_refused)
{
	CHECK_INT(try_load(pem_leaf, pem_rsa_key, NULL), E_USAGE);
	CHECK_INT(try_load(pem_rsa, pem_leaf_key, NULL), E_USAGE);
	CHECK_INT(try_load(pem_cn, pem_leaf_key, NULL), E_USAGE);
	CHECK_INT(try_load(pem_cn, pem_locked_key, "secret"), E_USAGE);
	CHECK(strstr(e.text, "no key that belongs to the certificate"));
	CHECK_INT(try_load(pem_leaf_key, pem_leaf_key, NULL), E_USAGE);
	CHECK(strstr(e.text, "'c' holds no certificate"));
	CHECK_INT(try_load(pem_leaf, "", NULL), E_USAGE);
}

TEST(a_chain_is_kept_in_order)
{
	char text[4000];

	snprintf(text, sizeof(text), "%s%s%s", pem_leaf, pem_leaf_key, pem_inter);
	CHECK_INT(load(text, text, NULL), 0);
	CHECK(c.n == 2 && c.chain[0].data_len == c.leaf.der.n && c.chain[1].data_len > 300);
	tls_client_free(&c);
}
