#include "core/clixml.h"
#include "core/psrp_frag.h"
#include "core/session_int.h"

/* Key */

void key_ask(struct session *s)
{
	struct arena a;
	struct buf base64;

	if (s->key_state != KEY_NONE)
		return;
	s->key_state = KEY_ASKED;
	s->key = psrp_key_new();
	arena_init(&a, PSRP_MSG_MAX);
	buf_init(&base64, 65536);
	psrp_key_public(s->key, &base64);
	session_send(s, NULL, XPORT_STDIN, PSRP_PUBLIC_KEY, psrp_public_key(&a, buf_span(&base64)));
	buf_free(&base64);
	arena_free(&a);
}

/* Calls */

static void call_free(struct host_call *c)
{
	struct arena a = c->arena;

	arena_wipe(&a);
	arena_free(&a);
}

/* The plain texts of host_secure_string() in a result become cipher texts. */
static bool encrypt(struct host_call *c, struct ps_val *v)
{
	struct ps_item *item;
	struct ps_prop *prop;
	struct buf text;
	bool ok = true;

	if (!v)
		return true;
	if (v->tag == PS_SS) {
		buf_init(&text, PSRP_MSG_MAX);
		ok = psrp_key_encrypt(c->session->key, v->text, &text) &&
			arena_dup(&c->arena, buf_span(&text), &v->text);
		buf_free(&text);
	}
	for (item = v->items; item && ok; item = item->next)
		ok = encrypt(c, item->val);
	for (prop = v->adapted; prop && ok; prop = prop->next)
		ok = encrypt(c, prop->val);
	return ok;
}

/* Sends what was answered and needs to wait for nothing any more. */
static void answer(struct host_call *c)
{
	struct session *s = c->session;
	struct host_call **link = &s->calls;
	struct ps_val *body;

	if (c->answer && psrp_host_needs_key(c) && s->key_state != KEY_READY)
		return;
	if (!c->error && !encrypt(c, c->answer))
		c->error = "the answer cannot be encrypted";
	body = psrp_host_response(c, c->answer, c->error);
	session_send(s, c->has_pipe ? &c->pipe : NULL, XPORT_PR,
		c->has_pipe ? PSRP_PIPELINE_HOST_RESPONSE : PSRP_RUNSPACEPOOL_HOST_RESPONSE, body);
	while (*link && *link != c)
		link = &(*link)->next;
	if (*link)
		*link = c->next;
	call_free(c);
}

void host_reply(struct host_call *c, struct ps_val *result)
{
	c->answered = true;
	c->answer = result;
	answer(c);
}

void host_fail(struct host_call *c, const char *message)
{
	c->answered = true;
	c->error = arena_str(&c->arena, span_str(message));
	if (!c->error)
		c->error = "";
	answer(c);
}

struct ps_val *host_secure_string(struct host_call *c, struct span utf8)
{
	struct span copy;

	return arena_dup(&c->arena, utf8, &copy) ? ps_new(&c->arena, PS_SS, copy) : NULL;
}

void key_arrived(struct session *s, const struct ps_val *body)
{
	struct host_call *c, *next;
	struct span base64 = SPAN_NONE;
	struct err e = { 0 };

	if (s->key_state != KEY_ASKED)
		return;
	ps_get_str(ps_prop(body, "EncryptedSessionKey"), &base64);
	if (psrp_key_session(s->key, base64, &e) < 0) {
		session_fail(s, &e);
		return;
	}
	s->key_state = KEY_READY;
	for (c = s->calls; c; c = next) {
		next = c->next;
		if (c->answered)
			answer(c);
	}
	pipes_start(s);
}

/* A call that wants an answer outlives the message: it gets a copy, and its tree, in an arena of
 * its own. */
static struct host_call *call_keep(const struct host_call *from, struct span xml)
{
	struct host_call *c;
	struct arena a;
	struct ps_val *body = NULL;
	struct err e = { 0 };
	struct span copy;

	arena_init(&a, PSRP_MSG_MAX);
	c = arena_alloc(&a, sizeof(*c));
	if (!c || !arena_dup(&a, xml, &copy) || clixml_read(copy, &a, &body, &e) < 0) {
		arena_free(&a);
		return NULL;
	}
	*c = *from;
	c->arena = a;
	c->args = ps_prop(body, "mp");
	return c;
}

void host_arrived(struct session *s, const struct guid *pipe, const struct psrp_msg *m,
	const struct ps_val *body)
{
	struct host_call call = { .session = s, .has_pipe = pipe != NULL }, *c;
	struct err e = { 0 };
	int known;

	if (pipe)
		call.pipe = *pipe;
	known = psrp_host_decode(body, &call, &e);
	if (known < 0) {
		session_fail(s, &e);
		return;
	}
	if (!psrp_host_wants_answer(&call)) {
		if (s->cfg.host_ops && known)
			s->cfg.host_ops->call(s->cfg.host_ctx, &call);
		return;
	}
	c = call_keep(&call, m->data);
	if (!c) {
		err_set(&e, E_LIMIT, "the server asked for more than fits into memory");
		session_fail(s, &e);
		return;
	}
	c->next = s->calls;
	s->calls = c;
	if (!known || !s->cfg.host_ops) {
		host_fail(c,
			known ? "this client has no user to ask" : "this client does not know the host method");
		return;
	}
	if (psrp_host_needs_key(c))
		key_ask(s);
	s->cfg.host_ops->call(s->cfg.host_ctx, c);
}

void host_cancel(struct session *s, const struct guid *pipe)
{
	struct host_call **link = &s->calls, *c;

	while ((c = *link)) {
		if (c->has_pipe != (pipe != NULL) || (pipe && !guid_eq(&c->pipe, pipe))) {
			link = &c->next;
			continue;
		}
		*link = c->next;
		if (!c->answered && !s->dead)
			s->cfg.host_ops->cancel(s->cfg.host_ctx, c);
		call_free(c);
		link = &s->calls;         /* the callback may have answered others */
	}
}

void host_cancel_all(struct session *s)
{
	struct host_call *c;

	while ((c = s->calls)) {
		s->calls = c->next;
		if (!c->answered && !s->dead)
			s->cfg.host_ops->cancel(s->cfg.host_ctx, c);
		call_free(c);
	}
}

void host_free(struct session *s)
{
	host_cancel_all(s);
	psrp_key_free(s->key);
}
