#include "core/psrp_key.h"
#include <bearssl_rsa.h>
#include "lib/b64.h"
#include "lib/file_io.h"
#include "lib/secret.h"
#include "tests/unit.h"

#define BLOB_LEN 268

static struct psrp_key *key;
static struct buf text, pub;
static struct err err;

static void begin(void)
{
	err = (struct err){ 0 };
	key = psrp_key_new();
	buf_init(&text, 1000);
	buf_init(&pub, 1000);
	psrp_key_public(key, &text);
	CHECK(b64_get(&pub, buf_span(&text)));
	CHECK_INT(pub.n, 276);
	buf_clear(&text);
}

static void end(void)
{
	psrp_key_free(key);
	buf_free(&text);
	buf_free(&pub);
}

/* The server: a SIMPLEBLOB for the public key in pub, holding these padded 256 bytes. */
static void make_blob(const uint8_t padded[256], uint8_t blob[BLOB_LEN])
{
	uint8_t x[256], n[256], e[] = { 1, 0, 1 };
	br_rsa_public_key pk = { n, 256, e, 3 };
	size_t i;

	for (i = 0; i < 256; i++)
		n[i] = pub.p[275 - i];
	memcpy(x, padded, 256);
	CHECK(br_rsa_i31_public(x, 256, &pk));
	memcpy(blob, "\1\2\0\0\x10\x66\0\0\0\xa4\0\0", 12);
	for (i = 0; i < 256; i++)
		blob[12 + i] = x[255 - i];
}

/* PKCS #1 v1.5 around the key 00 01 02 … 1f */
static void pad(uint8_t x[256])
{
	size_t i;

	memset(x, 0x5a, 256);
	x[0] = 0;
	x[1] = 2;
	x[223] = 0;
	for (i = 0; i < 32; i++)
		x[224 + i] = (uint8_t)i;
}

static int give(const uint8_t *blob, size_t n)
{
	struct buf b;
	int r;

	buf_init(&b, 1000);
	b64_put(&b, span_of(blob, n));
	err = (struct err){ 0 };
	r = psrp_key_session(key, buf_span(&b), &err);
	buf_free(&b);
	return r;
}

static void take_key(void)
{
	uint8_t x[256], blob[BLOB_LEN];

	pad(x);
	make_blob(x, blob);
	CHECK_INT(give(blob, BLOB_LEN), 0);
}

/* The first packet of the recording that holds the mark; what follows it, up to the next "<". */
static void recorded(const char *mark, struct buf *out)
{
	struct buf file, data;
	struct span s, part;

	buf_init(&file, 1 << 20);
	buf_init(&data, 1 << 20);
	if (file_read("tests/recordings/secure-2.3.jsonl", &file, &err) < 0)
		FAIL("%s", err.text);
	for (s = buf_span(&file); s.n; ) {
		part = span_cut(&s, '\n');
		part = span_sub(part, span_search(part, SPAN("0000'>")) + 6, part.n);
		buf_clear(&data);
		if (!b64_get(&data, span_cut(&part, '<')))
			continue;
		part = buf_span(&data);
		part = span_sub(part, span_search(part, span_str(mark)), part.n);
		if (part.n) {
			part = span_sub(part, strlen(mark), part.n);
			buf_put(out, span_cut(&part, '<'));
			break;
		}
	}
	CHECK(out->n > 0);
	buf_free(&file);
	buf_free(&data);
}

TEST(the_public_key_looks_as_recorded)
{
	struct buf b64, raw;

	begin();
	buf_init(&b64, 1000);
	buf_init(&raw, 1000);
	recorded("<S N=\"PublicKey\">", &b64);
	CHECK(b64_get(&raw, buf_span(&b64)));
	CHECK_INT(raw.n, pub.n);
	CHECK_MEM(pub.p, 20, raw.p, 20);
	CHECK(pub.p[275] & 0x80);       /* little-endian: 2048 bits, odd */
	CHECK(pub.p[20] & 1);
	buf_free(&b64);
	buf_free(&raw);
	end();
}

TEST(a_session_key_for_another_is_refused)
{
	struct buf b64, raw;

	begin();
	buf_init(&b64, 1000);
	buf_init(&raw, 1000);
	recorded("<S N=\"EncryptedSessionKey\">", &b64);
	CHECK(b64_get(&raw, buf_span(&b64)));
	CHECK_INT(raw.n, BLOB_LEN);
	CHECK_MEM(raw.p, 12, "\1\2\0\0\x10\x66\0\0\0\xa4\0\0", 12);
	CHECK_INT(psrp_key_session(key, buf_span(&b64), &err), E_PEER);
	CHECK(!psrp_key_encrypt(key, SPAN("x"), &text));
	take_key();
	buf_free(&b64);
	buf_free(&raw);
	end();
}

TEST(a_blob_cut_or_changed_is_refused)
{
	uint8_t x[256], blob[BLOB_LEN];
	size_t i;

	begin();
	pad(x);
	make_blob(x, blob);
	for (i = 0; i < BLOB_LEN; i += 1 + i / 16)
		CHECK_INT(give(blob, i), E_PEER);
	for (i = 0; i < BLOB_LEN; i += 1 + i / 16) {
		blob[i] ^= 1;
		CHECK_INT(give(blob, BLOB_LEN), E_PEER);
		blob[i] ^= 1;
	}
	CHECK_INT(psrp_key_session(key, SPAN("no base64"), &err), E_PEER);
	CHECK_INT(give(blob, BLOB_LEN), 0);
	CHECK_INT(give(blob, BLOB_LEN), E_PEER);         /* once */
	end();
}

TEST(wrong_padding_is_refused)
{
	static const struct { uint8_t at, v; } c[] = { { 0, 1 }, { 1, 1 }, { 2, 0 }, { 100, 0 },
		{ 222, 0 }, { 223, 1 } };
	uint8_t x[256], blob[BLOB_LEN];
	size_t i;

	begin();
	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		pad(x);
		x[c[i].at] = c[i].v;
		make_blob(x, blob);
		CHECK_INT(give(blob, BLOB_LEN), E_PEER);
	}
	end();
}

/* Cipher texts are OpenSSL's. */
TEST(secure_strings_as_openssl_has_them)
{
	struct buf plain;

	begin();
	take_key();
	CHECK(psrp_key_encrypt(key, SPAN("p\xc3\xa4" "55word"), &text));
	CHECK_STR(buf_cstr(&text), "SWw9qEpyDn8lx8Kktax478H98hw4xBZ5oiK5V3PmrQY=");
	buf_clear(&text);
	CHECK(psrp_key_encrypt(key, SPAN(""), &text));
	CHECK_STR(buf_cstr(&text), "nzt1BJJvi9NuMRjpA6TNSg==");
	buf_init_secret(&plain, 100);
	CHECK(psrp_key_decrypt(key, SPAN("SWw9qEpyDn8lx8Kktax478H98hw4xBZ5oiK5V3PmrQY="), &plain));
	CHECK_STR(buf_cstr(&plain), "p\xc3\xa4" "55word");
	buf_clear(&plain);
	CHECK(psrp_key_decrypt(key, SPAN("nzt1BJJvi9NuMRjpA6TNSg=="), &plain));
	CHECK_INT(plain.n, 0);
	CHECK(!psrp_key_decrypt(key, SPAN("0dAAiEIigDkvDiVorahkNg=="), &plain));      /* half a unit */
	CHECK(!psrp_key_decrypt(key, SPAN("8WpQXws3RyrqeJMNr3v/ow=="), &plain));      /* padding 2, 1 */
	CHECK(!psrp_key_decrypt(key, SPAN(""), &plain));
	CHECK(!psrp_key_decrypt(key, SPAN("AAAA"), &plain));
	CHECK(!psrp_key_decrypt(key, SPAN("*"), &plain));
	CHECK(!psrp_key_encrypt(key, SPAN("\xff"), &text));
	CHECK(!psrp_key_encrypt(NULL, SPAN("x"), &text));
	buf_free(&plain);
	end();
}

TEST(the_slot_is_wiped)
{
	const struct psrp_key *was;
	uint8_t zero[700] = { 0 };

	begin();
	take_key();
	was = key;
	end();
	CHECK(secret_eq(was, zero, sizeof(zero)));       /* slots stay mapped */
}
