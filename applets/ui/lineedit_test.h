/* A line editor on a screen of its own, and what that screen has to show. */
#ifndef APPLETS_UI_LINEEDIT_TEST_H
#define APPLETS_UI_LINEEDIT_TEST_H
#include "applets/ui/lineedit_int.h"
#include "applets/ui/screen_test.h"
#include <strings.h>

#define PROMPT "[srv]: PS> "
#define UP "\x1b[A"
#define DOWN "\x1b[B"
#define RIGHT "\x1b[C"
#define LEFT "\x1b[D"
#define ALT_ENTER "\x1b\r"
#define PASTE(text) "\x1b[200~" text "\x1b[201~"

static struct lineedit le;
static struct screen screen;
static struct history history;

static uint8_t left[1 << 16];
static struct span rest;                /* the beginning of a key */

static void show(void)
{
	screen_feed(&screen, buf_span(&le.out));
	buf_clear(&le.out);
}

static void prompt(const char *text)
{
	if (screen.col)
		screen_feed(&screen, SPAN("\r\n"));
	screen_feed(&screen, span_str(text));
	lineedit_begin(&le, span_str(text));
	show();
	lineedit_draw(&le);
	show();
}

static void start(int w, int h)
{
	lineedit_init(&le);
	screen_init(&screen, w, h);
	history_init(&history, 1 << 16);
	le.history = &history;
	le.width = w;
	le.height = h;
	prompt(PROMPT);
}

static void stop(void)
{
	rest.n = 0;
	lineedit_free(&le);
	history_free(&history);
}

/* The last event, the line drawn. */
static enum lineedit_event type(const char *keys)
{
	enum lineedit_event ev = LINEEDIT_MORE;
	struct span in;

	memmove(left, rest.p ? rest.p : left, rest.n);
	memcpy(left + rest.n, keys, strlen(keys));
	in = span_of(left, rest.n + strlen(keys));

	rest.n = 0;
	while (in.n) {
		size_t before = in.n;

		ev = lineedit_feed(&le, &in);
		show();
		if (ev == LINEEDIT_MORE && in.n) {
			rest = in;
			break;
		}
		CHECK(in.n < before);
	}
	if (ev == LINEEDIT_MORE || ev > LINEEDIT_SUSPEND) {
		lineedit_draw(&le);
		show();
	}
	return ev;
}

/* What is laid out, written anew and slowly: one row of cells after the other. */
static struct {
	char cell[4000][SCREEN_W][64];
	int row, col, cursor_row, cursor_col;
	bool dim;
} want;

static void want_row(void)
{
	want.row++;
	want.col = 0;
	for (int c = 0; c < SCREEN_W; c++)
		memcpy(want.cell[want.row][c], " ", 2);
}

static void want_cell(const char *text, size_t n, int cells)
{
	if (want.col + cells > le.width)
		want_row();
	snprintf(want.cell[want.row][want.col], 64, "%.*s%s", (int)n, text,
		want.dim ? SCREEN_DIM : "");
	if (cells == 2)
		want.cell[want.row][want.col + 1][0] = 0;
	want.col += cells;
}

/* Whether a character goes on at n. */
static bool is_joined(struct span line, size_t n)
{
	uint32_t cp = 0;

	utf8_get_lax(span_sub(line, n, line.n), &cp);
	return cp == 0x200d || cp == 0xfe0f || (cp >= 0x1f3fb && cp <= 0x1f3ff) ||
		(cp != '\t' && !utf_width(cp)) || (n > 2 && !memcmp(line.p + n - 3, "\xe2\x80\x8d", 3));
}

/* What the last line that begins with the text adds to it, or nothing. */
static struct span suggestion(void)
{
	struct span all = buf_span(&history.all), line, found = SPAN_NONE;

	if (!le.suggests || le.did == OLDER || !le.text.n || le.at < le.text.n)
		return SPAN_NONE;
	while (all.n) {
		line = span_cut(&all, 0);
		if (line.n > le.text.n && !memchr(line.p, '\n', line.n) &&
			!history_is_secret(line) && !is_joined(line, le.text.n) &&
			strncasecmp((const char *)line.p, buf_cstr(&le.text), le.text.n) == 0)
			found = span_sub(line, le.text.n, line.n);
	}
	return found;
}

static void lay_out(void)
{
	struct span more = suggestion(), s;
	struct buf all;
	size_t at = 0, n;
	uint32_t cp;
	bool here = false;

	buf_init(&all, SIZE_MAX);
	buf_put(&all, buf_span(&le.text));
	buf_put(&all, more);
	s = buf_span(&all);
	want.dim = false;
	want.row = -1;
	want_row();
	for (const char *p = PROMPT; *p; p++)
		want_cell(p, 1, 1);
	for (;; at += n) {
		int row = want.row, col = want.col, cells;

		here |= at == le.at;
		want.dim = at >= le.text.n;
		n = utf8_get_lax(span_sub(s, at, 4), &cp);
		if (n && cp == '\n') {
			want_row();
			for (const char *p = ">> "; *p; p++)
				want_cell(p, 1, 1);
		} else if (n && cp == '\t') {
			if (col == le.width) {
				row++;
				col = 0;
			}
			for (int i = 0; i < 4; i++)
				want_cell(" ", 1, 1);
		} else if (n && (cp == 0x200d || cp == 0xfe0f || (cp >= 0x1f3fb && cp <= 0x1f3ff))) {
			continue;
		} else if (n && (cells = utf_width(cp)) > 0) {
			want_cell((const char *)s.p + at, n, cells);
			if (want.row > row) {
				row = want.row;
				col = 0;
			}
		} else if (n && want.col) {
			int c = want.col - 1;

			c -= !*want.cell[want.row][c];
			if (strlen(want.cell[want.row][c]) + n < 64)
				strncat(want.cell[want.row][c], (const char *)s.p + at, n);
		}
		if (here) {
			want.cursor_row = row;
			want.cursor_col = col;
			here = false;
		}
		if (!n)
			break;
	}
	buf_free(&all);
}

static void check_screen(const char *script)
{
	int first, r, c;

	lay_out();
	first = screen.row - want.cursor_row;
	if (want.row >= screen.h ? first > 0 || first + want.row < screen.h - 1 : first < 0)
		FAIL("row %d of %d of the text stands in row %d after %s", want.cursor_row, want.row,
			screen.row, script);
	c = want.cursor_col < screen.w ? want.cursor_col : screen.w - 1;
	if (screen.col != c)
		FAIL("the cursor is in column %d, not %d, after %s", screen.col, c, script);
	for (r = first < 0 ? 0 : first; r < screen.h; r++)
		for (c = 0; c < screen.w; c++)
			if (strcmp(screen.cell[r][c], r - first > want.row ? " " :
				want.cell[r - first][c]) != 0)
				FAIL("row %d column %d holds \"%s\" in \"%s\", not \"%s\", after %s", r, c,
					screen.cell[r][c], screen_row(&screen, r),
					r - first > want.row ? "" : want.cell[r - first][c], script);
}

#define TYPED(keys, result) do { \
	type(keys); \
	CHECK_STR(buf_cstr(&le.text), result); \
	check_screen(#keys); \
} while (0)
#endif
