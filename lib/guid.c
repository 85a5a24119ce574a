#include "lib/guid.h"
#include "lib/rand.h"

/* Where each byte of the text stands in memory, and the places of the dashes. */
static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

static bool dash_before(size_t i)
{
	return i == 4 || i == 6 || i == 8 || i == 10;
}

struct guid guid_random(void)
{
	struct guid g;

	rand_bytes(g.b, sizeof(g.b));
	g.b[7] = (g.b[7] & 0x0f) | 0x40;        /* version 4, in the third field's high byte */
	g.b[8] = (g.b[8] & 0x3f) | 0x80;
	return g;
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool guid_parse(struct span s, struct guid *out)
{
	const uint8_t *p;
	size_t i;
	int hi, lo;

	if (s.n == 38 && s.p[0] == '{' && s.p[37] == '}')
		s = span_sub(s, 1, 36);
	if (s.n != 36)
		return false;
	for (p = s.p, i = 0; i < 16; i++, p += 2) {
		if (dash_before(i) && *p++ != '-')
			return false;
		hi = hex_digit(p[0]);
		lo = hex_digit(p[1]);
		if (hi < 0 || lo < 0)
			return false;
		out->b[order[i]] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

static struct guid_text format(const struct guid *g, const char *digits)
{
	struct guid_text t;
	char *p = t.s;
	size_t i;

	for (i = 0; i < 16; i++) {
		if (dash_before(i))
			*p++ = '-';
		*p++ = digits[g->b[order[i]] >> 4];
		*p++ = digits[g->b[order[i]] & 15];
	}
	*p = 0;
	return t;
}

struct guid_text guid_fmt(const struct guid *g)
{
	return format(g, "0123456789abcdef");
}

struct guid_text guid_fmt_upper(const struct guid *g)
{
	return format(g, "0123456789ABCDEF");
}

bool guid_eq(const struct guid *a, const struct guid *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

bool guid_is_zero(const struct guid *g)
{
	static const struct guid zero;

	return guid_eq(g, &zero);
}
