/* Robust connections (MS-WSMV 3.1.4.1.39). When the network fails under an open pool, nothing is
 * said to have failed: a Reconnect, which changes nothing for a shell that is connected, is tried
 * until it gets through; then what was lost is sent again. A server that keeps its answers gives
 * the one that was lost, instead of doing things twice. For one that does not: a Receive, a Signal
 * and what goes to the pool or in answer to a host call may be repeated; a Command is looked for
 * first; whether input arrived cannot be known, so its pipeline fails. */
#include "core/xport_wsman_int.h"

enum { MOMENT = 100, PAUSE_MIN = 250, PAUSE_MAX = 15000, TELL_MS = 1000, PROBE_MS = 1000 };
enum { LOSSES_MAX = 16 };               /* then it is not the network */

void wsman_lose(struct lane *l, bool maybe_sent)
{
	l->busy = l->lost = true;
	l->maybe_sent = l->maybe_sent || maybe_sent;
	if (l->op == WSMAN_RECEIVE)
		l->t->receiving = true;
	if (l->op == WSMAN_SEND)
		l->t->sending[l->prio] = true;
	if (l->op == WSMAN_RECEIVE && l->maybe_sent && !l->w->keeps)
		l->t->doubtful = true;
	/* These are made anew. */
	if (l->op >= WSMAN_DISCONNECT || (l->op == WSMAN_RECEIVE && l->t->ended))
		wsman_lane_done(l);
}

/* The network is given a moment before the user hears of it. This timer comes again while a
 * Reconnect is under way: for that, and when the time is over. */
void wsman_on_retry(void *ctx)
{
	struct xport_wsman *w = ctx;
	struct wsman_req q = { .op = WSMAN_RECONNECT };
	uint64_t now = loop_now(w->cfg.http.loop);
	uint32_t left = now < w->retry_until ? (uint32_t)(w->retry_until - now) : 0;

	wsman_enter(w);
	if (!left) {
		wsman_down(w, &w->why);
	} else {
		if (!w->asking)
			w->asking = wsman_post(w, &w->pool, &q);
		else
			w->told = true;
		w->told = w->told || w->retries;
		loop_arm(w->cfg.http.loop, &w->retry, w->told || left < TELL_MS ? left : TELL_MS,
			wsman_on_retry, w);
		if (w->told)
			wsman_tell(w, XPORT_RETRYING, NULL);
	}
	wsman_leave(w);
}

void wsman_retry(struct xport_wsman *w)
{
	uint64_t now = loop_now(w->cfg.http.loop);
	uint32_t pause = 0;

	w->asking = false;
	if (w->link != LINK_RETRYING) {
		w->leave = w->link == LINK_LEAVING || w->link == LINK_DISCONNECTING;
		w->link = LINK_RETRYING;
		if (now + w->cfg.retry_ms < w->retry_until + MOMENT)
			pause = MOMENT;         /* that was done just now */
		w->retry_until = now + w->cfg.retry_ms;
		w->retries = 0;
		w->told = false;
	} else {
		pause = w->retries < 6 ? PAUSE_MIN << w->retries : PAUSE_MAX;
		w->retries++;
	}
	if (now + pause > w->retry_until)
		pause = (uint32_t)(w->retry_until > now ? w->retry_until - now : 0);
	loop_arm(w->cfg.http.loop, &w->retry, pause, wsman_on_retry, w);
}

bool wsman_lost(struct lane *l, const struct http_reply *r)
{
	struct xport_wsman *w = l->w;
	bool shell = l->t == &w->pool && (l->op == WSMAN_RECONNECT || l->op == WSMAN_DISCONNECT);
	/* TLS that was fine before: the handshake was cut off, or somebody else answers (a hotel). */
	int code = r->cut || r->err->code == E_TLS ? E_NET : r->err->code;

	if (!w->opened || w->closing || (code != E_NET && code != E_PEER && code != E_AUTH))
		return false;
	/* While a listener is started anew, anything may answer; but not in the middle. */
	if (code == E_PEER && w->link == LINK_UP)
		return false;
	if ((!shell || l->op == WSMAN_DISCONNECT) && ++l->losses > LOSSES_MAX) {
		if (shell)
			wsman_down(w, r->err);
		return shell;
	}
	w->why = *r->err;
	wsman_lose(l, r->maybe_sent);
	/* trying to log in again may lock the account */
	if (code == E_AUTH || (code == E_NET && w->cfg.retry_ms == 1))
		wsman_down(w, r->err);
	else if (shell)
		wsman_link_answer(w, l, 0, r->err);
	else if (w->link == LINK_UP || w->link == LINK_LEAVING)
		wsman_retry(w);
	return true;
}

/* Asks for output of the command, which tells whether there is such a command. */
static void probe(struct lane *l)
{
	struct xport_wsman *w = l->w;
	struct wsman_req q = { .op = WSMAN_RECEIVE, .timeout_ms = PROBE_MS, .command = &l->t->id,
		.shell = buf_span(&w->shell), .id = guid_random() };
	struct buf envelope;

	l->probing = true;
	l->probe = q.id;
	buf_init(&envelope, 65536);
	wsman_put(&w->env, &q, &envelope);
	wsman_repost(l, buf_span(&envelope));
	buf_free(&envelope);
}

static void again(struct lane *l)
{
	struct xport_wsman *w = l->w;
	struct target *t = l->t;
	struct err e = { 0 };

	if (l->op == WSMAN_RECEIVE && t->ended) {
		wsman_lane_done(l);
	} else if (!l->maybe_sent || l->op == WSMAN_SIGNAL || l->op == WSMAN_RECEIVE ||
		(w->keeps && !l->stale)) {
		if (l->maybe_sent && w->keeps)
			wsman_put_again(&w->env, &l->sent);
		wsman_repost(l, buf_span(&l->sent));
	} else if (l->op == WSMAN_COMMAND) {
		probe(l);
	} else if (t == &w->pool || l->prio == XPORT_PR) {
		wsman_repost(l, buf_span(&l->sent));
	} else {
		err_set(&e, E_NET, "the connection was lost while input was sent, and it cannot be known "
			"whether the server got it: run the command again");
		wsman_lane_done(l);
		if (!t->ended)
			wsman_pipe_over(w, t, &e);
	}
}

void wsman_resend(struct xport_wsman *w)
{
	struct lane *l;

	for (l = w->lane; l < w->lane + ALL_LANES && !w->over && w->link == LINK_UP; l++)
		if (l->lost && (!l->t->away || l->t->ended))
			again(l);
}
