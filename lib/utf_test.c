#include "lib/utf.h"
#include "tests/unit.h"

static long decode(struct span s)
{
	uint32_t cp = 0;
	size_t n = utf8_get(s, &cp);

	return n == s.n ? (long)cp : -1;
}

TEST(each_length_decodes)
{
	CHECK_INT(decode(SPAN("a")), 'a');
	CHECK_INT(decode(SPAN("\0")), 0);
	CHECK_INT(decode(SPAN("\xc2\x80")), 0x80);
	CHECK_INT(decode(SPAN("\xdf\xbf")), 0x7ff);
	CHECK_INT(decode(SPAN("\xe0\xa0\x80")), 0x800);
	CHECK_INT(decode(SPAN("\xef\xbf\xbf")), 0xffff);
	CHECK_INT(decode(SPAN("\xf0\x90\x80\x80")), 0x10000);
	CHECK_INT(decode(SPAN("\xf4\x8f\xbf\xbf")), 0x10ffff);
	CHECK_INT(decode(SPAN("\xed\xa0\x80")), 0xd800);
}

TEST(overlong_cut_off_and_stray_bytes_are_malformed)
{
	static const struct span bad[] = {
		SPAN("\x80"), SPAN("\xbf"), SPAN("\xc0\x80"), SPAN("\xc1\xbf"), SPAN("\xe0\x80\x80"),
		SPAN("\xe0\x9f\xbf"), SPAN("\xf0\x80\x80\x80"), SPAN("\xf0\x8f\xbf\xbf"),
		SPAN("\xf4\x90\x80\x80"), SPAN("\xf5\x80\x80\x80"), SPAN("\xff"), SPAN("\xc2"),
		SPAN("\xe2\x82"), SPAN("\xf0\x9f\x98"), SPAN("\xc2" "a"), SPAN("\xe2\x82" "a"),
	};
	uint32_t cp;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_INT(utf8_get(bad[i], &cp), 0);
		CHECK(!utf8_valid(bad[i]));
		CHECK(utf8_get_lax(bad[i], &cp) == 1 && cp == 0xfffd);
	}
	CHECK_INT(utf8_get(SPAN_NONE, &cp), 0);
	CHECK_INT(utf8_get_lax(SPAN_NONE, &cp), 0);
}

TEST(valid_refuses_surrogates)
{
	CHECK(utf8_valid(SPAN("a\xe2\x82\xac\xf0\x9f\x98\x80")) && utf8_valid(SPAN_NONE));
	CHECK(!utf8_valid(SPAN("a\xed\xa0\x80")) && !utf8_valid(SPAN("\xed\xbf\xbf")));
}

TEST(every_code_point_survives_put_and_get)
{
	struct buf b;
	uint32_t cp, back;

	buf_init(&b, 8);
	for (cp = 0; cp <= 0x10ffff; cp += cp < 0x3000 ? 1 : 251) {
		buf_clear(&b);
		utf8_put(&b, cp);
		CHECK(utf8_get(buf_span(&b), &back) == b.n && back == cp);
	}
	buf_free(&b);
}

TEST(utf16_round_trip_keeps_pairs_and_lone_halves)
{
	static const uint8_t wide[] = { 'a', 0, 0xac, 0x20, 0x3d, 0xd8, 0x00, 0xde, 0x00, 0xdc, 0x00,
		0xd8, 'b', 0, 0x3d, 0xd8 };
	struct span text = SPAN("a\xe2\x82\xac\xf0\x9f\x98\x80\xed\xb0\x80\xed\xa0\x80"
		"b\xed\xa0\xbd");
	struct buf b, c;

	buf_init(&b, 100);
	buf_init(&c, 100);
	CHECK(utf16le_get(&b, span_of(wide, sizeof(wide))));
	CHECK_MEM(b.p, b.n, text.p, text.n);
	CHECK(utf16le_put(&c, text));
	CHECK_MEM(c.p, c.n, wide, sizeof(wide));
	CHECK_INT(utf16_len(text), sizeof(wide) / 2);
	CHECK(!utf16le_get(&b, span_of(wide, 3)));
	CHECK(!utf16le_put(&c, SPAN("a\xff")));
	buf_free(&b);
	buf_free(&c);
}

TEST(two_halves_in_a_row_meet_in_utf16)
{
	static const uint8_t wide[] = { 0x3d, 0xd8, 0x00, 0xde };
	struct buf b;

	buf_init(&b, 100);
	CHECK(utf16le_put(&b, SPAN("\xed\xa0\xbd\xed\xb8\x80")));
	CHECK_MEM(b.p, b.n, wide, 4);
	buf_free(&b);
}

TEST(upper_case)
{
	static const uint32_t pairs[][2] = {
		{ 'a', 'A' }, { 'z', 'Z' }, { '{', '{' }, { 'A', 'A' }, { '1', '1' }, { 0xe9, 0xc9 },
		{ 0xf7, 0xf7 }, { 0xff, 0x178 }, { 0xdf, 0xdf }, { 0x101, 0x100 }, { 0x100, 0x100 },
		{ 0x17e, 0x17d }, { 0x3b1, 0x391 }, { 0x3c2, 0x3a3 }, { 0x3ac, 0x386 }, { 0x436, 0x416 },
		{ 0x451, 0x401 }, { 0x491, 0x490 }, { 0x490, 0x490 }, { 0x561, 0x531 }, { 0x586, 0x556 },
		{ 0x2d00, 0x10a0 }, { 0x1ebf, 0x1ebe }, { 0x1f51, 0x1f59 }, { 0x131, 0x131 },
		{ 0xb5, 0xb5 }, { 0x20ac, 0x20ac }, { 0x1f600, 0x1f600 },
	};
	size_t i;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		CHECK_INT(utf_upper(pairs[i][0]), pairs[i][1]);
}

TEST(width_in_cells)
{
	static const uint32_t want[][2] = {
		{ 'a', 1 }, { 0, 0 }, { '\n', 0 }, { 0x7f, 0 }, { 0x9b, 0 }, { 0xe9, 1 }, { 0x301, 0 },
		{ 0x200b, 0 }, { 0xfeff, 0 }, { 0x4e2d, 2 }, { 0xac00, 2 }, { 0x3042, 2 }, { 0xff21, 2 },
		{ 0xff71, 1 }, { 0x1f600, 2 }, { 0x1f3f3, 1 }, { 0x2603, 1 }, { 0x26a1, 2 }, { 0x20000, 2 },
		{ 0xe0101, 0 }, { 0x10ffff, 2 },
	};
	size_t i;

	for (i = 0; i < sizeof(want) / sizeof(want[0]) - 1; i++)
		CHECK_INT(utf_width(want[i][0]), want[i][1]);
}
