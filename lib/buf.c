#include "lib/buf.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "lib/err.h"
#include "lib/secret.h"

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void buf_init_secret(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max, .secret = true };
}

void buf_free(struct buf *b)
{
	if (b->secret && b->p)
		secret_wipe(b->p, b->cap);
	free(b->p);
	*b = (struct buf){ .max = b->max, .secret = b->secret };
}

void buf_clear(struct buf *b)
{
	if (b->secret && b->p)
		secret_wipe(b->p, b->cap);
	b->n = 0;
	b->failed = false;
}

/* Makes cap at least need; doubles, but does not overshoot the maximum (one more for buf_cstr's
 * NUL). */
static void reserve(struct buf *b, size_t need)
{
	size_t cap = b->cap > b->max / 2 ? b->max : b->cap * 2;
	uint8_t *p;

	if (need <= b->cap)
		return;
	if (cap < 64)
		cap = 64;
	if (cap < need)
		cap = need;
	if (b->secret) {            /* realloc would leave a copy behind */
		p = malloc(cap);
		if (p && b->p) {
			memcpy(p, b->p, b->n);
			secret_wipe(b->p, b->cap);
			free(b->p);
		}
	} else {
		p = realloc(b->p, cap);
	}
	if (!p)
		oom();
	b->p = p;
	b->cap = cap;
}

uint8_t *buf_room(struct buf *b, size_t n)
{
	if (b->failed || n > b->max - b->n) {
		b->failed = true;
		return NULL;
	}
	reserve(b, b->n + n + !n);  /* never NULL for nothing */
	return b->p + b->n;
}

void buf_add(struct buf *b, size_t n)
{
	BUG_ON(n > b->cap - b->n);
	b->n += n;
}

void buf_put(struct buf *b, struct span s)
{
	uint8_t *p = s.n ? buf_room(b, s.n) : NULL;

	if (!p)
		return;
	memcpy(p, s.p, s.n);
	b->n += s.n;
}

void buf_puts(struct buf *b, const char *s)
{
	buf_put(b, span_str(s));
}

void buf_putc(struct buf *b, uint8_t c)
{
	buf_put(b, span_of(&c, 1));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	uint8_t *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	BUG_ON(n < 0);
	p = buf_room(b, (size_t)n);
	if (!p)
		return;
	reserve(b, b->n + (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
}

void buf_drop(struct buf *b, size_t n)
{
	BUG_ON(n > b->n);
	if (!n)
		return;
	b->n -= n;
	memmove(b->p, b->p + n, b->n);
	if (b->secret)
		secret_wipe(b->p + b->n, n);
}

bool buf_splice(struct buf *b, size_t from, size_t n, struct span with)
{
	size_t end = from + n, tail = b->n - end;

	if (with.n > n && !buf_room(b, with.n - n)) {
		b->failed = false;
		return false;
	}
	if (b->n)
		memmove(b->p + from + with.n, b->p + end, tail);
	if (with.n)
		memcpy(b->p + from, with.p, with.n);
	if (b->secret && with.n < n)
		secret_wipe(b->p + from + with.n + tail, n - with.n);
	b->n = from + with.n + tail;
	return true;
}

const char *buf_cstr(struct buf *b)
{
	reserve(b, b->n + 1);
	b->p[b->n] = 0;
	return (const char *)b->p;
}
