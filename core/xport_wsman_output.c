/* Output that came over WS-Management: fragments become messages. */
#include "core/clixml.h"
#include "core/psrp_msg.h"
#include "core/xport_wsman_int.h"
#include "lib/b64.h"

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
	} else if (m.type == PSRP_RUNSPACEPOOL_INIT_DATA) {
		w->opened = w->connecting;
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
	wsman_prefix(w, WSMAN_RECEIVE, false, &e);
	wsman_pipe_over(w, t, &e);
	return 0;
}

/* Messages of t, as base64 of their fragments. */
int wsman_take(struct xport_wsman *w, struct target *t, struct psrp_frag_in *frag,
	struct span base64, struct err *e)
{
	struct span in, msg;
	struct buf raw;
	int r = 0;

	buf_init(&raw, BODY_MAX);
	if (!b64_get(&raw, base64))
		r = err_peer(e, "MS-WSMV 2.2.4.34 base64", 0);
	t->received += raw.n;
	if (r >= 0 && t != &w->pool && w->cfg.max_data && t->received > w->cfg.max_data)
		r = too_much(w, t, "The total data", w->cfg.max_data, "MaximumReceivedDataSizePerCommand");
	in = buf_span(&raw);
	while (r >= 0 && !w->over && !t->ended && (r = psrp_frag_feed(frag, &in, &msg)) > 0) {
		if (t == &w->pool)
			look_at(w, msg);
		w->x.ev->message(w->x.ctx, t == &w->pool ? NULL : &t->id, msg);
	}
	if (r == E_LIMIT && t != &w->pool)
		r = too_much(w, t, "An object", w->cfg.max_object, "MaximumReceivedObjectSize");
	if (r < 0)
		err_copy(e, &frag->err);
	buf_free(&raw);
	return r;
}

/* After the network failed, or a server was told to drop what is too much: says so. */
static void look_for_gap(struct xport_wsman *w, struct target *t)
{
	bool dropped = w->idle.buffering == BUFFERING_DROP;
	enum psrp_frag_missing missing = t->in.missing;

	if (t->in.again)
		return;
	t->in.missing = PSRP_MISSING_NOT;
	if (missing == PSRP_MISSING_SURE ||
		(missing == PSRP_MISSING_MAYBE && (dropped || t->doubtful)))
		w->x.ev->notice(w->x.ctx, dropped ?
			SPAN("Some output is missing: the server dropped it while the session was "
				"disconnected.") :
			SPAN("Some output is missing: it was lost with the connection."));
	t->doubtful = false;
}

void wsman_take_streams(struct xport_wsman *w, struct lane *l, const struct wsman_reply *reply)
{
	const struct wsman_stream *s = reply->streams;
	struct target *t = l->t;
	struct err e = { 0 };
	int r = 0;

	w->empty = s ? 0 : w->empty + 1;
	l->brought = s != NULL;
	if (s)
		psrp_frag_mark(&t->in);
	while (s && r >= 0) {
		if (!guid_is_zero(&s->command) && !guid_eq(&s->command, &t->id))
			r = err_peer(&e, "MS-WSMV 2.2.4.34 CommandId", 0);
		else if (span_is_ci(s->name, "stdout"))
			r = wsman_take(w, t, &t->in, s->data, &e);
		if (r >= 0 && !w->over)
			look_for_gap(w, t);
		s = w->over || t->ended ? NULL : s->next;       /* over: reply is gone, too */
	}
	if (r < 0 && !w->over)
		wsman_fail(w, l, &e);
}
