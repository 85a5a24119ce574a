#include "core/xport_keeper.h"
#include "core/keeper_dir_io.h"
#include "core/keeper_link.h"
#include "core/keeper_pipe.h"

enum { LOW = 1 << 20, CLOSE_MS = 2000 };        /* LOW: below it more input is welcome */

struct xport_keeper {
	struct xport x;
	struct xport_keeper_cfg cfg;
	struct arena arena;             /* this struct lies in it */
	struct keeper_link link;
	struct timer later;             /* tells why it could not begin; ends a farewell */
	struct err err;                 /* why it could not begin */
	struct guid next;               /* of the next pipeline; zero = any */
	struct keeper_pipes pipes;
	bool greeted, attached, asked;  /* asked: disconnect() is under way */
	bool closing, told;             /* told: closed(), or that it could not begin */
};

static struct xport_keeper *self(struct xport *x)
{
	return (struct xport_keeper *)x;
}

/* The last event, whichever that is at this time; s may be gone when it returns. */
static void tell_end(struct xport_keeper *s, const struct err *why)
{
	struct err e = { 0 };

	if (s->told)
		return;
	s->told = true;
	loop_disarm(s->cfg.loop, &s->later);
	if (why)
		err_copy(&e, why);
	err_set(&e, E_NET, "the background process of session %d has ended; what it left on the "
		"server can be found with get-pssession -ComputerName", (int)s->cfg.id);
	if (!s->attached)
		s->cfg.attached(s->cfg.ctx, NULL, 0, &e);
	else
		s->x.ev->closed(s->x.ctx, s->closing ? NULL : &e);
}

static void on_lost(void *ctx, const struct err *why)
{
	tell_end(ctx, why);
}

static void on_later(void *ctx)
{
	struct xport_keeper *s = ctx;

	tell_end(s, s->err.code ? &s->err : NULL);
}

/* From the keeper */

static void greet(struct xport_keeper *s, const struct keeper_msg *m)
{
	struct err e = { 0 };

	s->greeted = true;
	if (keeper_msg_greets(m, &e) < 0)
		tell_end(s, &e);
}

static void take_attached(struct xport_keeper *s, const struct keeper_msg *m)
{
	if (s->attached)
		return;
	s->attached = true;
	s->next = m->next;
	s->cfg.attached(s->cfg.ctx, &m->guid, (int)m->number, NULL);
}

static void take_room(struct xport_keeper *s, const struct keeper_msg *m)
{
	struct keeper_pipe *p = keeper_pipe_find(&s->pipes, &m->guid);

	if (!p || m->number > p->sent)
		return;
	p->taken = m->number;
	if (p->sent - p->taken < LOW)
		s->x.ev->room(s->x.ctx, &m->guid);
}

static void take_link(struct xport_keeper *s, const struct keeper_msg *m, const struct err *why)
{
	s->asked = false;
	if (s->x.ev->link && m->mode <= XPORT_DISCONNECTED)
		s->x.ev->link(s->x.ctx, (enum xport_link)m->mode, (unsigned)m->number,
			why->code ? why : NULL);
}

/* Only what disconnect() and reconnect() ask for can be refused once attached. */
static void take_error(struct xport_keeper *s, const struct err *why)
{
	bool up = s->asked;

	s->asked = false;
	if (!s->attached)
		tell_end(s, why);
	else if (s->x.ev->link)
		s->x.ev->link(s->x.ctx, up ? XPORT_UP : XPORT_DISCONNECTED, 0, why);
}

static void take_event(struct xport_keeper *s, const struct keeper_msg *m, const struct err *why)
{
	const struct xport_events *ev = s->x.ev;
	struct keeper_pipe *p = keeper_pipe_find(&s->pipes, &m->guid);

	if (m->type == KEEPER_MESSAGE)
		ev->message(s->x.ctx, guid_is_zero(&m->guid) ? NULL : &m->guid, m->data);
	else if (m->type == KEEPER_NEXT)
		s->next = m->guid;
	else if (m->type == KEEPER_ROOM)
		take_room(s, m);
	else if (m->type == KEEPER_LINK)
		take_link(s, m, why);
	else if (m->type == KEEPER_NOTICE)
		ev->notice(s->x.ctx, m->data);
	if (m->type != KEEPER_PIPE_CLOSED || !p)
		return;
	keeper_pipe_drop(&s->pipes, p);
	ev->pipe_closed(s->x.ctx, &m->guid, why->code ? why : NULL);
}

static void on_frame(void *ctx, const struct keeper_msg *m)
{
	struct xport_keeper *s = ctx;
	struct err why = { 0 };

	if (s->told)
		return;
	keeper_msg_why(m, &why);
	if (!s->greeted) {
		greet(s, m);
	} else if (m->type == KEEPER_ERROR) {
		take_error(s, &why);
	} else if (m->type == KEEPER_WAITING) {
		s->cfg.waiting(s->cfg.ctx, m->data);
	} else if (m->type == KEEPER_ATTACHED) {
		take_attached(s, m);
	} else if (m->type == KEEPER_GONE) {
		err_set(&why, E_NET, "the session was closed meanwhile");
		tell_end(s, &why);
	} else if (s->attached) {
		take_event(s, m, &why);
	}
}

/* From the session */

static void put(struct xport_keeper *s, enum keeper_type type, const struct guid *pipe)
{
	keeper_link_say(&s->link, type, pipe, 0, SPAN_NONE);
}

static struct guid keeper_next_pipe(struct xport *x)
{
	struct guid id = self(x)->next;

	self(x)->next = (struct guid){ { 0 } };
	return guid_is_zero(&id) ? guid_random() : id;
}

static void keeper_create(struct xport *x, const struct guid *pipe, struct span msg)
{
	keeper_pipe_add(&self(x)->pipes, pipe);
	keeper_link_say(&self(x)->link, KEEPER_CREATE, pipe, 0, msg);
}

static void keeper_send(struct xport *x, const struct guid *pipe, enum xport_prio prio,
	struct span msg)
{
	struct keeper_pipe *p = pipe ? keeper_pipe_find(&self(x)->pipes, pipe) : NULL;

	if (p)
		p->sent += msg.n;
	keeper_link_say(&self(x)->link, KEEPER_SEND, pipe, prio, msg);
}

static size_t keeper_queued(const struct xport *x, const struct guid *pipe)
{
	const struct keeper_pipes *l = &((const struct xport_keeper *)x)->pipes;
	const struct keeper_pipe *p = pipe ? keeper_pipe_find(l, pipe) : NULL;

	return p ? (size_t)(p->sent - p->taken) : 0;
}

static void keeper_stop(struct xport *x, const struct guid *pipe)
{
	put(self(x), KEEPER_STOP, pipe);
}

static void keeper_end_pipe(struct xport *x, const struct guid *pipe)
{
	struct keeper_pipe *p = keeper_pipe_find(&self(x)->pipes, pipe);

	keeper_pipe_drop(&self(x)->pipes, p);
	if (p)
		put(self(x), KEEPER_END, pipe);
}

/* What was sent goes out; then the keeper sees us leave. */
static void keeper_close(struct xport *x)
{
	struct xport_keeper *s = self(x);

	if (s->closing || s->told)
		return;
	s->closing = true;
	keeper_link_finish(&s->link);
	loop_arm(s->cfg.loop, &s->later, CLOSE_MS, on_later, s);
}

static void destroy(void *ctx)
{
	struct arena a = ((struct xport_keeper *)ctx)->arena;

	arena_free(&a);
}

static void keeper_free(struct xport *x)
{
	struct xport_keeper *s = self(x);

	s->told = true;
	loop_disarm(s->cfg.loop, &s->later);
	keeper_link_end(&s->link, destroy);
}

static void keeper_hold(struct xport *x, bool held)
{
	keeper_link_hold(&self(x)->link, held);
}

static void keeper_disconnect(struct xport *x, const struct xport_keep *keep)
{
	self(x)->asked = true;
	keeper_link_put(&self(x)->link, &(struct keeper_msg){ .type = KEEPER_DISCONNECT,
		.number = keep->idle_ms, .mode = keep->buffering });
}

static void keeper_reconnect(struct xport *x)
{
	put(self(x), KEEPER_CONNECT, NULL);
}

static void keeper_attach(struct xport *x, const struct guid *pipe)
{
	keeper_pipe_add(&self(x)->pipes, pipe);
	put(self(x), KEEPER_ADOPT, pipe);
}

static const struct xport_ops keeper_ops = {
	.next_pipe = keeper_next_pipe, .create = keeper_create, .send = keeper_send,
	.queued = keeper_queued, .stop = keeper_stop, .end_pipe = keeper_end_pipe,
	.close = keeper_close, .free = keeper_free, .hold = keeper_hold,
	.disconnect = keeper_disconnect, .reconnect = keeper_reconnect, .attach = keeper_attach,
};

struct xport *xport_keeper_new(const struct xport_keeper_cfg *cfg)
{
	struct xport_keeper *s;
	struct stream *stream;
	struct arena a;

	arena_init(&a, SIZE_MAX);
	s = arena_alloc(&a, sizeof(*s));
	s->arena = a;
	s->x.ops = &keeper_ops;
	s->pipes.arena = &s->arena;
	s->cfg = *cfg;
	s->link = (struct keeper_link){ .frame = on_frame, .lost = on_lost, .ctx = s };
	stream = keeper_dial(cfg->loop, cfg->id, &s->err);
	keeper_link_init(&s->link, cfg->loop, stream);
	keeper_link_say(&s->link, KEEPER_HELLO, NULL, KEEPER_VERSION, SPAN_NONE);
	keeper_link_say(&s->link, KEEPER_ATTACH, NULL, cfg->wait, span_str(cfg->tty));
	if (!stream)
		loop_arm(cfg->loop, &s->later, 0, on_later, s);
	return &s->x;
}
