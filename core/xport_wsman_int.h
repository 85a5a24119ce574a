/* Shared by the parts of the WS-Management transport, and by nobody else: xport_wsman.c (life
 * cycle), xport_wsman_pump.c (what is sent next, over which connection), xport_wsman_answer.c (what
 * comes back), xport_wsman_output.c (the messages in that), xport_wsman_link.c (pools that live on
 * without us), xport_wsman_retry.c (requests that the network has swallowed); and wsman_list.c. */
#ifndef CORE_XPORT_WSMAN_INT_H
#define CORE_XPORT_WSMAN_INT_H
#include "core/frag_queue.h"
#include "core/wsman_reply.h"
#include "core/xport_wsman.h"

/* One connection may always send while three wait in a Receive: the pool's, a pipeline's, and that
 * of one nested in it. More pipelines than that at once take turns. */
enum { LANES = 4, RECEIVES_MAX = 3 };
enum { LINK_LANE = LANES, ALL_LANES };  /* for Disconnect and Reconnect when the others are taken */
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
	/* A command of a shell that was disconnected is not ours until it has had a Reconnect, or, if
	 * somebody else started it, a Connect of its own; which is under way. */
	bool away, foreign, returning;
	bool parked;                      /* left behind by a disconnect, until attach() */
	bool doubtful;                    /* output may have been lost */
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
	struct buf sent;                  /* the envelope, until it is answered */
	uint32_t wait_ms;                 /* for that */
	/* The connection failed under it, and it waits to be sent again. The server may have seen it;
	 * and may have forgotten that it did. */
	bool lost, maybe_sent, stale;
	bool resent;                      /* it was */
	unsigned losses;                  /* in a row, though a Reconnect got through each time */
	bool probing;                     /* for a Command: a Receive shows whether it is known */
	struct guid probe;                /* its MessageID */
	bool brought;                     /* its last answer was output, not acknowledged yet */
};
/* What there is between us and the shell. */
enum wsman_link {
	LINK_UP,
	LINK_RETRYING,                    /* the network failed: a Reconnect shows when it is back */
	LINK_LEAVING,                     /* to be disconnected: messages under way come whole first */
	LINK_DISCONNECTING,               /* Disconnect was sent */
	LINK_SETTLING,                    /* it was done: what is under way ends, and is acknowledged */
	LINK_DOWN,
	LINK_RECONNECTING,                /* Reconnect was sent, as we were asked to */
	LINK_STAYING,                     /* the same, but something has to come before we leave */
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
	struct lane lane[ALL_LANES];
	struct timer pump, bound, retry;
	struct err err;                   /* why it broke */
	enum wsman_link link;
	struct err why;                   /* the network failed */
	uint64_t retry_until;             /* by loop_now() */
	unsigned retries;
	bool asking, told;                /* a Reconnect is under way; the user knows */
	bool late;                        /* what leaving waits for is not waited for any more */
	bool stayed;                      /* STAYING was */
	bool leave;                       /* to be disconnected once the network is back */
	struct xport_keep keep;           /* of disconnect() */
	struct xport_idle idle;
	bool connecting;                  /* to a shell that somebody else has left */
	bool asked;                       /* for what Create would have told of it */
	bool keeps;                       /* the server keeps answers for us */
	bool held;                        /* output is not fetched */
	unsigned empty;                   /* Receives in a row that brought nothing */
	unsigned deletes;                 /* that failed */
	bool claim;                       /* before: is the shell, left alone for a time, still ours? */
	bool opened;                      /* the pool is; no Receive for it any more, unless kept */
	bool kept;
	bool shell_exists;                /* or may: then it is to be deleted */
	bool closing, delete_posted, over, freed;
	bool impatient;                   /* half of the time for closing is over */
	unsigned depth;                   /* callbacks of ours under way */
};

/* xport_wsman.c */
/* as the server is to see it in a:To */
const char *wsman_address(struct arena *a, const struct http_conn_cfg *http);
/* Callbacks from the loop run between these two: the session may free us from inside any event. */
void wsman_enter(struct xport_wsman *w);
void wsman_leave(struct xport_wsman *w);
void wsman_kick(struct xport_wsman *w);                  /* wsman_pump() on the next turn */
void wsman_drop_unsent(struct target *t);                /* what waits to be sent to it */
void wsman_drop_lanes(struct xport_wsman *w);            /* closes all connections */
void wsman_begin_closing(struct xport_wsman *w);
void wsman_finish(struct xport_wsman *w);                /* the last event */
struct target *wsman_find(const struct xport_wsman *w, const struct guid *id); /* NULL: pool */
struct target *wsman_add(struct xport_wsman *w, const struct guid *pipe);
void wsman_queue(struct xport_wsman *w, struct target *t, enum xport_prio prio, struct span msg);
/* xport_wsman_pump.c */
void wsman_pump(struct xport_wsman *w);                  /* sends what may be sent now */
bool wsman_begin_all(struct xport_wsman *w);             /* only commands; whether all have begun */
/* Sends q about t. False: it has to wait for a connection. */
bool wsman_post(struct xport_wsman *w, struct target *t, struct wsman_req *q);
void wsman_post_on(struct lane *l, struct target *t, struct wsman_req *q);
void wsman_repost(struct lane *l, struct span envelope);
void wsman_receive(struct xport_wsman *w, struct target *t);
void wsman_return(struct xport_wsman *w, struct target *t);      /* its Reconnect or Connect */
/* xport_wsman_answer.c */
void wsman_answer(void *ctx, const struct http_reply *r);        /* http_done of every lane */
void wsman_fail(struct xport_wsman *w, const struct lane *l, const struct err *why);
void wsman_pipe_over(struct xport_wsman *w, struct target *t, const struct err *why);
/* PowerShell's words for what failed, before those of e. */
void wsman_prefix(struct xport_wsman *w, enum wsman_op op, bool pool, struct err *e);
void wsman_lane_done(struct lane *l);                    /* nothing is under way on it any more */
/* xport_wsman_output.c */
/* Messages of t, as base64 of their fragments. 0, or what is wrong with them. */
int wsman_take(struct xport_wsman *w, struct target *t, struct psrp_frag_in *frag,
	struct span base64, struct err *e) MUST_CHECK;
void wsman_take_streams(struct xport_wsman *w, struct lane *l, const struct wsman_reply *reply);
/* xport_wsman_link.c */
void wsman_hold(struct xport *x, bool held);
void wsman_disconnect(struct xport *x, const struct xport_keep *keep);
void wsman_reconnect(struct xport *x);
void wsman_connect(struct xport *x, const struct guid *pool, struct span capability,
	struct span connect);
void wsman_attach(struct xport *x, const struct guid *pipe);
bool wsman_idle(const struct xport *x, struct xport_idle *out);
void wsman_tell(struct xport_wsman *w, enum xport_link now, const struct err *why);
void wsman_link_pump(struct xport_wsman *w);             /* wsman_pump() while not UP */
/* Disconnect and Reconnect of the shell: their answers, why NULL = done; fault: its code, 0 = the
 * network failed. */
void wsman_link_answer(struct xport_wsman *w, const struct lane *l, uint32_t fault,
	const struct err *why);
/* Hangs up; the server keeps the pool, or so we hope. */
void wsman_down(struct xport_wsman *w, const struct err *why);
/* xport_wsman_retry.c */
/* The network failed under l. False: that cannot be helped. */
bool wsman_lost(struct lane *l, const struct http_reply *r);
void wsman_lose(struct lane *l, bool maybe_sent);        /* it is to be sent again */
void wsman_retry(struct xport_wsman *w);                 /* begins with that, or goes on */
void wsman_on_retry(void *w);                            /* its timer */
void wsman_resend(struct xport_wsman *w);                /* what was lost, now that we are UP */
#endif
