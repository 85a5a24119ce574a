#include "applets/ui/history.h"

void history_init(struct history *h, size_t size)
{
	buf_init(&h->all, size);
}

void history_free(struct history *h)
{
	buf_free(&h->all);
}

/* The oldest lines go until n bytes have room. */
static void make_room(struct buf *all, size_t n)
{
	size_t gone = all->n + n > all->max ? all->n + n - all->max : 0;

	if (gone)
		gone += span_find(span_sub(buf_span(all), gone, all->n), 0) + 1;
	buf_drop(all, gone < all->n ? gone : all->n);
}

void history_add(struct history *h, struct span line)
{
	size_t at = h->all.n;
	struct span last;

	if (!line.n || line.n >= h->all.max || (history_prev(h, &at, &last) && span_eq(last, line)))
		return;
	make_room(&h->all, line.n + 1);
	buf_put(&h->all, line);
	buf_putc(&h->all, 0);
}

static struct span line_at(const struct history *h, size_t pos)
{
	struct span rest = span_sub(buf_span(&h->all), pos, h->all.n);

	return span_sub(rest, 0, span_find(rest, 0));
}

bool history_prev(const struct history *h, size_t *pos, struct span *line)
{
	const uint8_t *nul;

	if (!*pos)
		return false;
	nul = memrchr(h->all.p, 0, *pos - 1);
	*pos = nul ? (size_t)(nul - h->all.p) + 1 : 0;
	*line = line_at(h, *pos);
	return true;
}

bool history_next(const struct history *h, size_t *pos, struct span *line)
{
	if (*pos < h->all.n)
		*pos += line_at(h, *pos).n + 1;
	*line = line_at(h, *pos);
	return *pos < h->all.n;
}

size_t history_match(struct span line, const char *word)
{
	size_t at = 0;

	while (at < line.n && !span_starts_ci(span_sub(line, at, line.n), word))
		at++;
	return at;
}

bool history_is_secret(struct span line)
{
	static const char words[] = "password\0asplaintext\0token\0apikey\0secret\0";

	for (const char *w = words; *w; w += strlen(w) + 1)
		if (history_match(line, w) < line.n)
			return true;
	return false;
}
