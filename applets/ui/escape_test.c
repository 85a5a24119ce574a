#include "applets/ui/escape.h"
#include "tests/unit.h"

/* What comes through, escapes as <c>. */
static const char *through(int c, const char *typed)
{
	static char text[200];
	struct escape e = { .c = c };
	struct span in = span_str(typed);
	struct buf out;
	int got;

	buf_init(&out, sizeof(text) - 1);
	while (in.n)
		if ((got = escape_feed(&e, &in, &out)))
			buf_printf(&out, "<%c>", got == 26 ? 'Z' : got);
	snprintf(text, sizeof(text), "%s", buf_cstr(&out));
	buf_free(&out);
	return text;
}

TEST(escapes_stand_at_the_start_of_a_line)
{
	CHECK_STR(through('~', "~."), "<.>");
	CHECK_STR(through('~', "ls\r~?~d"), "ls\r<?><d>");
	CHECK_STR(through('~', "a~.\n~\x1a"), "a~.\n<Z>");
	CHECK_STR(through('~', "dropped\x03~."), "dropped\x03<.>");
}

TEST(what_is_none_comes_through)
{
	CHECK_STR(through('~', "~/x\r~~.\r~"), "~/x\r~.\r");
	CHECK_STR(through('~', "~\r~x~."), "~\r~x~.");
	CHECK_STR(through(-1, "~."), "~.");
	CHECK_STR(through('%', "~.\r%."), "~.\r<.>");
}

TEST(pasted_ones_are_text)
{
	CHECK_STR(through('~', "\x1b[200~a\n~.\n\x1b[201~\r~."), "\x1b[200~a\n~.\n\x1b[201~\r<.>");
}
