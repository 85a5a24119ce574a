#include "core/xport_wsman_int.h"
#include <stdio.h>
#include "core/clixml.h"
#include "core/psrp_body.h"
#include "core/psrp_msg.h"
#include "lib/b64.h"

enum {
	OPERATION_MS = 180000,
	CLOSE_MS = 5000,
	LOW = 1 << 20,                  /* input waiting: below this more is welcome */
	BODY_MAX = 16 << 20,            /* of an answer; servers keep to MaxEnvelopeSize more or less */
	ARENA_MAX = 4 << 20,
	EMPTY_MAX = 20, EMPTY_MS = 100, /* who has nothing to say should not be asked so often */
};

static struct xport_wsman *self(struct xport *x)
{
	return (struct xport_wsman *)x;
}

static void target_init(struct target *t, const struct guid *id)
{
	*t = (struct target){ .id = *id };
	frag_queue_init(&t->out[XPORT_STDIN]);
	frag_queue_init(&t->out[XPORT_PR]);
	psrp_frag_init(&t->in, PSRP_MSG_MAX);
}

static void target_free(struct target *t)
{
	frag_queue_free(&t->out[XPORT_STDIN]);
	frag_queue_free(&t->out[XPORT_PR]);
	psrp_frag_free(&t->in);
}

static struct target *find(const struct xport_wsman *w, const struct guid *id)
{
	struct target *t = w->pipes;

	if (!id)
		return (struct target *)&w->pool;
	while (t && !guid_eq(&t->id, id))
		t = t->next;
	return t;
}

static void destroy(struct xport_wsman *w)
{
	struct arena a = w->arena;

	arena_free(&a);
}

static void drop_lanes(struct xport_wsman *w)
{
	struct lane *l;

	for (l = w->lane; l < w->lane + LANES; l++) {
		if (l->http)
			http_conn_free(l->http);
		l->http = NULL;
		l->busy = false;
	}
}

/* Ends everything of ours but the memory of w. */
static void shut_down(struct xport_wsman *w)
{
	struct target *t;

	w->over = true;
	loop_disarm(w->cfg.http.loop, &w->pump);
	loop_disarm(w->cfg.http.loop, &w->bound);
	drop_lanes(w);
	target_free(&w->pool);
	for (t = w->pipes; t; t = t->next)
		target_free(t);
	w->pipes = NULL;
	arena_free(&w->replies);
	buf_free(&w->raw);
	buf_free(&w->shell);
}

/* Callbacks from the loop run between these two: the session may free us from inside any event. */
static void enter(struct xport_wsman *w)
{
	w->depth++;
}

static void leave(struct xport_wsman *w)
{
	if (--w->depth == 0 && w->freed)
		destroy(w);
}

void wsman_finish(struct xport_wsman *w)
{
	if (w->over)
		return;
	shut_down(w);
	w->x.ev->closed(w->x.ctx, w->err.code ? &w->err : NULL);
}

static void on_bound(void *ctx)
{
	struct xport_wsman *w = ctx;

	enter(w);
	if (w->impatient) {
		wsman_finish(w);
	} else {
		w->impatient = true;
		loop_arm(w->cfg.http.loop, &w->bound, w->cfg.close_ms / 2, on_bound, w);
		wsman_pump(w);
	}
	leave(w);
}

static void begin_closing(struct xport_wsman *w)
{
	w->closing = true;
	loop_arm(w->cfg.http.loop, &w->bound, w->cfg.close_ms / 2, on_bound, w);
}

static bool is_busy(const struct xport_wsman *w, const struct target *t)
{
	const struct lane *l;

	for (l = w->lane; l < w->lane + LANES; l++)
		if (l->busy && l->t == t)
			return true;
	return false;
}

/* Tells pipelines that are over, and forgets them when nothing of theirs is under way. */
static void reap(struct xport_wsman *w)
{
	struct target **at = &w->pipes, *t;
	struct guid id;

	while (!w->over && !w->closing && (t = *at)) {
		if (!t->gone || is_busy(w, t)) {
			at = &t->next;
			continue;
		}
		id = t->id;
		*at = t->next;
		target_free(t);
		t->next = w->unused;
		w->unused = t;
		if (t->told)
			continue;
		w->x.ev->pipe_closed(w->x.ctx, &id, NULL);
		at = &w->pipes;         /* the event may have changed the list */
	}
}

static void on_pump(void *ctx)
{
	struct xport_wsman *w = ctx;

	enter(w);
	reap(w);
	if (!w->over)
		wsman_pump(w);
	leave(w);
}

static void kick(struct xport_wsman *w)
{
	if (!w->over)
		loop_arm(w->cfg.http.loop, &w->pump, w->empty > EMPTY_MAX ? EMPTY_MS : 0, on_pump, w);
}

/* PowerShell's words for what failed; why a session does not open is for the front end to word. */
static void prefix(struct xport_wsman *w, enum wsman_op op, bool pool, struct err *e)
{
	const char *what = "Processing data for a remote command";

	if (!w->opened)
		return;
	if (op == WSMAN_COMMAND)
		what = "Starting a command on the remote server";
	else if (op == WSMAN_SEND)
		what = pool ? "Sending data to the remote server" : "Sending data to a remote command";
	else if (pool)
		what = "Processing data from the remote server";
	err_prefix(e, "%s failed with the following error message: ", what);
}

/* The transport is broken. The shell is deleted all the same, over a new connection. */
static void fail(struct xport_wsman *w, const struct lane *l, const struct err *why)
{
	struct err e = *why;

	if (w->closing || w->over)
		return;
	prefix(w, l->op, l->t == &w->pool, &e);
	err_copy(&w->err, &e);
	drop_lanes(w);
	begin_closing(w);
}

/* A pipeline has come to its end on the wire; why NULL = as it should. */
static void pipe_over(struct xport_wsman *w, struct target *t, const struct err *why)
{
	t->ended = true;
	frag_queue_drop(&t->out[XPORT_STDIN]);
	frag_queue_drop(&t->out[XPORT_PR]);
	if (t->told)
		return;
	t->told = true;
	w->x.ev->pipe_closed(w->x.ctx, &t->id, why);
}

/* What the transport itself must know of the pool's messages: how large envelopes may be, and
 * whether a Receive is still of use. Errors in them are the session's to report. */
static void look_at(struct xport_wsman *w, struct span raw)
{
	struct ps_val *body = NULL;
	struct err e = { 0 };
	struct psrp_msg m;
	struct arena a;
	struct span text;
	int64_t state;

	if (psrp_msg_get(raw, &m, &e) < 0)
		return;
	arena_init(&a, PSRP_MSG_MAX);
	if (m.type == PSRP_SESSION_CAPABILITY && clixml_read(m.data, &a, &body, &e) == 0) {
		if (ps_get_str(ps_prop(body, "protocolversion"), &text) && text.n == 3 &&
			!span_is(text, "2.0") && !span_is(text, "2.1"))
			w->env.max_envelope = WSMAN_ENVELOPE_LARGE;
	} else if (m.type == PSRP_RUNSPACEPOOL_STATE && clixml_read(m.data, &a, &body, &e) == 0) {
		w->opened = w->opened || (ps_get_i64(ps_prop(body, "RunspaceState"), &state) && state >= 2);
	} else if ((m.type == PSRP_ENCRYPTED_SESSION_KEY || m.type == PSRP_RUNSPACE_AVAILABILITY) &&
			   w->pool.expect) {
		w->pool.expect--;
	}
	arena_free(&a);
}

/* What one Stream element brought. */
static int take_stream(struct xport_wsman *w, struct target *t, const struct wsman_stream *s,
	struct buf *raw, struct err *e)
{
	struct span in, msg;
	int r = 0;

	if (!guid_is_zero(&s->command) && !guid_eq(&s->command, &t->id))
		return err_peer(e, "MS-WSMV 2.2.4.34 CommandId", 0);
	buf_clear(raw);
	if (!b64_get(raw, s->data))
		return err_peer(e, "MS-WSMV 2.2.4.34 base64", 0);
	in = buf_span(raw);
	while (!w->over && !t->ended && (r = psrp_frag_feed(&t->in, &in, &msg)) > 0) {
		if (t == &w->pool)
			look_at(w, msg);
		w->x.ev->message(w->x.ctx, t == &w->pool ? NULL : &t->id, msg);
	}
	if (r < 0)
		err_copy(e, &t->in.err);
	return r;
}

static void take_streams(struct xport_wsman *w, struct lane *l, const struct wsman_reply *reply)
{
	const struct wsman_stream *s = reply->streams;
	struct err e = { 0 };
	struct buf raw;
	int r = 0;

	buf_init(&raw, BODY_MAX);
	w->empty = s ? 0 : w->empty + 1;
	while (s && r >= 0) {
		if (span_is_ci(s->name, "stdout"))
			r = take_stream(w, l->t, s, &raw, &e);
		s = w->over || l->t->ended ? NULL : s->next;    /* over: reply is gone, too */
	}
	buf_free(&raw);
	if (r < 0 && !w->over)
		fail(w, l, &e);
}

static void take_created(struct xport_wsman *w, const struct wsman_reply *reply)
{
	w->pool.started = true;
	if (!reply->shell.n)
		return;
	buf_clear(&w->shell);
	buf_put(&w->shell, reply->shell);
}

static void take_answer(struct xport_wsman *w, struct lane *l, const struct wsman_reply *reply)
{
	struct target *t = l->t;
	struct err e = { 0 };
	bool done;

	switch (l->op) {
	case WSMAN_CREATE:
		take_created(w, reply);
		break;
	case WSMAN_COMMAND:
		t->started = true;
		if (!guid_is_zero(&reply->command) && !guid_eq(&reply->command, &t->id)) {
			err_peer(&e, "MS-WSMV 2.2.4.8 CommandId", 0);
			fail(w, l, &e);
		}
		break;
	case WSMAN_SEND:
		if (!t->ended && frag_queue_len(&t->out[XPORT_STDIN]) < LOW)
			w->x.ev->room(w->x.ctx, t == &w->pool ? NULL : &t->id);
		break;
	case WSMAN_RECEIVE:
		done = reply->done;
		take_streams(w, l, reply);
		if (!w->over && !w->closing && done && t != &w->pool && !t->ended)
			pipe_over(w, t, NULL);
		break;
	case WSMAN_SIGNAL:
		t->gone = t->gone || l->terminate;
		break;
	default:
		break;
	}
}

static void take_fault(struct xport_wsman *w, struct lane *l, struct wsman_reply *f)
{
	struct target *t = l->t;
	struct err e = { 0 };
	bool pool = t == &w->pool, gone;

	if (l->op == WSMAN_RECEIVE && f->code == WSMAN_POLL_AGAIN) {
		w->empty++;
		return;
	}
	if (l->op != WSMAN_CREATE && f->code == WSMAN_NOT_FOUND)
		f->code = WSMAN_SHELL_GONE;
	gone = f->code == WSMAN_SHELL_GONE || f->code == WSMAN_ABORTED;
	if (l->op == WSMAN_CREATE)
		w->shell_exists = false;
	wsman_fault_err(f, w->cfg.http.host, &e);
	if (pool || f->code == WSMAN_SERVICE_GONE || (l->op == WSMAN_COMMAND && gone)) {
		fail(w, l, &e);
		return;
	}
	if (l->op == WSMAN_SIGNAL && l->terminate) {
		t->gone = true;         /* it was gone before */
		return;
	}
	if (l->op == WSMAN_SEND && gone) {
		/* The command has ended before it took all its input; its Receive tells how. */
		frag_queue_drop(&t->out[XPORT_STDIN]);
		frag_queue_drop(&t->out[XPORT_PR]);
		return;
	}
	if (l->op == WSMAN_COMMAND)
		t->gone = true;
	if (t->ended)
		return;
	prefix(w, l->op, false, &e);
	pipe_over(w, t, t->stop && gone ? NULL : &e);
}

/* Whether the answer is one to the request. */
static int check(const struct lane *l, const struct wsman_reply *r, struct err *e)
{
	static const enum wsman_kind wanted[] = {
		[WSMAN_CREATE] = WSMAN_IS_CREATED,
		[WSMAN_COMMAND] = WSMAN_IS_COMMAND,
		[WSMAN_SEND] = WSMAN_IS_SENT,
		[WSMAN_RECEIVE] = WSMAN_IS_RECEIVED,
		[WSMAN_SIGNAL] = WSMAN_IS_SIGNALED,
		[WSMAN_DELETE] = WSMAN_IS_EMPTY,
	};

	/* A fault about XML that could not be read cannot tell what it relates to. */
	if (r->related ? !guid_eq(&r->relates_to, &l->id) : r->kind != WSMAN_IS_FAULT)
		return err_set(e, E_PEER, "the server's answer belongs to another request (RelatesTo): is "
			"a proxy in between?");
	if (r->kind != WSMAN_IS_FAULT && r->kind != wanted[l->op])
		return err_set(e, E_PEER, "the server's answer is of another kind than the request");
	return 0;
}

static void take_reply(struct xport_wsman *w, struct lane *l, const struct http_reply *r)
{
	struct wsman_reply reply;
	struct err e = { 0 };
	bool ok;

	if (r->err) {
		if (l->op == WSMAN_CREATE)
			w->shell_exists = r->maybe_sent;
		fail(w, l, r->err);
		return;
	}
	ok = wsman_reply_read(r->body, &w->replies, &reply, &e) == 0 && check(l, &reply, &e) == 0;
	if (!ok)
		fail(w, l, &e);
	else if (w->closing && l->op != WSMAN_CREATE)
		return;                 /* faults, too: Delete makes a Receive under way end in one */
	else if (reply.kind == WSMAN_IS_FAULT)
		take_fault(w, l, &reply);
	else
		take_answer(w, l, &reply);
}

void wsman_answer(void *ctx, const struct http_reply *r)
{
	struct lane *l = ctx;
	struct xport_wsman *w = l->w;

	enter(w);
	l->busy = false;
	if (l->op == WSMAN_RECEIVE)
		l->t->receiving = false;
	if (l->op == WSMAN_SEND)
		l->t->sending[l->prio] = false;
	if (l->op == WSMAN_DELETE)      /* also when it failed: there is nothing else to try */
		wsman_finish(w);
	else
		take_reply(w, l, r);
	if (!w->over)
		arena_reset(&w->replies);
	kick(w);
	leave(w);
}

static void put(struct xport_wsman *w, struct target *t, enum xport_prio prio, struct span msg)
{
	if (t->ended || w->closing || w->over)
		return;
	if (!frag_queue_put(&t->out[prio], msg)) {
		err_set(&w->err, E_LIMIT, "more than %u bytes are waiting to be sent", PSRP_MSG_MAX);
		begin_closing(w);
	}
	kick(w);
}

static void wsman_open(
	struct xport *x, const struct guid *pool, struct span capability, struct span init)
{
	struct xport_wsman *w = self(x);

	w->pool.id = *pool;
	buf_puts(&w->shell, guid_fmt_upper(pool).s);
	put(w, &w->pool, XPORT_STDIN, capability);
	put(w, &w->pool, XPORT_STDIN, init);
}

static struct guid wsman_next_pipe(struct xport *x)
{
	(void)x;
	return guid_random();
}

static void wsman_create(struct xport *x, const struct guid *pipe, struct span msg)
{
	struct xport_wsman *w = self(x);
	struct target *t = w->unused;

	if (w->closing || w->over)
		return;
	if (t)
		w->unused = t->next;
	else
		t = arena_alloc(&w->arena, sizeof(*t));
	BUG_ON(!t);
	target_init(t, pipe);
	t->next = w->pipes;
	w->pipes = t;
	put(w, t, XPORT_STDIN, msg);
}

static void wsman_send(
	struct xport *x, const struct guid *pipe, enum xport_prio prio, struct span msg)
{
	struct xport_wsman *w = self(x);
	struct target *t = find(w, pipe);
	uint32_t type = msg.n >= PSRP_MSG_HEAD ? get_u32le(msg.p + 4) : 0;

	if (!t)
		return;
	if (t == &w->pool && (type == PSRP_PUBLIC_KEY || type == PSRP_GET_AVAILABLE_RUNSPACES))
		t->expect++;
	put(w, t, prio, msg);
}

static size_t wsman_queued(const struct xport *x, const struct guid *pipe)
{
	const struct target *t = find((const struct xport_wsman *)x, pipe);

	return t ? frag_queue_len(&t->out[XPORT_STDIN]) + frag_queue_len(&t->out[XPORT_PR]) : 0;
}

static void wsman_stop(struct xport *x, const struct guid *pipe)
{
	struct target *t = pipe ? find(self(x), pipe) : NULL;

	if (t)
		t->stop = true;
	kick(self(x));
}

static void wsman_end_pipe(struct xport *x, const struct guid *pipe)
{
	struct target *t = pipe ? find(self(x), pipe) : NULL;

	if (!t)
		return;
	t->ended = true;
	t->gone = t->gone || !t->posted;
	frag_queue_drop(&t->out[XPORT_STDIN]);
	frag_queue_drop(&t->out[XPORT_PR]);
	kick(self(x));
}

static void wsman_close(struct xport *x)
{
	struct xport_wsman *w = self(x);

	if (w->over || w->closing)
		return;
	begin_closing(w);
	kick(w);
}

static void wsman_free(struct xport *x)
{
	struct xport_wsman *w = self(x);

	if (!w->over)
		shut_down(w);
	w->freed = true;
	enter(w);
	leave(w);
}

static const struct xport_ops wsman_ops = {
	.open = wsman_open, .next_pipe = wsman_next_pipe, .create = wsman_create, .send = wsman_send,
	.queued = wsman_queued, .stop = wsman_stop, .end_pipe = wsman_end_pipe, .close = wsman_close,
	.free = wsman_free,
};

/* The address as the server is to see it in a:To. */
static const char *address(struct arena *a, const struct http_conn_cfg *http)
{
	bool bare6 = strchr(http->host, ':') && http->host[0] != '[';
	struct buf b;
	char *to;

	buf_init(&b, 4096);
	buf_printf(
		&b, bare6 ? "http://[%s]:%u%s" : "http://%s:%u%s", http->host, http->port, http->path);
	to = arena_str(a, buf_span(&b));
	buf_free(&b);
	return to;
}

struct xport *xport_wsman_new(const struct xport_wsman_cfg *cfg)
{
	static const char resource[] = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell";
	struct xport_wsman *w;
	struct arena a;
	size_t i;

	arena_init(&a, SIZE_MAX);
	w = arena_alloc(&a, sizeof(*w));
	w->x.ops = &wsman_ops;
	w->cfg = *cfg;
	w->cfg.http.body_max = cfg->http.body_max ? cfg->http.body_max : BODY_MAX;
	w->cfg.operation_ms = cfg->operation_ms ? cfg->operation_ms : OPERATION_MS;
	w->cfg.close_ms = cfg->close_ms ? cfg->close_ms : CLOSE_MS;
	w->cfg.shell_name = cfg->shell_name ? cfg->shell_name : "Runspace1";
	w->env = (struct wsman_env){
		.to = address(&a, &cfg->http), .resource = cfg->resource ? cfg->resource : resource,
		.locale = cfg->locale ? cfg->locale : "en-US", .session = guid_random(),
		.max_envelope = WSMAN_ENVELOPE_SMALL,
	};
	snprintf(w->protocol, sizeof(w->protocol), "%d.%d", PSRP_VERSION / 100, PSRP_VERSION % 100);
	w->arena = a;
	arena_init(&w->replies, ARENA_MAX);
	buf_init(&w->raw, WSMAN_ENVELOPE_LARGE);
	buf_init(&w->shell, 1024);
	for (i = 0; i < LANES; i++)
		w->lane[i].w = w;
	target_init(&w->pool, &(struct guid){ { 0 } });
	return &w->x;
}
