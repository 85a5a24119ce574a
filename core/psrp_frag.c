#include "core/psrp_frag.h"

enum { FLAG_START = 1, FLAG_END = 2 };
#define KEEP 65536                       /* larger message memory is given back after use */

void psrp_frag_start(struct psrp_frag_out *f, uint64_t *last_object, struct span msg)
{
	*f = (struct psrp_frag_out){ .object = ++*last_object, .left = msg };
}

/* The header is big-endian, unlike the message header in its blob. */
size_t psrp_frag_put(struct psrp_frag_out *f, size_t max, struct buf *out)
{
	uint8_t head[PSRP_FRAG_HEAD];
	struct span part;

	if (f->done || max <= PSRP_FRAG_HEAD)
		return 0;
	part = span_sub(f->left, 0, max - PSRP_FRAG_HEAD);
	f->left = span_sub(f->left, part.n, f->left.n - part.n);
	f->done = !f->left.n;
	put_u64be(head, f->object);
	put_u64be(head + 8, f->fragment);
	head[16] = (f->fragment ? 0 : FLAG_START) | (f->done ? FLAG_END : 0);
	put_u32be(head + 17, (uint32_t)part.n);
	f->fragment++;
	buf_put(out, span_of(head, sizeof(head)));
	buf_put(out, part);
	return sizeof(head) + part.n;
}

void psrp_frag_init(struct psrp_frag_in *f, size_t max_msg)
{
	*f = (struct psrp_frag_in){ 0 };
	buf_init(&f->msg, max_msg);
}

void psrp_frag_free(struct psrp_frag_in *f)
{
	buf_free(&f->msg);
}

void psrp_frag_mark(struct psrp_frag_in *f)
{
	if (!f->again && (!f->recent || !--f->recent))
		f->first = 0;
}

bool psrp_frag_idle(const struct psrp_frag_in *f)
{
	return !f->in_msg && !f->in_body && !f->head_n && !f->err.code;
}

/* Whether to skip a fragment because it was here before. The first one that was not tells what is
 * missing in between; what there is of a message whose rest is missing is dropped. */
static bool seen(struct psrp_frag_in *f, uint64_t object, uint64_t fragment, bool start)
{
	bool next;

	if (f->first && object >= f->first &&
		(object < f->object || (object == f->object && fragment < f->fragment)))
		return true;
	if (!f->again)
		return false;
	f->again = false;
	f->recent = 2;
	next = f->in_msg ? object == f->object && fragment == f->fragment :
		start && (object == f->object + 1 || !f->object);
	if (next)
		return false;
	f->missing = f->in_msg || !start ? PSRP_MISSING_SURE : PSRP_MISSING_MAYBE;
	f->resync = true;
	return false;
}

/* A whole header is there: 0, or the broken rule. */
static int head_check(struct psrp_frag_in *f)
{
	uint64_t object = get_u64be(f->head), fragment = get_u64be(f->head + 8);
	bool start = f->head[16] & FLAG_START;
	size_t at = f->total - PSRP_FRAG_HEAD;

	f->head_n = 0;
	f->end = f->head[16] & FLAG_END;
	f->left = get_u32be(f->head + 17);
	f->in_body = true;
	f->skip = ((f->again || f->recent) && seen(f, object, fragment, start)) ||
		(f->resync && !start);
	if (f->skip)
		return 0;
	if (!f->first)
		f->first = object;
	if (f->resync)
		f->resync = f->in_msg = false;
	if (!object)
		return err_peer(&f->err, "MS-PSRP 2.2.4 ObjectId", at);
	if (start ? f->in_msg || fragment
		: !f->in_msg || object != f->object || fragment != f->fragment)
		return err_peer(&f->err, "MS-PSRP 2.2.4 FragmentId", at + 8);
	if (start)
		buf_clear(&f->msg);
	if (f->left > f->msg.max - f->msg.n)
		return err_set(&f->err, E_LIMIT, "the server sent an object of more than %zu bytes",
			f->msg.max);
	f->in_msg = true;
	f->object = object;
	f->fragment = fragment + 1;
	return 0;
}

/* Takes what in holds of the fragment's body: 1 when that ends a message. A message that lies in
 * one piece is not copied. */
static int body_take(struct psrp_frag_in *f, struct span *in, struct span *msg)
{
	struct span part = span_sub(*in, 0, f->left);
	bool whole = !f->skip && !f->msg.n && f->end && part.n == f->left;

	*in = span_sub(*in, part.n, in->n - part.n);
	f->total += part.n;
	f->left -= part.n;
	if (!f->skip && !whole)
		buf_put(&f->msg, part);
	if (f->left)
		return 0;
	f->in_body = false;
	if (f->skip || !f->end)
		return 0;
	f->in_msg = false;
	f->copied = !whole;
	*msg = whole ? part : buf_span(&f->msg);
	return 1;
}

int psrp_frag_feed(struct psrp_frag_in *f, struct span *in, struct span *msg)
{
	if (f->copied) {                 /* the message handed out last time */
		f->copied = false;
		if (f->msg.cap > KEEP)
			buf_free(&f->msg);
		else
			buf_clear(&f->msg);
	}
	while (!f->err.code && (in->n || (f->in_body && !f->left))) {
		if (!f->in_body) {
			size_t n = span_sub(*in, 0, PSRP_FRAG_HEAD - f->head_n).n;

			memcpy(f->head + f->head_n, in->p, n);
			*in = span_sub(*in, n, in->n - n);
			f->head_n += (unsigned)n;
			f->total += n;
			if (f->head_n == PSRP_FRAG_HEAD && head_check(f) < 0)
				break;
		} else if (body_take(f, in, msg)) {
			return 1;
		}
	}
	return f->err.code;
}
