/* libFuzzer entry: what the reader makes of a stream must not depend on where it is cut, and what
 * it accepts must come back from the writer. The first byte is the distance of the cuts. */
#include "core/psrp_frag.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define MAX_MSG 4096

/* All messages of in, each behind its length; fed in pieces of step bytes. back: after a
 * reconnection, with objects 1 to 3 as the last ones. */
static int read_all(struct span in, size_t step, bool back, struct buf *out)
{
	struct psrp_frag_in f;
	struct span piece, msg;
	uint8_t len[4];
	int r = 0;

	psrp_frag_init(&f, MAX_MSG);
	f.again = back;
	f.first = back;
	f.object = back ? 3 : 0;
	f.fragment = back;
	while (in.n && r >= 0) {
		piece = span_sub(in, 0, step);
		in = span_sub(in, piece.n, in.n - piece.n);
		while ((r = psrp_frag_feed(&f, &piece, &msg)) == 1) {
			BUG_ON(msg.n > MAX_MSG);
			put_u32le(len, (uint32_t)msg.n);
			buf_put(out, span_of(len, sizeof(len)));
			buf_put(out, msg);
		}
	}
	psrp_frag_free(&f);
	return r;
}

static void write_back(struct span messages, size_t max, struct buf *wire)
{
	struct psrp_frag_out f;
	uint64_t last = 0;
	size_t n;

	while (messages.n) {
		n = get_u32le(messages.p);
		psrp_frag_start(&f, &last, span_sub(messages, 4, n));
		while (!f.done)
			BUG_ON(!psrp_frag_put(&f, max, wire));
		messages = span_sub(messages, 4 + n, messages.n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = span_of(p + !!n, n - !!n);
	struct buf whole, cut, wire, again;
	size_t step = n ? p[0] + 1u : 1;
	int i, r;

	buf_init(&whole, 1 << 24);
	buf_init(&cut, 1 << 24);
	buf_init(&wire, 1 << 24);
	buf_init(&again, 1 << 24);
	for (i = 0; i < 2; i++) {
		buf_clear(&whole);
		buf_clear(&cut);
		r = read_all(in, in.n, i == 0, &whole);
		BUG_ON(read_all(in, step, i == 0, &cut) != r);
		BUG_ON(!span_eq(buf_span(&whole), buf_span(&cut)));
	}
	write_back(buf_span(&whole), PSRP_FRAG_HEAD + step, &wire);
	BUG_ON(read_all(buf_span(&wire), step, false, &again) < 0);
	BUG_ON(!span_eq(buf_span(&whole), buf_span(&again)));
	buf_free(&whole);
	buf_free(&cut);
	buf_free(&wire);
	buf_free(&again);
	return 0;
}
