#include "applets/ui/lineedit_test.h"

TEST(what_is_typed_stands_where_the_cursor_is)
{
	start(80, 24);
	TYPED("hello", "hello");
	TYPED(LEFT LEFT "XY", "helXYlo");
	TYPED("\x01<\x05>", "<helXYlo>");
	TYPED("\x1b[H\x1b[3~\x1b[F\x7f", "helXYlo");
	CHECK_INT(type("\r"), LINEEDIT_LINE);
	CHECK_STR(screen_row(&screen, 0), PROMPT "helXYlo");
	CHECK_INT(screen.row, 1);
	CHECK_INT(screen.col, 0);
	stop();
}

TEST(home_end_delete_and_words_in_all_dialects)
{
	static const char *const home[] = { "\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~", "\x01" };
	static const char *const end[] = { "\x1b[F", "\x1bOF", "\x1b[4~", "\x1b[8~", "\x05" };
	static const char *const back[] = { "\x1b[1;5D", "\x1b[1;3D", "\x1bOd", "\x1b" "b",
		"\x1b\x1b[D" };
	static const char *const word[] = { "\x1b[1;5C", "\x1b[1;3C", "\x1bOc", "\x1b" "f",
		"\x1b\x1b[C" };

	start(80, 24);
	for (int i = 0; i < 5; i++) {
		type("one two");
		type(home[i]);
		type("<");
		type(end[i]);
		TYPED(">", "<one two>");
		type(back[i]);
		TYPED("|", "<one |two>");
		type("\x01");
		type(word[i]);
		TYPED("|", "<one| |two>");
		type("\x01\x1b[3~\x05\x15");
		CHECK_STR(buf_cstr(&le.text), "");
	}
	TYPED("a\x1b[[A\x1b[15~\x1bOP\x1b[999;9x" "b", "ab");
	stop();
}

TEST(kill_yank_undo_transpose)
{
	start(80, 24);
	TYPED("one two three\x17\x17", "one ");
	TYPED("\x19", "one two three");
	TYPED("\x15\x19\x19", "one two threeone two three");
	TYPED("\x1f", "one two three");
	TYPED("\x1f", "");
	TYPED("\x1f", "one two three");
	TYPED("\x01\x0b" "kept\x15\x19\x1by", "one two three");
	TYPED("\x1by", "two three");
	TYPED("\x1by", "kept");
	TYPED(" ab\x14", "kept ba");
	TYPED("\x01\x14" RIGHT "\x14", "ekpt ba");
	for (int i = 0; i < 20; i++)
		type("\x1f");
	CHECK_STR(buf_cstr(&le.text), "");
	stop();
}

TEST(letters_are_whole)
{
	start(80, 24);
	TYPED("e\xcc\x81" "a" LEFT LEFT "x", "xe\xcc\x81" "a");
	TYPED(RIGHT "\x7f", "xa");
	TYPED("\x05\xe6\xbc\xa2" "b" LEFT LEFT "-", "xa-\xe6\xbc\xa2" "b");
	TYPED("\x05\x15\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7"
		"\x7f", "");
	TYPED("\xff\xc3(\xe6\xbc", "\xef\xbf\xbd\xef\xbf\xbd(");
	TYPED("\xa2", "\xef\xbf\xbd\xef\xbf\xbd(\xe6\xbc\xa2");
	stop();
}

TEST(a_paste_is_text)
{
	start(80, 24);
	CHECK_INT(type(PASTE("one\r\ntwo\rthree\n\tfour\x01\x1b[A")), LINEEDIT_MORE);
	CHECK_STR(buf_cstr(&le.text), "one\ntwo\nthree\n\tfour");
	check_screen("a paste");
	TYPED("\x1f", "");
	type("\x1b[200~lost");
	CHECK_INT(type("\x03"), LINEEDIT_ABANDON);
	stop();
}

static void start_split(void)
{
	start(30, 6);
}

static void feed_split(const uint8_t *p, size_t n)
{
	char keys[100];

	snprintf(keys, sizeof(keys), "%.*s", (int)n, (const char *)p);
	type(keys);
}

static void finish_split(void)
{
	CHECK_STR(buf_cstr(&le.text), "a\xc3\xb6Xb\ncd\xe6\xbc\xa2");
	check_screen("pieces");
	stop();
}

TEST(keys_come_in_pieces)
{
	static const char keys[] = "a\xc3\xb6" "b\x1b[1;5D\x1b[F" LEFT "X\x1bOF"
		PASTE("\r\ncd\xe6\xbc\xa2");

	each_split(keys, sizeof(keys) - 1, start_split, feed_split, finish_split);
}

TEST(several_lines_are_one_block)
{
	start(40, 10);
	TYPED("if (1) {" ALT_ENTER "'yes'\x1b[13;2u}\x1b[27;2;13~", "if (1) {\n'yes'\n}\n");
	TYPED(UP UP "  ", "if (1) {\n  'yes'\n}\n");
	TYPED(DOWN DOWN "x", "if (1) {\n  'yes'\n}\nx");
	TYPED("\x0b\x7f\x7f", "if (1) {\n  'yes'\n}");
	TYPED(UP UP "\x05\x0b", "if (1) {  'yes'\n}");
	CHECK_INT(type("\r"), LINEEDIT_LINE);
	CHECK_INT(screen.row, 2);
	lineedit_resume(&le, SPAN("if (1) {  'yes'\n}"));
	TYPED("more", "if (1) {  'yes'\n}\nmore");
	CHECK_INT(screen.row, 2);
	stop();
}

TEST(a_block_that_fills_the_screen_goes_on)
{
	start(20, 4);
	type(PASTE("1\n2\n3\n4\n5"));
	CHECK_INT(type("\r"), LINEEDIT_LINE);
	lineedit_resume(&le, SPAN("1\n2\n3\n4\n5"));
	TYPED("6", "1\n2\n3\n4\n5\n6");
	TYPED("\x1b[1;5H" "0", "01\n2\n3\n4\n5\n6");
	CHECK_INT(screen.row, 0);
	CHECK_INT(type("\r"), LINEEDIT_LINE);
	CHECK_STR(screen_row(&screen, 2), ">> 6");
	CHECK_INT(screen.row, 3);
	stop();
}

static void remember(const char *line)
{
	history_add(&history, span_str(line));
}

TEST(the_history_comes_back_and_the_draft_stays)
{
	start(80, 24);
	remember("first");
	remember("se\ncond");
	remember("se\ncond");
	prompt(PROMPT);
	TYPED("draft" UP, "se\ncond");
	TYPED(UP UP "!", "first!");
	TYPED(DOWN, "se\ncond");
	TYPED(DOWN, "draft");
	TYPED(DOWN, "draft");
	stop();
}

TEST(searches_go_both_ways)
{
	start(60, 10);
	remember("Get-Item a");
	remember("Set-Item b");
	remember("Get-Item c");
	prompt(PROMPT);
	type("draft\x12" "get");
	CHECK_STR(buf_cstr(&le.text), "Get-Item c");
	CHECK_STR(screen_row(&screen, screen.row + 1), "bck-i-search: get_");
	type("\x12");
	CHECK_STR(buf_cstr(&le.text), "Get-Item a");
	type("\x12");
	CHECK_STR(screen_row(&screen, screen.row + 1), "failed bck-i-search: get_");
	type("\x13");
	CHECK_STR(buf_cstr(&le.text), "Get-Item c");
	TYPED("\x07", "draft");
	type("\x12" "set");
	TYPED("\x05!", "Set-Item b!");
	type("\x12\x12-item a\x7f" "c");
	CHECK_INT(type("\r"), LINEEDIT_LINE);
	CHECK_STR(buf_cstr(&le.text), "Get-Item c");
	stop();
}

static void start_suggesting(void)
{
	start(60, 10);
	le.suggests = true;
	remember("Get-ChildItem -Path /tmp");
	remember("get-content a\nget-content b");
	remember("get-credential -Password x");
	remember("Get-Date");
	prompt(PROMPT);
}

static const char *row(void)
{
	return screen_row(&screen, screen.row);
}

TEST(what_is_suggested_is_taken_at_the_end_of_the_line)
{
	static const char *const all[] = { RIGHT, "\x06", "\x05", "\x1b[F", "\x1b[1;5F" };

	start_suggesting();
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		TYPED("get-c", "get-c");
		CHECK_STR(row(), PROMPT "get-childItem -Path /tmp");
		TYPED(LEFT "\x05", "get-c");
		type(all[i]);
		CHECK_STR(buf_cstr(&le.text), "Get-ChildItem -Path /tmp");
		TYPED("\x1f", "get-c");
		TYPED("\x1b" "f", "Get-ChildItem");
		TYPED("\x1b[1;5C", "Get-ChildItem -Path");
		TYPED("x\x15", "");
	}
	stop();
}

TEST(what_is_suggested_is_no_part_of_the_line)
{
	static const char *const ways_out[] = { "\r", "\x03", "\x1a" };

	start_suggesting();
	for (int i = 0; i < 3; i++) {
		TYPED("g", "g");
		CHECK_STR(row(), PROMPT "get-Date");
		CHECK_INT(type(ways_out[i]), LINEEDIT_LINE + (i > 0) + 2 * (i > 1));
		CHECK_STR(buf_cstr(&le.text), "g");
		CHECK_STR(screen_row(&screen, screen.row - 1), PROMPT "g");
		prompt(PROMPT);
	}
	stop();
}

TEST(nothing_is_suggested_where_it_would_be_in_the_way)
{
	start_suggesting();
	TYPED("get-con", "get-con");            /* several lines */
	CHECK_STR(row(), PROMPT "get-con");
	TYPED("\x15get-cr", "get-cr");          /* a secret */
	CHECK_STR(row(), PROMPT "get-cr");
	TYPED("\x15" "Get-Date", "Get-Date");
	type("\x15\x12get");
	CHECK_STR(row(), PROMPT "Get-Date");
	type("\x07\x15get-c");
	le.grab = true;
	lineedit_draw(&le);
	show();
	CHECK_STR(row(), PROMPT "get-c");
	le.grab = false;
	remember("Get-Date x");
	prompt(PROMPT);
	type(UP UP);
	CHECK_STR(row(), PROMPT "Get-Date");
	TYPED("\x7f", "Get-Dat");
	CHECK_STR(row(), PROMPT "Get-Date x");
	le.suggests = false;
	TYPED("\x06\x05", "Get-Dat");
	stop();
}

TEST(control_keys_are_events)
{
	start(80, 24);
	CHECK_INT(type("ab\t"), LINEEDIT_COMPLETE);
	CHECK_INT(type("\x1b[Z"), LINEEDIT_COMPLETE_BACK);
	lineedit_replace(&le, 0, 2, SPAN("Get-Item"));
	TYPED("\x1f", "ab");
	TYPED(LEFT "\x04", "a");
	CHECK_INT(type("\x1a"), LINEEDIT_SUSPEND);
	lineedit_draw(&le);
	show();
	check_screen("a pause");
	CHECK_INT(screen.row, 1);
	CHECK_INT(type("\x03"), LINEEDIT_ABANDON);
	prompt(PROMPT);
	CHECK_INT(type("\x04"), LINEEDIT_END);
	prompt(PROMPT);
	le.grab = true;
	CHECK_INT(type(UP), LINEEDIT_KEY);
	CHECK_INT(le.key, KEY_UP);
	CHECK_INT(type("x"), LINEEDIT_KEY);
	CHECK_INT(lineedit_key(&le, le.key), LINEEDIT_MORE);
	le.grab = false;
	TYPED("\x1b", "x");
	CHECK_INT(rest.n, 1);
	CHECK_INT(lineedit_pause(&le, &rest), LINEEDIT_MORE);
	TYPED("[A", "x[A");
	stop();
}

TEST(rows_below_come_and_go)
{
	start(20, 5);
	type("text");
	buf_puts(&le.below, "\x1b[7mone\x1b[0m two\na row that is too long for it\n");
	lineedit_draw(&le);
	show();
	CHECK_STR(screen_row(&screen, 1), "one two");
	CHECK_STR(screen_row(&screen, 2), "a row that is too lo");
	CHECK_INT(screen.row, 0);
	buf_clear(&le.below);
	for (int i = 0; i < 9; i++)
		buf_puts(&le.below, "row\n");
	type(PASTE("\n2\n3\n4\n5\n6"));
	CHECK_STR(screen_row(&screen, 0), ">> 6");
	CHECK_STR(screen_row(&screen, 4), "row");
	CHECK_INT(type("\r"), LINEEDIT_LINE);
	CHECK_STR(screen_row(&screen, 3), ">> 6");
	stop();
}

TEST(secrets_are_stars_and_kept_nowhere)
{
	start(20, 5);
	le.secret = true;
	le.history = NULL;
	prompt("Secret: ");
	type("pass\xc3\xb6" "e\xcc\x81\x7f");
	CHECK_STR(screen_row(&screen, 1), "Secret: *****");
	type("\x15");
	CHECK_INT(le.kills.all.n + le.undo.n, 0);
	type("more\r");
	CHECK_STR(screen_row(&screen, 1), "Secret: ****");
	CHECK_STR(buf_cstr(&le.text), "more");
	stop();
}

TEST(a_dumb_terminal_gets_no_sequences)
{
	start(30, 5);
	le.dumb = true;
	type("hello\x01>\x05<\x17one");
	CHECK_STR(screen_row(&screen, 0), PROMPT "one");
	type(" and more than the row is wide");
	CHECK_INT(screen.row, 0);
	CHECK_STR(screen_row(&screen, 0) + strlen(screen_row(&screen, 0)) - 4, "wide");
	type("\x01");
	CHECK_STR(screen_row(&screen, 0), PROMPT "one and more than");
	CHECK_INT(screen.col, strlen(PROMPT));
	type("\x1b[200~a\nb\x1b[201~\x0b\x0c");
	CHECK_STR(screen_row(&screen, 1), PROMPT "a^Jb");
	type("\r");
	CHECK_INT(screen.row, 2);
	CHECK(!memchr(screen.cell, 0x1b, sizeof(screen.cell)));
	stop();
}

TEST(an_edit_sends_what_has_changed)
{
	size_t before;

	start(80, 24);
	type(PASTE("first line of a block\nsecond line\nthird line"));
	before = screen.bytes;
	type("x");
	CHECK_INT(screen.bytes - before, 1);
	type(UP UP);
	before = screen.bytes;
	type("\x7f");
	CHECK(screen.bytes - before < 32);
	check_screen("a change in the first row");
	lineedit_draw(&le);
	CHECK_INT(le.out.n, 0);
	stop();
	start_suggesting();
	remember("Get-Item and what is suggested");
	type("Get");
	before = screen.bytes;
	TYPED("-", "Get-");
	CHECK(screen.bytes - before <= sizeof("-\x1b[2mItem and what is suggested\x1b[0m\r\x1b[15C"));
	stop();
}

TEST(colours_of_the_prompt_stay_its_own)
{
	start(80, 24);
	prompt("\x1b[32mPS\x1b[1m>\x1b[0m ");
	type("ab");
	lineedit_hide(&le);
	show();
	CHECK_INT(screen.col, 0);
	lineedit_draw(&le);
	CHECK(span_search(buf_span(&le.out), SPAN("\x1b[32mPS\x1b[1m>\x1b[0m \x1b[0mab")) < le.out.n);
	stop();
}

/* Keys of one script: what is typed most, and what breaks editors. */
static const char *const keys[] = {
	"a", "b", "word ", "x", " ", "\xc3\xa9", "e\xcc\x81", "\xe6\xbc\xa2\xe5\xad\x97",
	"\xf0\x9f\x98\x80", "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9", "\xe2\x9d\xa4\xef\xb8\x8f",
	"\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd", "\xcc\x81", "\xff", "\xe6\xbc", UP, DOWN, LEFT, LEFT, LEFT,
	RIGHT, RIGHT, "\x1b[1;5D", "\x1b[1;5C", "\x1b[H", "\x1bOF", "\x1b[3~", "\x7f", "\x7f",
	"\x01", "\x05", "\x0b", "\x15", "\x17", "\x19", "\x1b" "d", "\x1b\x7f", "\x1by", "\x1f",
	"\x14", "\x04", "\x0c", ALT_ENTER, "\x1b[13;2u", PASTE("one\r\ntwo\tthree"),
	PASTE("a long piece of text that takes more than one row of a narrow screen, and then some"),
	"\x12", "\x12" "o\x07", "\x12" "ab\x13\x05", "\x1b[99;99;99;99z", "\x1b[[B", "\x1bOj", "\t",
};
#define KEY_N (sizeof(keys) / sizeof(*keys))

#define WIDE "\xe6\xbc\xa2\xe5\xad\x97"

/* Lines that begin with some of it. */
static const char *const older[] = {
	"a" WIDE "\tand a\xcc\x81 tab, e\xcc\x81nough for a row", "bxb\xcc\x81", "AB", "AX x",
	"word word of \xf0\x9f\x98\x80 some \xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9 rows, long "
	"enough for a screen that is narrow and low, where it has to end, even though there is more "
	"to come",
	"x\n\ty", "x\xcc\x81", " " WIDE WIDE WIDE WIDE,
	WIDE "a b c d e f g h i j k l m",
	"\xc3\xa9\xe2\x9d\xa4\xef\xb8\x8f\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd word",
};

static unsigned seed;

static unsigned any(unsigned n)
{
	seed = seed * 1103515245u + 12345;
	return (seed >> 16) % n;
}

TEST(a_thousand_random_scripts_leave_the_screen_as_the_text)
{
	static const int sizes[][2] = { { 80, 24 }, { 20, 5 }, { 13, 3 }, { 200, 60 }, { 40, 10 } };
	char script[32];

	for (unsigned i = 0; i < 1000; i++) {
		const int *size = sizes[i % 5];
		bool same = true;

		seed = i;
		snprintf(script, sizeof(script), "script %u", i);
		start(size[0], size[1]);
		remember("an old line");
		remember("function old {\n\tbody\n}");
		le.suggests = i % 3 > 0;
		for (size_t n = 0; n < sizeof(older) / sizeof(*older); n++)
			remember(older[n]);
		screen_feed(&screen, SPAN("\r"));
		for (unsigned row = 1 + any((unsigned)size[1]); row; row--)
			screen_feed(&screen, SPAN("above\x1b[K\r\n"));
		prompt(PROMPT);
		for (unsigned n = 5 + any(60); n; n--) {
			const char *key = keys[any(KEY_N)];
			enum lineedit_event ev = type(key);

			CHECK(ev == LINEEDIT_MORE || ev == LINEEDIT_COMPLETE || ev == LINEEDIT_END);
			if (ev == LINEEDIT_END)
				prompt(PROMPT);
			same &= ev != LINEEDIT_END;
			if (!le.searching && !any(4))
				check_screen(script);
			CHECK(utf8_valid(buf_span(&le.text)) && le.at <= le.text.n);
		}
		type("\x1b[C");
		check_screen(script);
		if (same && screen.row > want.cursor_row)
			CHECK_STR(screen_row(&screen, screen.row - want.cursor_row - 1), "above");
		stop();
	}
}

TEST(a_new_size_leaves_no_rows_behind)
{
	for (unsigned i = 0; i < 200; i++) {
		int w = 12 + (int)any(60), h = 6 + (int)any(20);

		seed = i;
		start(12 + (int)any(60), 6 + (int)any(20));
		le.suggests = true;
		remember("a word b x and more of it, in all too many rows");
		remember("word word b x and some more");
		for (unsigned n = 5 + any(20); n; n--)
			type(keys[any(6)]);
		if (any(2))
			type("\x01" RIGHT RIGHT);
		lay_out();
		if (want.row >= h - 1 || want.row >= screen.h - 1) {
			stop();
			continue;
		}
		screen_resize(&screen, w, h);
		lineedit_resize(&le, w, h);
		show();
		lineedit_draw(&le);
		show();
		check_screen("a new size");
		for (int r = 0; r < screen.row - want.cursor_row; r++)
			CHECK_STR(screen_row(&screen, r), "");
		stop();
	}
}

TEST(a_megabyte_is_pasted_in_no_time)
{
	static char line[64];
	struct span in;

	start(80, 24);
	for (int i = 0; i < 63; i++)
		line[i] = "abcdefgh "[i % 9];
	line[63] = '\n';
	in = SPAN("\x1b[200~");
	lineedit_feed(&le, &in);
	for (int i = 0; i < 1 << 14; i++) {
		in = span_of(line, sizeof(line));
		lineedit_feed(&le, &in);
		lineedit_draw(&le);
	}
	in = SPAN("\x1b[201~");
	lineedit_feed(&le, &in);
	CHECK_INT(le.text.n, 1 << 20);
	lineedit_draw(&le);
	show();
	for (int i = 0; i < 20; i++)
		type("x");
	CHECK_STR(screen_row(&screen, 23), ">> xxxxxxxxxxxxxxxxxxxx");
	type("\x15\x1f");
	CHECK_INT(type("\r"), LINEEDIT_LINE);
	stop();
}
