#include "lib/utf.h"
#include "lib/utf_table.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

size_t utf8_get(struct span s, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint8_t c = s.n ? s.p[0] : 0x80;
	size_t n, i;
	uint32_t v;

	if (c < 0x80) {
		*cp = c;
		return 1;
	}
	n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc2 || c > 0xf4 || s.n < n)
		return 0;
	v = c & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((s.p[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (s.p[i] & 0x3f);
	}
	if (v < least[n] || v > 0x10ffff)
		return 0;
	*cp = v;
	return n;
}

size_t utf8_get_lax(struct span s, uint32_t *cp)
{
	size_t n = utf8_get(s, cp);

	if (n || !s.n)
		return n;
	*cp = 0xfffd;
	return 1;
}

size_t utf8_encode(uint32_t cp, uint8_t out[4])
{
	size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4, i;

	for (i = n; i-- > 1; cp >>= 6)
		out[i] = (uint8_t)(0x80 | (cp & 0x3f));
	out[0] = (uint8_t)(n == 1 ? cp : (0xf00u >> n & 0xff) | cp);
	return n;
}

void utf8_put(struct buf *b, uint32_t cp)
{
	uint8_t u[4];
	size_t n = utf8_encode(cp, u);

	buf_put(b, span_of(u, n));
}

static bool is_surrogate(uint32_t cp)
{
	return cp >= 0xd800 && cp <= 0xdfff;
}

bool utf8_valid(struct span s)
{
	uint32_t cp;
	size_t n;

	while (s.n) {
		n = utf8_get(s, &cp);
		if (!n || is_surrogate(cp))
			return false;
		s = span_sub(s, n, s.n);
	}
	return true;
}

static void put_unit(struct buf *b, uint32_t unit)
{
	uint8_t u[2];

	put_u16le(u, (uint16_t)unit);
	buf_put(b, span_of(u, 2));
}

bool utf16le_put(struct buf *b, struct span s)
{
	uint32_t cp;
	size_t n;

	while (s.n) {
		n = utf8_get(s, &cp);
		if (!n)
			return false;
		if (cp >= 0x10000) {
			put_unit(b, 0xd800 + ((cp - 0x10000) >> 10));
			cp = 0xdc00 + (cp & 0x3ff);
		}
		put_unit(b, cp);
		s = span_sub(s, n, s.n);
	}
	return true;
}

bool utf16le_get(struct buf *b, struct span s16)
{
	uint32_t cp, low;
	size_t i;

	if (s16.n % 2)
		return false;
	for (i = 0; i < s16.n; i += 2) {
		cp = get_u16le(s16.p + i);
		if (cp >= 0xd800 && cp <= 0xdbff && i + 2 < s16.n) {
			low = get_u16le(s16.p + i + 2);
			if (low >= 0xdc00 && low <= 0xdfff) {
				cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
				i += 2;
			}
		}
		utf8_put(b, cp);
	}
	return true;
}

uint32_t utf_upper(uint32_t cp)
{
	size_t i;

	for (i = 0; i < COUNT(upper) && upper[i].first <= cp; i++) {
		if (cp > upper[i].last || (upper[i].add == -1 && (cp - upper[i].first) % 2))
			continue;
		return (uint16_t)(cp + (uint32_t)upper[i].add);
	}
	return cp;
}

static bool in_table(const struct utf_range *t, size_t n, uint32_t cp)
{
	size_t low = 0, mid;

	while (low < n) {
		mid = (low + n) / 2;
		if (cp < t[mid].first)
			n = mid;
		else if (cp > t[mid].last)
			low = mid + 1;
		else
			return true;
	}
	return false;
}

int utf_width(uint32_t cp)
{
	if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
		return 0;
	if (cp < 0x300)
		return 1;
	if (cp < 0x10000)
		return in_table(zero, COUNT(zero), cp) ? 0 : 1 + in_table(wide, COUNT(wide), cp);
	if (cp < 0x20000)
		return 1 + in_table(wide1, COUNT(wide1), cp - 0x10000);
	return cp >= 0xe0000 && cp < 0xf0000 ? 0 : 2;
}

size_t utf16_len(struct span s)
{
	uint32_t cp;
	size_t units = 0, n;

	while ((n = utf8_get_lax(s, &cp)) > 0) {
		units += 1 + (cp >= 0x10000);
		s = span_sub(s, n, s.n);
	}
	return units;
}
