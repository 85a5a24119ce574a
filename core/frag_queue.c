#include "core/frag_queue.h"

/* PowerShell copies what is left of a batch once a fragment: so many bytes may that be, which makes
 * batches of 110 KB for short lines, and of 4 MB for large messages. */
enum { LEN = 4, COPIED = 64 << 20 };

void frag_queue_init(struct frag_queue *f)
{
	*f = (struct frag_queue){ 0 };
	buf_init(&f->q, PSRP_MSG_MAX + (16u << 20));
}

void frag_queue_free(struct frag_queue *f)
{
	buf_free(&f->q);
	frag_queue_init(f);
}

void frag_queue_drop(struct frag_queue *f)
{
	buf_free(&f->q);
	f->at = 0;
	f->under_way = false;
}

bool frag_queue_put(struct frag_queue *f, struct span msg)
{
	uint8_t len[LEN];

	if (msg.n > PSRP_MSG_MAX)
		return false;
	if (f->at > f->q.n / 2) {               /* seldom enough that moving costs little */
		buf_drop(&f->q, f->at);
		f->at = 0;
	}
	put_u32le(len, (uint32_t)msg.n);
	buf_put(&f->q, span_of(len, LEN));
	buf_put(&f->q, msg);
	return !buf_failed(&f->q);
}

/* The message under way, or the next one, as bytes still to go. */
static bool next_message(struct frag_queue *f, uint64_t *last_object)
{
	struct span left = span_sub(buf_span(&f->q), f->at, f->q.n);

	if (f->under_way) {                     /* the memory may have moved since */
		f->out.left = span_sub(left, 0, f->out.left.n);
		return true;
	}
	if (left.n < LEN)
		return false;
	psrp_frag_start(&f->out, last_object, span_sub(left, LEN, get_u32le(left.p)));
	f->at += LEN;
	f->under_way = true;
	return true;
}

size_t frag_queue_take(struct frag_queue *f, uint64_t *last_object, size_t max, bool one,
	struct buf *out)
{
	size_t before, got = 1, sum = 0, n = 0;

	while (got && max - sum > PSRP_FRAG_HEAD && next_message(f, last_object)) {
		before = f->out.left.n;
		got = psrp_frag_put(&f->out, max - sum, out);
		sum += got;
		f->at += before - f->out.left.n;
		if (f->out.done) {
			f->under_way = false;
			f->first_done = true;
			if (one || ++n * sum >= COPIED)
				break;
		}
	}
	if (f->at == f->q.n) {
		if (f->q.cap > 65536)
			buf_free(&f->q);
		else
			buf_clear(&f->q);
		f->at = 0;
	}
	return sum;
}
