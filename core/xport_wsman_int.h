/* Shared by the parts of the WS-Management transport, and by nobody else: xport_wsman.c (life
 * cycle), xport_wsman_pump.c (what is sent next, over which connection), xport_wsman_answer.c (what
 * comes back). */
#ifndef CORE_XPORT_WSMAN_INT_H
#define CORE_XPORT_WSMAN_INT_H
#include "core/frag_queue.h"
#include "core/wsman_reply.h"
#include "core/xport_wsman.h"

/* One connection may always send while two wait in a Receive: the pool's and a pipeline's. More
 * pipelines than that at once take turns. */
enum { LANES = 3, RECEIVES_MAX = 2 };
#define BODY_MAX (16u << 20)    /* of an answer; servers keep to MaxEnvelopeSize more or less */

struct target {                           /* the pool, or a pipeline */
	struct target *next;
	struct guid id;
	struct frag_queue out[2];         /* by xport_prio */
	struct psrp_frag_in in;
	uint64_t received;                /* bytes of fragments */
	bool posted, started;             /* Command (Create) was sent, was answered */
	bool sending[2], receiving;       /* under way */
	bool stop, stop_posted;
	bool ended;                       /* nothing more is wanted from it */
	bool terminate_posted, gone;      /* the server knows it no more */
	bool told;                        /* pipe_closed was */
	unsigned expect;                  /* pool: answers to come after Opened */
};
struct lane {                             /* a connection, and what is under way on it */
	struct xport_wsman *w;
	struct http_conn *http;           /* NULL = not needed so far */
	bool busy, terminate;             /* terminate: the Signal is that */
	enum wsman_op op;
	enum xport_prio prio;
	struct target *t;
	struct guid id;                   /* MessageID */
};
struct xport_wsman {
	struct xport x;
	struct xport_wsman_cfg cfg;
	struct wsman_env env;
	struct arena arena;               /* holds this and the targets */
	struct arena replies;
	char protocol[8];
	struct buf raw, shell;            /* fragments going out; ShellId */
	uint64_t last_object;
	struct target pool, *pipes, *unused;
	struct lane lane[LANES];
	struct timer pump, bound;
	struct err err;                   /* why it broke */
	unsigned empty;                   /* Receives in a row that brought nothing */
	bool opened;                      /* the pool is; no Receive for it any more, unless kept */
	bool kept;
	bool shell_exists;                /* or may: then it is to be deleted */
	bool closing, delete_posted, over, freed;
	bool impatient;                   /* half of the time for closing is over */
	unsigned depth;                   /* callbacks of ours under way */
};

/* xport_wsman.c */
/* Callbacks from the loop run between these two: the session may free us from inside any event. */
void wsman_enter(struct xport_wsman *w);
void wsman_leave(struct xport_wsman *w);
void wsman_kick(struct xport_wsman *w);                  /* wsman_pump() on the next turn */
void wsman_drop_unsent(struct target *t);                /* what waits to be sent to it */
void wsman_drop_lanes(struct xport_wsman *w);            /* closes all connections */
void wsman_begin_closing(struct xport_wsman *w);
void wsman_finish(struct xport_wsman *w);                /* the last event */
/* xport_wsman_pump.c */
void wsman_pump(struct xport_wsman *w);                  /* sends what may be sent now */
/* xport_wsman_answer.c */
void wsman_answer(void *ctx, const struct http_reply *r);        /* http_done of every lane */
#endif
