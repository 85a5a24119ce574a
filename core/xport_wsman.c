#include "core/xport_wsman_int.h"
#include <stdio.h>
#include "core/psrp_body.h"
#include "core/psrp_msg.h"

enum {
	OPERATION_MS = 180000,
	CLOSE_MS = 5000,
	RETRY_MS = 240000,
	ARENA_MAX = 4 << 20,
	EMPTY_MAX = 20, EMPTY_MS = 100, /* who has nothing to say should not be asked so often */
};

static struct xport_wsman *self(struct xport *x)
{
	return (struct xport_wsman *)x;
}

static void target_init(const struct xport_wsman *w, struct target *t, const struct guid *id)
{
	*t = (struct target){ .id = *id };
	frag_queue_init(&t->out[XPORT_STDIN]);
	frag_queue_init(&t->out[XPORT_PR]);
	psrp_frag_init(&t->in, w->cfg.max_object);
}

static void target_free(struct target *t)
{
	frag_queue_free(&t->out[XPORT_STDIN]);
	frag_queue_free(&t->out[XPORT_PR]);
	psrp_frag_free(&t->in);
}

void wsman_drop_unsent(struct target *t)
{
	frag_queue_drop(&t->out[XPORT_STDIN]);
	frag_queue_drop(&t->out[XPORT_PR]);
}

struct target *wsman_find(const struct xport_wsman *w, const struct guid *id)
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

void wsman_drop_lanes(struct xport_wsman *w)
{
	struct lane *l;

	for (l = w->lane; l < w->lane + ALL_LANES; l++) {
		if (l->http)
			http_conn_free(l->http);
		l->http = NULL;
		wsman_lane_done(l);
		buf_free(&l->sent);
	}
}

/* Ends everything of ours but the memory of w. */
static void shut_down(struct xport_wsman *w)
{
	struct target *t;

	w->over = true;
	loop_disarm(w->cfg.http.loop, &w->pump);
	loop_disarm(w->cfg.http.loop, &w->bound);
	loop_disarm(w->cfg.http.loop, &w->retry);
	wsman_drop_lanes(w);
	target_free(&w->pool);
	for (t = w->pipes; t; t = t->next)
		target_free(t);
	w->pipes = NULL;
	arena_free(&w->replies);
	buf_free(&w->raw);
	buf_free(&w->shell);
}

void wsman_enter(struct xport_wsman *w)
{
	w->depth++;
}

void wsman_leave(struct xport_wsman *w)
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

	wsman_enter(w);
	if (w->impatient) {
		err_set(&w->err, E_NET, "the server does not answer");
		wsman_finish(w);
	} else {
		w->impatient = true;
		loop_arm(w->cfg.http.loop, &w->bound, w->cfg.close_ms / 2, on_bound, w);
		wsman_pump(w);
	}
	wsman_leave(w);
}

void wsman_begin_closing(struct xport_wsman *w)
{
	struct lane *l;

	w->closing = true;
	loop_disarm(w->cfg.http.loop, &w->retry);
	for (l = w->lane; l < w->lane + ALL_LANES; l++)
		if (l->lost)
			wsman_lane_done(l);
	loop_arm(w->cfg.http.loop, &w->bound, w->cfg.close_ms / 2, on_bound, w);
}

static bool is_busy(const struct xport_wsman *w, const struct target *t)
{
	const struct lane *l;

	for (l = w->lane; l < w->lane + ALL_LANES; l++)
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

	wsman_enter(w);
	reap(w);
	if (!w->over)
		wsman_pump(w);
	wsman_leave(w);
}

void wsman_kick(struct xport_wsman *w)
{
	if (!w->over)
		loop_arm(w->cfg.http.loop, &w->pump, w->empty > EMPTY_MAX ? EMPTY_MS : 0, on_pump, w);
}

void wsman_queue(struct xport_wsman *w, struct target *t, enum xport_prio prio, struct span msg)
{
	if (t->ended || w->closing || w->over)
		return;
	if (!frag_queue_put(&t->out[prio], msg)) {
		err_set(&w->err, E_LIMIT, "more than %u bytes are waiting to be sent", PSRP_MSG_MAX);
		wsman_begin_closing(w);
	}
	wsman_kick(w);
}

static void wsman_open(struct xport *x, const struct guid *pool, struct span capability,
	struct span init)
{
	struct xport_wsman *w = self(x);

	w->pool.id = *pool;
	buf_puts(&w->shell, guid_fmt_upper(pool).s);
	wsman_queue(w, &w->pool, XPORT_STDIN, capability);
	wsman_queue(w, &w->pool, XPORT_STDIN, init);
}

static struct guid wsman_next_pipe(struct xport *x)
{
	(void)x;
	return guid_random();
}

struct target *wsman_add(struct xport_wsman *w, const struct guid *pipe)
{
	struct target *t = w->unused;

	if (t)
		w->unused = t->next;
	else
		t = arena_alloc(&w->arena, sizeof(*t));
	BUG_ON(!t);
	target_init(w, t, pipe);
	t->next = w->pipes;
	w->pipes = t;
	return t;
}

static void wsman_create(struct xport *x, const struct guid *pipe, struct span msg)
{
	struct xport_wsman *w = self(x);

	if (w->closing || w->over)
		return;
	w->empty = 0;                   /* of a pool that was idle for long */
	wsman_queue(w, wsman_add(w, pipe), XPORT_STDIN, msg);
}

static void wsman_send(struct xport *x, const struct guid *pipe, enum xport_prio prio,
	struct span msg)
{
	struct xport_wsman *w = self(x);
	struct target *t = wsman_find(w, pipe);
	uint32_t type = msg.n >= PSRP_MSG_HEAD ? get_u32le(msg.p + 4) : 0;

	if (!t)
		return;
	if (t == &w->pool && (type == PSRP_PUBLIC_KEY || type == PSRP_GET_AVAILABLE_RUNSPACES))
		t->expect++;
	wsman_queue(w, t, prio, msg);
}

static size_t wsman_queued(const struct xport *x, const struct guid *pipe)
{
	const struct target *t = wsman_find((const struct xport_wsman *)x, pipe);

	return t ? frag_queue_len(&t->out[XPORT_STDIN]) + frag_queue_len(&t->out[XPORT_PR]) : 0;
}

static void wsman_stop(struct xport *x, const struct guid *pipe)
{
	struct target *t = pipe ? wsman_find(self(x), pipe) : NULL;

	if (t)
		t->stop = true;
	wsman_kick(self(x));
}

static void wsman_end_pipe(struct xport *x, const struct guid *pipe)
{
	struct target *t = pipe ? wsman_find(self(x), pipe) : NULL;

	if (!t)
		return;
	t->ended = true;
	t->gone = t->gone || !t->posted || (t->foreign && !t->returning);
	wsman_drop_unsent(t);
	wsman_kick(self(x));
}

static void wsman_close(struct xport *x)
{
	struct xport_wsman *w = self(x);

	if (w->over || w->closing)
		return;
	w->claim = w->link == LINK_DOWN || w->link == LINK_RETRYING || w->link == LINK_RECONNECTING;
	wsman_begin_closing(w);
	wsman_kick(w);
}

static void wsman_free(struct xport *x)
{
	struct xport_wsman *w = self(x);

	if (!w->over)
		shut_down(w);
	w->freed = true;
	wsman_enter(w);
	wsman_leave(w);
}

static void wsman_keep(struct xport *x)
{
	self(x)->kept = true;
	wsman_kick(self(x));
}

static const struct xport_ops wsman_ops = {
	.open = wsman_open, .next_pipe = wsman_next_pipe, .create = wsman_create, .send = wsman_send,
	.queued = wsman_queued, .stop = wsman_stop, .end_pipe = wsman_end_pipe, .close = wsman_close,
	.free = wsman_free, .hold = wsman_hold, .disconnect = wsman_disconnect,
	.reconnect = wsman_reconnect, .connect = wsman_connect, .attach = wsman_attach,
	.idle = wsman_idle, .keep = wsman_keep,
};

const char *wsman_address(struct arena *a, const struct http_conn_cfg *http)
{
	bool bare6 = strchr(http->host, ':') && http->host[0] != '[';
	struct buf b;
	char *to;

	buf_init(&b, 4096);
	buf_printf(
		&b, bare6 ? "%s://[%s]:%u%s" : "%s://%s:%u%s", http->tls ? "https" : "http", http->host,
		http->port, http->path);
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
	if (!w->cfg.max_object || w->cfg.max_object > PSRP_MSG_MAX)
		w->cfg.max_object = PSRP_MSG_MAX;
	w->cfg.retry_ms = cfg->retry_ms ? cfg->retry_ms : RETRY_MS;
	w->cfg.shell_name = cfg->shell_name ? cfg->shell_name : "Runspace1";
	w->env = (struct wsman_env){
		.to = wsman_address(&a, &cfg->http), .resource = cfg->resource ? cfg->resource : resource,
		.locale = cfg->locale ? cfg->locale : "en-US",
		.data_locale = cfg->data_locale ? cfg->data_locale : "en-US", .utf16 = cfg->utf16,
		.session = guid_random(), .max_envelope = WSMAN_ENVELOPE_SMALL,
	};
	snprintf(w->protocol, sizeof(w->protocol), "%d.%d", PSRP_VERSION / 100, PSRP_VERSION % 100);
	w->arena = a;
	arena_init(&w->replies, ARENA_MAX);
	buf_init(&w->raw, WSMAN_ENVELOPE_LARGE);
	buf_init(&w->shell, 1024);
	for (i = 0; i < ALL_LANES; i++) {
		w->lane[i].w = w;
		buf_init_secret(&w->lane[i].sent, WSMAN_ENVELOPE_LARGE + 65536);
	}
	target_init(w, &w->pool, &(struct guid){ { 0 } });
	return &w->x;
}
