#include "net/asn1.h"

bool der_any(struct span *s, unsigned *tag, struct span *body, struct span *whole)
{
	size_t len, head = 2, i;
	struct span all = *s, inside;

	if (s->n < 2 || (s->p[0] & 0x1f) == 0x1f)
		return false;
	len = s->p[1];
	if (len & 0x80) {
		head += len & 0x7f;
		if (head == 2 || head > 6 || head > s->n)
			return false;
		for (len = 0, i = 2; i < head; i++)
			len = len << 8 | s->p[i];
	}
	if (!field_in(all, head, len, &inside))
		return false;
	*tag = all.p[0];
	*whole = span_sub(all, 0, head + len);
	*s = span_sub(all, head + len, all.n);
	*body = inside;
	return true;
}

bool der_get(struct span *s, unsigned tag, struct span *body)
{
	struct span whole;
	unsigned is;

	return s->n && s->p[0] == tag && der_any(s, &is, body, &whole);
}

bool der_field(struct span *s, unsigned n, unsigned tag, struct span *body)
{
	struct span wrapped;

	return der_get(s, DER_CTX + n, &wrapped) && der_get(&wrapped, tag, body) && !wrapped.n;
}

bool der_option(struct span *s, unsigned n, unsigned tag, struct span *body, bool *has)
{
	if (!s->n || s->p[0] != DER_CTX + n)
		return true;
	*has = true;
	return der_field(s, n, tag, body);
}

bool der_int(struct span body, int64_t *v)
{
	uint64_t u;
	size_t i;

	if (!body.n || body.n > 8)
		return false;
	u = body.p[0] & 0x80 ? UINT64_MAX : 0;
	for (i = 0; i < body.n; i++)
		u = u << 8 | body.p[i];
	*v = (int64_t)u;
	return true;
}

bool der_field_int(struct span *s, unsigned n, int64_t *v)
{
	struct span body;

	return der_field(s, n, DER_INT, &body) && der_int(body, v);
}

size_t der_open(struct buf *b, unsigned tag)
{
	buf_putc(b, (uint8_t)tag);
	return b->n;
}

void der_close(struct buf *b, size_t mark)
{
	size_t n = b->n - mark;
	unsigned more = n < 0x80 ? 0 : n < 0x100 ? 1 : n < 0x10000 ? 2 : n < 0x1000000 ? 3 : 4, i;
	uint8_t *p;

	if (buf_failed(b) || !buf_room(b, 1 + more))
		return;
	p = b->p + mark;
	memmove(p + 1 + more, p, n);
	p[0] = (uint8_t)(more ? 0x80 | more : n);
	for (i = 0; i < more; i++)
		p[1 + i] = (uint8_t)(n >> 8 * (more - 1 - i));
	buf_add(b, 1 + more);
}

void der_put(struct buf *b, unsigned tag, struct span body)
{
	size_t mark = der_open(b, tag);

	buf_put(b, body);
	der_close(b, mark);
}

void der_put_int(struct buf *b, unsigned tag, int64_t v)
{
	uint8_t be[8];
	size_t skip = 0;

	put_u64be(be, (uint64_t)v);
	/* a first byte that only repeats the sign is left out */
	while (skip < 7 && be[skip] == (v < 0 ? 0xff : 0) && (be[skip + 1] >> 7) == (v < 0))
		skip++;
	der_put(b, tag, span_of(be + skip, 8 - skip));
}

void der_put_field(struct buf *b, unsigned n, unsigned tag, struct span body)
{
	size_t mark = der_open(b, DER_CTX + n);

	der_put(b, tag, body);
	der_close(b, mark);
}

void der_put_field_int(struct buf *b, unsigned n, int64_t v)
{
	size_t mark = der_open(b, DER_CTX + n);

	der_put_int(b, DER_INT, v);
	der_close(b, mark);
}
