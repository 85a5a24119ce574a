#include "core/clixml.h"
#include "core/psrp_frag.h"
#include "core/session_int.h"

static bool live(const struct session *s)
{
	return s->state == SESSION_OPENING || s->state == SESSION_OPEN;
}

static struct pipeline *pipe_new(struct session *s, const struct pipe_events *ev, void *ctx)
{
	struct pipeline *p, **link = &s->pipes;
	struct arena a;

	arena_init(&a, SIZE_MAX);
	p = arena_alloc(&a, sizeof(*p));
	p->arena = a;
	p->s = s;
	p->ev = ev;
	p->ctx = ctx;
	buf_init(&p->body, PSRP_MSG_MAX);
	buf_init(&p->held, PSRP_MSG_MAX);
	while (*link)
		link = &(*link)->next;
	*link = p;
	return p;
}

static void pipe_free(struct pipeline *p)
{
	struct arena a = p->arena;

	buf_free(&p->body);
	buf_free(&p->held);
	arena_free(&a);
}

void pipes_free(struct session *s)
{
	struct pipeline *p;

	while ((p = s->pipes)) {
		s->pipes = p->next;
		pipe_free(p);
	}
}

static struct pipeline *pipe_find(struct session *s, const struct guid *id)
{
	struct pipeline *p = s->pipes;

	while (p && (p->phase != PIPE_SENT || !guid_eq(&p->id, id)))
		p = p->next;
	return p;
}

/* Last event of p, and its end. */
static void finish(struct pipeline *p, enum pipe_state st, const struct ps_val *error,
	const struct err *why)
{
	struct session *s = p->s;
	struct pipeline **link = &s->pipes;

	while (*link && *link != p)
		link = &(*link)->next;
	if (*link)
		*link = p->next;
	if (p->phase == PIPE_SENT)
		host_cancel(s, &p->id);
	if (p->ev->ended && !s->dead)
		p->ev->ended(p->ctx, st, error, why);
	pipe_free(p);
}

void pipes_end(struct session *s, enum pipe_state st, const struct err *why)
{
	struct pipeline *p, *last = s->pipes;

	while (last && last->next)
		last = last->next;
	/* those that a callback adds are doomed and come later */
	while ((p = s->pipes) && !s->dead) {
		finish(p, st, NULL, why);
		if (p == last)
			break;
	}
}

void pipes_doomed(struct session *s)
{
	struct pipeline *p = s->pipes;
	struct err e = s->err;

	err_set(&e, E_USAGE,
		live(s) ? "the command is too large to send" : "the session is closed");
	while (p && !s->dead) {
		if (p->phase != PIPE_DOOMED) {
			p = p->next;
			continue;
		}
		if (p->stopping)
			finish(p, PIPE_STOPPED, NULL, NULL);
		else
			finish(p, PIPE_FAILED, NULL, &e);
		p = s->pipes;             /* the callback may have changed the list */
	}
}

static void doom(struct pipeline *p)
{
	p->phase = PIPE_DOOMED;
	session_soon(p->s);
}

static void start(struct pipeline *p)
{
	struct session *s = p->s;
	struct xport *x = s->cfg.xport;
	uint8_t *held;

	p->id = x->ops->next_pipe(x);
	p->phase = PIPE_SENT;
	psrp_pipe_init(&p->psrp);
	buf_clear(&s->out);
	psrp_msg_put(&s->out, PSRP_CREATE_PIPELINE, &s->pool.id, &p->id);
	buf_put(&s->out, buf_span(&p->body));
	x->ops->create(x, &p->id, buf_span(&s->out));
	buf_free(&p->body);
	for (held = p->held.p; p->held.n && held < p->held.p + p->held.n;
		 held += 8 + get_u32le(held + 4)) {
		buf_clear(&s->out);
		psrp_msg_put(&s->out, get_u32le(held), &s->pool.id, &p->id);
		buf_put(&s->out, span_of(held + 8, get_u32le(held + 4)));
		x->ops->send(x, &p->id, XPORT_STDIN, buf_span(&s->out));
	}
	buf_free(&p->held);
}

void pipes_start(struct session *s)
{
	struct pipeline *p;

	if (s->state != SESSION_OPEN)
		return;
	for (p = s->pipes; p; p = p->next) {
		if (p->phase != PIPE_WAITING)
			continue;
		if (!p->need_key || s->key_state == KEY_READY)
			start(p);
		else
			key_ask(s);
	}
}

struct pipeline *session_run(struct session *s, const struct pipe_spec *spec,
	const struct pipe_events *ev, void *ctx)
{
	struct pipeline *p = pipe_new(s, ev, ctx);
	struct ps_val *body;
	struct arena a;

	p->need_key = spec->need_key;
	arena_init(&a, PSRP_MSG_MAX);
	body = psrp_create(&a, spec, &s->cfg.host);
	if (body)
		clixml_write(body, &p->body);
	arena_free(&a);
	if (!body || buf_failed(&p->body) || !live(s))
		doom(p);
	else
		pipes_start(s);
	return p;
}

struct pipeline *session_adopt(struct session *s, const struct guid *id,
	const struct pipe_events *ev, void *ctx)
{
	struct pipeline *p = pipe_new(s, ev, ctx);
	struct xport *x = s->cfg.xport;

	if (s->state != SESSION_OPEN) {
		doom(p);
		return p;
	}
	p->id = *id;
	p->phase = PIPE_SENT;
	psrp_pipe_init(&p->psrp);
	x->ops->attach(x, id);
	return p;
}

static void input(struct pipeline *p, enum psrp_type type, const struct ps_val *v)
{
	uint8_t head[8];
	size_t at = p->held.n;

	if (p->phase == PIPE_SENT) {
		session_send(p->s, &p->id, XPORT_STDIN, type, v);
		return;
	}
	put_u32le(head, type);
	buf_put(&p->held, span_of(head, sizeof(head)));
	if (v)
		clixml_write(v, &p->held);
	if (buf_failed(&p->held))
		doom(p);
	else
		put_u32le(p->held.p + at + 4, (uint32_t)(p->held.n - at - 8));
}

void pipe_input(struct pipeline *p, const struct ps_val *v)
{
	input(p, PSRP_PIPELINE_INPUT, v);
}

void pipe_end_input(struct pipeline *p)
{
	input(p, PSRP_END_OF_PIPELINE_INPUT, NULL);
}

size_t pipe_queued(const struct pipeline *p)
{
	const struct xport *x = p->s->cfg.xport;

	return p->phase == PIPE_SENT ? x->ops->queued(x, &p->id) : p->held.n;
}

void pipe_stop(struct pipeline *p)
{
	struct session *s = p->s;

	if (p->stopping)
		return;
	p->stopping = true;
	if (p->phase == PIPE_WAITING)
		doom(p);
	if (p->phase != PIPE_SENT || !live(s))
		return;
	/* An open prompt is left unanswered: a server breaks off the call (measured with 7.6), whereas
	 * after an error as the answer the script would go on with its next statement until the stop
	 * arrives. */
	s->cfg.xport->ops->stop(s->cfg.xport, &p->id);
	host_cancel(s, &p->id);
}

/* A pipeline that is not known has ended: what was still under way for it is not for anybody. */
void pipe_message(struct session *s, const struct guid *id, const struct psrp_msg *m)
{
	struct pipeline *p = pipe_find(s, id);
	struct xport *x = s->cfg.xport;
	struct ps_val *body = NULL;
	struct err e = { 0 };
	int ev;

	if (!p)
		return;
	ev = session_body(s, m, &body, &e);
	if (ev >= 0)
		ev = psrp_pipe_feed(&p->psrp, m->type, body, &e);
	if (ev < 0) {
		session_fail(s, &e);
		return;
	}
	switch ((enum psrp_pipe_ev)ev) {
	case PIPE_EV_OUTPUT:
		if (p->ev->output)
			p->ev->output(p->ctx, body);
		break;
	case PIPE_EV_RECORD:
		if (p->ev->record)
			p->ev->record(p->ctx, p->psrp.kind, body);
		break;
	case PIPE_EV_HOST_CALL:
		host_arrived(s, &p->id, m, body);
		break;
	case PIPE_EV_ENDED:
		if (live(s))
			x->ops->end_pipe(x, &p->id);
		finish(p, p->psrp.state, p->psrp.error, NULL);
		break;
	case PIPE_EV_NONE:
		break;
	}
}

void pipe_closed(struct session *s, const struct guid *id, const struct err *err)
{
	struct pipeline *p = pipe_find(s, id);
	struct err e = { 0 };

	if (!p)
		return;
	if (!err || !err->code) {
		err_set(&e, E_PEER, "the server dropped the command without saying how it ended");
		err = &e;
	}
	/* A stop that the server answers by dropping the pipeline is a stop all the same. */
	if (p->stopping)
		finish(p, PIPE_STOPPED, NULL, NULL);
	else
		finish(p, PIPE_FAILED, NULL, err);
}

void pipe_room(struct session *s, const struct guid *id)
{
	struct pipeline *p = id ? pipe_find(s, id) : NULL;

	if (p && p->ev->room)
		p->ev->room(p->ctx);
}
