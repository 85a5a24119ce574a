#include "lib/span.h"

bool span_eq(struct span a, struct span b)
{
	return a.n == b.n && (!a.n || memcmp(a.p, b.p, a.n) == 0);
}

/* Byte by byte: most comparisons are of names and end at the first letter. */
bool span_is(struct span a, const char *lit)
{
	size_t i;

	for (i = 0; i < a.n; i++)
		if (!lit[i] || a.p[i] != (uint8_t)lit[i])
			return false;
	return !lit[i];
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

bool span_eq_ci(struct span a, struct span b)
{
	size_t i;

	for (i = 0; a.n == b.n && i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return a.n == b.n;
}

bool span_is_ci(struct span a, const char *lit)
{
	return span_eq_ci(a, span_str(lit));
}

bool span_starts(struct span a, const char *lit)
{
	size_t i;

	for (i = 0; lit[i]; i++)
		if (i >= a.n || a.p[i] != (uint8_t)lit[i])
			return false;
	return true;
}

bool span_starts_ci(struct span a, const char *lit)
{
	size_t i;

	for (i = 0; lit[i]; i++)
		if (i >= a.n || lower(a.p[i]) != lower((uint8_t)lit[i]))
			return false;
	return true;
}

struct span span_sub(struct span a, size_t off, size_t n)
{
	if (off > a.n)
		off = a.n;
	if (n > a.n - off)
		n = a.n - off;
	return span_of(a.n ? a.p + off : a.p, n);
}

size_t span_find(struct span a, uint8_t c)
{
	const uint8_t *at = a.n ? memchr(a.p, c, a.n) : NULL;

	return at ? (size_t)(at - a.p) : a.n;
}

size_t span_search(struct span a, struct span needle)
{
	const uint8_t *at = needle.n && a.n ? memmem(a.p, a.n, needle.p, needle.n) : NULL;

	if (!needle.n)
		return 0;
	return at ? (size_t)(at - a.p) : a.n;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct span span_trim(struct span a)
{
	while (a.n && is_space(a.p[a.n - 1]))
		a.n--;
	while (a.n && is_space(a.p[0]))
		a = span_sub(a, 1, a.n);
	return a;
}

struct span span_cut(struct span *a, uint8_t c)
{
	size_t at = span_find(*a, c);
	struct span head = span_sub(*a, 0, at);

	*a = span_sub(*a, at + (at < a->n), a->n);
	return head;
}

bool field_in(struct span whole, size_t off, size_t len, struct span *out)
{
	if (off > whole.n || len > whole.n - off)
		return false;
	*out = span_sub(whole, off, len);
	return true;
}

uint16_t get_u16le(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

uint32_t get_u32le(const uint8_t *p)
{
	return get_u16le(p) | (uint32_t)get_u16le(p + 2) << 16;
}

uint64_t get_u64le(const uint8_t *p)
{
	return get_u32le(p) | (uint64_t)get_u32le(p + 4) << 32;
}

uint16_t get_u16be(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

uint32_t get_u32be(const uint8_t *p)
{
	return (uint32_t)get_u16be(p) << 16 | get_u16be(p + 2);
}

uint64_t get_u64be(const uint8_t *p)
{
	return (uint64_t)get_u32be(p) << 32 | get_u32be(p + 4);
}

void put_u16le(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

void put_u32le(uint8_t *p, uint32_t v)
{
	put_u16le(p, (uint16_t)v);
	put_u16le(p + 2, (uint16_t)(v >> 16));
}

void put_u64le(uint8_t *p, uint64_t v)
{
	put_u32le(p, (uint32_t)v);
	put_u32le(p + 4, (uint32_t)(v >> 32));
}

void put_u16be(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

void put_u32be(uint8_t *p, uint32_t v)
{
	put_u16be(p, (uint16_t)(v >> 16));
	put_u16be(p + 2, (uint16_t)v);
}

void put_u64be(uint8_t *p, uint64_t v)
{
	put_u32be(p, (uint32_t)(v >> 32));
	put_u32be(p + 4, (uint32_t)v);
}
