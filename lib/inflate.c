#include "lib/deflate.h"
#include <stddef.h>

enum { BITS_MAX = 15, LITERALS = 288, DISTANCES = 30, END = 256, LENGTHS = 19 };

struct in { struct span left; uint32_t acc; unsigned n; bool bad; };
/* How many codes have each length, and what they stand for, in order. */
struct code { uint16_t count[BITS_MAX + 1], symbol[LITERALS]; };

static uint32_t take(struct in *in, unsigned n)
{
	uint32_t v;

	while (in->n < n) {
		if (!in->left.n) {
			in->bad = true;
			return 0;
		}
		in->acc |= (uint32_t)*in->left.p << in->n;
		in->n += 8;
		in->left = span_sub(in->left, 1, in->left.n);
	}
	v = in->acc & ((1u << n) - 1);
	in->acc >>= n;
	in->n -= n;
	return v;
}

/* False: more codes than the lengths have room for. Room left over shows when it is used. */
static bool make_code(struct code *c, const uint8_t *length, unsigned n)
{
	uint16_t at[BITS_MAX + 1] = { 0 };
	int room = 1;

	memset(c->count, 0, sizeof(c->count));
	for (unsigned i = 0; i < n; i++)
		c->count[length[i]]++;
	c->count[0] = 0;
	for (unsigned i = 1; i <= BITS_MAX; i++) {
		room = 2 * room - c->count[i];
		if (room < 0)
			return false;
		at[i] = at[i - 1] + c->count[i - 1];
	}
	for (unsigned i = 0; i < n; i++)
		if (length[i])
			c->symbol[at[length[i]]++] = (uint16_t)i;
	return true;
}

static unsigned symbol(struct in *in, const struct code *c)
{
	unsigned code = 0, first = 0, index = 0;

	for (unsigned i = 1; i <= BITS_MAX; i++) {
		code = code << 1 | take(in, 1);
		first = (first + c->count[i - 1]) << 1;
		if (code - first < c->count[i])
			return c->symbol[index + code - first];
		index += c->count[i];
	}
	in->bad = true;
	return END;
}

/* The lengths of two codes, coded themselves. */
static bool read_codes(struct in *in, struct code *literal, struct code *distance)
{
	static const uint8_t order[LENGTHS] = {
		16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
	};
	uint8_t length[LITERALS + 32] = { 0 };
	unsigned n = 257 + take(in, 5), all = n + 1 + take(in, 5), few = 4 + take(in, 4), i, s, times;

	for (i = 0; i < few; i++)
		length[order[i]] = (uint8_t)take(in, 3);
	if (n > LITERALS || !make_code(literal, length, LENGTHS))
		return false;
	memset(length, 0, LENGTHS);
	for (i = 0; i < all && !in->bad; i += times) {
		s = symbol(in, literal);
		times = s < 16 ? 1 : s == 16 ? 3 + take(in, 2) : s == 17 ? 3 + take(in, 3) :
			11 + take(in, 7);
		if (times > all - i || (s == 16 && !i) || s > 18)
			return false;
		memset(length + i, s < 16 ? (int)s : s == 16 ? length[i - 1] : 0, times);
	}
	return make_code(literal, length, n) && make_code(distance, length + n, all - n);
}

static void fixed_codes(struct code *literal, struct code *distance)
{
	uint8_t length[LITERALS];

	memset(length, 8, 144);
	memset(length + 144, 9, END - 144);
	memset(length + END, 7, 280 - END);
	memset(length + 280, 8, LITERALS - 280);
	make_code(literal, length, LITERALS);
	memset(length, 5, DISTANCES);
	make_code(distance, length, DISTANCES);
}

/* The number that a class begins with (deflate.c, class_of) and the bits that follow it. */
static uint32_t number(struct in *in, unsigned class, unsigned fine)
{
	unsigned extra = class >> fine ? (class >> fine) - 1 : 0;

	return ((class - (extra << fine)) << extra) + take(in, extra);
}

static bool coded(struct in *in, struct buf *out, size_t start, const struct code *literal,
	const struct code *distance)
{
	unsigned s;

	while ((s = symbol(in, literal)) != END && !in->bad && !buf_failed(out)) {
		if (s < END) {
			buf_putc(out, (uint8_t)s);
			continue;
		}
		if (s > 285)
			return false;
		uint32_t len = s == 285 ? 258 : 3 + number(in, s - 257, 2), dist;
		if ((s = symbol(in, distance)) >= DISTANCES)
			return false;
		dist = 1 + number(in, s, 1);
		uint8_t *to = buf_room(out, len);
		if (dist > out->n - start || !to)
			return false;
		for (uint32_t i = 0; i < len; i++)
			to[i] = to[(ptrdiff_t)i - (ptrdiff_t)dist];
		buf_add(out, len);
	}
	return !in->bad && !buf_failed(out);
}

static bool stored(struct in *in, struct buf *out)
{
	uint32_t n;

	in->n = in->acc = 0;            /* the rest of the byte */
	n = take(in, 16);
	if (take(in, 16) != (n ^ 0xffff) || in->bad || n > in->left.n)
		return false;
	buf_put(out, span_sub(in->left, 0, n));
	in->left = span_sub(in->left, n, in->left.n);
	return !buf_failed(out);
}

bool inflate_get(struct buf *out, struct span packed)
{
	struct in in = { .left = packed };
	struct code literal, distance;
	size_t start = out->n;
	bool last, good = true;

	do {
		last = take(&in, 1);
		unsigned how = take(&in, 2);
		if (how == 1)
			fixed_codes(&literal, &distance);
		if (in.bad || how == 3 || (how == 2 && !read_codes(&in, &literal, &distance)))
			return false;
		good = how ? coded(&in, out, start, &literal, &distance) : stored(&in, out);
	} while (good && !last);
	return good;
}
