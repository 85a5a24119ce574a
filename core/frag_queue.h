/* Messages waiting to go out on one stream, cut into fragments only when the wire has room for
 * them. Sans-IO. */
#ifndef CORE_FRAG_QUEUE_H
#define CORE_FRAG_QUEUE_H
#include "core/psrp_frag.h"

struct frag_queue {
	struct buf q;                     /* u32le length and bytes of each message */
	size_t at;                        /* in q: what has gone out already */
	struct psrp_frag_out out;         /* the message under way */
	bool under_way, first_done;       /* the latter: the first message ever put has gone out */
};

void frag_queue_init(struct frag_queue *f);
void frag_queue_free(struct frag_queue *f);              /* back to the state after init */
/* Adds a whole message (copied). False when the queue is full (sticky). */
bool frag_queue_put(struct frag_queue *f, struct span msg) MUST_CHECK;
/* Appends fragments that fit in max bytes: of one message if so wished, else of as many as make a
 * good batch. Returns the bytes appended. */
size_t frag_queue_take(struct frag_queue *f, uint64_t *last_object, size_t max, bool one,
	struct buf *out);
static inline size_t frag_queue_len(const struct frag_queue *f) { return f->q.n - f->at; }
/* Forgets everything that has not gone out. */
void frag_queue_drop(struct frag_queue *f);
#endif
