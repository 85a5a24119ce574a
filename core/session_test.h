/* For tests of the session: a transport that keeps what was sent, a front end that counts. One
 * file includes it once. */
#ifndef CORE_SESSION_TEST_H
#define CORE_SESSION_TEST_H
#include <bearssl.h>
#include "core/clixml.h"
#include "core/line.h"
#include "core/record.h"
#include "core/session_int.h"
#include "lib/b64.h"
#include "tests/unit.h"

static inline struct ps_val *parse(struct arena *a, struct span msg)
{
	struct ps_val *v = NULL;
	struct err e = { 0 };

	if (msg.n == PSRP_MSG_HEAD)
		return NULL;
	CHECK_INT(clixml_read(span_sub(msg, PSRP_MSG_HEAD, msg.n), a, &v, &e), 0);
	return v;
}

/* The transport: keeps the last message sent, hands out the recorded pipeline ids. */
static struct wire {
	struct xport x;
	struct guid next;
	struct buf capability, last, public_key;
	struct guid last_pipe;
	bool last_pool;
	uint32_t type;                    /* of last; 0 = nothing was sent since it was cleared */
	enum xport_prio prio;
	unsigned sent, stops, ends, closes, frees, attached;
} wire;

static inline void keep(const struct guid *pipe, struct span msg)
{
	buf_clear(&wire.last);
	buf_put(&wire.last, msg);
	wire.type = get_u32le(msg.p + 4);
	wire.last_pool = !pipe;
	if (pipe)
		wire.last_pipe = *pipe;
	if (wire.type == PSRP_PUBLIC_KEY)
		buf_put(&wire.public_key, msg);
	wire.sent++;
}

static inline void w_open(struct xport *x, const struct guid *pool, struct span capability,
	struct span init)
{
	(void)x, (void)pool;
	buf_clear(&wire.capability);
	buf_put(&wire.capability, capability);
	keep(NULL, init);
}

static inline struct guid w_next(struct xport *x) { (void)x; return wire.next; }
static inline void w_create(struct xport *x, const struct guid *p, struct span m)
{
	(void)x;
	keep(p, m);
}

static inline void w_send(struct xport *x, const struct guid *p, enum xport_prio prio,
	struct span m)
{
	(void)x;
	wire.prio = prio;
	keep(p, m);
}

static inline size_t w_queued(const struct xport *x, const struct guid *p)
{
	(void)x, (void)p;
	return 7;
}

static inline void w_stop(struct xport *x, const struct guid *p) { (void)x, (void)p; wire.stops++; }
static inline void w_end(struct xport *x, const struct guid *p) { (void)x, (void)p; wire.ends++; }
static inline void w_close(struct xport *x) { (void)x; wire.closes++; }
static inline void w_free(struct xport *x)
{
	(void)x;
	wire.frees++;
	buf_free(&wire.capability);
	buf_free(&wire.last);
	buf_free(&wire.public_key);
}

static inline void w_attach(struct xport *x, const struct guid *p)
{
	(void)x;
	wire.attached++;
	wire.last_pipe = *p;
}

static const struct xport_ops wire_ops = { .open = w_open, .next_pipe = w_next, .create = w_create,
	.send = w_send, .queued = w_queued, .stop = w_stop, .end_pipe = w_end, .close = w_close,
	.free = w_free, .connect = w_open, .attach = w_attach };

/* The front end: counts, keeps open calls. */
static struct seen {
	unsigned outputs, records[6], voids, calls, cancels, ended, rooms, links;
	enum pipe_state st;
	bool had_error, had_why, free_in_output;
	int last_state, why;
	char why_text[400];
	struct host_call *open[8];
	struct buf text;                  /* what void writes and records showed */
} seen;
static struct session *sess;
static struct loop *loop;

static inline void on_output(void *ctx, const struct ps_val *v)
{
	(void)ctx, (void)v;
	seen.outputs++;
	if (seen.free_in_output)
		session_free(sess);
}

static inline void on_record(void *ctx, enum record_kind k, const struct ps_val *v)
{
	static const char *const prefix[] = {
		[RECORD_WARNING] = "WARNING: ", [RECORD_VERBOSE] = "VERBOSE: ", [RECORD_DEBUG] = "DEBUG: ",
	};
	struct record_progress p;

	(void)ctx;
	seen.records[k]++;
	if (k == RECORD_ERROR) {
		record_error(v, 0, &seen.text);
	} else if (k == RECORD_PROGRESS && record_progress(v, &p)) {
		buf_printf(&seen.text, "%.*s: %.*s [%lld%%]", SPAN_ARG(p.activity), SPAN_ARG(p.status),
			(long long)p.percent);
	} else if (k < RECORD_INFORMATION) {
		buf_puts(&seen.text, prefix[k]);
		ps_text(v, &seen.text);
	}
	buf_putc(&seen.text, '\n');
}

static inline void on_ended(void *ctx, enum pipe_state st, const struct ps_val *error,
	const struct err *why)
{
	struct pipeline **p = ctx;

	*p = NULL;
	seen.ended++;
	seen.st = st;
	seen.had_error = error != NULL;
	seen.had_why = why != NULL;
	if (why)
		snprintf(seen.why_text, sizeof(seen.why_text), "%s", why->text);
	if (error) {
		record_error(error, 0, &seen.text);
		buf_putc(&seen.text, '\n');
	}
}

static inline void on_room(void *ctx) { (void)ctx; seen.rooms++; }
static const struct pipe_events pipe_ev = { on_output, on_record, on_ended, on_room };

static inline void on_call(void *ctx, struct host_call *c)
{
	struct span s = SPAN_NONE;
	size_t i = 0;

	(void)ctx;
	if (host_is_void(c->method)) {
		seen.voids++;
		ps_get_str(ps_nth(c->args, ps_count(c->args) - 1), &s);
		buf_printf(&seen.text, "%s(%.*s)\n", host_method_name(c->method), SPAN_ARG(s));
		return;
	}
	seen.calls++;
	while (seen.open[i])
		CHECK(++i < 8);
	seen.open[i] = c;
}

static inline void on_cancel(void *ctx, struct host_call *c)
{
	size_t i;

	(void)ctx;
	seen.cancels++;
	for (i = 0; i < 8; i++)
		if (seen.open[i] == c)
			seen.open[i] = NULL;
}

static const struct host_ops host = { on_call, on_cancel };

static inline void on_state(void *ctx, enum session_state st, const struct err *why)
{
	(void)ctx;
	seen.last_state = st;
	seen.why = why ? why->code : 0;
	if (why)
		snprintf(seen.why_text, sizeof(seen.why_text), "%s", why->text);
}

static inline void on_link(void *ctx, enum xport_link now, unsigned seconds, const struct err *why)
{
	(void)ctx, (void)now, (void)seconds, (void)why;
	seen.links++;
}

/* What sessions of these tests are made from; wire and front end as new. */
static inline struct session_cfg fresh(int width, int height)
{
	struct session_cfg cfg = { .xport = &wire.x, .host = { true, -1, -1, width, height, 0, 0, "" },
		.host_ops = &host, .state = on_state, .link = on_link };

	if (!loop)
		loop = loop_new();
	buf_free(&seen.text);
	seen = (struct seen){ .last_state = -1 };
	buf_init(&seen.text, 1 << 24);
	wire = (struct wire){ .x = { .ops = &wire_ops } };
	buf_init(&wire.capability, 1 << 20);
	buf_init(&wire.last, 1 << 24);
	buf_init(&wire.public_key, 4096);
	cfg.loop = loop;
	return cfg;
}

static inline void open_session(int width, int height)
{
	struct session_cfg cfg = fresh(width, height);

	sess = session_new(&cfg);
}

static inline void turn(void)
{
	struct err e = { 0 };

	CHECK(loop_turn(loop, &e) >= 0);
}

static inline void receive(const struct guid *pipe, struct span msg)
{
	static const struct guid zero;

	wire.x.ev->message(wire.x.ctx, pipe && !guid_eq(pipe, &zero) ? pipe : NULL, msg);
}

/* A message of ours from the server: type and CLIXML. */
static inline void from_server(uint32_t type, const struct guid *pipe, const char *xml)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	psrp_msg_put(&b, type, &sess->pool.id, pipe);
	put_u32le(b.p, 1);
	buf_puts(&b, xml);
	receive(pipe, buf_span(&b));
	buf_free(&b);
}

static inline void answer_capability(const char *version)
{
	char xml[300];

	snprintf(xml, sizeof(xml), "<Obj RefId=\"0\"><MS><Version N=\"protocolversion\">%s</Version>"
		"<Version N=\"PSVersion\">2.0</Version>"
		"<Version N=\"SerializationVersion\">1.1.0.1</Version></MS></Obj>", version);
	from_server(PSRP_SESSION_CAPABILITY, NULL, xml);
}

static inline void pool_state(int st)
{
	char xml[100];

	snprintf(xml, sizeof(xml), "<Obj RefId=\"0\"><MS><I32 N=\"RunspaceState\">%d</I32></MS></Obj>",
		st);
	from_server(PSRP_RUNSPACEPOOL_STATE, NULL, xml);
}

static inline void opened(void)
{
	open_session(80, 24);
	answer_capability("2.3");
	pool_state(2);
	CHECK_INT(seen.last_state, SESSION_OPEN);
}

static struct pipeline *pipe_now;

static inline void run_text(const char *text)
{
	wire.next = guid_random();
	pipe_now = session_run_line(sess, span_str(text), false, &pipe_ev, &pipe_now);
}

static inline void pipe_is(int st)
{
	char xml[100];

	snprintf(xml, sizeof(xml), "<Obj RefId=\"0\"><MS><I32 N=\"PipelineState\">%d</I32></MS></Obj>",
		st);
	from_server(PSRP_PIPELINE_STATE, &wire.next, xml);
}

/* The server's part of the key exchange, for the public key that was sent last. */
static inline void give_key(void)
{
	static const uint8_t head[] = { 1, 2, 0, 0, 0x10, 0x66, 0, 0, 0, 0xa4, 0, 0 };
	uint8_t plain[256] = { 0, 2 }, n[256], e[] = { 1, 0, 1 }, swapped[256];
	br_rsa_public_key pk = { n, sizeof(n), e, sizeof(e) };
	struct span text = buf_span(&wire.public_key);
	struct buf blob, out;
	size_t i;

	buf_init(&blob, 1000);
	buf_init(&out, 1000);
	text = span_sub(text, span_search(text, SPAN("PublicKey\">")) + 11, text.n);
	CHECK(b64_get(&blob, span_sub(text, 0, span_find(text, '<'))));
	CHECK_INT(blob.n, 20 + sizeof(n));
	for (i = 0; i < sizeof(n); i++)
		n[i] = blob.p[blob.n - 1 - i];
	memset(plain + 2, 0xa5, sizeof(plain) - 2);
	plain[sizeof(plain) - 33] = 0;
	CHECK(br_rsa_i31_public(plain, sizeof(plain), &pk));
	for (i = 0; i < sizeof(n); i++)
		swapped[i] = plain[sizeof(n) - 1 - i];
	buf_clear(&blob);
	buf_put(&blob, span_of(head, sizeof(head)));
	buf_put(&blob, span_of(swapped, sizeof(swapped)));
	buf_puts(&out, "<Obj RefId=\"0\"><MS><S N=\"EncryptedSessionKey\">");
	b64_put(&out, buf_span(&blob));
	buf_puts(&out, "</S></MS></Obj>");
	from_server(PSRP_ENCRYPTED_SESSION_KEY, NULL, buf_cstr(&out));
	buf_free(&blob);
	buf_free(&out);
}

static inline bool showed(const char *text)
{
	return span_search(buf_span(&seen.text), span_str(text)) < seen.text.n;
}

#endif
