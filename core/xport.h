/* A transport carries whole PSRP messages between a session and one server; it fragments,
 * defragments and keeps the order rules of its wire (docs/DESIGN.md, section 3). Implementations:
 * wsman, stdio, keeper. All calls return at once; events come from the loop, never from inside a
 * call. */
#ifndef CORE_XPORT_H
#define CORE_XPORT_H
#include "lib/err.h"
#include "lib/guid.h"
#include "lib/span.h"

/* stream: ordinary, or prompt responses (never behind input) */
enum xport_prio { XPORT_STDIN, XPORT_PR };

/* What the connection to the server is doing. */
enum xport_link {
	XPORT_UP,               /* connected, or connected again */
	XPORT_RETRYING,         /* the network failed; it is tried again for seconds more */
	XPORT_DISCONNECTED,     /* the server keeps the pool; reconnect() brings it back */
};

/* ctx is the session; pipe NULL = the pool */
struct xport_events {
	/* one whole message, header included; valid during the call */
	void (*message)(void *ctx, const struct guid *pipe, struct span msg);
	/* The wire has ended the pipeline: nothing more will come for it (terminated, closed, or
	 * failed with err set). Once per pipeline. */
	void (*pipe_closed)(void *ctx, const struct guid *pipe, const struct err *err);
	/* The transport is gone: orderly after close (err NULL), or broken; or after close without a
	 * word from the server, which may have the pool still. Once; no event after it. */
	void (*closed)(void *ctx, const struct err *err);
	/* queued input went below the low mark: send more */
	void (*room)(void *ctx, const struct guid *pipe);
	/* diagnostics for the user (ssh's stderr) */
	void (*notice)(void *ctx, struct span text);
	/* UP follows reconnect(), a retry, or (why set) a disconnect() that the server refused.
	 * DISCONNECTED follows disconnect() (why NULL), a failed reconnect(), retries that came to
	 * nothing, or another client that took the pool (why set). RETRYING comes if the first attempt
	 * fails or takes a second, and before each further one; seconds: that remain. NULL = not
	 * wanted. A disconnect() that the network keeps from the server goes to it when that is back,
	 * instead of UP. */
	void (*link)(void *ctx, enum xport_link now, unsigned seconds, const struct err *why);
};

/* How the server is to keep a disconnected pool (MS-WSMV 3.1.4.13). */
struct xport_keep {
	uint32_t idle_ms;       /* 0 = as it was */
	int buffering;          /* enum buffering_mode of core/session_option.h */
};

/* Times in ms, 0 = unknown. */
struct xport_idle { uint32_t idle_ms, max_idle_ms; int buffering; };

struct xport;
struct xport_ops {
	/* Opens the pool with its first messages (SESSION_CAPABILITY, INIT_RUNSPACEPOOL), both
	 * whole. */
	void (*open)(struct xport *x, const struct guid *pool, struct span capability,
		struct span init);
	/* Starts a pipeline with its first message (CREATE_PIPELINE). stdio uses its pre-opened slot:
	 * *pipe is chosen by the transport through next_pipe() before the message is built. */
	struct guid (*next_pipe)(struct xport *x);
	void (*create)(struct xport *x, const struct guid *pipe, struct span msg);
	/* More for a pipeline or (NULL) the pool. Order is kept within (pipe, prio). */
	void (*send)(struct xport *x, const struct guid *pipe, enum xport_prio prio, struct span msg);
	/* bytes accepted but not yet handed to the wire */
	size_t (*queued)(const struct xport *x, const struct guid *pipe);
	/* powershell/signal/crtl_c; the pipeline then reports Stopped */
	void (*stop)(struct xport *x, const struct guid *pipe);
	/* done with it: Signal terminate / Close, not waited for */
	void (*end_pipe)(struct xport *x, const struct guid *pipe);
	/* ends everything on the server; closed() comes, at most 5 s later or close_ms */
	void (*close)(struct xport *x);
	/* drops it at once, no events */
	void (*free)(struct xport *x);

	/* For sessions that outlive their front end. While held, nothing more is fetched from the
	 * server (what is under way may still arrive): whoever cannot take messages is not flooded. */
	void (*hold)(struct xport *x, bool held);
	/* From here on the pool is not idle to the server, and its end does not go unnoticed (WSMan: a
	 * Receive stays under way). NULL = it is so anyway (stdio). */
	void (*keep)(struct xport *x);
	/* NULL where the wire cannot do it (stdio). The server goes on running what runs. Messages
	 * under way come whole before link(DISCONNECTED): none is cut in two. */
	void (*disconnect)(struct xport *x, const struct xport_keep *keep);
	/* The pool is ours again. Its pipelines stay as they are: nothing of them is fetched before
	 * attach(). */
	void (*reconnect)(struct xport *x);
	/* Instead of open(): a pool that another client has left, with SESSION_CAPABILITY and
	 * CONNECT_RUNSPACEPOOL, both whole. */
	void (*connect)(struct xport *x, const struct guid *pool, struct span capability,
		struct span connect);
	/* After either, a pipeline that still runs or holds output: its messages come from here on.
	 * pipe_closed with an error when there is none. */
	void (*attach)(struct xport *x, const struct guid *pipe);
	/* What the server said about the pool's life without a client; false = nothing (stdio). */
	bool (*idle)(const struct xport *x, struct xport_idle *out);
};
struct xport {                                             /* first member of each implementation */
	const struct xport_ops *ops;
	const struct xport_events *ev;                     /* set by the session before open */
	void *ctx;
};
#endif
