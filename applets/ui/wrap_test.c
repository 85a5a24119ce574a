#include "applets/ui/wrap.h"
#include "tests/unit.h"

static void wraps(const char *in, size_t width, const char *want)
{
	struct buf b;

	buf_init(&b, 1000);
	cells_wrap(span_str(in), width, &b);
	CHECK_STR(buf_cstr(&b), want);
	buf_free(&b);
}

TEST(lines_break_behind_white_space)
{
	wraps("one two three", 8, "one two \nthree");
	wraps("one two three", 7, "one two\n three");
	wraps("one", 3, "one");
	wraps("a\n\nb c", 80, "a\n\nb c");
	wraps("", 10, "");
}

TEST(a_word_wider_than_the_line_is_cut)
{
	wraps("abcdefgh", 3, "abc\ndef\ngh");
	wraps("x abcdef", 3, "x \nabc\ndef");
}

TEST(wide_characters_take_two_cells)
{
	CHECK_INT(cells_of(SPAN("a\xe6\xbc\xa2")), 3);
	CHECK_INT(cells_cut(SPAN("a\xe6\xbc\xa2"), 2).n, 1);
	wraps("\xe6\xbc\xa2\xe6\xbc\xa2", 3, "\xe6\xbc\xa2\n\xe6\xbc\xa2");
	wraps("\xe6\xbc\xa2", 1, "\xe6\xbc\xa2");
}
