/* The screen: prompt and text laid out in rows, and what differs from the rows that are there
 * already put out. Rows end where the screen does: nothing relies on its wrapping. */
#include "applets/ui/lineedit_int.h"
#include "applets/ui/wrap.h"
#include "lib/utf.h"

#define MORE ">> "                      /* before each further line of the text */
#define TAB "    "
#define ZWJ 0x200d

struct walk {
	int row, col;
	int width;
	int from, to;           /* the rows that are put out; when dumb, the columns */
	bool dumb;
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

size_t lineedit_next(struct span text, size_t at)
{
	uint32_t cp, last;
	size_t n = utf8_get_lax(span_sub(text, at, text.n), &cp), m;

	if (cp < 0x20)
		return n;
	for (last = cp; (m = utf8_get_lax(span_sub(text, at + n, text.n), &cp)) > 0; last = cp) {
		if (cp < 0x300 || (last != ZWJ && !is_hidden(cp) && utf_width(cp)))
			break;
		n += m;
	}
	return n;
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

static void next_row(struct walk *w)
{
	if (visible(w, 0))
		buf_putc(w->out, '\n');
	w->row++;
	w->col = 0;
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

static void put_control(struct walk *w, uint8_t c)
{
	uint8_t shown[] = { '^', c ^ 64 };

	if (c == '\t') {
		for (const char *s = TAB; *s; s++)
			put(w, SPAN(" "), 1);
		return;
	}
	put(w, span_of(shown, 1), 1);
	put(w, span_of(shown + 1, 1), 1);
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

static void put_text(struct walk *w, const struct lineedit *le)
{
	struct span s = buf_span(&le->text);
	uint32_t cp;
	size_t at, n;
	int cells;

	for (at = 0; at < s.n; at += n) {
		w->mark |= at == le->at;
		n = utf8_get_lax(span_sub(s, at, 4), &cp);
		cells = is_hidden(cp) ? 0 : utf_width(cp);
		if (le->echo == LINEEDIT_HIDDEN)
			continue;
		if (le->echo == LINEEDIT_STARS) {
			if (cells)
				put(w, SPAN("*"), 1);
		} else if (cp == '\n' && !w->dumb) {
			put(w, SPAN_NONE, 0);
			next_row(w);
			put_styled(w, SPAN(MORE), false);
		} else if (cp < 0x20) {
			put_control(w, (uint8_t)cp);
		} else if (cells || (w->col && !is_hidden(cp))) {
			put(w, span_sub(s, at, n), cells);
		}
	}
	w->mark |= at == le->at;
	if (w->mark && !w->dumb && w->col == w->width)
		next_row(w);
	put(w, SPAN_NONE, 0);
}

/* Lays out everything; rows (columns) from `from` to `to` go to out. */
static struct walk lay_out(const struct lineedit *le, int from, int to, struct buf *out)
{
	struct walk w = { .width = le->width < 2 ? 2 : le->width, .from = from, .to = to,
		.dumb = le->dumb, .out = out };

	put_styled(&w, buf_span(&le->prompt), false);
	if (span_find(buf_span(&le->prompt), 0x1b) < le->prompt.n)
		put(&w, SPAN("\x1b[0m"), 0);
	put_text(&w, le);
	return w;
}

/* The same for the part that the screen shows, the cursor in the coordinates of that part. */
static struct walk lay_out_part(struct lineedit *le, int height, struct buf *out)
{
	struct walk w = lay_out(le, 0, 0, out);
	int at = le->dumb ? w.cursor_col : w.cursor_row, size = le->dumb ? le->width - 1 : height;

	if (at < le->top || (le->dumb && at >= le->top + size))
		le->top = le->dumb && at > size / 2 ? at - size / 2 : le->dumb ? 0 : at;
	if (at >= le->top + size)
		le->top = at - size + 1;
	if (!le->dumb && w.row + 1 < le->top + size)
		le->top = w.row + 1 > size ? w.row + 1 - size : 0;
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
		buf_puts(&le->out, "\r\n");
		le->col = 0;
	}
	le->row = to;
	if (le->col >= le->width && col < le->col) {    /* where it is now, terminals disagree */
		buf_putc(&le->out, '\r');
		le->col = 0;
	}
	if (col == 0 && le->col) {
		buf_putc(&le->out, '\r');
	} else if (le->dumb && col > le->col) {
		row = span_sub(row, cells_cut(row, (size_t)le->col).n, row.n);
		buf_put(&le->out, cells_cut(row, (size_t)(col - le->col)));
	} else if (col > le->col) {
		buf_printf(&le->out, "\x1b[%dC", col - le->col);
	} else if (le->col - col > 3 && !le->dumb) {
		buf_printf(&le->out, "\x1b[%dD", le->col - col);
	} else {
		while (le->col-- > col)
			buf_putc(&le->out, '\b');
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

/* From where on the rows differ: the start of a cell that has no colour. */
static size_t common(struct span a, struct span b, int *col)
{
	size_t at = 0, same = 0, n, m;
	int cells = 1, other = 1, sum = 0;
	bool colored = false;

	for (*col = 0;; at += n, sum += cells > 0 ? cells : 0) {
		n = at < b.n ? token(span_sub(b, at, b.n), &cells) : 0;
		m = at < a.n ? token(span_sub(a, at, a.n), &other) : 0;
		if (!colored && (!n || cells > 0) && (!m || other > 0)) {
			same = at;
			*col = sum;
		}
		if (!n || n != m || memcmp(a.p + at, b.p + at, n) != 0)
			return same;
		if (cells < 0)
			colored = n > 4 || (n == 4 && b.p[at + 2] != '0');
	}
}

static void draw_row(struct lineedit *le, int row, struct span old, struct span now)
{
	int col, cells = count(now), gone = count(old) - cells;
	size_t same;

	if (span_eq(old, now))
		return;
	same = common(old, now, &col);
	go(le, row, col, now);
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
		if (fresh)
			go(le, row, 0, b);
		draw_row(le, row, a, b);
		if (row == to)
			cursor = b;
	}
	if (old.n) {
		go(le, row, 0, b);
		buf_puts(&le->out, "\x1b[J");
	}
	go(le, to, col, cursor);
}

void lineedit_draw(struct lineedit *le)
{
	int room = le->height > 1 ? le->height : 1, below = 0;
	struct span rows = buf_span(&le->below), s;
	struct buf image;
	struct walk w;

	if (le->keys.paste)
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
	if (le->row && !le->col && !le->dumb) { /* its row is full: the next one is not there yet */
		le->shown.n--;
		le->row--;
		le->col = le->width;
	}
	if (span_find(buf_span(&le->prompt), 0x1b) < le->prompt.n)
		buf_puts(&le->out, "\x1b[0m");
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
	} else {
		go(le, 0, 0, SPAN_NONE);
		buf_puts(&le->out, "\x1b[J");
	}
	lineedit_forget(le);
}

/* Terminals that break rows anew when they get narrower have moved the cursor down. */
void lineedit_resize(struct lineedit *le, int width, int height)
{
	struct span s = buf_span(&le->shown);
	int down = 0, row, cells;

	width = width < 2 ? 2 : width;
	for (row = 0; row <= le->row; row++) {
		cells = row < le->row ? count(span_cut(&s, '\n')) - 1 : le->col;
		down += cells > 0 ? cells / width : 0;
	}
	le->row += down;
	le->row = le->row < height ? le->row : height - 1;
	le->width = width;
	le->height = height;
	lineedit_hide(le);
}
