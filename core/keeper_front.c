/* The keeper's front ends: what they ask for, one at a time attached, the others waiting. */
#include "core/keeper_int.h"
#include "core/session_option.h"
#include "lib/vis.h"

enum { HIGH = 1 << 20, LOW = HIGH / 4, TTY_MAX = 64 };

static void put(struct front *f, enum keeper_type type)
{
	keeper_link_say(&f->link, type, NULL, 0, SPAN_NONE);
}

/* Why the session cannot be used in its state. */
static void unusable(const struct keeper *k, struct err *e)
{
	if (k->state == KEPT_DISCONNECTED)
		err_set(e, E_USAGE, "The session %d is disconnected: connect-pssession -Id %d connects it "
			"again.", (int)k->place.id, (int)k->place.id);
	err_copy(e, &k->why);
	err_set(e, E_USAGE, "The session %d is being closed.", (int)k->place.id);
}

void front_turn_out(struct front *f, struct err *e)
{
	err_set(e, E_PEER, "the front end does not keep to the protocol");
	keeper_link_finish(&f->link);
}

void front_answer(struct keeper *k, enum keeper_type asked, const struct err *why)
{
	struct front *f;

	for (f = k->fronts; f; f = f->next) {
		if (f->asked != asked)
			continue;
		f->asked = 0;
		keeper_link_err(&f->link, why ? KEEPER_ERROR : KEEPER_DONE, NULL, why);
	}
}

void front_flow(struct keeper *k)
{
	struct xport *x = k->xport;
	size_t queued = k->attached ? keeper_link_queued(&k->attached->link) : 0;
	bool held = queued > (k->held ? LOW : HIGH);

	if (x && x->ops->hold && held != k->held)
		x->ops->hold(x, held);
	k->held = held;
}

/* Attached, and waiting to be */

static void attach(struct front *f)
{
	struct keeper *k = f->k;
	struct xport *x = k->xport;
	struct keeper_msg m = { .type = KEEPER_ATTACHED, .guid = k->pool.id,
		.number = (uint32_t)k->pool.version, .next = x->ops->next_pipe(x) };

	k->attached = f;
	f->waits = false;
	keeper_link_put(&f->link, &m);
	if (k->retrying)
		keeper_link_put(&f->link, &(struct keeper_msg){ .type = KEEPER_LINK,
			.mode = XPORT_RETRYING, .number = k->retrying });
}

void front_next(struct keeper *k)
{
	struct front *f = k->fronts;

	while (f && !f->waits)
		f = f->next;
	if (f && !k->attached && k->state == KEPT_OPENED && !k->closing)
		attach(f);
}

void front_refuse(struct keeper *k)
{
	struct err e = { 0 };
	struct front *f;

	unusable(k, &e);
	for (f = k->fronts; f; f = f->next) {
		if (f->waits)
			keeper_link_err(&f->link, KEEPER_ERROR, NULL, &e);
		f->waits = false;
	}
}

/* Ending a pipeline stops it, too. */
static void detach(struct keeper *k)
{
	struct xport *x = k->xport;
	struct keeper_pipe *p, *next;

	for (p = k->pipes.first; p; p = next) {
		next = p->next;
		if (p->free)
			continue;
		x->ops->end_pipe(x, &p->id);
		keeper_pipe_drop(&k->pipes, p);
	}
	k->keys_lost += k->keys;
	k->keys = 0;
	k->attached = NULL;
	if (x)
		keeper_refuse_call(k);
	front_flow(k);
	front_next(k);
}

static void set_who(struct front *f, struct span tty)
{
	struct buf text;

	buf_init(&text, 256);
	buf_printf(&text, f->pid ? "pid %d" : "another container", (int)f->pid);
	if (tty.n)
		buf_puts(&text, " on ");
	vis_line(span_sub(tty, 0, TTY_MAX), &text);
	f->who = arena_str(&f->arena, buf_span(&text));
	buf_free(&text);
}

static void ask_attach(struct front *f, const struct keeper_msg *m, struct err *e)
{
	struct keeper *k = f->k;

	if (k->attached == f || f->waits) {
		front_turn_out(f, e);
		return;
	}
	set_who(f, m->data);
	if (k->state != KEPT_OPENED || k->closing) {
		unusable(k, e);
	} else if (!k->attached) {
		attach(f);
	} else if (m->number) {
		f->waits = true;
		keeper_link_say(&f->link, KEEPER_WAITING, NULL, 0, span_str(k->attached->who));
	} else {
		err_set(e, E_USAGE, "The session %d is busy: %s uses it.", (int)k->place.id,
			k->attached->who);
	}
}

/* Requests of anybody */

void front_status(struct keeper *k, struct buf *out)
{
	struct xport *x = k->xport;
	struct xport_idle idle = { 0 };
	struct kept s = { .id = k->place.id, .name = k->cfg.name, .computer = k->cfg.computer,
		.configuration = k->cfg.configuration, .transport = k->cfg.transport,
		.instance = k->pool.id, .state = k->closing ? KEPT_CLOSED : k->state,
		.front_end = k->attached ? k->attached->who : NULL, .pid = k->place.pid };
	struct keeper_pipe *p;
	struct arena a;

	arena_init(&a, SIZE_MAX);
	if (s.state == KEPT_OPENED)
		s.avail = k->attached || k->pipes.first ? KEPT_BUSY : KEPT_AVAILABLE;
	if (x && x->ops->idle && x->ops->idle(x, &idle)) {
		s.idle_ms = idle.idle_ms;
		s.max_idle_ms = idle.max_idle_ms;
		s.buffering = idle.buffering;
	}
	if (s.state == KEPT_DISCONNECTED) {
		s.disconnected_on = (loop_unix_us() / 1000 -
			(int64_t)(loop_now(k->cfg.loop) - k->left_ms)) / 1000;
		s.expires_on = s.idle_ms ? s.disconnected_on + s.idle_ms / 1000 : 0;
	}
	for (p = k->pipes.first; p; p = p->next)
		s.command_n++;
	s.commands = arena_alloc(&a, s.command_n * sizeof(*s.commands));
	for (s.command_n = 0, p = k->pipes.first; p; p = p->next)
		s.commands[s.command_n++] = p->id;
	kept_put(&s, out);
	arena_free(&a);
}

static void put_status(struct front *f)
{
	struct buf text;

	buf_init(&text, STATUS_MAX);
	front_status(f->k, &text);
	keeper_link_say(&f->link, KEEPER_STATUS_IS, NULL, 0, buf_span(&text));
	buf_free(&text);
}

/* Disconnects or connects: where that is so already there is nothing to do. */
static void ask_change(struct front *f, const struct keeper_msg *m, struct err *e)
{
	struct keeper *k = f->k;
	struct xport *x = k->xport;
	struct xport_keep keep = { .idle_ms = (uint32_t)m->number, .buffering = m->mode };
	enum kept_state wanted = m->type == KEEPER_CONNECT ? KEPT_OPENED : KEPT_DISCONNECTED;

	if (m->mode > BUFFERING_BLOCK) {
		front_turn_out(f, e);
	} else if (!x || k->closing) {
		unusable(k, e);
	} else if (!x->ops->disconnect) {
		err_set(e, E_USAGE, "only sessions over WSMan can be disconnected, and this one is over %s",
			k->cfg.transport);
	} else if (k->state == wanted && !k->changing) {
		put(f, KEEPER_DONE);
	} else {
		f->asked = m->type;
		if (k->changing)
			return;         /* link() answers, whatever comes of it */
		k->changing = true;
		if (wanted == KEPT_OPENED)
			x->ops->reconnect(x);
		else
			x->ops->disconnect(x, &keep);
	}
}

static void ask_close(struct front *f)
{
	if (f->k->xport)
		f->asked = KEEPER_CLOSE;
	else
		put(f, KEEPER_DONE);
	keeper_close(f->k);
}

/* Coming and going */

static void greet(struct front *f, const struct keeper_msg *m)
{
	f->greeted = m->type == KEEPER_HELLO;
	keeper_link_say(&f->link, KEEPER_HELLO_BACK, NULL, KEEPER_VERSION, SPAN_NONE);
	if (!f->greeted || m->number != KEEPER_VERSION)
		keeper_link_finish(&f->link);
}

static void on_frame(void *ctx, const struct keeper_msg *m)
{
	struct front *f = ctx;
	struct err e = { 0 };

	if (!f->greeted) {
		greet(f, m);
		return;
	}
	switch (m->type) {
	case KEEPER_STATUS:
		put_status(f);
		break;
	case KEEPER_ATTACH:
		ask_attach(f, m, &e);
		break;
	case KEEPER_CREATE:
	case KEEPER_SEND:
	case KEEPER_STOP:
	case KEEPER_END:
	case KEEPER_ADOPT:
		front_request(f, m, &e);
		break;
	case KEEPER_DISCONNECT:
	case KEEPER_CONNECT:
		ask_change(f, m, &e);
		break;
	case KEEPER_CLOSE:
		ask_close(f);
		break;
	default:
		err_set(&e, E_PEER, "the keeper knows no frame of type %d", (int)m->type);
	}
	if (e.code)
		keeper_link_err(&f->link, KEEPER_ERROR, NULL, &e);
}

static void on_sent(void *ctx)
{
	struct front *f = ctx;

	if (f->k->attached == f)
		front_flow(f->k);
}

static void destroy(void *ctx)
{
	struct arena a = ((struct front *)ctx)->arena;

	arena_free(&a);
}

static void on_lost(void *ctx, const struct err *why)
{
	struct front *f = ctx, **at;
	struct keeper *k = f->k;

	(void)why;
	for (at = &k->fronts; *at != f; at = &(*at)->next)
		;
	*at = f->next;
	k->front_n--;
	k->door.want = POLLIN;
	if (k->attached == f)
		detach(k);
	keeper_link_end(&f->link, destroy);
	if (k->ending && !k->fronts)
		k->over = true;
}

bool front_come(struct keeper *k)
{
	struct stream *stream;
	struct front *f, **at;
	struct arena a;
	int32_t pid;

	stream = keeper_accept(k->cfg.loop, &k->place, &pid);
	if (!stream)
		return false;
	arena_init(&a, SIZE_MAX);
	f = arena_alloc(&a, sizeof(*f));
	*f = (struct front){ .k = k, .arena = a, .pid = pid, .link = { .frame = on_frame,
		.sent = on_sent, .lost = on_lost, .ctx = f } };
	keeper_link_init(&f->link, k->cfg.loop, stream);
	for (at = &k->fronts; *at; at = &(*at)->next)
		;
	*at = f;
	if (++k->front_n >= FRONTS_MAX)
		k->door.want = 0;
	return true;
}

void front_free_all(struct keeper *k)
{
	struct front *f;

	while ((f = k->fronts)) {
		k->fronts = f->next;
		keeper_link_end(&f->link, destroy);
	}
}
