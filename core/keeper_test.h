/* For tests of the keeper: a fake transport, and real front ends over the socket, in one process.
 * One file includes it once. */
#ifndef CORE_KEEPER_TEST_H
#define CORE_KEEPER_TEST_H
#include <ftw.h>
#include <unistd.h>
#include "core/keeper_int.h"
#include "core/psrp_frag.h"
#include "core/session_option.h"
#include "core/xport_keeper.h"
#include "tests/unit.h"

static struct loop *loop;
static struct keeper *keeper;
static struct err e;
static char base[64];

/* The server: writes down what it was told */

static struct server {
	struct xport x;
	struct guid next;
	struct buf log;
	size_t queued;
	bool frees;
	struct xport_keep keep;
	struct xport_idle idle;
} server;

static const char *tail(const struct guid *g)
{
	static char text[3];

	snprintf(text, sizeof(text), "%02x", g ? g->b[15] : 0);
	return text;
}

static inline struct guid id_of(uint8_t n)
{
	return (struct guid){ { [15] = n } };
}

static inline struct guid s_next(struct xport *x) { (void)x; return server.next; }
static inline void s_create(struct xport *x, const struct guid *p, struct span m)
{
	(void)x;
	buf_printf(&server.log, "create %s %.*s\n", tail(p), SPAN_ARG(m));
}

static inline void s_send(struct xport *x, const struct guid *p, enum xport_prio prio,
	struct span m)
{
	(void)x;
	if (m.n > PSRP_MSG_HEAD && !p)  /* a real one: by its type */
		buf_printf(&server.log, "send 00 %08x\n", (unsigned)get_u32le(m.p + 4));
	else
		buf_printf(&server.log, "send %s %d %.*s\n", tail(p), prio, SPAN_ARG(span_sub(m, 0, 20)));
}

static inline size_t s_queued(const struct xport *x, const struct guid *p)
{
	(void)x, (void)p;
	return server.queued;
}

#define SAYS(name, words) \
	static void name(struct xport *x, const struct guid *p) \
	{ \
		(void)x; \
		buf_printf(&server.log, words " %s\n", tail(p)); \
	}
SAYS(s_stop, "stop")
SAYS(s_end, "end")
SAYS(s_attach, "attach")
static inline void s_close(struct xport *x) { (void)x; buf_puts(&server.log, "close\n"); }
static inline void s_free(struct xport *x) { (void)x; server.frees = true; }
static inline void s_keep(struct xport *x) { (void)x; buf_puts(&server.log, "keep\n"); }
static inline void s_reconnect(struct xport *x) { (void)x; buf_puts(&server.log, "reconnect\n"); }
static inline void s_hold(struct xport *x, bool held)
{
	(void)x;
	buf_puts(&server.log, held ? "hold\n" : "let go\n");
}

static inline void s_disconnect(struct xport *x, const struct xport_keep *keep)
{
	(void)x;
	server.keep = *keep;
	buf_puts(&server.log, "disconnect\n");
}

static inline bool s_idle(const struct xport *x, struct xport_idle *out)
{
	(void)x;
	*out = server.idle;
	return true;
}

static const struct xport_ops wsman_ops = { .next_pipe = s_next, .create = s_create,
	.send = s_send, .queued = s_queued, .stop = s_stop, .end_pipe = s_end, .close = s_close,
	.free = s_free, .hold = s_hold, .keep = s_keep, .disconnect = s_disconnect,
	.reconnect = s_reconnect, .attach = s_attach, .idle = s_idle };
static const struct xport_ops stdio_ops = { .next_pipe = s_next, .create = s_create,
	.send = s_send, .queued = s_queued, .stop = s_stop, .end_pipe = s_end, .close = s_close,
	.free = s_free, .hold = s_hold };

/* A front end: writes down what it hears */

static struct front_end {
	struct xport *x;
	struct buf log;
	size_t bytes;                   /* of messages */
	struct guid pool;
	int protocol;
	bool quiet, free_in_message;
} end[3];

static inline void f_message(void *ctx, const struct guid *pipe, struct span msg)
{
	struct front_end *f = ctx;

	f->bytes += msg.n;
	if (!f->quiet)
		buf_printf(&f->log, "message %s %.*s\n", tail(pipe), SPAN_ARG(span_sub(msg, 0, 20)));
	if (f->free_in_message) {
		f->x->ops->free(f->x);
		f->x = NULL;
	}
}

static inline void f_pipe_closed(void *ctx, const struct guid *pipe, const struct err *why)
{
	buf_printf(&((struct front_end *)ctx)->log, "pipe closed %s %s\n", tail(pipe),
		why ? why->text : "");
}

static inline void f_closed(void *ctx, const struct err *why)
{
	buf_printf(&((struct front_end *)ctx)->log, "closed %s\n", why ? why->text : "");
}

static inline void f_room(void *ctx, const struct guid *pipe)
{
	buf_printf(&((struct front_end *)ctx)->log, "room %s\n", tail(pipe));
}

static inline void f_notice(void *ctx, struct span text)
{
	buf_printf(&((struct front_end *)ctx)->log, "notice %.*s\n", SPAN_ARG(text));
}

static inline void f_link(void *ctx, enum xport_link now, unsigned seconds, const struct err *why)
{
	static const char *const names[] = { "up", "retrying", "disconnected" };

	buf_printf(&((struct front_end *)ctx)->log, "link %s %u %s\n", names[now], seconds,
		why ? why->text : "");
}

static const struct xport_events events = { f_message, f_pipe_closed, f_closed, f_room, f_notice,
	f_link };

static inline void f_attached(void *ctx, const struct guid *pool, int protocol,
	const struct err *why)
{
	struct front_end *f = ctx;

	if (pool) {
		f->pool = *pool;
		f->protocol = protocol;
		f->x->ev = &events;
		f->x->ctx = f;
	}
	buf_printf(&f->log, "attached %s\n", why ? why->text : "");
}

static inline void f_waiting(void *ctx, struct span who)
{
	buf_printf(&((struct front_end *)ctx)->log, "waiting for %.*s\n", SPAN_ARG(who));
}

/* Looks for words in a log, and forgets it up to their end. */
static inline bool heard_now(struct buf *log, const char *words)
{
	struct span text = span_str(words);
	size_t at = span_search(buf_span(log), text);

	if (at == log->n)
		return false;
	buf_drop(log, at + text.n);
	return true;
}

static inline void turn(void)
{
	CHECK_INT(loop_turn(loop, &e), 0);
}

/* A tick lets the loop turn while nothing is to come. */
static inline void tick(void *ctx)
{
	*(bool *)ctx = true;
}

static inline void turn_for(uint32_t ms)
{
	static struct timer t;
	bool done = false;

	loop_arm(loop, &t, ms, tick, &done);
	while (!done)
		turn();
}

static inline void settle(void)
{
	turn_for(20);
}

static inline void hears(struct buf *log, const char *words)
{
	static struct timer t;
	bool late = false;

	loop_arm(loop, &t, 5000, tick, &late);
	while (!heard_now(log, words) && !late)
		turn();
	loop_disarm(loop, &t);
	if (late)
		FAIL("no '%s' in '%s'", words, buf_cstr(log));
}
#define HEARS(n, words) hears(&end[n].log, words)
#define SERVER_HEARS(words) hears(&server.log, words)

static inline int rm(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st, (void)type, (void)f;
	return remove(path);
}

static inline void stop_all(void)
{
	for (int i = 0; i < 3; i++) {
		if (end[i].x)
			end[i].x->ops->free(end[i].x);
		buf_free(&end[i].log);
		end[i] = (struct front_end){ 0 };
		buf_init(&end[i].log, 1 << 20);
	}
	if (keeper)
		keeper_free(keeper);
	keeper = NULL;
	loop_free(loop);
	loop = NULL;
	buf_free(&server.log);
	if (base[0])
		nftw(base, rm, 8, FTW_DEPTH | FTW_PHYS);
	base[0] = 0;
}

static inline void __attribute__((destructor)) clean(void)
{
	stop_all();
}

static inline void keep(const struct xport_ops *ops, const struct guid *commands, size_t n)
{
	struct keeper_cfg cfg = { .name = "Session1", .computer = "server01",
		.configuration = "Microsoft.PowerShell", .transport = "WSMan",
		.commands = commands, .command_n = n };
	struct session_cfg session = { .xport = &server.x };
	struct guid pool = id_of(0xcc);

	stop_all();
	e = (struct err){ 0 };
	snprintf(base, sizeof(base), "/tmp/keeper-test-XXXXXX");
	CHECK(mkdtemp(base));
	setenv("PSSESSION_DIR", base, 1);
	loop = loop_new();
	server = (struct server){ .x.ops = ops, .next = id_of(1), .idle = { 120000, 86400000,
		BUFFERING_BLOCK } };
	buf_init(&server.log, 1 << 20);
	cfg.loop = session.loop = loop;
	cfg.session = session_attach(&session, &pool, 203);
	CHECK_INT(keeper_reserve(&cfg.place, 1, &e), 0);
	keeper = keeper_new(&cfg, &e);
	CHECK(keeper);
}

static inline void dial(int n, bool wait)
{
	struct xport_keeper_cfg cfg = { .loop = loop, .id = 1, .wait = wait, .tty = "/dev/pts/3",
		.attached = f_attached, .waiting = f_waiting, .ctx = &end[n] };

	end[n].x = xport_keeper_new(&cfg);
}

static inline void attach(int n)
{
	dial(n, true);
	HEARS(n, "attached \n");
}

static inline void hang_up(int n)
{
	end[n].x->ops->free(end[n].x);
	end[n].x = NULL;
}

static inline struct guid run(int n, const char *text)
{
	struct guid id = end[n].x->ops->next_pipe(end[n].x);

	server.next = id_of(server.next.b[15] + 1);
	end[n].x->ops->create(end[n].x, &id, span_str(text));
	return id;
}

/* A message of the pool from the server. */
static inline void pool_says(uint32_t type, const char *xml)
{
	struct buf b;

	buf_init(&b, 65536);
	psrp_msg_put(&b, type, &keeper->pool.id, NULL);
	put_u32le(b.p, 1);
	buf_puts(&b, xml);
	server.x.ev->message(server.x.ctx, NULL, buf_span(&b));
	buf_free(&b);
}

/* Requests beside */

static struct keeper_asked asked;
static struct buf answer;

static inline void on_answer(struct keeper_asked *q, struct span status, const struct err *why)
{
	(void)q;
	buf_printf(&answer, "%.*sanswer %s\n", SPAN_ARG(status), why ? why->text : "well");
}

static inline void ask(enum keeper_ask what)
{
	struct xport_keep how = { 60000, BUFFERING_DROP };

	buf_free(&answer);
	buf_init(&answer, 65536);
	asked = (struct keeper_asked){ .id = 1, .done = on_answer };
	keeper_ask(loop, &asked, what, what == ASK_DISCONNECT ? &how : NULL, 3000);
}

static inline bool answered(const char *words)
{
	size_t at;

	hears(&answer, "answer ");
	at = span_search(buf_span(&answer), span_str(words));
	return at == 0;
}

static inline bool status_has(const char *words)
{
	struct span all;

	ask(ASK_STATUS);
	while (span_search(buf_span(&answer), SPAN("answer ")) == answer.n)
		turn();
	all = buf_span(&answer);
	if (span_search(all, span_str(words)) < all.n)
		return true;
	printf("# status: %s", buf_cstr(&answer));
	return false;
}

#endif
