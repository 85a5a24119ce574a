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
static struct session *begin(struct session *s)
{
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
	if (s->cfg.open_ms)
		loop_arm(s->cfg.loop, &s->deadline, s->cfg.open_ms, too_late, s);
	(old ? ops->connect : ops->open)(s->cfg.xport, &s->pool.id, buf_span(&capability),
		buf_span(&first));
	buf_free(&capability);
	buf_free(&first);
	arena_free(&tree);
	return s;
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
