/* What servers answer to the requests of the WS-Management transport. */
#include "core/xport_wsman_int.h"
#include "lib/num.h"

enum { DELETES_MAX = 16 };              /* more than one, if the network fails */
#define LOW (1u << 20)                  /* input waiting: below this more is welcome */

/* PowerShell's words for what failed; why a session does not open is for the front end to word. */
void wsman_prefix(struct xport_wsman *w, enum wsman_op op, bool pool, struct err *e)
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
void wsman_fail(struct xport_wsman *w, const struct lane *l, const struct err *why)
{
	struct err e = *why;

	if (w->closing || w->over)
		return;
	wsman_prefix(w, l->op, l->t == &w->pool, &e);
	err_copy(&w->err, &e);
	wsman_drop_lanes(w);
	wsman_begin_closing(w);
}

/* A pipeline has come to its end on the wire; why NULL = as it should. */
void wsman_pipe_over(struct xport_wsman *w, struct target *t, const struct err *why)
{
	t->ended = true;
	wsman_drop_unsent(t);
	if (t->told)
		return;
	t->told = true;
	w->x.ev->pipe_closed(w->x.ctx, &t->id, why);
}

/* The server's word on how long it keeps a pool without a client. */
static void take_idle(struct xport_wsman *w, const struct wsman_item *shell)
{
	int64_t ms = shell->idle / (TICKS_PER_SEC / 1000);
	int64_t max = shell->max_idle / (TICKS_PER_SEC / 1000);

	w->idle.idle_ms = ms > 0 && ms <= UINT32_MAX ? (uint32_t)ms : 0;
	w->idle.max_idle_ms = max > 0 && max <= UINT32_MAX ? (uint32_t)max : 0;
	w->idle.buffering = shell->buffering;
}

static void take_created(struct xport_wsman *w, const struct wsman_reply *reply)
{
	w->pool.started = true;
	take_idle(w, &reply->shell);
	if (!reply->shell.id.n)
		return;
	buf_clear(&w->shell);
	buf_put(&w->shell, reply->shell.id);
}

/* We are connected to a pool, or a pipeline, that somebody else has left. What is under way in its
 * stream may begin with the rest of a message. */
static void take_connected(struct xport_wsman *w, struct lane *l, const struct wsman_reply *reply)
{
	struct target *t = l->t;
	struct psrp_frag_in in;
	struct err e = { 0 };
	int r = 0;

	psrp_frag_init(&in, PSRP_MSG_MAX);
	if (t == &w->pool)
		r = wsman_take(w, t, &in, reply->data, &e);
	psrp_frag_free(&in);
	if (w->over)
		return;
	t->started = t->in.resync = t->out[XPORT_STDIN].first_done = true;
	if (r >= 0 && !w->opened)
		r = err_peer(&e, "MS-PSRP 3.1.5.3.19 connectResponseXml", 0);
	/* Nobody's work is to be deleted only because we could not go on with it. */
	w->shell_exists = r >= 0;
	if (r < 0)
		wsman_fail(w, l, &e);
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
			wsman_fail(w, l, &e);
		}
		break;
	case WSMAN_SEND:
		if (!t->ended && frag_queue_len(&t->out[XPORT_STDIN]) < LOW)
			w->x.ev->room(w->x.ctx, t == &w->pool ? NULL : &t->id);
		break;
	case WSMAN_RECEIVE:
		done = reply->done;
		wsman_take_streams(w, l, reply);
		if (!w->over && !w->closing && done && t != &w->pool && !t->ended)
			wsman_pipe_over(w, t, NULL);
		break;
	case WSMAN_SIGNAL:
		t->gone = t->gone || l->terminate;
		break;
	case WSMAN_CONNECT:
		take_connected(w, l, reply);
		/* fall through */
	case WSMAN_RECONNECT:
		if (t != &w->pool)
			t->away = t->foreign = false;
		else if (l->op == WSMAN_RECONNECT)
			wsman_link_answer(w, l, 0, NULL);
		break;
	case WSMAN_DISCONNECT:
		wsman_link_answer(w, l, 0, NULL);
		break;
	case WSMAN_GET:
		take_idle(w, &reply->shell);
		break;
	default:
		break;
	}
}

/* There is no shell on a server that sends us to another. */
static void take_redirect(struct xport_wsman *w, const struct lane *l, struct span to)
{
	if (!to.n || l->op != WSMAN_CREATE)
		return;
	w->shell_exists = false;
	if (w->cfg.redirect)
		buf_put(w->cfg.redirect, to);
}

static bool is_disconnected(const struct wsman_reply *f)
{
	return f->kind == WSMAN_IS_FAULT &&
		(f->code == WSMAN_DISCONNECTED || f->code == WSMAN_STREAM_DISCONNECTED);
}

/* Faults that are about the link between us and the shell, or come because it has ended. */
static bool take_link_fault(struct xport_wsman *w, struct lane *l, const struct wsman_reply *f,
	bool gone, const struct err *e)
{
	uint32_t code = f->code;
	bool leaving = w->link == LINK_DISCONNECTING || w->link == LINK_SETTLING;
	bool pool = l->t == &w->pool;

	if (!w->opened || l->op == WSMAN_GET)
		return w->opened;
	if (pool && (l->op == WSMAN_DISCONNECT || l->op == WSMAN_RECONNECT) && !gone) {
		wsman_link_answer(w, l, code ? code : UINT32_MAX, e);
		return true;
	}
	if (leaving && l->op == WSMAN_RECEIVE)
		return true;
	if (!pool && l->op == WSMAN_RECONNECT && (code == WSMAN_UNSUPPORTED ||
		code == WSMAN_ACTION_UNKNOWN)) {
		l->t->away = false;
		return true;
	}
	if (is_disconnected(f) && l->op < WSMAN_DISCONNECT) {
		wsman_lose(l, false);           /* it was not done */
		if (w->link == LINK_UP)
			wsman_retry(w);
		return true;
	}
	if (code == WSMAN_OTHER_SESSION || code == WSMAN_OTHER_CLIENT) {
		wsman_down(w, e);
		return true;
	}
	return false;
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
	take_redirect(w, l, wsman_fault_redirect(f));
	wsman_fault_err(f, w->cfg.http.host, &e);
	if (take_link_fault(w, l, f, gone, &e))
		return;
	if (pool || f->code == WSMAN_SERVICE_GONE || (l->op == WSMAN_COMMAND && gone)) {
		wsman_fail(w, l, &e);
		return;
	}
	if (l->op == WSMAN_SIGNAL && l->terminate) {
		t->gone = true;         /* it was gone before */
		return;
	}
	if (l->op == WSMAN_SEND && gone) {
		/* The command has ended before it took all its input; its Receive tells how. */
		wsman_drop_unsent(t);
		return;
	}
	if (l->op == WSMAN_COMMAND || l->op == WSMAN_CONNECT)
		t->gone = true;
	if (t->ended)
		return;
	wsman_prefix(w, l->op, false, &e);
	wsman_pipe_over(w, t, t->stop && gone ? NULL : &e);
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
		[WSMAN_DISCONNECT] = WSMAN_IS_EMPTY,
		[WSMAN_RECONNECT] = WSMAN_IS_EMPTY,
		[WSMAN_CONNECT] = WSMAN_IS_CONNECTED,
		[WSMAN_GET] = WSMAN_IS_CREATED,
	};
	const struct guid *id = l->probing ? &l->probe : &l->id;

	/* A fault about XML that could not be read cannot tell what it relates to. */
	if (r->related ? !guid_eq(&r->relates_to, id) : r->kind != WSMAN_IS_FAULT)
		return err_set(e, E_PEER, "the server's answer belongs to another request (RelatesTo): is "
			"a proxy in between?");
	if (r->kind != WSMAN_IS_FAULT && r->kind != (l->probing ? WSMAN_IS_RECEIVED : wanted[l->op]))
		return err_set(e, E_PEER, "the server's answer is of another kind than the request");
	return 0;
}

/* What a Receive says about the Command whose answer was lost. False: that it never arrived, so it
 * is under way again. */
static bool take_probe(struct lane *l, const struct wsman_reply *reply)
{
	l->probing = false;
	if (reply->kind == WSMAN_IS_FAULT &&
		(reply->code == WSMAN_SHELL_GONE || reply->code == WSMAN_NOT_FOUND)) {
		l->maybe_sent = false;
		wsman_repost(l, buf_span(&l->sent));
		return false;
	}
	l->t->started = true;
	l->op = WSMAN_RECEIVE;
	return true;
}

/* The server still works on what we have sent again. False: it is something else. */
static bool in_progress(struct lane *l, const struct wsman_reply *reply)
{
	if (!l->resent || reply->kind != WSMAN_IS_FAULT || reply->code != WSMAN_IN_PROGRESS)
		return false;
	wsman_lose(l, true);
	l->w->empty = UINT32_MAX;       /* in a moment again */
	return true;
}

/* Before the shell is deleted: another client may have connected to it, whose it is then. */
static void take_claim(struct xport_wsman *w, const struct wsman_reply *reply)
{
	uint32_t code = reply->kind == WSMAN_IS_FAULT ? reply->code : WSMAN_UNSUPPORTED;

	w->claim = w->delete_posted = false;
	if (code == WSMAN_UNSUPPORTED || code == WSMAN_ACTION_UNKNOWN)
		return;
	w->shell_exists = false;
	if (code != WSMAN_SHELL_GONE && code != WSMAN_NOT_FOUND)
		wsman_fault_err(reply, w->cfg.http.host, &w->err);
}

static void take_failure(struct xport_wsman *w, struct lane *l, const struct http_reply *r)
{
	wsman_lane_done(l);
	if (l->op == WSMAN_CREATE)
		w->shell_exists = r->maybe_sent;
	take_redirect(w, l, r->redirect);
	wsman_fail(w, l, r->err);
}

static void take_envelope(struct xport_wsman *w, struct lane *l, struct wsman_reply *reply)
{
	w->keeps = w->keeps || reply->keeps;
	if (in_progress(l, reply) || (l->probing && !take_probe(l, reply)))
		return;
	wsman_lane_done(l);
	/* What the server has worked on acknowledges the answer before. */
	if (l->op != WSMAN_DISCONNECT && !is_disconnected(reply))
		l->brought = false;
	if (w->closing && w->claim && l->op == WSMAN_RECONNECT && l->t == &w->pool)
		take_claim(w, reply);
	if (w->closing && l->op != WSMAN_CREATE)
		return;                 /* faults, too: Delete makes a Receive under way end in one */
	if (reply->kind == WSMAN_IS_FAULT)
		take_fault(w, l, reply);
	else
		take_answer(w, l, reply);
}

static void take_reply(struct xport_wsman *w, struct lane *l, const struct http_reply *r)
{
	struct wsman_reply reply;
	struct err e = { 0 };
	struct buf text;

	if (r->err) {
		take_failure(w, l, r);
		return;
	}
	if (l->op != WSMAN_RECONNECT || l->t != &w->pool)
		l->losses = 0;
	buf_init(&text, BODY_MAX);
	if (wsman_reply_read(wsman_reply_text(r->body, &text), &w->replies, &reply, &e) == 0 &&
		check(l, &reply, &e) == 0) {
		take_envelope(w, l, &reply);
	} else {
		wsman_lane_done(l);
		wsman_fail(w, l, &e);
	}
	buf_free(&text);
}

void wsman_lane_done(struct lane *l)
{
	if (l->busy && l->op == WSMAN_RECEIVE)
		l->t->receiving = false;
	if (l->busy && l->op == WSMAN_SEND)
		l->t->sending[l->prio] = false;
	if (l->busy && (l->op == WSMAN_CONNECT || l->op == WSMAN_RECONNECT))
		l->t->returning = false;
	l->busy = l->lost = l->maybe_sent = l->stale = l->probing = l->resent = false;
}

void wsman_answer(void *ctx, const struct http_reply *r)
{
	struct lane *l = ctx;
	struct xport_wsman *w = l->w;
	bool ending = w->closing && l->op == (w->claim ? WSMAN_RECONNECT : WSMAN_DELETE);

	w->cfg.http.known |= !r->err;
	wsman_enter(w);
	if (ending && r->err && w->deletes++ < DELETES_MAX) {
		wsman_lane_done(l);
		w->delete_posted = false;
		w->claim = w->opened;
		w->empty = UINT32_MAX;   /* not at once */
	} else if (l->op == WSMAN_DELETE || (ending && r->err)) {
		wsman_lane_done(l);
		if (r->err)
			err_copy(&w->err, r->err);
		wsman_finish(w);
	} else if (!r->err || !wsman_lost(l, r)) {
		take_reply(w, l, r);
	}
	if (!w->over)
		arena_reset(&w->replies);
	if (!l->busy && l->sent.cap > 65536)
		buf_free(&l->sent);
	else if (!l->busy)
		buf_clear(&l->sent);
	wsman_kick(w);
	wsman_leave(w);
}
