/* The relay between a session's transport and its front ends (docs/PROTOCOL.keeper): what the
 * server sends, and the life of the session. */
#include "core/clixml.h"
#include "core/keeper_int.h"
#include "core/psrp_frag.h"
#include "core/psrp_host.h"
#include "lib/secret.h"

enum {
	CHECK_MS = 60000,               /* between looks whether the name still leads here */
	PAUSE_MS = 1000,                /* nobody can be let in */
	BROKEN_MS = 300000,             /* so long the user may see why it broke */
	EXPIRED_MS = 60000,             /* behind the time when the server forgets a session */
	FLUSH_MS = 900,                 /* a machine that is shut down does not wait for long */
};

#define AS_IT_WAS "the idle time-out and buffering as they were"

/* The end */

static void over(void *ctx)
{
	((struct keeper *)ctx)->over = true;
}

/* Nobody finds it any more; what was said still goes out. */
static void finish(void *ctx)
{
	struct keeper *k = ctx;
	struct front *f;

	k->ending = true;
	loop_unwatch(k->cfg.loop, &k->door);
	loop_disarm(k->cfg.loop, &k->check);
	keeper_unlisten(&k->place);
	for (f = k->fronts; f; f = f->next)
		keeper_link_finish(&f->link);
	loop_arm(k->cfg.loop, &k->end, k->fronts ? FLUSH_MS : 0, over, k);
}

void keeper_close(struct keeper *k)
{
	struct xport *x = k->xport;

	if (!x)
		finish(k);
	else if (!k->closing)
		x->ops->close(x);
	k->closing = true;
}

void keeper_leave(struct keeper *k)
{
	if (k->closing || k->state == KEPT_DISCONNECTED)
		finish(k);
	else
		keeper_close(k);
	if (k->retrying)
		loop_arm(k->cfg.loop, &k->end, FLUSH_MS, over, k);
}

static void open_door(struct keeper *k);
static void leave_note(struct keeper *k);

/* Whoever cannot be reached must not keep the server's session for ever. */
static void check(void *ctx)
{
	struct keeper *k = ctx;
	struct err e = { 0 };
	int r;

	loop_unwatch(k->cfg.loop, &k->door);
	r = keeper_show(&k->place, &e);
	if (r < 0) {
		keeper_leave(k);
		return;
	}
	if (r)
		leave_note(k);
	open_door(k);
}

/* For whoever finds the keeper dead, or deaf. */
static void leave_note(struct keeper *k)
{
	struct buf text;

	buf_init(&text, STATUS_MAX);
	front_status(k, &text);
	keeper_note(&k->place, buf_span(&text));
	buf_free(&text);
}

/* Where no descriptor is free, whoever stands there would wake us again and again. */
static void at_door(void *ctx, short got)
{
	struct keeper *k = ctx;

	(void)got;
	if (front_come(k))
		return;
	k->door.want = 0;
	loop_arm(k->cfg.loop, &k->check, PAUSE_MS, check, k);
}

static void open_door(struct keeper *k)
{
	loop_watch(k->cfg.loop, &k->door, k->place.fd, k->front_n < FRONTS_MAX ? POLLIN : 0, at_door,
		k);
	loop_arm(k->cfg.loop, &k->check, CHECK_MS, check, k);
}

static void expired(void *ctx)
{
	keeper_close(ctx);
}

/* What the server sends */

/* Of a call for which there is nobody: whoever waits for its answer must not wait for ever. With a
 * front end the call is kept until that has answered. */
static void take_call(struct keeper *k, struct span raw, const struct ps_val *body)
{
	struct xport *x = k->xport;
	struct host_call c = { 0 };
	struct err e = { 0 };
	struct buf out;

	if (psrp_host_decode(body, &c, &e) < 0 || !psrp_host_wants_answer(&c))
		return;
	if (k->attached) {
		buf_clear(&k->call);
		buf_put(&k->call, raw);
		return;
	}
	arena_init(&c.arena, PSRP_MSG_MAX);
	buf_init(&out, PSRP_MSG_MAX);
	psrp_msg_put(&out, PSRP_RUNSPACEPOOL_HOST_RESPONSE, &k->pool.id, NULL);
	clixml_write(psrp_host_response(&c, NULL, "there is no user to ask"), &out);
	x->ops->send(x, NULL, XPORT_PR, buf_span(&out));
	buf_free(&out);
	arena_free(&c.arena);
}

/* What the keeper must know of the pool's messages. Errors in them are the front end's to tell. */
static void look_at(struct keeper *k, struct span raw, const struct psrp_msg *m)
{
	struct xport *x = k->xport;
	struct ps_val *body = NULL;
	struct err e = { 0 };
	struct arena a;

	arena_init(&a, PSRP_MSG_MAX);
	if (clixml_read(m->data, &a, &body, &e) < 0)
		goto out;
	if (m->type == PSRP_RUNSPACEPOOL_HOST_CALL)
		take_call(k, raw, body);
	if (m->type == PSRP_RUNSPACEPOOL_STATE && psrp_pool_feed(&k->pool, m->type, body) < 0) {
		err_copy(&k->why, &k->pool.err);
		x->ops->close(x);       /* so that nothing is left there */
	}
out:
	arena_free(&a);
}

void keeper_refuse_call(struct keeper *k)
{
	struct psrp_msg m;
	struct err e = { 0 };

	if (k->call.n && psrp_msg_get(buf_span(&k->call), &m, &e) == 0)
		look_at(k, SPAN_NONE, &m);
	buf_free(&k->call);
}

static void pool_message(struct keeper *k, struct span raw)
{
	struct psrp_msg m;
	struct err e = { 0 };

	if (psrp_msg_get(raw, &m, &e) < 0)
		return;
	if (m.type == PSRP_RUNSPACEPOOL_STATE || m.type == PSRP_RUNSPACEPOOL_HOST_CALL)
		look_at(k, raw, &m);
	if (m.type == PSRP_ENCRYPTED_SESSION_KEY && k->keys_lost) {
		k->keys_lost--;         /* meant for one that has left */
		return;
	}
	if (m.type == PSRP_ENCRYPTED_SESSION_KEY && k->keys)
		k->keys--;
	keeper_link_say(to_front(k), KEEPER_MESSAGE, NULL, 0, raw);
}

static void on_message(void *ctx, const struct guid *pipe, struct span raw)
{
	struct keeper *k = ctx;
	struct keeper_pipe *p = pipe ? keeper_pipe_find(&k->pipes, pipe) : NULL;

	if (!pipe || guid_is_zero(pipe))
		pool_message(k, raw);
	else if (p && !p->free)
		keeper_link_say(to_front(k), KEEPER_MESSAGE, pipe, 0, raw);
	front_flow(k);
}

static void tell_closed(struct keeper *k, const struct keeper_pipe *p, const struct err *why)
{
	if (!p->free)
		keeper_link_err(to_front(k), KEEPER_PIPE_CLOSED, &p->id, why);
}

static void on_pipe_closed(void *ctx, const struct guid *pipe, const struct err *why)
{
	struct keeper *k = ctx;
	struct keeper_pipe *p = keeper_pipe_find(&k->pipes, pipe);

	if (!p)
		return;
	tell_closed(k, p, why);
	keeper_pipe_drop(&k->pipes, p);
}

static void on_room(void *ctx, const struct guid *pipe)
{
	struct keeper *k = ctx;
	struct xport *x = k->xport;
	struct keeper_pipe *p = pipe ? keeper_pipe_find(&k->pipes, pipe) : NULL;
	size_t queued;

	if (!p || p->free)
		return;
	queued = x->ops->queued(x, pipe);
	keeper_link_say(to_front(k), KEEPER_ROOM, pipe, queued < p->sent ? p->sent - queued : 0,
		SPAN_NONE);
}

static void on_notice(void *ctx, struct span text)
{
	keeper_link_say(to_front(ctx), KEEPER_NOTICE, NULL, 0, text);
}

/* The server keeps what runs, for whoever connects. why: for those whose pipelines end here. */
static void disconnected(struct keeper *k, const struct err *why)
{
	struct xport *x = k->xport;
	struct xport_idle idle;
	struct keeper_pipe *p;

	for (p = k->pipes.first; p; p = p->next) {
		tell_closed(k, p, why);
		p->free = true;
	}
	if (k->state == KEPT_DISCONNECTED)      /* again: a connection that failed */
		return;
	k->state = KEPT_DISCONNECTED;
	k->left_ms = loop_now(k->cfg.loop);
	leave_note(k);
	front_refuse(k);
	if (x->ops->idle && x->ops->idle(x, &idle) && idle.idle_ms && idle.idle_ms < INT32_MAX)
		loop_arm(k->cfg.loop, &k->end, idle.idle_ms + EXPIRED_MS, expired, k);
}

static void on_link(void *ctx, enum xport_link now, unsigned seconds, const struct err *why)
{
	struct keeper *k = ctx;
	struct keeper_msg m = { .type = KEEPER_LINK, .mode = (int)now, .number = seconds };
	struct err e = { 0 };

	keeper_msg_err(&m, why);
	keeper_link_put(to_front(k), &m);
	k->retrying = now == XPORT_RETRYING ? seconds : 0;
	if (now == XPORT_RETRYING) {
		err_set(&e, E_NET, "the server cannot be reached. It is told once the network is back, for "
			"which the session waits %u s more; else it finds out by itself, " AS_IT_WAS, seconds);
		front_answer(k, KEEPER_DISCONNECT, &e);
		return;
	}
	k->changing = false;
	if (why)
		err_copy(&e, why);
	err_set(&e, E_NET, "the session was %s",
		now == XPORT_UP ? "connected meanwhile" : "disconnected; what runs there goes on");
	if (now == XPORT_DISCONNECTED) {
		disconnected(k, &e);
		front_answer(k, KEEPER_CONNECT, &e);
		err_prefix(&e, "the server was not told and finds out by itself, " AS_IT_WAS ": ");
		front_answer(k, KEEPER_DISCONNECT, why ? &e : NULL);
		return;
	}
	k->state = KEPT_OPENED;
	leave_note(k);
	loop_disarm(k->cfg.loop, &k->end);
	front_answer(k, KEEPER_CONNECT, NULL);
	front_answer(k, KEEPER_DISCONNECT, &e);
	front_next(k);
}

static void on_closed(void *ctx, const struct err *why)
{
	struct keeper *k = ctx;
	struct xport *x = k->xport;

	k->xport = NULL;
	k->state = k->closing && !k->why.code ? KEPT_CLOSED : KEPT_BROKEN;
	if (k->state == KEPT_CLOSED)
		err_set(&k->why, E_USAGE, "The session was closed.");
	if (why)
		err_copy(&k->why, why);
	err_set(&k->why, E_NET, "the server closed the connection");
	keeper_link_err(to_front(k), KEEPER_GONE, NULL, k->state == KEPT_BROKEN ? &k->why : NULL);
	while (k->pipes.first)
		keeper_pipe_drop(&k->pipes, k->pipes.first);
	front_refuse(k);
	front_answer(k, KEEPER_CLOSE, k->closing ? why : NULL);
	front_answer(k, KEEPER_DISCONNECT, &k->why);
	front_answer(k, KEEPER_CONNECT, &k->why);
	x->ops->free(x);
	secret_wipe_all();
	if (k->closing)
		finish(k);
	else
		loop_arm(k->cfg.loop, &k->end, BROKEN_MS, finish, k);
}

static const struct xport_events events = { .message = on_message, .pipe_closed = on_pipe_closed,
	.closed = on_closed, .room = on_room, .notice = on_notice, .link = on_link };

struct keeper *keeper_new(const struct keeper_cfg *cfg, struct err *e)
{
	struct keeper_place place = cfg->place;
	struct keeper *k;
	struct xport *x;
	struct arena a;
	size_t i;

	if (keeper_show(&place, e) < 0)
		return NULL;
	arena_init(&a, SIZE_MAX);
	k = arena_alloc(&a, sizeof(*k));
	k->cfg = *cfg;
	k->place = place;
	k->nobody.over = true;
	k->pipes.arena = &k->arena;
	buf_init(&k->call, PSRP_MSG_MAX);
	k->arena = a;
	psrp_pool_attach(&k->pool, session_pool(cfg->session), session_protocol(cfg->session));
	k->xport = x = session_release(cfg->session);
	for (i = 0; i < cfg->command_n; i++)
		keeper_pipe_add(&k->pipes, &cfg->commands[i])->free = true;
	x->ev = &events;
	x->ctx = k;
	if (x->ops->keep)
		x->ops->keep(x);
	leave_note(k);
	open_door(k);
	return k;
}

void keeper_free(struct keeper *k)
{
	struct xport *x = k->xport;
	struct arena a = k->arena;

	finish(k);
	front_free_all(k);
	loop_disarm(k->cfg.loop, &k->end);
	buf_free(&k->call);
	if (x)
		x->ops->free(x);
	arena_free(&a);
}
