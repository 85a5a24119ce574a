#include "core/clixml.h"
#include "core/psrp_frag.h"
#include "core/session_int.h"

static const struct xport_events events;

void session_put(struct session *s, enum psrp_type type, const struct guid *pipe,
	const struct ps_val *v, struct buf *out)
{
	psrp_msg_put(out, type, &s->pool.id, pipe);
	if (v)
		clixml_write(v, out);
}

void session_send(struct session *s, const struct guid *pipe, enum xport_prio prio,
	enum psrp_type type, const struct ps_val *v)
{
	struct xport *x = s->cfg.xport;
	struct err e = { 0 };

	if (s->state != SESSION_OPENING && s->state != SESSION_OPEN)
		return;
	buf_clear(&s->out);
	session_put(s, type, pipe, v, &s->out);
	if (buf_failed(&s->out)) {
		err_set(&e, E_USAGE, "an object of more than %u bytes cannot be sent", PSRP_MSG_MAX);
		session_fail(s, &e);
	} else {
		x->ops->send(x, pipe, prio, buf_span(&s->out));
	}
	if (s->out.cap > 65536)
		buf_free(&s->out);
}

void session_soon(struct session *s)
{
	loop_arm(s->cfg.loop, &s->later, 0, s->later.fire, s);
}

/* The server is told to end everything first; BROKEN follows when that is done. */
static void shut(struct session *s)
{
	s->state = SESSION_CLOSING;
	loop_disarm(s->cfg.loop, &s->deadline);
	loop_disarm(s->cfg.loop, &s->again);
	psrp_pool_closing(&s->pool);
	s->cfg.xport->ops->close(s->cfg.xport);
}

void session_fail(struct session *s, const struct err *e)
{
	if (s->state == SESSION_OPENING || s->state == SESSION_OPEN) {
		err_copy(&s->err, e);
		shut(s);
	}
}

static void destroy(struct session *s)
{
	struct arena a = s->arena;

	loop_disarm(s->cfg.loop, &s->deadline);
	loop_disarm(s->cfg.loop, &s->later);
	loop_disarm(s->cfg.loop, &s->again);
	pipes_free(s);
	host_free(s);
	if (s->cfg.xport)
		s->cfg.xport->ops->free(s->cfg.xport);
	arena_free(&s->tree);
	buf_free(&s->out);
	arena_free(&a);
}

void session_free(struct session *s)
{
	if (!s)
		return;
	host_cancel_all(s);              /* while there is a host */
	if (s->depth) {                  /* the transport is our caller: not under its feet */
		s->dead = true;
		session_soon(s);
	} else {
		destroy(s);
	}
}

static void later(void *ctx)
{
	struct session *s = ctx;

	if (s->dead) {
		destroy(s);
		return;
	}
	s->depth++;
	pipes_doomed(s);
	s->depth--;
}

void session_take(struct session *s, struct xport *x)
{
	s->cfg.xport = x;
	x->ev = &events;
	x->ctx = s;
}

struct session *session_make(const struct session_cfg *cfg)
{
	struct session *s;
	struct arena a;

	arena_init(&a, SIZE_MAX);
	s = arena_alloc(&a, sizeof(*s));
	s->arena = a;
	s->cfg = *cfg;
	s->later.fire = later;
	arena_init(&s->tree, PSRP_MSG_MAX);
	buf_init(&s->out, PSRP_MSG_MAX);
	session_take(s, cfg->xport);
	return s;
}

void session_close(struct session *s)
{
	s->asked = true;
	if (s->state == SESSION_OPENING || s->state == SESSION_OPEN)
		shut(s);
}

void session_set_host(struct session *s, const struct host_info *h)
{
	s->cfg.host = *h;
}

void session_hold(struct session *s, bool held)
{
	s->cfg.xport->ops->hold(s->cfg.xport, held);
}

void session_listen(struct session *s)
{
	const struct xport_ops *ops = s->cfg.xport->ops;

	if (s->state == SESSION_OPEN && ops->keep)
		ops->keep(s->cfg.xport);
}

bool session_is_open(const struct session *s)
{
	return s->state == SESSION_OPEN;
}

const struct guid *session_pool(const struct session *s)
{
	return &s->pool.id;
}

int session_protocol(const struct session *s)
{
	return s->pool.version;
}

/* A null sent down the pipeline is a message without a body. */
int session_body(struct session *s, const struct psrp_msg *m, struct ps_val **body, struct err *e)
{
	if (!m->data.n) {
		*body = ps_nil(&s->tree);
		return 0;
	}
	return clixml_read(m->data, &s->tree, body, e);
}

static void pool_message(struct session *s, const struct psrp_msg *m)
{
	struct ps_val *body = NULL;
	struct err e = { 0 };
	int ev = session_body(s, m, &body, &e);

	if (ev < 0) {
		session_fail(s, &e);
		return;
	}
	ev = psrp_pool_feed(&s->pool, m->type, body);
	if (ev < 0) {
		session_fail(s, &s->pool.err);
		return;
	}
	switch ((enum psrp_pool_ev)ev) {
	case POOL_EV_OPENED:
		s->state = SESSION_OPEN;
		loop_disarm(s->cfg.loop, &s->deadline);
		pipes_start(s);
		s->cfg.state(s->cfg.ctx, SESSION_OPEN, NULL);
		break;
	case POOL_EV_HOST_CALL:
		host_arrived(s, NULL, m, body);
		break;
	case POOL_EV_KEY:
		key_arrived(s, body);
		break;
	case POOL_EV_KEY_WANTED:
		key_ask(s);
		break;
	case POOL_EV_EVENT:
		if (s->cfg.event)
			s->cfg.event(s->cfg.ctx, body);
		break;
	case POOL_EV_NONE:
	case POOL_EV_CLOSED:              /* the transport says when it is done, too */
		break;
	}
}

static void on_message(void *ctx, const struct guid *pipe, struct span raw)
{
	struct session *s = ctx;
	struct psrp_msg m;
	struct err e = { 0 };

	if (s->dead || s->err.code)
		return;
	s->depth++;
	if (psrp_msg_get(raw, &m, &e) < 0)
		session_fail(s, &e);
	else if (psrp_msg_of_pipe(m.type))
		pipe_message(s, pipe ? pipe : &m.pipe, &m);
	else
		pool_message(s, &m);
	arena_reset(&s->tree);
	s->depth--;
}

static void on_pipe_closed(void *ctx, const struct guid *pipe, const struct err *err)
{
	struct session *s = ctx;

	s->depth++;
	if (!s->dead)
		pipe_closed(s, pipe, err);
	s->depth--;
}

static void on_closed(void *ctx, const struct err *err)
{
	struct session *s = ctx;
	struct err why = { 0 };

	if (err)
		why = *err;
	if (s->dead || session_reopened(s, &why))
		return;
	s->depth++;
	loop_disarm(s->cfg.loop, &s->deadline);
	if (!s->asked) {
		err_copy(&s->err, &why);
		err_set(&s->err, E_NET, "the server closed the connection");
	}
	s->state = s->err.code ? SESSION_BROKEN : SESSION_CLOSED;
	pipes_end(s, s->err.code ? PIPE_FAILED : PIPE_STOPPED, s->err.code ? &s->err : NULL);
	host_cancel(s, NULL);
	if (!s->dead)
		s->cfg.state(s->cfg.ctx, s->state, s->err.code ? &s->err : NULL);
	s->depth--;
}

static void on_room(void *ctx, const struct guid *pipe)
{
	struct session *s = ctx;

	s->depth++;
	if (!s->dead)
		pipe_room(s, pipe);
	s->depth--;
}

static void on_notice(void *ctx, struct span text)
{
	struct session *s = ctx;

	s->depth++;
	if (!s->dead && s->cfg.notice)
		s->cfg.notice(s->cfg.ctx, text);
	s->depth--;
}

static void on_link(void *ctx, enum xport_link now, unsigned seconds, const struct err *why)
{
	struct session *s = ctx;

	s->depth++;
	if (!s->dead && s->cfg.link)
		s->cfg.link(s->cfg.ctx, now, seconds, why);
	else if (!s->dead && now == XPORT_DISCONNECTED && why)
		session_fail(s, why);
	s->depth--;
}

static const struct xport_events events = { .message = on_message, .pipe_closed = on_pipe_closed,
	.closed = on_closed, .room = on_room, .notice = on_notice, .link = on_link };
