#include "core/xport_stdio.h"
#include <stdio.h>
#include "core/oop_link.h"
#include "net/spawn_io.h"

enum {
	CLOSE_MS = 5000,
	DIAG_MS = 300, /* a last word on stderr waits this long for the end that it explains */
	END_MS = 2000, /* between the end of stdout and the child's */
	SILENT_MS = 15000,
	GATHER_MS = 2, /* output without a pause is read this often: a packet a turn costs dear */
	DIAG_MAX = 4096,
	ARENA_MAX = 1 << 20,
};

struct xport_stdio {
	struct xport x;
	struct arena arena;             /* holds this, the strings and what the link needs */
	struct loop *loop;
	const char **argv, *silent;
	uint32_t close_ms;
	struct stream *stream;
	struct oop_link link;
	size_t out_at;                  /* of link.out, written already */
	struct buf diag, said;          /* stderr not yet passed on; the last line passed on */
	struct timer kick, bound, diag_wait, silence;
	uint64_t read_ms;               /* when output was last read */
	int status;
	bool eof, exited, freed;
	bool held;                      /* nothing is read */
	bool apart, asks;
	struct xport_stdio *behind;     /* who asks next */
	bool banner;                    /* what waits in diag came on stdout */
	unsigned depth;                 /* callbacks of ours under way */
};

static struct xport_stdio *asking;      /* the one that may ask now; behind it those that wait */

static struct xport_stdio *self(struct xport *x)
{
	return (struct xport_stdio *)x;
}

static void destroy(struct xport_stdio *s)
{
	struct arena a = s->arena;

	arena_free(&a);
}

static void start_child(struct xport_stdio *s);

/* It has no more to ask: the next one's turn. */
static void stop_asking(struct xport_stdio *s)
{
	struct xport_stdio **at = &asking;

	while (*at && *at != s)
		at = &(*at)->behind;
	if (!*at)
		return;
	*at = s->behind;
	if (at == &asking && asking)
		start_child(asking);
}

/* Ends everything of ours but the memory of s. */
static void shut_down(struct xport_stdio *s)
{
	stop_asking(s);
	oop_link_free(&s->link);
	loop_disarm(s->loop, &s->kick);
	loop_disarm(s->loop, &s->bound);
	loop_disarm(s->loop, &s->diag_wait);
	loop_disarm(s->loop, &s->silence);
	stream_close(s->stream);
	s->stream = NULL;
	buf_free(&s->diag);
	buf_free(&s->said);
}

/* Callbacks from the loop run between these two: the session may free us from inside any event. */
static void enter(struct xport_stdio *s)
{
	s->depth++;
}

static void leave(struct xport_stdio *s)
{
	if (--s->depth == 0 && s->freed)
		destroy(s);
}

/* The last event. A failure while closing changes nothing for anybody. */
static void finish(struct xport_stdio *s, struct err *e)
{
	bool closing = s->link.closing;

	if (s->link.over)
		return;
	shut_down(s);
	s->x.ev->closed(s->x.ctx, closing ? NULL : e);
}

/* What ssh, dbclient and container engines say of failures that have a way out: A(UTH) or N(ET),
 * the words, and that way, which is the next one's for a small letter. */
static const char known[] =
	"aPermission denied (\0"
	"ANo auth methods could be used\0; -KeyFilePath names another key, -UserName another account\0"
	"AToo many authentication failures\0\0"
	"AString too long\0"
		"; keys for dbclient are made by dropbearconvert openssh dropbear KEY NEWKEY\0"
	"ADisconnect received\0; a server does so after too many wrong passwords\0"
	"NHost key verification failed\0"
		"; compare the host's key, then accept it once on a terminal\0"
	"Nsubsystem request failed\0"
		"; sshd_config there needs a line \"Subsystem powershell /usr/bin/pwsh -sshs -NoLogo\"\0"
	"NCannot connect to the Docker daemon\0; PSSESSION_CONTAINER_ENGINE names another engine\0"
	"Apermission denied while\0; be root, or in the group of docker\0"
	"No such container\0; 'ps' of the engine lists those that run\0"
	"nstate improper\0"
	"nis not running\0"
	"Nin a stopped state\0; 'start' of the engine starts it\0"
	"Nexecutable file\0; PowerShell must be installed in the container, on its PATH\0";

/* The way out, or "". */
static const char *find_hint(struct span words, int *code)
{
	const char *at, *hint;
	bool hit = false;

	for (at = known; *at; at = hint) {
		hint = at + strlen(at) + 1;
		hit |= span_search(words, span_str(at + 1)) < words.n;
		if (*at >= 'a')
			continue;
		if (hit) {
			*code = *at == 'A' ? E_AUTH : E_NET;
			return hint;
		}
		hint += strlen(hint) + 1;
	}
	return "";
}

/* The child is gone, or stopped speaking: its own last words say why. */
static void lost(struct xport_stdio *s)
{
	struct span words = span_trim(buf_span(s->diag.n ? &s->diag : &s->said));
	const char *slash = strrchr(s->argv[0], '/');
	const char *hint = "";
	struct err e = { 0 };
	char how[64] = "";
	int code = E_NET;

	if (s->exited)
		snprintf(how, sizeof(how), " (%.32s: exit status %d)", slash ? slash + 1 : s->argv[0],
			s->status);
	if (!words.n)
		words = s->link.opened ? SPAN("the connection was lost") :
			SPAN("the connection ended before PowerShell answered");
	if (!s->link.opened)
		hint = find_hint(words, &code);
	err_set(&e, code, "%.*s%s%s", (int)(words.n < 240 ? words.n : 240), (const char *)words.p, how,
		hint);
	e.passing = !s->link.opened && (s->status == 126 || s->status == 127);
	finish(s, &e);
}

static void on_kick(void *ctx);

static void kick(struct xport_stdio *s)
{
	loop_arm(s->loop, &s->kick, 0, on_kick, s);
}

/* Also tells a failure of the link, later and from the loop. */
static void flush(struct xport_stdio *s)
{
	struct buf *out = &s->link.out;
	long n = 0;

	if (s->link.err.code)
		kick(s);
	while (s->stream && s->out_at < out->n && n >= 0) {
		n = stream_write(s->stream, span_sub(buf_span(out), s->out_at, out->n));
		if (n > 0)              /* a failure is met again when reading */
			s->out_at += (size_t)n;
	}
	if (s->out_at < out->n)
		return;
	if (out->cap > OOP_DATA_MAX / 4)
		buf_free(out);
	else
		buf_clear(out);
	s->out_at = 0;
}

static void on_bound(void *ctx)
{
	struct xport_stdio *s = ctx;

	enter(s);
	lost(s);
	leave(s);
}

static void on_ready(void *ctx)
{
	struct xport_stdio *s = ctx;
	struct oop_link *l = &s->link;
	uint8_t bytes[32768];
	int rounds = 8;                 /* then others have their turn */
	long n = s->held ? E_AGAIN : 1, full = sizeof(bytes);
	bool more = true, steady = loop_now(s->loop) - s->read_ms <= GATHER_MS;

	enter(s);
	s->read_ms = loop_now(s->loop);
	while (more && !l->over && !s->eof && !l->err.code && !s->held && rounds--) {
		n = stream_read(s->stream, bytes, sizeof(bytes));
		if (n > 0)
			oop_link_feed(l, span_of(bytes, (size_t)n));
		more = n == full || (n > 0 && !steady);
	}
	if (l->in.started)
		stop_asking(s);
	if (!l->over && n == 0) {
		s->eof = true;
		loop_arm(s->loop, &s->bound, END_MS, on_bound, s);
	}
	if (!l->over && n < 0 && n != E_AGAIN)
		err_copy(&l->err, &s->stream->err);
	if (!l->over && n > 0 && !s->eof)
		loop_arm(s->loop, &s->kick, n < full ? GATHER_MS : 0, on_kick, s);
	if (!l->over)
		flush(s);
	if (!l->over && l->pool_closed)
		stream_shut(s->stream);
	leave(s);
}

static void pass_on(struct xport_stdio *s)
{
	struct span line = span_trim(buf_span(&s->diag));

	buf_clear(&s->said);
	buf_put(&s->said, line);
	buf_clear(&s->diag);
	s->banner = false;
	if (line.n && !s->link.closing)
		s->x.ev->notice(s->x.ctx, buf_span(&s->said));
}

/* Reports a failure, or goes on reading. */
static void on_kick(void *ctx)
{
	struct xport_stdio *s = ctx;
	struct err e = s->link.err;

	if (!e.code) {
		on_ready(s);
		return;
	}
	enter(s);
	pass_on(s);
	if (!s->link.over)
		finish(s, &e);
	leave(s);
}

static void on_ended(void *ctx, int status)
{
	struct xport_stdio *s = ctx;

	enter(s);
	s->exited = true;
	s->status = status;
	lost(s);
	leave(s);
}

static void on_diag_wait(void *ctx)
{
	struct xport_stdio *s = ctx;

	enter(s);
	pass_on(s);
	leave(s);
}

/* Lines are passed on, but the last one waits a little: it may be why the child ends. */
static void on_diag(void *ctx, struct span text)
{
	struct xport_stdio *s = ctx;
	struct span line;
	bool ends;

	enter(s);
	while (text.n && !s->link.over) {
		ends = span_find(text, '\n') < text.n;
		line = span_cut(&text, '\n');
		if (s->diag.n && s->diag.p[s->diag.n - 1] == '\n')
			pass_on(s);
		if (s->link.over)
			break;
		buf_put(&s->diag, span_sub(line, 0, DIAG_MAX / 2));
		if (ends)
			buf_putc(&s->diag, '\n');
		if (buf_failed(&s->diag))
			buf_clear(&s->diag);
	}
	if (!s->link.over)
		loop_arm(s->loop, &s->diag_wait, DIAG_MS, on_diag_wait, s);
	leave(s);
}

/* A banner, or why there is no PowerShell: docker tells that on stdout. */
static void on_stray(struct xport *x, struct span line)
{
	struct xport_stdio *s = self(x);

	if (!s->link.in.started) {
		on_diag(s, line);
		on_diag(s, SPAN("\n"));
		s->banner = true;
		return;
	}
	if (s->banner)
		pass_on(s);
	if (line.n && !s->link.over && !s->link.closing)
		x->ev->notice(x->ctx, line);
}

static void on_silence(void *ctx)
{
	struct xport_stdio *s = ctx;

	enter(s);
	if (!s->link.in.started && !s->link.closing)
		s->x.ev->notice(s->x.ctx, span_str(s->silent));
	leave(s);
}

static void start_child(struct xport_stdio *s)
{
	struct spawn_cfg cfg = { .argv = s->argv, .diag = on_diag, .ended = on_ended, .ctx = s,
		.apart = s->apart };

	s->stream = spawn_start(s->loop, &cfg, &s->link.err);
	if (s->stream) {
		s->stream->ready = on_ready;
		s->stream->ctx = s;
		if (s->silent)
			loop_arm(s->loop, &s->silence, SILENT_MS, on_silence, s);
	}
	flush(s);
}

static void stdio_open(struct xport *x, const struct guid *pool, struct span capability,
	struct span init)
{
	struct xport_stdio *s = self(x), **at = &asking;

	(void)pool;                     /* packets name the pool by the empty GUID */
	oop_link_open(&s->link, capability, init);
	while (s->asks && *at)
		at = &(*at)->behind;
	if (s->asks)
		*at = s;
	if (!s->asks || asking == s)
		start_child(s);
}

static struct guid stdio_next_pipe(struct xport *x)
{
	struct guid id = oop_link_next_pipe(&self(x)->link);

	flush(self(x));
	return id;
}

static void stdio_create(struct xport *x, const struct guid *pipe, struct span msg)
{
	oop_link_create(&self(x)->link, pipe, msg);
	flush(self(x));
}

static void stdio_send(struct xport *x, const struct guid *pipe, enum xport_prio prio,
	struct span msg)
{
	oop_link_send(&self(x)->link, pipe, prio, msg);
	flush(self(x));
}

static size_t stdio_queued(const struct xport *x, const struct guid *pipe)
{
	return oop_link_queued(&((const struct xport_stdio *)x)->link, pipe);
}

static void stdio_stop(struct xport *x, const struct guid *pipe)
{
	oop_link_stop(&self(x)->link, pipe);
	flush(self(x));
}

static void stdio_end_pipe(struct xport *x, const struct guid *pipe)
{
	oop_link_end_pipe(&self(x)->link, pipe);
	flush(self(x));
}

static void stdio_hold(struct xport *x, bool held)
{
	struct xport_stdio *s = self(x);

	s->held = held && !s->link.closing;
	if (!s->held && s->stream)
		kick(s);
}

static void stdio_close(struct xport *x)
{
	struct xport_stdio *s = self(x);

	if (s->link.closing)
		return;
	s->held = false;
	/* A child that has not said anything yet has nothing to close. */
	loop_arm(s->loop, &s->bound, s->link.in.started ? s->close_ms : 0, on_bound, s);
	oop_link_close(&s->link);
	flush(s);
}

static void stdio_free(struct xport *x)
{
	struct xport_stdio *s = self(x);

	if (!s->link.over)
		shut_down(s);
	s->freed = true;
	enter(s);
	leave(s);
}

static const struct xport_ops stdio_ops = {
	.open = stdio_open, .next_pipe = stdio_next_pipe, .create = stdio_create, .send = stdio_send,
	.queued = stdio_queued, .stop = stdio_stop, .end_pipe = stdio_end_pipe, .close = stdio_close,
	.free = stdio_free, .hold = stdio_hold,
};

struct xport *xport_stdio_new(const struct xport_stdio_cfg *cfg)
{
	struct arena a;
	struct xport_stdio *s;
	size_t n = 0, i;

	while (cfg->argv[n])
		n++;
	arena_init(&a, ARENA_MAX);
	s = arena_alloc(&a, sizeof(*s));
	s->argv = arena_alloc(&a, (n + 1) * sizeof(*s->argv));
	for (i = 0; i < n; i++)
		s->argv[i] = arena_str(&a, span_str(cfg->argv[i]));
	s->silent = cfg->silent;
	s->arena = a;
	s->x.ops = &stdio_ops;
	s->loop = cfg->loop;
	s->close_ms = cfg->close_ms ? cfg->close_ms : CLOSE_MS;
	s->apart = cfg->apart;
	s->asks = cfg->asks;
	oop_link_init(&s->link, &s->x, &s->arena);
	s->link.stray = on_stray;
	buf_init(&s->diag, DIAG_MAX);
	buf_init(&s->said, DIAG_MAX);
	return &s->x;
}
