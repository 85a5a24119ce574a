/* One session: transport, runspace pool, session key and pipelines with a life cycle. Everything
 * happens in the loop's callbacks. */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H
#include "core/psrp_body.h"
#include "core/psrp_pipe.h"
#include "core/xport.h"
#include "net/loop_io.h"

enum session_state { SESSION_OPENING, SESSION_OPEN, SESSION_CLOSING, SESSION_CLOSED,
	SESSION_BROKEN };

struct session_cfg {                      /* pointed-to memory outlives the session */
	struct loop *loop;
	struct xport *xport;              /* owned by the session from here on */
	struct host_info host;
	const struct host_ops *host_ops;  /* NULL = no host: value calls are answered with an error */
	void *host_ctx;
	uint32_t open_ms;                 /* OpenTimeout */
	/* why: set for BROKEN */
	void (*state)(void *ctx, enum session_state st, const struct err *why);
	void (*notice)(void *ctx, struct span text);
	/* The transport's link event. Pipelines stay, whatever it says. NULL: a session that ends up
	 * disconnected, without having been asked to, is broken. */
	void (*link)(void *ctx, enum xport_link now, unsigned seconds, const struct err *why);
	/* A USER_EVENT (MS-PSRP 2.2.2.12), such as debug_stopped() of core/debug.h knows, or NULL. */
	void (*event)(void *ctx, const struct ps_val *event);
	void *ctx;
	/* The transport ended before the session was open: another one to open it with, pause_ms (0 if
	 * untouched) from now. NULL: it is broken, for the reason in *why, which may be worded anew. */
	struct xport *(*reopen)(void *reopen_ctx, struct err *why, uint32_t *pause_ms);
	void *reopen_ctx;
};
struct session;
struct session *session_new(const struct session_cfg *cfg);       /* starts opening */
/* The same for a pool that another client has left on the server (MS-PSRP 3.1.5.3.2, xport's
 * connect()). */
struct session *session_connect(const struct session_cfg *cfg, const struct guid *pool);
/* For a pool that a keeper has open already: at once OPEN, nothing is sent, state() is not called
 * for it. */
struct session *session_attach(const struct session_cfg *cfg, const struct guid *pool,
	int protocol);
/* Frees an OPEN session without pipelines, but leaves its pool and gives back the transport, whose
 * events and ctx the caller replaces before the next turn. */
struct xport *session_release(struct session *s);
/* stops pipelines, closes the pool; state CLOSED or BROKEN follows */
void session_close(struct session *s);
void session_free(struct session *s);
void session_set_host(struct session *s, const struct host_info *h);
/* Events come while pipelines run, from here on (WSMan: a Receive is always under way). */
void session_listen(struct session *s);
/* While held, what runs is not fetched from the server, which waits. */
void session_hold(struct session *s, bool held);
bool session_is_open(const struct session *s);
const struct guid *session_pool(const struct session *s);
/* negotiated: 202, 203 …; 0 before */
int session_protocol(const struct session *s);

/* Pipelines may be run before the session is open: they wait. Commands are struct pipe_spec of
 * core/psrp_body.h. */
struct pipe_events {
	void (*output)(void *ctx, const struct ps_val *v);        /* valid during the call */
	void (*record)(void *ctx, enum record_kind k, const struct ps_val *v);
	/* STOPPED, COMPLETED or FAILED, once, last event; error = ErrorRecord or NULL; why =
	 * transport's failure or NULL. The pipeline is freed after it. */
	void (*ended)(void *ctx, enum pipe_state st, const struct ps_val *error, const struct err *why);
	void (*room)(void *ctx);                                  /* more input is welcome */
};
struct pipeline;
struct pipeline *session_run(struct session *s, const struct pipe_spec *spec,
	const struct pipe_events *ev, void *ctx);
/* A pipeline that runs on the server of an OPEN session already, started by somebody else: its
 * events from here on. */
struct pipeline *session_adopt(struct session *s, const struct guid *id,
	const struct pipe_events *ev, void *ctx);
void pipe_input(struct pipeline *p, const struct ps_val *v);
void pipe_end_input(struct pipeline *p);
size_t pipe_queued(const struct pipeline *p);
void pipe_stop(struct pipeline *p);
#endif
