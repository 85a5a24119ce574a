#include "lib/span.h"
#include "tests/unit.h"

TEST(equal_compares_length_and_bytes)
{
	CHECK(span_eq(SPAN("abc"), SPAN("abc")));
	CHECK(!span_eq(SPAN("abc"), SPAN("abd")));
	CHECK(!span_eq(SPAN("abc"), SPAN("ab")));
	CHECK(span_eq(SPAN_NONE, SPAN("")));
	CHECK(span_is(SPAN("abc"), "abc"));
	CHECK(!span_is(SPAN("abc"), "ab") && !span_is(SPAN("ab"), "abc"));
	CHECK(span_is(SPAN_NONE, ""));
	CHECK(!span_is(SPAN("a\0b"), "a"));
}

TEST(case_is_ignored_for_ascii_letters_only)
{
	CHECK(span_is_ci(SPAN("Content-LENGTH"), "content-length"));
	CHECK(!span_is_ci(SPAN("[x"), "{X"));
	CHECK(!span_is_ci(SPAN("ab"), "abc") && !span_is_ci(SPAN("abc"), "ab"));
	CHECK(span_eq_ci(SPAN("aB"), SPAN("Ab")) && span_eq_ci(SPAN_NONE, SPAN("")));
	CHECK(!span_eq_ci(SPAN("ab"), SPAN("abc")) && !span_eq_ci(SPAN("@"), SPAN("`")));
}

TEST(starts_needs_the_whole_prefix)
{
	CHECK(span_starts(SPAN("abc"), "ab") && span_starts(SPAN("abc"), ""));
	CHECK(!span_starts(SPAN("a"), "ab"));
	CHECK(span_starts_ci(SPAN("NTLM x"), "ntlm ") && !span_starts_ci(SPAN("NT"), "ntlm"));
}

TEST(sub_is_clipped)
{
	CHECK(span_is(span_sub(SPAN("abcd"), 1, 2), "bc"));
	CHECK(span_is(span_sub(SPAN("abcd"), 3, SIZE_MAX), "d"));
	CHECK(span_is(span_sub(SPAN("abcd"), 9, 1), ""));
	CHECK_INT(span_sub(SPAN_NONE, 4, 4).n, 0);
}

TEST(find_and_search_give_the_length_when_absent)
{
	CHECK_INT(span_find(SPAN("abcb"), 'b'), 1);
	CHECK_INT(span_find(SPAN("abc"), 'x'), 3);
	CHECK_INT(span_find(SPAN_NONE, 'x'), 0);
	CHECK_INT(span_search(SPAN("abcabd"), SPAN("abd")), 3);
	CHECK_INT(span_search(SPAN("abc"), SPAN("abcd")), 3);
	CHECK_INT(span_search(SPAN("abc"), SPAN("")), 0);
	CHECK_INT(span_search(SPAN_NONE, SPAN("a")), 0);
}

TEST(trim_takes_white_space_at_both_ends)
{
	CHECK(span_is(span_trim(SPAN(" \t\r\n\v\fa b \n")), "a b"));
	CHECK(span_is(span_trim(SPAN("  ")), ""));
	CHECK_INT(span_trim(SPAN_NONE).n, 0);
}

TEST(cut_walks_a_list)
{
	struct span s = SPAN("a,,b");

	CHECK(span_is(span_cut(&s, ','), "a") && span_is(s, ",b"));
	CHECK(span_is(span_cut(&s, ','), "") && span_is(s, "b"));
	CHECK(span_is(span_cut(&s, ','), "b") && s.n == 0);
	CHECK(span_is(span_cut(&s, ','), "") && s.n == 0);
}

TEST(field_in_refuses_what_does_not_fit_even_when_the_sum_wraps)
{
	struct span whole = SPAN("0123456789"), out;

	CHECK(field_in(whole, 2, 3, &out) && span_is(out, "234"));
	CHECK(field_in(whole, 10, 0, &out) && out.n == 0);
	CHECK(field_in(whole, 0, 10, &out) && out.n == 10);
	CHECK(!field_in(whole, 11, 0, &out));
	CHECK(!field_in(whole, 5, 6, &out));
	CHECK(!field_in(whole, SIZE_MAX, 2, &out));
	CHECK(!field_in(whole, 2, SIZE_MAX, &out));
	CHECK(!field_in(whole, 4, SIZE_MAX - 3, &out));
	CHECK(field_in(SPAN_NONE, 0, 0, &out));
}

TEST(integers_have_the_order_their_name_says)
{
	static const uint8_t b[8] = { 0x81, 2, 3, 4, 5, 6, 7, 0x88 };
	uint8_t out[8];

	CHECK_INT(get_u16le(b), 0x0281);
	CHECK_INT(get_u16be(b), 0x8102);
	CHECK_INT(get_u32le(b), 0x04030281);
	CHECK_INT(get_u32be(b), 0x81020304);
	CHECK(get_u64le(b) == 0x8807060504030281ull);
	CHECK(get_u64be(b) == 0x8102030405060788ull);
	put_u16le(out, 0x0281);
	CHECK_MEM(out, 2, b, 2);
	put_u16be(out, 0x8102);
	CHECK_MEM(out, 2, b, 2);
	put_u32le(out, 0x04030281);
	CHECK_MEM(out, 4, b, 4);
	put_u32be(out, 0x81020304);
	CHECK_MEM(out, 4, b, 4);
	put_u64le(out, 0x8807060504030281ull);
	CHECK_MEM(out, 8, b, 8);
	put_u64be(out, 0x8102030405060788ull);
	CHECK_MEM(out, 8, b, 8);
}
