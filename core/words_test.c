#include "core/words.h"
#include "tests/unit.h"

/* The words with '|' between, or NULL with err set. */
static struct err err;
static const char *split(const char *text)
{
	static char out[256];
	const char *const *argv;
	struct arena a;

	err = (struct err){ 0 };
	out[0] = 0;
	arena_init(&a, 4096);
	if (words_split(text, &a, &argv, &err) == 0)
		for (size_t i = 0; argv[i]; i++)
			snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s", i ? "|" : "", argv[i]);
	arena_free(&a);
	return err.code ? NULL : out;
}

TEST(words_are_apart_by_blanks)
{
	CHECK_STR(split("chroot /mnt pwsh -s"), "chroot|/mnt|pwsh|-s");
	CHECK_STR(split("  a\t b\n"), "a|b");
	CHECK_STR(split("a"), "a");
}

TEST(quotes_keep_blanks_and_nothing_is_expanded)
{
	CHECK_STR(split("sh -c 'exec \"$x\" *'"), "sh|-c|exec \"$x\" *");
	CHECK_STR(split("a\"b c\"'d e'f"), "ab cd ef");
	CHECK_STR(split("'' \"\" b"), "||b");
	CHECK_STR(split("$HOME `x` ; | & ~"), "$HOME|`x`|;|||&|~");
}

TEST(a_backslash_keeps_the_next_character)
{
	CHECK_STR(split("a\\ b \\' \\\\"), "a b|'|\\");
	CHECK_STR(split("\"a\\\"b\\\\c\\d\""), "a\"b\\c\\d");
	CHECK_STR(split("'a\\b'"), "a\\b");
}

TEST(what_has_no_end_or_no_word_is_refused)
{
	static const char *const bad[] = { "", " \t", "a 'b", "a \"b", "a\\", "\"\\\"" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (split(bad[i]) || err.code != E_USAGE)
			FAIL("%s", bad[i]);
}

TEST(a_command_for_which_there_is_no_room_is_refused)
{
	char text[4096];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	CHECK(!split(text));
	CHECK_INT(err.code, E_USAGE);
}
