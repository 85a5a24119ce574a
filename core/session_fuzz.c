/* libFuzzer entry: a server that says anything at any time. The input is a row of messages: a byte
 * for the type, one for where it goes and what the front end does, two for the length of the
 * body. A first type that is a client's, CONNECT: the pool was there before. */
#include "core/line.h"
#include "core/record.h"
#include "core/session_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

enum { ON_PIPE = 1, STOP = 2, ANSWER = 4, REFUSE = 8, CLOSE = 16, RAW = 32, DROP = 64, LINE = 128 };
enum { CONNECT = PSRP_CONNECT_RUNSPACEPOOL & 31 };

static struct xport wire;
static struct session *sess;
static struct pipeline *now;
static struct guid pipe_id;
static struct host_call *asked;
static bool gone;

static void w_open(struct xport *x, const struct guid *pool, struct span cap, struct span init)
{
	(void)x, (void)pool, (void)cap, (void)init;
}

static struct guid w_next(struct xport *x)
{
	(void)x;
	return pipe_id;
}

static void w_create(struct xport *x, const struct guid *pipe, struct span msg)
{
	(void)x, (void)pipe, (void)msg;
}

static void w_send(struct xport *x, const struct guid *pipe, enum xport_prio prio, struct span msg)
{
	(void)prio;
	w_create(x, pipe, msg);
}

static size_t w_queued(const struct xport *x, const struct guid *pipe)
{
	(void)x, (void)pipe;
	return 0;
}

static void w_pipe(struct xport *x, const struct guid *pipe)
{
	(void)x, (void)pipe;
}

static void w_none(struct xport *x)
{
	(void)x;
}

static const struct xport_ops wire_ops = { .open = w_open, .next_pipe = w_next, .create = w_create,
	.send = w_send, .queued = w_queued, .stop = w_pipe, .end_pipe = w_pipe, .close = w_none,
	.free = w_none, .connect = w_open };

static void on_output(void *ctx, const struct ps_val *v)
{
	struct buf text;

	(void)ctx;
	buf_init(&text, 1 << 20);
	ps_text(v, &text);
	buf_free(&text);
}

static void on_record(void *ctx, enum record_kind k, const struct ps_val *v)
{
	struct record_progress progress;
	struct buf text;

	(void)ctx;
	buf_init(&text, 1 << 20);
	if (k == RECORD_PROGRESS)
		record_progress(v, &progress);
	else
		record_error(v, 20, &text);
	buf_free(&text);
}

static void on_ended(
	void *ctx, enum pipe_state st, const struct ps_val *error, const struct err *why)
{
	(void)st, (void)why;
	BUG_ON(!now);
	now = NULL;
	on_record(ctx, RECORD_ERROR, error);
	BUG_ON(!error && record_is_incomplete(error));
}

static const struct pipe_events pipe_ev = { .output = on_output, .record = on_record,
	.ended = on_ended };

static void on_call(void *ctx, struct host_call *c)
{
	struct buf text;

	(void)ctx;
	buf_init(&text, 4096);
	host_warning(c, "server", &text);
	buf_free(&text);
	if (host_is_void(c->method))
		return;
	if (asked)
		host_fail(c, "one at a time");
	else
		asked = c;
}

static void on_cancel(void *ctx, struct host_call *c)
{
	(void)ctx;
	BUG_ON(c != asked);
	asked = NULL;
}

static const struct host_ops ops = { on_call, on_cancel };

static void on_state(void *ctx, enum session_state st, const struct err *why)
{
	(void)ctx;
	BUG_ON(st == SESSION_BROKEN && !why);
}

static void front_end(uint8_t what)
{
	struct host_call *c = asked;

	if (what & LINE && !now)
		now = session_run_line(sess, SPAN("x"), false, &pipe_ev, NULL);
	if (what & STOP && now)
		pipe_stop(now);
	if (what & (ANSWER | REFUSE) && asked) {
		asked = NULL;
		if (what & REFUSE)
			host_fail(c, "no");
		else
			host_reply(c, host_secure_string(c, SPAN("secret")));
	}
	if (what & CLOSE)
		session_close(sess);
}

/* The type numbers lie in a few rows; raw bytes may be anything. */
static void one(uint8_t kind, uint8_t what, struct span body)
{
	static const uint32_t rows[] = { 0x10000, 0x21000, 0x21100, 0x41000, 0x41100 };
	const struct guid *pipe = what & ON_PIPE ? &pipe_id : NULL;
	struct buf msg;

	front_end(what);
	if (gone)
		return;
	if (what & DROP) {
		wire.ev->pipe_closed(wire.ctx, &pipe_id, NULL);
		return;
	}
	buf_init(&msg, 1 << 20);
	if (!(what & RAW)) {
		psrp_msg_put(&msg, rows[kind >> 5 & 3] + (kind & 31), &sess->pool.id, pipe);
		put_u32le(msg.p, 1);
	}
	buf_put(&msg, body);
	wire.ev->message(wire.ctx, pipe, buf_span(&msg));
	buf_free(&msg);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct loop *loop;
	struct session_cfg cfg = { .xport = &wire, .host_ops = &ops, .state = on_state };
	struct span in = span_of(p, n), body;

	if (!loop)
		loop = loop_new();
	cfg.loop = loop;
	wire.ops = &wire_ops;
	pipe_id = (struct guid){ { 7 } };
	gone = false;
	sess = n && p[0] == CONNECT ? session_connect(&cfg, &pipe_id) : session_new(&cfg);
	while (in.n >= 4) {
		body = span_sub(in, 4, get_u16le(in.p + 2));
		one(in.p[0], in.p[1], body);
		in = span_sub(in, 4 + body.n, in.n);
	}
	gone = true;
	wire.ev->closed(wire.ctx, NULL);
	BUG_ON(now && now->phase == PIPE_SENT);
	session_free(sess);
	now = NULL;
	asked = NULL;
	return 0;
}
