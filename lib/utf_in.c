#include "lib/utf_in.h"
#include "lib/utf.h"

static bool decode(struct utf_in *u, struct buf *out)
{
	uint8_t le[4];
	size_t i;

	for (i = 0; i < u->n; i++)
		le[u->coding == UTF_IN_BE ? i ^ 1 : i] = u->held[i];
	i = u->n;
	u->n = 0;
	return utf16le_get(out, span_of(le, i));
}

/* Whether what is held, no mark yet, may become one. */
static bool may_be_mark(const struct utf_in *u)
{
	static const char *const marks[] = { "\xef\xbb\xbf", "\xff\xfe", "\xfe\xff" };
	size_t i;

	for (i = 0; i < 3; i++)
		if (memcmp(u->held, marks[i], u->n) == 0)
			return true;
	return false;
}

static void step_start(struct utf_in *u, struct buf *out)
{
	struct span held = span_of(u->held, u->n);

	if (!may_be_mark(u)) {
		u->coding = UTF_IN_PLAIN;
		buf_put(out, held);
	} else if (u->n == 3) {
		u->coding = UTF_IN_PLAIN;
	} else if (u->n == 2 && u->held[0] != 0xef) {
		u->coding = u->held[0] == 0xff ? UTF_IN_LE : UTF_IN_BE;
	}
	if (u->coding != UTF_IN_START)
		u->n = 0;
}

/* Halves of a pair wait for each other. */
static void step_utf16(struct utf_in *u, struct buf *out)
{
	uint8_t high = u->held[u->coding == UTF_IN_LE];

	if (u->n == 4 || (u->n == 2 && (high & 0xfc) != 0xd8))
		decode(u, out);
}

void utf_in_feed(struct utf_in *u, struct span in, struct buf *out)
{
	while (in.n && u->coding != UTF_IN_PLAIN) {
		u->held[u->n++] = in.p[0];
		in = span_sub(in, 1, in.n);
		if (u->coding == UTF_IN_START)
			step_start(u, out);
		else
			step_utf16(u, out);
	}
	buf_put(out, in);
}

bool utf_in_end(struct utf_in *u, struct buf *out)
{
	if (u->coding != UTF_IN_START)
		return decode(u, out);
	buf_put(out, span_of(u->held, u->n));
	u->n = 0;
	return true;
}
