/* Engine: what goes over the stdio transports and when (docs/DESIGN.md, section 3): pipelines and
 * their acknowledgements, the slot kept ready, closing in order. Bytes in by feed, bytes out in
 * `out`, events to the owner's xport_events; no system calls, no time. */
#ifndef CORE_OOP_LINK_H
#define CORE_OOP_LINK_H
#include "core/frag_queue.h"
#include "core/oop_packet.h"
#include "core/xport.h"
#include "lib/arena.h"

#define OOP_DATA_MAX (2u << 20) /* of one Data packet, before base64: each costs a round trip */
#define OOP_PIPES_MAX 64u

struct oop_target;                        /* the pool, or a pipeline */
struct oop_link {
	struct xport *x; /* events go to its session; message, pipe_closed, room and notice only */
	struct buf out;                   /* to be written; the owner clears it */
	struct err err;                   /* first failure: the owner reports it and ends */
	bool opened;                      /* a message has come */
	bool closing, pool_closed;        /* close was called; the server has agreed */
	bool over;                        /* no more events: set by the owner, perhaps during one */
	/* A line that is no packet, and an empty one before the first packet; NULL = a notice. */
	void (*stray)(struct xport *x, struct span line);
	bool heard;                       /* a packet has come */
	/* own business */
	struct oop_in in;
	struct arena *arena;
	struct buf scratch, raw;          /* going out, coming in */
	uint64_t last_object;
	struct oop_target *pool, *pipes, *unused;
	unsigned pipe_n;
};

void oop_link_init(struct oop_link *l, struct xport *x, struct arena *a /* outlives l */);
void oop_link_free(struct oop_link *l);
/* All bytes are eaten. Events come from inside; l->err tells a failure. */
void oop_link_feed(struct oop_link *l, struct span in);

/* As in xport_ops; only `out` changes and, on failure, err. */
void oop_link_open(struct oop_link *l, struct span capability, struct span init);
struct guid oop_link_next_pipe(struct oop_link *l);
void oop_link_create(struct oop_link *l, const struct guid *pipe, struct span msg);
void oop_link_send(struct oop_link *l, const struct guid *pipe, enum xport_prio prio,
	struct span msg);
size_t oop_link_queued(const struct oop_link *l, const struct guid *pipe);
void oop_link_stop(struct oop_link *l, const struct guid *pipe);
void oop_link_end_pipe(struct oop_link *l, const struct guid *pipe);
void oop_link_close(struct oop_link *l);  /* true end: pool_closed, after more feeding */
#endif
