/* Frames over a stream: either end of docs/PROTOCOL.keeper. */
#ifndef CORE_KEEPER_LINK_H
#define CORE_KEEPER_LINK_H
#include "core/keeper_msg.h"
#include "net/loop_io.h"
#include "net/stream.h"

struct keeper_link {
	/* One frame; it lives as long as the call. */
	void (*frame)(void *ctx, const struct keeper_msg *m);
	/* Something went out. NULL = not wanted. */
	void (*sent)(void *ctx);
	/* The other end is gone (why NULL), or the connection failed, or a frame was malformed. Once,
	 * last; also after keeper_link_finish(). */
	void (*lost)(void *ctx, const struct err *why);
	void *ctx;
	/* own business */
	struct loop *loop;
	struct stream *stream;
	struct buf in, out;
	size_t out_at;                  /* written already */
	struct timer kick;
	bool held, finishing, over;
	unsigned depth;                 /* callbacks under way */
	void (*destroy)(void *ctx);
};
/* The callbacks are set already; stream is the link's from here on. NULL: one that is over. */
void keeper_link_init(struct keeper_link *k, struct loop *l, struct stream *stream);
/* Goes out on a later turn of the loop. Too much waiting is a failure. */
void keeper_link_put(struct keeper_link *k, const struct keeper_msg *m);
/* Frames with at most a guid (NULL = zero), a number and data; with a guid and an ERR (NULL =
 * none). */
void keeper_link_say(struct keeper_link *k, enum keeper_type type, const struct guid *guid,
	uint64_t number, struct span data);
void keeper_link_err(struct keeper_link *k, enum keeper_type type, const struct guid *guid,
	const struct err *why);
static inline size_t keeper_link_queued(const struct keeper_link *k)
{
	return k->out.n - k->out_at;
}
/* While held, nothing is read: the other end has to wait. */
void keeper_link_hold(struct keeper_link *k, bool held);
/* lost(NULL) when everything has gone out; nothing is read any more. */
void keeper_link_finish(struct keeper_link *k);
/* Ends it, without events. destroy(ctx) follows: at once, or, from inside one of its callbacks,
 * when that has returned. It may free k. */
void keeper_link_end(struct keeper_link *k, void (*destroy)(void *ctx));
#endif
