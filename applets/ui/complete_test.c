#include "applets/ui/complete.h"
#include "applets/ui/screen_test.h"

static struct lineedit le;
static struct screen screen;
static struct complete_menu menu;
static struct complete_match match[COMPLETE_MAX];
static struct arena arena;
static struct history history;

static void show(void)
{
	lineedit_draw(&le);
	screen_feed(&screen, buf_span(&le.out));
	buf_clear(&le.out);
}

static void start(int w, int h, const char *text)
{
	lineedit_init(&le);
	screen_init(&screen, w, h);
	history_init(&history, 1 << 10);
	arena_init(&arena, 1 << 20);
	le.history = &history;
	le.width = w;
	le.height = h;
	screen_feed(&screen, SPAN("> "));
	lineedit_begin(&le, SPAN("> "));
	lineedit_replace(&le, 0, 0, span_str(text));
	show();
}

static void stop(void)
{
	complete_free(&menu);
	lineedit_free(&le);
	history_free(&history);
	arena_free(&arena);
}

enum how { DONE, MENU, LIST };

/* The server finds these, "A\0B\0", in the place of [from, to). */
static enum how find(size_t from, size_t to, const char *texts, bool back)
{
	bool shown;

	memset(&menu, 0, sizeof(menu));
	menu.found = (struct complete){ .from = from, .to = to, .match = match, .a = &arena };
	for (; *texts; texts += strlen(texts) + 1)
		match[menu.found.n++] = (struct complete_match){ span_str(texts), span_str(texts),
			span_str(texts) };
	shown = complete_start(&menu, &le, back);
	show();
	return !shown ? LIST : le.grab ? MENU : DONE;
}

/* Keys for the menu; whether it is still up. */
static bool keys(const char *typed)
{
	struct span in = span_str(typed);

	while (in.n) {
		CHECK_INT(lineedit_feed(&le, &in), LINEEDIT_KEY);
		if (!complete_key(&menu, &le))
			lineedit_key(&le, le.key);
		show();
	}
	return le.grab;
}

static void check(const char *text)
{
	CHECK_STR(buf_cstr(&le.text), text);
}

TEST(one_match_is_taken)
{
	start(40, 10, "x | Get-ChildI");
	CHECK_INT(find(4, 14, "Get-ChildItem\0", false), DONE);
	check("x | Get-ChildItem");
	CHECK_STR(screen_row(&screen, 0), "> x | Get-ChildItem");
	stop();
}

TEST(what_all_begin_with_is_taken_before_a_menu_comes)
{
	start(40, 10, "get-ch");
	CHECK_INT(find(0, 6, "Get-ChildItem\0Get-ChildX\0", false), DONE);
	check("Get-Child");
	CHECK_INT(find(0, 9, "Get-ChildItem\0Get-ChildX\0", false), MENU);
	check("Get-ChildItem");
	stop();
}

TEST(nothing_found_changes_nothing)
{
	start(40, 10, "zz");
	CHECK_INT(find(0, 2, "", false), DONE);
	check("zz");
	CHECK(!le.grab);
	stop();
}

TEST(the_menu_has_columns_and_moves_through_them)
{
	start(10, 10, "a z");
	le.at = 1;
	CHECK_INT(find(0, 1, "aa\0ab\0ac\0ad\0ae\0", false), MENU);
	CHECK_STR(screen_row(&screen, 0), "> aa z");
	CHECK_STR(screen_row(&screen, 1), "aa  ad");
	CHECK_STR(screen_row(&screen, 2), "ab  ae");
	CHECK_STR(screen_row(&screen, 3), "ac");
	static const struct { const char *typed, *text; } moves[] = {
		{ "\t", "ab z" }, { "\x1b[B", "ac z" }, { "\x1b[C", "ac z" }, { "\x1b[A", "ab z" },
		{ "\x1b[C", "ae z" }, { "\x1b[C", "ab z" }, { "\x1b[C", "ae z" }, { "\x1b[D", "ab z" },
		{ "\x1b[D", "ab z" }, { "\x1b[Z", "aa z" }, { "\x1b[Z", "ae z" }, { "\t", "aa z" },
	};
	for (size_t i = 0; i < sizeof(moves) / sizeof(*moves); i++) {
		CHECK(keys(moves[i].typed));
		check(moves[i].text);
	}
	stop();
}

TEST(the_menu_ends)
{
	static const struct { const char *typed, *text; } ends[] = {
		{ "\t\r", "ab z" }, { "\t\a", "a z" }, { "\tx", "abx z" }, { "\t\x7f", "a z" },
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		start(10, 10, "a z");
		CHECK_INT(find(0, 1, "aa\0ab\0ac\0", false), MENU);
		CHECK(!keys(ends[i].typed));
		check(ends[i].text);
		CHECK_STR(screen_row(&screen, 1), "");
		stop();
	}
}

TEST(shift_tab_starts_at_the_end)
{
	start(10, 10, "a");
	CHECK_INT(find(0, 1, "aa\0ab\0ac\0", true), MENU);
	check("ac");
	stop();
}

TEST(escape_restores_what_was_typed)
{
	start(10, 10, "a z");
	CHECK_INT(find(0, 1, "aa\0ab\0", false), MENU);
	struct span in = SPAN("\x1b");
	CHECK_INT(lineedit_feed(&le, &in), LINEEDIT_MORE);
	CHECK_INT(lineedit_pause(&le, &in), LINEEDIT_KEY);
	CHECK(complete_key(&menu, &le));
	check("a z");
	CHECK(!le.grab);
	stop();
}

TEST(a_long_menu_has_pages_and_a_tool_tip)
{
	start(20, 8, "a");
	CHECK_INT(find(0, 1, "a1234567890\0a2234567890\0a3234567890\0a4234567890\0a5234567890\0"
		"a6234567890\0", false), MENU);
	match[4].tip = SPAN("what it is");
	CHECK_STR(screen_row(&screen, 4), "a4234567890");
	CHECK_STR(screen_row(&screen, 5), "");
	CHECK(keys("\t\t\t\t"));
	CHECK_STR(screen_row(&screen, 1), "a5234567890");
	CHECK_STR(screen_row(&screen, 2), "a6234567890");
	CHECK_STR(screen_row(&screen, 3), "what it is");
	CHECK_STR(screen_row(&screen, 4), "");
	stop();
}

TEST(wide_characters_take_their_cells)
{
	start(20, 8, "a");
	CHECK_INT(find(0, 1, "a\xe4\xbd\xa0\xe5\xa5\xbd\0abc\0", false), MENU);
	CHECK_STR(screen_row(&screen, 1), "a\xe4\xbd\xa0\xe5\xa5\xbd  abc");
	stop();
}

TEST(a_dumb_terminal_gets_a_list)
{
	struct buf b;

	start(10, 10, "a");
	le.dumb = true;
	CHECK_INT(find(0, 1, "aa\0ab\0ac\0", false), LIST);
	check("a");
	buf_init(&b, 1000);
	complete_list(&menu, 10, &b);
	CHECK_STR(buf_cstr(&b), "aa  ac\nab\n");
	buf_free(&b);
	stop();
}
