/* zlib inflates. Its deflate takes 17 KB, for which the binary has no room; this takes 2, and packs
 * a log like zlib's fastest level. */
#include "lib/deflate.h"
#include <zlib.h>

enum { WINDOW = 32768, BUCKETS = 32768, TRIES = 16, MATCH_MIN = 4, MATCH_MAX = 258 };
enum { STORED_MAX = 65535, END = 256 };

struct bits { struct buf *out; uint64_t acc; unsigned n; };
/* Places where the same four bytes may stand, the last first: 0 = none, else 1 + place. */
struct chains { uint32_t head[BUCKETS], before[WINDOW]; };
static struct chains chains;

static void put(struct bits *b, uint32_t v, unsigned n)
{
	b->acc |= (uint64_t)v << b->n;
	for (b->n += n; b->n >= 8; b->n -= 8, b->acc >>= 8)
		buf_putc(b->out, (uint8_t)b->acc);
}

/* Codes go out from their highest bit. */
static void put_code(struct bits *b, uint32_t code, unsigned n)
{
	uint32_t turned = 0;

	for (unsigned i = 0; i < n; i++)
		turned |= (code >> i & 1) << (n - 1 - i);
	put(b, turned, n);
}

static void put_symbol(struct bits *b, unsigned s)
{
	if (s < 144)
		put_code(b, 0x30 + s, 8);
	else if (s < END)
		put_code(b, 0x190 + s - 144, 9);
	else if (s < 280)
		put_code(b, s - END, 7);
	else
		put_code(b, 0xc0 + s - 280, 8);
}

/* The class that v is in, 1 << `fine` classes for each power of two, and the bits that tell it from
 * the others there. */
static unsigned class_of(uint32_t v, unsigned fine, unsigned *extra)
{
	unsigned log = 31 - (unsigned)__builtin_clz(v | 1);

	*extra = log > fine ? log - fine : 0;
	return (*extra << fine) + (v >> *extra);
}

static void put_match(struct bits *b, uint32_t len, uint32_t dist)
{
	unsigned extra, c = class_of(len - 3, 2, &extra);

	if (len == MATCH_MAX) {
		put_symbol(b, 285);
	} else {
		put_symbol(b, 257 + c);
		put(b, (len - 3) & ((1u << extra) - 1), extra);
	}
	c = class_of(dist - 1, 1, &extra);
	put_code(b, c, 5);
	put(b, (dist - 1) & ((1u << extra) - 1), extra);
}

static uint32_t bucket(const uint8_t *p)
{
	return get_u32le(p) * 2654435761u >> 17;
}

static void remember(const uint8_t *p, size_t at)
{
	uint32_t *head = &chains.head[bucket(p + at)];

	chains.before[at % WINDOW] = *head;
	*head = (uint32_t)at + 1;
}

/* The longest of what stood before and goes on like in at `at`; 0 when there is none. */
static size_t find(struct span in, size_t at, size_t *dist)
{
	size_t max = in.n - at < MATCH_MAX ? in.n - at : MATCH_MAX, best = 0, n;
	uint32_t next = chains.head[bucket(in.p + at)];

	for (int i = 0; i < TRIES && next && at - (next - 1) <= WINDOW && best < max; i++) {
		const uint8_t *old = in.p + next - 1, *now = in.p + at;

		for (n = 0; n < max && old[n] == now[n]; n++)
			;
		if (n > best && n >= MATCH_MIN) {
			best = n;
			*dist = at - (next - 1);
		}
		if (chains.before[(next - 1) % WINDOW] >= next)     /* overwritten since */
			break;
		next = chains.before[(next - 1) % WINDOW];
	}
	return best;
}

static void compress_fixed(struct bits *b, struct span in)
{
	size_t at = 0, n, dist = 0;

	memset(chains.head, 0, sizeof(chains.head));
	put(b, 1 | 1 << 1, 3);
	while (at < in.n) {
		n = in.n - at >= MATCH_MIN ? find(in, at, &dist) : 0;
		if (n)
			put_match(b, (uint32_t)n, (uint32_t)dist);
		else
			put_symbol(b, in.p[at]);
		for (n += !n; n; n--, at++)
			if (in.n - at >= MATCH_MIN)
				remember(in.p, at);
	}
	put_symbol(b, END);
	put(b, 0, 7);                   /* to the end of the byte */
}

static void store(struct buf *out, struct span in)
{
	uint8_t head[5];
	struct span part;

	do {
		part = span_sub(in, 0, STORED_MAX);
		in = span_sub(in, part.n, in.n);
		head[0] = !in.n;
		put_u16le(head + 1, (uint16_t)part.n);
		put_u16le(head + 3, (uint16_t)~part.n);
		buf_put(out, span_of(head, sizeof(head)));
		buf_put(out, part);
	} while (in.n);
}

void deflate_put(struct buf *out, struct span in)
{
	struct bits b = { .out = out };
	size_t before = out->n;

	compress_fixed(&b, in);
	if (out->n - before > in.n) {
		out->n = before;
		store(out, in);
	}
}

static unsigned no_more(void *none, z_const unsigned char **next)
{
	(void)none;
	*next = NULL;
	return 0;
}

static int take(void *out, unsigned char *p, unsigned n)
{
	struct buf *b = out;

	buf_put(b, span_of(p, n));
	return buf_failed(b);
}

bool inflate_get(struct buf *out, struct span in)
{
	static unsigned char window[WINDOW];
	z_stream z = { 0 };
	int r;

	if (inflateBackInit(&z, MAX_WBITS, window) != Z_OK)
		return false;
	z.next_in = (z_const Bytef *)in.p;
	z.avail_in = (uInt)in.n;
	r = inflateBack(&z, no_more, NULL, take, out);
	inflateBackEnd(&z);
	return r == Z_STREAM_END;
}
