#include "core/json_write.h"
#include "tests/unit.h"

TEST(strings_are_escaped)
{
	struct buf out;
	struct json j = { &out, false };

	buf_init(&out, 1000);
	json_open(&j, '{');
	json_key(&j, SPAN("a\"\\\n\x01\x7f"));
	json_str(&j, SPAN("\xc3\xa9\xf0\x9f\x98\x80 \xed\xa0\x80 \xff"));
	json_key(&j, SPAN(""));
	json_open(&j, '[');
	json_raw(&j, SPAN("1"));
	json_raw(&j, SPAN("null"));
	json_open(&j, '{');
	json_close(&j, '}');
	json_close(&j, ']');
	json_close(&j, '}');
	CHECK_STR(buf_cstr(&out), "{\"a\\\"\\\\\\u000a\\u0001\\u007f\":"
		"\"\xc3\xa9\xf0\x9f\x98\x80 \\ud800 \xef\xbf\xbd\",\"\":[1,null,{}]}");
	buf_free(&out);
}

TEST(numbers_are_known)
{
	static const char *const good[] = { "0", "-0", "12", "1.5", "-0.10", "1E+20", "1e-7", "9e9" };
	static const char *const bad[] = { "", "-", "01", "1.", ".5", "+1", "1e", "1e+", "0x1", "NaN",
		"INF", "1 ", " 1", "1,5", "--1", "1e5.0" };

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		CHECK(json_is_number(span_str(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK(!json_is_number(span_str(bad[i])));
}
