/* The ways into a session, and the one out that leaves its pool open. */
#include "core/psrp_frag.h"
#include "core/session_int.h"

static void too_late(void *ctx)
{
	struct session *s = ctx;
	struct err e = { 0 };

	err_set(&e, E_NET, "the server did not open the session within %u seconds: it is very busy, or "
		"what listens there is no PowerShell", (s->cfg.open_ms + 999) / 1000);
	session_fail(s, &e);
}

/* Opens the pool, or connects to it, with its first two messages. */
static void send_first(void *ctx)
{
	struct session *s = ctx;
	const struct xport_ops *ops = s->cfg.xport->ops;
	bool old = s->pool.connecting;
	struct buf capability, first;
	struct arena tree;

	arena_init(&tree, SIZE_MAX);
	buf_init(&capability, PSRP_MSG_MAX);
	buf_init(&first, PSRP_MSG_MAX);
	session_put(s, PSRP_SESSION_CAPABILITY, NULL, psrp_capability(&tree), &capability);
	session_put(s, old ? PSRP_CONNECT_RUNSPACEPOOL : PSRP_INIT_RUNSPACEPOOL, NULL,
		old ? psrp_connect(&tree) : psrp_init(&tree, &s->cfg.host), &first);
	(old ? ops->connect : ops->open)(s->cfg.xport, &s->pool.id, buf_span(&capability),
		buf_span(&first));
	buf_free(&capability);
	buf_free(&first);
	arena_free(&tree);
}

static struct session *begin(struct session *s)
{
	if (s->cfg.open_ms)
		loop_arm(s->cfg.loop, &s->deadline, s->cfg.open_ms, too_late, s);
	send_first(s);
	return s;
}

/* Pipelines wait for the other transport: none was sent yet. */
bool session_reopened(struct session *s, struct err *why)
{
	struct guid id = s->pool.id;
	uint32_t pause_ms = 0;
	struct xport *x;

	if (s->state != SESSION_OPENING || !why->code || !s->cfg.reopen ||
		!(x = s->cfg.reopen(s->cfg.reopen_ctx, why, &pause_ms)))
		return false;
	s->cfg.xport->ops->free(s->cfg.xport);
	session_take(s, x);
	if (s->pool.connecting)
		psrp_pool_connect(&s->pool, &id);
	else
		psrp_pool_init(&s->pool);
	loop_arm(s->cfg.loop, &s->again, pause_ms, send_first, s);
	return true;
}

struct session *session_new(const struct session_cfg *cfg)
{
	struct session *s = session_make(cfg);

	psrp_pool_init(&s->pool);
	return begin(s);
}

struct session *session_connect(const struct session_cfg *cfg, const struct guid *pool)
{
	struct session *s = session_make(cfg);

	psrp_pool_connect(&s->pool, pool);
	return begin(s);
}

struct session *session_attach(const struct session_cfg *cfg, const struct guid *pool, int protocol)
{
	struct session *s = session_make(cfg);

	psrp_pool_attach(&s->pool, pool, protocol);
	s->state = SESSION_OPEN;
	return s;
}

struct xport *session_release(struct session *s)
{
	struct xport *x = s->cfg.xport;

	BUG_ON(s->state != SESSION_OPEN || s->pipes);
	s->cfg.xport = NULL;
	s->state = SESSION_CLOSED;
	session_free(s);
	return x;
}
