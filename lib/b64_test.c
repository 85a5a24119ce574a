#include "lib/b64.h"
#include "tests/unit.h"

static struct buf out;

static bool get(const char *text)
{
	buf_free(&out);
	buf_init(&out, 1000);
	return b64_get(&out, span_str(text));
}

TEST(rfc_4648_vectors_both_ways)
{
	static const char *const v[][2] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" }, { "\xfb\xff\xbf\x3e\x3f", "+/+/Pj8=" },
	};
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		CHECK(get(v[i][1]) && span_is(buf_span(&out), v[i][0]));
		buf_clear(&out);
		b64_put(&out, span_str(v[i][0]));
		CHECK_STR(buf_cstr(&out), v[i][1]);
	}
}

TEST(all_bytes_survive)
{
	uint8_t all[256];
	struct buf text;
	size_t i;

	for (i = 0; i < 256; i++)
		all[i] = (uint8_t)(i * 7);
	buf_init(&text, 1000);
	b64_put(&text, span_of(all, 256));
	CHECK(get(buf_cstr(&text)));
	CHECK_MEM(out.p, out.n, all, 256);
	buf_free(&text);
}

TEST(a_wrong_byte_is_found_in_each_place)
{
	char text[41];
	size_t at;
	int c;

	for (at = 0; at < 40; at++) {
		for (c = 1; c < 256; c++) {
			memcpy(text, "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNk", 41);
			text[at] = (char)c;
			if (get(text) != !!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
						  "0123456789+/", c))
				FAIL("byte %x at %zu", (unsigned)c, at);
		}
	}
}

TEST(white_space_is_skipped)
{
	CHECK(get(" Zm\r\n9v\tYg = = \n") && span_is(buf_span(&out), "foob"));
	CHECK(get("QUJDREVGR0hJ\nSktM TU5PUFFS") && span_is(buf_span(&out), "ABCDEFGHIJKLMNOPQR"));
}

TEST(bad_padding_digits_and_trailing_bits_are_refused)
{
	static const char *const bad[] = {
		"Z", "Zg", "Zg=", "Zg===", "Zm8", "Zm8==", "Zm9v=", "=", "====", "Zg==Zg==", "Zg=g", "Zh==",
		"Zm9=", "Zm9v*", "Zm-v", "Zm_v", "Z\xe9==", "Zm9v@", "Zm9v[", "Zm9v`", "Zm9v{",
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(!get(bad[i]));
		CHECK_INT(out.n, 0);
	}
}

TEST(a_buffer_of_just_the_right_size_will_do)
{
	struct buf b;

	buf_init(&b, 5);
	CHECK(b64_get(&b, SPAN("Zm9v\nYmE=")) && !buf_failed(&b));
	CHECK(!b64_get(&b, SPAN("Zg==")) && buf_failed(&b));
	buf_free(&b);
	buf_init(&b, 8);
	b64_put(&b, SPAN("fooba"));
	CHECK(!buf_failed(&b) && b.n == 8);
	b64_put(&b, SPAN("f"));
	CHECK(buf_failed(&b));
	buf_free(&b);
}
