#include "core/xport_wsman_int.h"

enum { RECEIVE_MS = 60000, SLACK_MS = 30000, LINK_MS = 20000};

/* Whether what is under way should not be waited for by another request. */
static bool may_take_long(enum wsman_op busy, enum wsman_op wanted)
{
	if (wanted == WSMAN_DELETE)
		return busy != WSMAN_SIGNAL && busy != WSMAN_SEND;
	return busy == WSMAN_RECEIVE || (busy == WSMAN_SEND && wanted == WSMAN_RECEIVE);
}

/* A connection for op, or NULL when it has to wait. Another one is opened only when all there are
 * may be held for long. */
static struct lane *lane_for(struct xport_wsman *w, enum wsman_op op)
{
	bool low = op == WSMAN_COMMAND || op == WSMAN_RECEIVE || op == WSMAN_CREATE;
	struct lane *idle = NULL, *fresh = NULL, *l;
	unsigned receives = 0;
	bool held = true;

	for (l = w->lane; l < w->lane + LANES; l++) {
		if (!l->http && !l->busy) {
			fresh = fresh ? fresh : l;
		} else if (!l->busy) {
			/* What runs beside leaves the first connection to what the user waits for. */
			idle = idle && low ? idle : l;
		} else {
			receives += l->op == WSMAN_RECEIVE;
			held = held && may_take_long(l->op, op);
		}
	}
	if (op == WSMAN_RECEIVE && receives >= RECEIVES_MAX)
		return NULL;
	if (!idle && op >= WSMAN_DISCONNECT && (!fresh || !held))
		return w->lane[LINK_LANE].busy ? NULL : &w->lane[LINK_LANE];
	return idle || !fresh || !held ? idle : fresh;
}

static void post_envelope(struct lane *l, struct span envelope)
{
	l->busy = true;
	if (!l->http) {
		if (l->w->opened && l->w->cfg.http.connect_ms > LINK_MS)
			l->w->cfg.http.connect_ms = LINK_MS;
		l->http = http_conn_new(&l->w->cfg.http);
		if (l != l->w->lane && l->w->lane->http)
			http_conn_learn(l->http, l->w->lane->http);
	}
	http_conn_post(l->http, envelope, l->w->cfg.utf16 ? WSMAN_TYPE_UTF16 : WSMAN_TYPE, l->wait_ms,
		wsman_answer, l);
}

void wsman_repost(struct lane *l, struct span envelope)
{
	l->lost = false;
	l->resent = true;
	post_envelope(l, envelope);
}

void wsman_post_on(struct lane *l, struct target *t, struct wsman_req *q)
{
	struct xport_wsman *w = l->w;
	uint32_t wait = w->cfg.operation_ms;

	if (q->op == WSMAN_RECEIVE && wait > RECEIVE_MS)
		wait = RECEIVE_MS;      /* so that a dead server is noticed */
	l->wait_ms = wait + SLACK_MS;
	if (q->op == WSMAN_DISCONNECT || q->op == WSMAN_RECONNECT || q->op == WSMAN_GET)
		l->wait_ms = wait = LINK_MS;    /* what takes longer is tried again, or given up */
	l->op = q->op;
	l->t = t;
	l->terminate = q->code && t->ended;
	l->id = guid_random();
	q->id = l->id;
	q->timeout_ms = q->timeout_ms ? q->timeout_ms : wait;
	q->shell = buf_span(&w->shell);
	if (t != &w->pool)
		q->command = &t->id;
	buf_clear(&l->sent);
	wsman_put(&w->env, q, &l->sent);
	post_envelope(l, buf_span(&l->sent));
}

bool wsman_post(struct xport_wsman *w, struct target *t, struct wsman_req *q)
{
	struct lane *l = lane_for(w, q->op);

	if (l)
		wsman_post_on(l, t, q);
	return l != NULL;
}

/* Sends what waits at the front of a stream, with Create, Command or Send. */
static bool post_data(struct xport_wsman *w, struct target *t, struct wsman_req *q,
	enum xport_prio prio)
{
	struct lane *l = lane_for(w, q->op);
	size_t room;

	if (!l)
		return false;
	q->shell = buf_span(&w->shell);
	q->command = t == &w->pool ? NULL : &t->id;
	q->stream = prio == XPORT_PR ? "pr" : "stdin";
	room = wsman_room(&w->env, q);
	buf_clear(&w->raw);
	/* A command begins with its first message; what follows must find it running. */
	frag_queue_take(&t->out[prio], &w->last_object, room, q->op == WSMAN_COMMAND, &w->raw);
	q->data = buf_span(&w->raw);
	l->prio = prio;
	wsman_post_on(l, t, q);
	if (w->raw.cap > 65536)
		buf_free(&w->raw);
	return true;
}

static void send_stream(struct xport_wsman *w, struct target *t, enum xport_prio prio)
{
	struct wsman_req q = { .op = WSMAN_SEND };

	if (t->started && !t->away && !t->ended && !t->sending[prio] && frag_queue_len(&t->out[prio]))
		t->sending[prio] = post_data(w, t, &q, prio);
}

static void send_stop(struct xport_wsman *w, struct target *t)
{
	struct wsman_req q = { .op = WSMAN_SIGNAL, .code = WSMAN_SIGNAL_STOP };

	if (t->stop && t->started && !t->away && !t->ended && !t->stop_posted)
		t->stop_posted = wsman_post(w, t, &q);
}

static void send_command(struct xport_wsman *w, struct target *t)
{
	struct wsman_req q = { .op = WSMAN_COMMAND };

	if (!t->posted && !t->ended && t != &w->pool)
		t->posted = post_data(w, t, &q, XPORT_STDIN);
}

/* What fits in one envelope goes before the Receive: no second connection is needed for it. */
static void send_little(struct xport_wsman *w, struct target *t)
{
	if (frag_queue_len(&t->out[XPORT_STDIN]) < w->env.max_envelope / 2 ||
		!t->out[XPORT_STDIN].first_done)
		send_stream(w, t, XPORT_STDIN);
}

static void send_rest(struct xport_wsman *w, struct target *t)
{
	send_stream(w, t, XPORT_STDIN);
}

static void send_pr(struct xport_wsman *w, struct target *t)
{
	send_stream(w, t, XPORT_PR);
}

bool wsman_begin_all(struct xport_wsman *w)
{
	struct target *t;
	bool all = true;

	for (t = w->pipes; t; t = t->next) {
		if (t->ended || t->parked || t->foreign)
			continue;
		send_command(w, t);
		if (!t->out[XPORT_STDIN].first_done)
			send_rest(w, t);
		all = all && t->started && t->out[XPORT_STDIN].first_done;
	}
	return all;
}

void wsman_receive(struct xport_wsman *w, struct target *t)
{
	struct wsman_req q = { .op = WSMAN_RECEIVE };
	const struct frag_queue *in = &t->out[XPORT_STDIN];

	if (t == &w->pool && w->opened && !t->expect && !w->kept)
		return;
	if (!t->started || t->away || t->ended || t->receiving || !in->first_done ||
		(t->sending[XPORT_STDIN] && !frag_queue_len(in)))
		return;
	t->receiving = wsman_post(w, t, &q);
}

static void receive(struct xport_wsman *w, struct target *t)
{
	if (!w->held || t == &w->pool)
		wsman_receive(w, t);
}

void wsman_return(struct xport_wsman *w, struct target *t)
{
	struct wsman_req q = { .op = t->foreign ? WSMAN_CONNECT : WSMAN_RECONNECT };

	if (t->away && !t->parked && !t->ended && !t->returning)
		t->returning = wsman_post(w, t, &q);
}

static void send_terminate(struct xport_wsman *w, struct target *t)
{
	struct wsman_req q = { .op = WSMAN_SIGNAL, .code = WSMAN_SIGNAL_TERMINATE };

	if (t->ended && t->started && !t->gone && !t->terminate_posted && t != &w->pool)
		t->terminate_posted = wsman_post(w, t, &q);
}

static void pump_close(struct xport_wsman *w)
{
	struct wsman_req q = { .op = w->claim ? WSMAN_RECONNECT : WSMAN_DELETE };

	if (w->lane[0].busy && w->lane[0].op == WSMAN_CREATE) {
		if (!http_conn_sent(w->lane[0].http))
			w->shell_exists = false;
		else if (!w->impatient)
			return;         /* whether there is a shell will be known */
	}
	if (!w->shell_exists)
		wsman_finish(w);
	else if (!w->delete_posted)
		w->delete_posted = wsman_post(w, &w->pool, &q);
}

void wsman_pump(struct xport_wsman *w)
{
	/* In order of urgency. */
	static void (*const try[])(struct xport_wsman *, struct target *) = {
		wsman_return, send_stop, send_pr, send_command, send_little, receive, send_rest,
		send_terminate,
	};
	struct wsman_req create = { .op = w->connecting ? WSMAN_CONNECT : WSMAN_CREATE,
		.protocol = w->protocol,
		.name = w->cfg.shell_name,
		.no_profile = w->cfg.no_profile,
		.idle_ms = w->cfg.idle_ms,
		.buffering = w->cfg.buffering };
	struct wsman_req get = { .op = WSMAN_GET };
	struct target *t;
	size_t i;

	if (w->closing) {
		pump_close(w);
		return;
	}
	if (!w->pool.posted) {
		w->pool.posted = post_data(w, &w->pool, &create, XPORT_STDIN);
		w->shell_exists = w->pool.posted && !w->connecting;
	}
	if (!w->pool.started)
		return;
	if (w->link != LINK_UP) {
		wsman_link_pump(w);
		return;
	}
	wsman_resend(w);
	if (w->connecting && !w->asked)
		w->asked = wsman_post(w, &w->pool, &get);
	for (i = 0; i < sizeof(try) / sizeof(try[0]); i++) {
		try[i](w, &w->pool);
		for (t = w->pipes; t; t = t->next)
			try[i](w, t);
	}
}
