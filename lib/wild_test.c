#include "lib/wild.h"
#include "tests/unit.h"

static bool fits(const char *pattern, const char *name)
{
	return wild_match(span_str(pattern), span_str(name), true);
}

TEST(a_name_without_wildcards_fits_itself_in_any_case)
{
	CHECK(fits("Session1", "session1"));
	CHECK(fits("ÜBER", "über"));
	CHECK(!fits("Session1", "Session12"));
	CHECK(!fits("Session1", "Session"));
	CHECK(fits("", ""));
	CHECK(!fits("", "a"));
}

TEST(stars_and_question_marks_stand_for_characters_not_bytes)
{
	CHECK(fits("*", ""));
	CHECK(fits("*", "anything"));
	CHECK(fits("a*b*c", "axxbxxbc"));
	CHECK(!fits("a*b*c", "axxbxxb"));
	CHECK(fits("?", "é"));
	CHECK(!fits("??", "é"));
	CHECK(!fits("?", ""));
	CHECK(fits("**x**", "x"));
}

TEST(a_set_is_one_of_its_characters_or_ranges)
{
	CHECK(fits("Session[1-3]", "session2"));
	CHECK(!fits("Session[1-3]", "session4"));
	CHECK(fits("[a-cx]*", "Xylophone"));
	CHECK(!fits("[a-cx]*", "dog"));
	CHECK(fits("[]a]", "]"));
	CHECK(fits("[a-]", "-"));
	CHECK(fits("[à-ü]", "É"));
	CHECK(fits("*[0-9]", "a1b2"));
}

TEST(what_is_not_closed_or_is_escaped_stands_for_itself)
{
	CHECK(fits("a[b", "a[b"));
	CHECK(fits("[", "["));
	CHECK(fits("[]", "[]"));
	CHECK(fits("`*", "*"));
	CHECK(!fits("`*", "x"));
	CHECK(fits("`[a]", "[a]"));
	CHECK(fits("a`", "a`"));
	CHECK(wild_match(SPAN("[::1]"), SPAN("[::1]"), false));
	CHECK(wild_match(SPAN("*`x"), SPAN("a`x"), false));
}

TEST(a_bad_pattern_takes_no_long_time)
{
	char name[2000], pattern[200];

	memset(name, 'a', sizeof(name));
	memset(pattern, '*', sizeof(pattern));
	for (size_t i = 1; i < sizeof(pattern); i += 2)
		pattern[i] = 'a';
	pattern[sizeof(pattern) - 1] = 'b';
	CHECK(!wild_match(span_of(pattern, sizeof(pattern)), span_of(name, sizeof(name)), true));
}

TEST(only_wildcards_are_wildcards)
{
	CHECK(wild_is(SPAN("a*")));
	CHECK(wild_is(SPAN("a?")));
	CHECK(wild_is(SPAN("[a]")));
	CHECK(!wild_is(SPAN("Session1")));
}

TEST(a_set_that_is_not_closed_makes_no_pattern)
{
	CHECK(wild_ok(SPAN("")));
	CHECK(wild_ok(SPAN("a*b?")));
	CHECK(wild_ok(SPAN("[a-c][]x]")));
	CHECK(wild_ok(SPAN("`[a")));
	CHECK(wild_ok(SPAN("a`")));
	CHECK(!wild_ok(SPAN("[")));
	CHECK(!wild_ok(SPAN("x[]")));
	CHECK(!wild_ok(SPAN("[a]b[c")));
}
