#include "applets/ui/wrap.h"
#include "lib/utf.h"

/* The beginning of s that fits in max cells, at least one character; *cells is what it takes. */
static struct span fit(struct span s, size_t max, size_t *cells)
{
	uint32_t cp;
	size_t at = 0, n, w;

	*cells = 0;
	while ((n = utf8_get_lax(span_sub(s, at, s.n), &cp)) > 0) {
		w = (size_t)utf_width(cp);
		if (*cells + w > max)
			break;
		*cells += w;
		at += n;
	}
	return span_sub(s, 0, at);
}

size_t cells_of(struct span s)
{
	size_t n;

	fit(s, SIZE_MAX, &n);
	return n;
}

struct span cells_cut(struct span s, size_t max)
{
	size_t n;

	return fit(s, max, &n);
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* The run of blanks or of other characters at the start of s. */
static struct span word(struct span s)
{
	size_t n = 1;

	while (n < s.n && s.p[n] != '\n' && is_blank(s.p[n]) == is_blank(s.p[0]))
		n++;
	return span_sub(s, 0, n);
}

void cells_wrap(struct span s, size_t width, struct buf *out)
{
	size_t col = 0, cells;
	struct span w, part;

	if (width < 2)
		width = 2;                      /* room for a wide character */
	while (s.n) {
		if (s.p[0] == '\n') {
			buf_putc(out, '\n');
			col = 0;
			s = span_sub(s, 1, s.n);
			continue;
		}
		w = word(s);
		if (col && !is_blank(w.p[0]) && col + cells_of(w) > width) {
			buf_putc(out, '\n');
			col = 0;
		}
		part = fit(w, width - col, &cells);
		buf_put(out, part);
		col += cells;
		s = span_sub(s, part.n, s.n);
		if (part.n < w.n) {
			buf_putc(out, '\n');
			col = 0;
		}
	}
}
