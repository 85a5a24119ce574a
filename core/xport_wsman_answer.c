/* What servers answer to the requests of the WS-Management transport. */
#include "core/clixml.h"
#include "core/psrp_msg.h"
#include "core/xport_wsman_int.h"
#include "lib/b64.h"
#include "lib/utf.h"

#define LOW (1u << 20)                  /* input waiting: below this more is welcome */

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
	wsman_drop_lanes(w);
	wsman_begin_closing(w);
}

/* A pipeline has come to its end on the wire; why NULL = as it should. */
static void pipe_over(struct xport_wsman *w, struct target *t, const struct err *why)
{
	t->ended = true;
	wsman_drop_unsent(t);
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

/* A command that goes over what the user takes ends here; the session goes on. */
static int too_much(struct xport_wsman *w, struct target *t, const char *what, uint64_t max,
	const char *option)
{
	struct err e = { 0 };

	err_set(&e, E_LIMIT, "%s received from the remote server exceeded the allowed maximum of %llu "
		"bytes (-SessionOption %s).", what, (unsigned long long)max, option);
	prefix(w, WSMAN_RECEIVE, false, &e);
	pipe_over(w, t, &e);
	return 0;
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
	t->received += raw->n;
	if (t != &w->pool && w->cfg.max_data && t->received > w->cfg.max_data)
		return too_much(w, t, "The total data", w->cfg.max_data,
			"MaximumReceivedDataSizePerCommand");
	in = buf_span(raw);
	while (!w->over && !t->ended && (r = psrp_frag_feed(&t->in, &in, &msg)) > 0) {
		if (t == &w->pool)
			look_at(w, msg);
		w->x.ev->message(w->x.ctx, t == &w->pool ? NULL : &t->id, msg);
	}
	if (r == E_LIMIT && t != &w->pool)
		return too_much(w, t, "An object", w->cfg.max_object, "MaximumReceivedObjectSize");
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

/* There is no shell on a server that sends us to another. */
static void take_redirect(struct xport_wsman *w, const struct lane *l, struct span to)
{
	if (!to.n || l->op != WSMAN_CREATE)
		return;
	w->shell_exists = false;
	if (w->cfg.redirect)
		buf_put(w->cfg.redirect, to);
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
		wsman_drop_unsent(t);
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

/* The envelope, whatever it was written in (DSP0226 13.1). */
static struct span utf8(struct span body, struct buf *text)
{
	if (span_starts(body, "\xff\xfe"))
		body = span_sub(body, 2, body.n);
	else if (body.n < 2 || body.p[0] != '<' || body.p[1])
		return body;
	utf16le_get(text, body);        /* what cannot be read, the parser will say */
	return buf_span(text);
}

static void take_reply(struct xport_wsman *w, struct lane *l, const struct http_reply *r)
{
	struct wsman_reply reply;
	struct err e = { 0 };
	struct buf text;
	bool ok;

	if (r->err) {
		if (l->op == WSMAN_CREATE)
			w->shell_exists = r->maybe_sent;
		take_redirect(w, l, r->redirect);
		fail(w, l, r->err);
		return;
	}
	buf_init(&text, BODY_MAX);
	ok = wsman_reply_read(utf8(r->body, &text), &w->replies, &reply, &e) == 0 &&
		check(l, &reply, &e) == 0;
	if (!ok)
		fail(w, l, &e);
	else if (w->closing && l->op != WSMAN_CREATE)
		;                       /* faults, too: Delete makes a Receive under way end in one */
	else if (reply.kind == WSMAN_IS_FAULT)
		take_fault(w, l, &reply);
	else
		take_answer(w, l, &reply);
	buf_free(&text);
}

void wsman_answer(void *ctx, const struct http_reply *r)
{
	struct lane *l = ctx;
	struct xport_wsman *w = l->w;

	wsman_enter(w);
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
	wsman_kick(w);
	wsman_leave(w);
}
