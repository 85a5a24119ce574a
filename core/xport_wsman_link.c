/* Pools that live on without us: Disconnect, Reconnect, and Connect to what somebody else has left
 * (MS-WSMV 3.1.4.15 to 17; MS-PSRP 3.1.5.3.16 to 21). */
#include "core/xport_wsman_int.h"

enum { LEAVE_MS = 5000, SETTLE_MS = 5000 };

static struct xport_wsman *self(struct xport *x)
{
	return (struct xport_wsman *)x;
}

void wsman_tell(struct xport_wsman *w, enum xport_link now, const struct err *why)
{
	uint64_t left = w->retry_until - loop_now(w->cfg.http.loop);

	if (w->x.ev->link)
		w->x.ev->link(w->x.ctx, now, now == XPORT_RETRYING ? (unsigned)(left / 1000) : 0, why);
}

static void on_late(void *ctx)
{
	struct xport_wsman *w = ctx;

	w->late = true;
	wsman_kick(w);
}

/* What is to be over after ms */
static void bound(struct xport_wsman *w, uint32_t ms)
{
	w->late = false;
	loop_arm(w->cfg.http.loop, &w->bound, ms, on_late, w);
}

void wsman_down(struct xport_wsman *w, const struct err *why)
{
	struct err copy = { 0 };
	struct target *t;
	struct lane *l;

	if (why)
		copy = *why;
	w->leave = false;
	loop_disarm(w->cfg.http.loop, &w->bound);
	loop_disarm(w->cfg.http.loop, &w->retry);
	for (l = w->lane; l < w->lane + ALL_LANES; l++) {
		if (l->busy && !l->lost)
			wsman_lose(l, http_conn_sent(l->http));
		if (l->http)
			http_conn_free(l->http);
		l->http = NULL;
		l->stale = l->lost;
		l->brought = false;
	}
	for (t = w->pipes; t; t = t->next)
		t->parked = true;
	w->link = LINK_DOWN;
	wsman_tell(w, XPORT_DISCONNECTED, why ? &copy : NULL);
}

/* The shell is ours again; its commands need a Reconnect each, if the server knows such a thing. */
static void back(struct xport_wsman *w, bool commands)
{
	struct target *t;
	bool tell;

	loop_disarm(w->cfg.http.loop, &w->retry);
	w->pool.in.again = true;
	for (t = w->pipes; t; t = t->next) {
		t->in.again = true;
		t->away = t->parked || t->foreign || (commands && t->started);
	}
	if (w->leave) {
		w->leave = false;
		w->link = LINK_UP;
		wsman_resend(w);
		wsman_disconnect(&w->x, &w->keep);
	} else if (w->link == LINK_STAYING) {
		w->link = LINK_LEAVING;
	} else {
		tell = w->link == LINK_RECONNECTING || w->told;
		w->link = LINK_UP;
		if (tell)
			wsman_tell(w, XPORT_UP, NULL);
	}
	wsman_kick(w);
}

void wsman_link_answer(struct xport_wsman *w, const struct lane *l, uint32_t fault,
	const struct err *why)
{
	bool unknown = fault == WSMAN_UNSUPPORTED || fault == WSMAN_ACTION_UNKNOWN;
	struct err e = { 0 };

	if (l->op == WSMAN_DISCONNECT) {
		if (!why || fault == WSMAN_NO_DISCONNECT) {
			w->link = LINK_SETTLING;
			bound(w, SETTLE_MS);
			if (w->keep.idle_ms)
				w->idle.idle_ms = w->keep.idle_ms;
			if (w->keep.buffering)
				w->idle.buffering = w->keep.buffering;
		} else if (!fault) {
			wsman_retry(w);
		} else {
			w->link = LINK_UP;
			if (unknown)
				err_set(&e, E_REMOTE, "this server has no sessions that can be disconnected");
			err_copy(&e, why);
			wsman_tell(w, XPORT_UP, &e);
		}
	} else if (!why || unknown) {
		back(w, !unknown);
	} else if (w->link == LINK_RETRYING && !fault) {
		wsman_retry(w);
	} else {
		wsman_down(w, why);
	}
}

static bool busy(const struct xport_wsman *w, bool receives)
{
	const struct lane *l;

	for (l = w->lane; l < w->lane + ALL_LANES; l++)
		if (l->busy && !l->lost && (receives || l->op != WSMAN_RECEIVE))
			return true;
	return false;
}

/* A pipeline with a message of which only a part has come, or NULL. */
static struct target *half_way(const struct xport_wsman *w)
{
	struct target *t = w->pipes;

	while (t && (t->ended || t->gone || !t->started || t->parked || psrp_frag_idle(&t->in)))
		t = t->next;
	return t;
}

static void pump_leaving(struct xport_wsman *w)
{
	struct wsman_req q = { .op = WSMAN_DISCONNECT,
		.idle_ms = w->keep.idle_ms,
		.buffering = w->keep.buffering };
	struct target *t = w->late ? NULL : half_way(w);

	if (!wsman_begin_all(w))        /* whoever connects next looks for them there */
		return;
	if (t && t->away)
		wsman_return(w, t);
	else if (t)
		wsman_receive(w, t);
	if (!t && (w->late || !busy(w, false)) && wsman_post(w, &w->pool, &q))
		w->link = LINK_DISCONNECTING;
}

/* The answers that were under way have come. Whoever connects next gets the last ones again, unless
 * another request on their connections has shown that they came through. If one of them ended
 * within a message, the rest is worth going back for. */
static void pump_settling(struct xport_wsman *w)
{
	struct wsman_req get = { .op = WSMAN_GET }, q = { .op = WSMAN_RECONNECT };
	struct lane *l;

	if (!w->late && busy(w, true))
		return;
	for (l = w->lane; !w->late && l < w->lane + ALL_LANES; l++)
		if (l->brought && !l->busy && l->http)
			wsman_post_on(l, &w->pool, &get);
	if (!w->late && busy(w, true))
		return;
	if (!w->late && !w->stayed && half_way(w) && wsman_post(w, &w->pool, &q)) {
		w->link = LINK_STAYING;
		w->stayed = true;
		return;
	}
	wsman_down(w, NULL);
}

void wsman_link_pump(struct xport_wsman *w)
{
	if (w->link == LINK_LEAVING)
		pump_leaving(w);
	else if (w->link == LINK_SETTLING)
		pump_settling(w);
}

void wsman_hold(struct xport *x, bool held)
{
	self(x)->held = held;
	wsman_kick(self(x));
}

void wsman_disconnect(struct xport *x, const struct xport_keep *keep)
{
	struct xport_wsman *w = self(x);

	if (w->closing || w->over || !w->opened)
		return;
	w->keep = *keep;
	if (w->link == LINK_UP) {
		w->link = LINK_LEAVING;
		w->stayed = false;
		bound(w, LEAVE_MS);
		wsman_kick(w);
	} else if (w->link == LINK_RETRYING || w->link == LINK_RECONNECTING) {
		w->leave = true;
		if (w->told && w->link == LINK_RETRYING)        /* whoever asked hears how it is */
			loop_arm(w->cfg.http.loop, &w->retry, 0, wsman_on_retry, w);
	}
}

void wsman_reconnect(struct xport *x)
{
	struct xport_wsman *w = self(x);
	struct wsman_req q = { .op = WSMAN_RECONNECT };

	if (w->closing || w->over || w->link != LINK_DOWN)
		return;
	w->link = LINK_RECONNECTING;
	BUG_ON(!wsman_post(w, &w->pool, &q));
}

void wsman_connect(struct xport *x, const struct guid *pool, struct span capability,
	struct span connect)
{
	struct xport_wsman *w = self(x);

	w->connecting = true;
	w->x.ops->open(x, pool, capability, connect);
}

void wsman_attach(struct xport *x, const struct guid *pipe)
{
	struct xport_wsman *w = self(x);
	struct target *t = wsman_find(w, pipe);

	if (w->closing || w->over)
		return;
	if (!t) {
		t = wsman_add(w, pipe);
		t->posted = t->away = t->foreign = true;
	}
	t->parked = false;
	t->away = t->away && (t->started || t->foreign);        /* else its Command comes first */
	wsman_kick(w);
}

bool wsman_idle(const struct xport *x, struct xport_idle *out)
{
	*out = ((const struct xport_wsman *)x)->idle;
	return true;
}
