#include "applets/ui/complete.h"
#include "applets/ui/wrap.h"

/* Columns are filled downwards, as PowerShell's are; from: the first row that is shown. */
struct grid { size_t width, columns, rows, from; };

static struct grid grid_of(const struct complete *c, int width)
{
	struct grid g = { 1, 1, 0, 0 };
	size_t w;

	for (size_t i = 0; i < c->n; i++)
		if ((w = cells_of(c->match[i].list)) > g.width)
			g.width = w;
	g.width += 2;
	if ((size_t)width > g.width)
		g.columns = (size_t)width / g.width;
	g.rows = (c->n + g.columns - 1) / g.columns;
	return g;
}

static void put_rows(const struct complete *c, const struct grid *g, size_t rows, size_t chosen,
	struct buf *out)
{
	for (size_t r = g->from; r < g->from + rows && r < g->rows; r++) {
		for (size_t i = r; i < c->n; i += g->rows) {
			buf_puts(out, i == chosen ? "\x1b[7m" : "");
			buf_put(out, c->match[i].list);
			buf_puts(out, i == chosen ? "\x1b[27m" : "");
			if (i + g->rows < c->n)
				buf_printf(out, "%*s", (int)(g->width - cells_of(c->match[i].list)), "");
		}
		buf_putc(out, '\n');
	}
}

void complete_list(const struct complete_menu *m, int width, struct buf *out)
{
	struct grid g = grid_of(&m->found, width);

	put_rows(&m->found, &g, g.rows, SIZE_MAX, out);
}

static void put_text(struct complete_menu *m, struct lineedit *le, struct span text)
{
	lineedit_replace(le, m->found.from, m->to, text);
	m->to = m->found.from + text.n;
}

/* A page of the matches, and what there is to say of the chosen one. */
static void draw(struct complete_menu *m, struct lineedit *le)
{
	const struct complete *c = &m->found;
	struct grid g = grid_of(c, le->width);
	size_t rows = le->height > 6 ? (size_t)le->height / 2 : 1;
	struct span tip = c->match[m->chosen].tip;

	g.from = m->chosen % g.rows / rows * rows;
	put_text(m, le, c->match[m->chosen].text);
	buf_clear(&le->below);
	put_rows(c, &g, rows, m->chosen, &le->below);
	if (!span_eq_ci(tip, c->match[m->chosen].list))
		buf_put(&le->below, tip);
}

static void close_menu(struct lineedit *le)
{
	le->grab = false;
	buf_clear(&le->below);
}

bool complete_start(struct complete_menu *m, struct lineedit *le, bool back)
{
	struct complete *c = &m->found;
	struct span common = complete_common(c);
	struct span typed = span_sub(buf_span(&le->text), c->from, c->to - c->from);

	m->to = c->to;
	if (!c->n)
		return true;
	if (c->n == 1 || common.n > typed.n) {
		put_text(m, le, common);
		return true;
	}
	if (le->dumb)
		return false;
	buf_free(&m->typed);
	buf_init(&m->typed, SIZE_MAX);
	buf_put(&m->typed, typed);
	m->chosen = back ? c->n - 1 : 0;
	le->grab = true;
	draw(m, le);
	return true;
}

bool complete_key(struct complete_menu *m, struct lineedit *le)
{
	struct grid g = grid_of(&m->found, le->width);
	size_t n = m->found.n, step;

	switch (le->key) {
	case '\t':
	case KEY_DOWN:
		step = 1;
		break;
	case KEY_BACKTAB:
	case KEY_UP:
		step = n - 1;
		break;
	case KEY_RIGHT:
		step = m->chosen + g.rows < n ? g.rows : n - g.rows * (m->chosen / g.rows);
		break;
	case KEY_LEFT:
		step = m->chosen >= g.rows ? n - g.rows : 0;
		break;
	case KEY_ESC:
	case 'G' & 31:
		put_text(m, le, buf_span(&m->typed));
		close_menu(le);
		return true;
	default:
		close_menu(le);
		return le->key == '\r' || le->key == '\n';
	}
	m->chosen = (m->chosen + step) % n;
	draw(m, le);
	return true;
}

void complete_free(struct complete_menu *m)
{
	buf_free(&m->typed);
}
