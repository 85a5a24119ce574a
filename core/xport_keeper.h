/* Transport to a session that a keeper owns (docs/PROTOCOL.keeper). close() leaves the session to
 * the keeper; only KEEPER_CLOSE ends it. */
#ifndef CORE_XPORT_KEEPER_H
#define CORE_XPORT_KEEPER_H
#include "core/keeper_status.h"
#include "core/xport.h"
#include "net/loop_io.h"

struct xport_keeper_cfg {
	struct loop *loop;
	int32_t id;                     /* the session's */
	bool wait;                      /* while another front end is attached */
	const char *tty;                /* ours, for those who have to wait; NULL = none */
	/* Attached: now session_attach() with these. Or not (why set): no such session, disconnected,
	 * busy (wait false), another version. */
	void (*attached)(void *ctx, const struct guid *pool, int protocol, const struct err *why);
	/* Another one is attached: said once, "pid 4711 on /dev/pts/3". */
	void (*waiting)(void *ctx, struct span who);
	void *ctx;
};
/* Begins to attach at once. Never NULL. free() before attached() gives up. */
struct xport *xport_keeper_new(const struct xport_keeper_cfg *cfg);

/* Requests beside the pipelines: one connection each, many at once on one loop. */
enum keeper_ask { ASK_STATUS, ASK_DISCONNECT, ASK_CONNECT, ASK_CLOSE };
struct keeper_asked {                   /* the caller's memory until done() */
	int32_t id;
	/* status: STATUS_IS for ASK_STATUS, the status after it for the others, empty when there is
	 * none any more; valid during the call. why: NULL = it went well. Once, from the loop. */
	void (*done)(struct keeper_asked *q, struct span status, const struct err *why);
	void *ctx;
	struct ask *ask;                /* keeper_ask.c's */
};
/* keep: for ASK_DISCONNECT, else NULL. */
void keeper_ask(struct loop *l, struct keeper_asked *q, enum keeper_ask what,
	const struct xport_keep *keep, uint32_t deadline_ms);
/* Asks no more: done() will not be called. Fine when it was. */
void keeper_ask_drop(struct keeper_asked *q);
#endif
