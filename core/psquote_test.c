#include "core/psquote.h"
#include "tests/unit.h"

static void check(struct span in, const char *want)
{
	struct buf b;

	buf_init(&b, 1000);
	psquote(in, &b);
	CHECK_STR(buf_cstr(&b), want);
	buf_free(&b);
}

TEST(every_character_that_ends_a_literal_is_doubled)
{
	check(SPAN("it's"), "'it''s'");
	check(SPAN("\xe2\x80\x98\xe2\x80\x99\xe2\x80\x9a\xe2\x80\x9b"),
		"'\xe2\x80\x98\xe2\x80\x98\xe2\x80\x99\xe2\x80\x99\xe2\x80\x9a\xe2\x80\x9a\xe2\x80\x9b\xe2"
		"\x80\x9b'");
}

TEST(nothing_else_is_changed)
{
	check(SPAN(""), "''");
	check(SPAN("$(rm) `n \" \xe2\x80\x9c \xc3\xa4\n"), "'$(rm) `n \" \xe2\x80\x9c \xc3\xa4\n'");
}

TEST(malformed_bytes_cannot_hide_a_quote)
{
	check(SPAN("\xe2'\xe2\x80'"), "'\xef\xbf\xbd''\xef\xbf\xbd\xef\xbf\xbd'''");
}
