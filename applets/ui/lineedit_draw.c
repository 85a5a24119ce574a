/* The screen: prompt and text laid out in rows, and what differs from the rows that are there
 * already put out. */
#include "applets/ui/lineedit_int.h"
#include "applets/ui/wrap.h"
#include "lib/utf.h"

#define MORE ">> "                      /* before each further line of the text */
#define TAB "    "
#define DIM "\x1b[2m"
#define PLAIN "\x1b[0m"
#define ZWJ "\xe2\x80\x8d"

struct walk {
	int row, col;
	int width;
	int from, to;           /* the rows that are put out; when dumb, the columns */
	bool dumb;
	bool dim;               /* each row turns it on and off */
	struct buf *out;
	bool mark;              /* the next cell is the cursor's */
	int cursor_row, cursor_col;
};

/* What is not drawn: joiners, selectors and the like, which terminals treat each in its own way. */
static bool is_hidden(uint32_t cp)
{
	return (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
		(cp >= 0x2060 && cp <= 0x206f) || (cp >= 0xfe00 && cp <= 0xfe0f) || cp == 0xfeff ||
		(cp >= 0x1f3fb && cp <= 0x1f3ff) || cp >= 0xe0000;
}

/* The character or sequence at the start of s; cells: -1 a sequence, -2 not to be drawn. */
static size_t token(struct span s, int *cells)
{
	uint32_t cp;
	size_t n = 2;

	if (s.p[0] == 0x1b) {
		while (n < s.n && s.p[n] < 0x40)
			n++;
		*cells = -1;
		return n < s.n ? n + 1 : s.n;
	}
	n = utf8_get_lax(s, &cp);
	*cells = cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || is_hidden(cp) ? -2 : utf_width(cp);
	return n;
}

size_t lineedit_next(struct span text, size_t at)
{
	struct span rest = span_sub(text, at, text.n);
	size_t n = 0, m;
	int cells = 0;

	while (n < rest.n && rest.p[n] >= 0x20) {
		m = token(span_sub(rest, n, rest.n), &cells);
		if (n && cells > 0 && (n < 3 || memcmp(rest.p + n - 3, ZWJ, 3) != 0))
			return n;
		n += m;
	}
	return n ? n : rest.n > 0;
}

size_t lineedit_prev(struct span text, size_t at)
{
	size_t start = at, n;

	/* Back to what surely begins a character, then forward again. */
	while (start) {
		do
			start--;
		while (start && (text.p[start] & 0xc0) == 0x80);
		if (text.p[start] < 0x80)
			break;
	}
	while (start < at && start + (n = lineedit_next(text, start)) < at)
		start += n;
	return at - start;
}

static bool visible(const struct walk *w, int cells)
{
	return w->dumb ? w->col >= w->from && w->col + cells <= w->to :
		w->row >= w->from && w->row < w->to;
}

static void put_raw(struct walk *w, const char *s)
{
	if (visible(w, 0))
		buf_puts(w->out, s);
}

static void next_row(struct walk *w)
{
	put_raw(w, w->dim ? PLAIN "\n" : "\n");
	w->row++;
	w->col = 0;
	put_raw(w, w->dim ? DIM : "");
}

static void put(struct walk *w, struct span s, int cells)
{
	if (!w->dumb && w->col + cells > w->width)
		next_row(w);
	if (w->mark) {
		w->mark = false;
		w->cursor_row = w->row;
		w->cursor_col = w->col;
	}
	if (visible(w, cells))
		buf_put(w->out, s);
	w->col += cells;
}

/* Text with colours and without line breaks: a prompt, or a row below the text. */
static void put_styled(struct walk *w, struct span s, bool clip)
{
	size_t n;
	int cells;

	for (; s.n; s = span_sub(s, n, s.n)) {
		n = token(s, &cells);
		if (cells > 0 && clip && w->col + cells > w->width)
			continue;
		if (cells >= 0 || (cells == -1 && s.p[n - 1] == 'm'))
			put(w, span_sub(s, 0, n), cells > 0 ? cells : 0);
	}
}

static void put_text(struct walk *w, const struct lineedit *le, struct span s, size_t cursor)
{
	size_t at, n;
	int cells;

	for (at = 0; at < s.n; at += n) {
		w->mark |= at == cursor;
		n = token(span_sub(s, at, s.n), &cells);
		if (le->secret) {
			if (cells)
				put(w, SPAN("*"), 1);
		} else if (s.p[at] == '\t') {
			put_styled(w, SPAN(TAB), false);
		} else if (s.p[at] == '\n' && w->dumb) {
			put_styled(w, SPAN("^J"), false);
		} else if (s.p[at] == '\n') {
			put(w, SPAN_NONE, 0);
			next_row(w);
			put_styled(w, SPAN(MORE), false);
		} else if (cells > 0 || (w->col && !cells)) {
			put(w, span_sub(s, at, n), cells);
		}
	}
	w->mark |= at == cursor;
}

/* Lays out everything; rows (columns) from `from` to `to` go to out. */
static struct walk lay_out(struct lineedit *le, int from, int to, struct buf *out)
{
	struct walk w = { .width = le->width < 2 ? 2 : le->width, .from = from, .to = to,
		.dumb = le->dumb, .out = out };
	struct span s = lineedit_suggested(le);

	put_styled(&w, buf_span(&le->prompt), false);
	if (span_find(buf_span(&le->prompt), 0x1b) < le->prompt.n)
		put(&w, SPAN(PLAIN), 0);
	put_text(&w, le, buf_span(&le->text), le->at);
	if (s.n) {                              /* the cursor is its first cell's */
		if (w.col == w.width)
			next_row(&w);
		w.dim = true;
		put_raw(&w, DIM);
		put_text(&w, le, span_sub(s, le->text.n, s.n), 0);
		put_raw(&w, PLAIN);
	}
	put(&w, SPAN_NONE, 0);
	return w;
}

/* The same for the part that the screen shows, the cursor in the coordinates of that part. */
static struct walk lay_out_part(struct lineedit *le, int height, struct buf *out)
{
	struct walk w = lay_out(le, 0, 0, out);
	int at = le->dumb ? w.cursor_col : w.cursor_row, all = 1 + (le->dumb ? w.col : w.row);
	int size = le->dumb ? le->width - 1 : height;

	if (at < le->top)
		le->top = le->dumb && at < size ? 0 : at;
	if (at >= le->top + size)
		le->top = at - size + 1;
	if (all < le->top + size)
		le->top = all > size ? all - size : 0;
	w = lay_out(le, le->top, le->top + size, out);
	if (le->dumb || w.row < le->top + size)
		buf_putc(out, '\n');
	if (le->dumb)
		w.cursor_col -= le->top;
	else
		w.cursor_row -= le->top;
	return w;
}

/* The cursor goes there; row is what stands in that row. */
static void go(struct lineedit *le, int to, int col, struct span row)
{
	if (le->row > to)
		buf_printf(&le->out, "\x1b[%dA", le->row - to);
	for (; le->row < to; le->row++) {
		buf_putc(&le->out, '\n');
		le->col = 0;
	}
	le->row = to;
	if (!le->dumb && col != le->col)
		buf_printf(&le->out, col ? "\r\x1b[%dC" : "\r", col);
	for (; le->dumb && le->col > col; le->col--)
		buf_putc(&le->out, '\b');
	if (le->dumb && le->col < col) {
		row = span_sub(row, cells_cut(row, (size_t)le->col).n, row.n);
		buf_put(&le->out, cells_cut(row, (size_t)(col - le->col)));
	}
	le->col = col;
}

static int count(struct span s)
{
	int cells, sum = 0;
	size_t n;

	for (; s.n; s = span_sub(s, n, s.n)) {
		n = token(s, &cells);
		sum += cells > 0 ? cells : 0;
	}
	return sum;
}

/* Or a colour, behind which one starts. */
static bool starts_cell(struct span s, size_t at)
{
	int cells = 1;

	if (at < s.n)
		token(span_sub(s, at, s.n), &cells);
	return at >= s.n || ((s.p[at] & 0xc0) != 0x80 && cells);
}

/* From where on the rows differ: the start of a cell that has no colour. */
static size_t common(struct span a, struct span b)
{
	const uint8_t *seq;
	size_t n = 0;

	while (n < a.n && n < b.n && a.p[n] == b.p[n])
		n++;
	while (n && !(starts_cell(a, n) && starts_cell(b, n)))
		n--;
	seq = memrchr(b.p, 0x1b, n);
	return !seq || span_starts(span_of(seq, n - (size_t)(seq - b.p)), PLAIN) ? n : 0;
}

/* Whether the cursor waits at the end of the row above, which goes on in this one: then the
 * terminal is to know that they are one line. */
static bool wraps_into(const struct lineedit *le, int row, struct span s)
{
	return !le->dumb && le->row + 1 == row && le->col == le->width && !span_starts(s, MORE);
}

static void draw_row(struct lineedit *le, int row, struct span old, struct span now)
{
	int cells = count(now), gone = count(old) - cells;
	size_t same;

	if (span_eq(old, now))
		return;
	same = common(old, now);
	if (!same && now.n && wraps_into(le, row, now)) {
		le->row = row;
		le->col = 0;
	}
	go(le, row, count(span_sub(now, 0, same)), now);
	buf_put(&le->out, span_sub(now, same, now.n));
	le->col = cells;
	if (gone > 0 && !le->dumb)
		buf_puts(&le->out, "\x1b[K");
	for (; gone > 0 && le->dumb; gone--, le->col++)
		buf_putc(&le->out, ' ');
}

static void draw_all(struct lineedit *le, struct span now, int to, int col)
{
	struct span old = buf_span(&le->shown), a, b = SPAN_NONE, cursor = SPAN_NONE;
	bool fresh;
	int row;

	for (row = 0; now.n; row++) {
		fresh = !old.n;
		a = span_cut(&old, '\n');
		b = span_cut(&now, '\n');
		draw_row(le, row, a, b);
		if (fresh && !b.n)
			go(le, row, 0, b);
		if (row == to)
			cursor = b;
	}
	if (old.n) {
		go(le, row, 0, b);
		buf_puts(&le->out, "\x1b[J");
	}
	if (col == le->width && (le->row != to || le->col != col) && !le->dumb)
		col--;                          /* a full row: only writing gets there */
	go(le, to, col, cursor);
}

void lineedit_draw(struct lineedit *le)
{
	int room = le->height > 1 ? le->height : 1, below = 0;
	struct span rows = buf_span(&le->below), s;
	struct buf image;
	struct walk w;

	if (le->paste)
		return;
	for (s = rows; s.n && below < room - 1; below++)
		span_cut(&s, '\n');
	buf_init_secret(&image, SIZE_MAX);
	w = lay_out_part(le, room - below, &image);
	for (; below; below--) {
		struct walk clip = { .width = le->width, .to = 1, .out = &image };

		put_styled(&clip, span_cut(&rows, '\n'), true);
		buf_putc(&image, '\n');
	}
	draw_all(le, buf_span(&image), w.cursor_row, w.cursor_col);
	buf_free(&le->shown);
	le->shown = image;
}

void lineedit_prompted(struct lineedit *le)
{
	struct walk w;

	buf_clear(&le->shown);
	le->top = 0;
	w = lay_out_part(le, le->height > 1 ? le->height : 1, &le->shown);
	le->row = w.cursor_row;
	le->col = w.cursor_col;
	if (span_find(buf_span(&le->prompt), 0x1b) < le->prompt.n)
		buf_puts(&le->out, PLAIN);
}

void lineedit_forget(struct lineedit *le)
{
	buf_clear(&le->shown);
	le->row = le->col = le->top = 0;
}

void lineedit_below(struct lineedit *le)
{
	int rows = 0;

	for (struct span s = buf_span(&le->shown); s.n; rows++)
		span_cut(&s, '\n');
	go(le, rows, 0, SPAN_NONE);
	if (rows >= le->height) {               /* the first row has left the screen */
		buf_drop(&le->shown, span_find(buf_span(&le->shown), '\n') + 1);
		le->row--;
	}
}

void lineedit_hide(struct lineedit *le)
{
	if (le->dumb) {
		go(le, le->col > 0, 0, SPAN_NONE);
	} else if (le->shown.n) {
		go(le, 0, 0, SPAN_NONE);
		buf_puts(&le->out, "\x1b[C\x1b[J\r\x1b[K");   /* from the corner, tmux keeps a copy */
	}
	lineedit_forget(le);
}

/* Terminals break lines anew, as we would, and the cursor goes with its character. */
void lineedit_resize(struct lineedit *le, int width, int height)
{
	struct walk w;

	le->width = width;
	le->height = height;
	w = lay_out(le, 0, 0, NULL);
	le->row = !le->top && w.cursor_row < height ? w.cursor_row : height - 1;
	le->col = 1;                            /* anywhere */
	lineedit_hide(le);
}
