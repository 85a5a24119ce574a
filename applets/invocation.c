#include "applets/invocation.h"
#include <signal.h>
#include <unistd.h>
#include "applets/attach.h"
#include "applets/results.h"
#include "applets/ui/print.h"
#include "applets/ui/wrap.h"
#include "core/debug.h"
#include "core/line.h"
#include "core/session_option.h"
#include "core/xport_keeper.h"
#include "lib/file_io.h"

#define INPUT_HIGH (256u << 10)           /* queued pipeline input above which stdin is not read */
#define SLOW_MS 5000                      /* an opening that takes longer keeps nobody waiting */
#define FILES_EACH 4
#define FILES_SPARE 24
#define TOLD_MAX 5u                       /* failures that the summary names */
#define CAUSE_MAX 120u

static void feed(struct invocation *in);

/* Open, or over: whoever opens slowly does not count among those at a time. */
static void is_through(struct remote *r)
{
	loop_disarm(r->all->loop, &r->opening);
	r->all->slow -= r->slow;
	r->slow = false;
}

static void is_slow(void *ctx)
{
	struct remote *r = ctx;

	r->slow = true;
	r->all->slow++;
}

static void finish(struct remote *r)
{
	if (!r->done) {
		r->done = true;
		report_link_end(&r->link);
		is_through(r);
		r->over = r->all->over;
		r->all->over = r;
		r->all->left--;
	}
}

static void end(struct remote *r)
{
	if (r->session)
		session_close(r->session);
	else
		finish(r);
}

void remote_worse(struct remote *r, int status)
{
	if (status > r->status)
		r->status = status;
}

const char *remote_name(const struct remote *r)
{
	return r->target.name ? r->target.name : r->typed;
}

/* Its first line, or whole words of that. */
void remote_note(struct remote *r, struct span cause)
{
	struct span line = span_cut(&cause, '\n'), cut = cells_cut(line, CAUSE_MAX);
	struct buf text;

	if (r->status || r->all->remote_n < 2)
		return;
	buf_init(&text, 1 << 16);
	for (size_t n = cut.n; cut.n < line.n && n; n--)
		if (cut.p[n] == ' ') {
			cut.n = n;
			break;
		}
	buf_printf(&text, "%.*s%s", SPAN_ARG(cut), cut.n < line.n ? "\u2026" : "");
	r->cause = arena_str(r->all->arena, buf_span(&text));
	buf_free(&text);
}

/* The first failure is the cause; what follows from it is not repeated. */
static void fail(struct remote *r, const struct err *why)
{
	if (!r->reported) {
		report_session(remote_name(r), r->open, why);
		results_failed(r, why);
	}
	remote_note(r, span_str(why->text));
	r->reported = true;
	remote_worse(r, err_exit(why->code));
}

static void show_error(struct remote *r, const struct ps_val *error)
{
	report_record(r->all->remote_n > 1 ? r->target.name : NULL, error);
	remote_worse(r, 1);
}

/* With a host the server sends warnings and the like as host calls too: only errors are shown from
 * their record. */
void remote_record(void *ctx, enum record_kind k, const struct ps_val *v)
{
	if (k == RECORD_ERROR)
		show_error(ctx, v);
}

void remote_ended(void *ctx, enum pipe_state st, const struct ps_val *error, const struct err *why)
{
	struct remote *r = ctx;

	r->pipe = NULL;
	host_tty_progress_end(r->host);
	if (r->done)                      /* left to its server */
		return;
	if (why && session_is_open(r->session)) {
		report_command(r->target.name, why);
		remote_note(r, span_str(why->text));
		remote_worse(r, err_exit(why->code));
	} else if (why) {
		fail(r, why);
	} else if (st == PIPE_FAILED || (st == PIPE_STOPPED && !r->all->interrupted)) {
		results_record(r, RECORD_ERROR, error);
	}
	session_close(r->session);
}

static void on_room(void *ctx)
{
	feed(((struct remote *)ctx)->all);
}

static const struct pipe_events pipe_events = {
	results_output, results_record, remote_ended, on_room
};

static void run_pipeline(struct remote *r)
{
	struct invocation *in = r->all;

	if (in->run) {
		in->run(r);
		return;
	}
	struct pipe_param format[] = {
		{ "Stream", NULL },
		{ "Width", ps_i32(in->arena, results_width(r)) },
	};
	struct pipe_cmd cmd[] = {
		{ .text = in->script, .is_script = true, .param = in->param, .param_n = in->param_n },
		{ .text = SPAN("Out-String"), .param = format, .param_n = 2 },
	};
	struct pipe_stmt stmt = { cmd, in->form == RESULTS_TEXT ? 2 : 1 };
	struct pipe_spec spec = { .stmt = &stmt, .stmt_n = 1, .no_input = !in->feeding };

	r->pipe = session_run(r->session, &spec, &pipe_events, r);
}

static void on_state(void *ctx, enum session_state st, const struct err *why)
{
	struct remote *r = ctx;

	if (st == SESSION_OPEN) {
		r->open = true;
		is_through(r);
		target_opened(&r->target);
	}
	if (st == SESSION_BROKEN && why && !r->done)
		fail(r, why);
	if (st == SESSION_BROKEN || st == SESSION_CLOSED)
		finish(r);
}

static void on_exit_code(void *ctx, int code)
{
	remote_worse(ctx, code & 255);
}

static void on_pop(void *ctx)
{
	(void)ctx;
}

/* Lines of stdin become strings of the pipeline, no faster than every server takes them. */
static void got_line(void *ctx, struct span line, bool end)
{
	struct invocation *in = ctx;
	struct arena a;

	in->reading = false;
	arena_init(&a, SIZE_MAX);
	for (size_t i = 0; i < in->remote_n; i++) {
		struct pipeline *p = in->remote[i].pipe;
		if (p && !end)
			pipe_input(p, ps_str(&a, line));
		if (p && end)
			pipe_end_input(p);
	}
	arena_free(&a);
	if (end)
		in->feeding = false;
	feed(in);
}

static void feed(struct invocation *in)
{
	if (!in->feeding || in->reading)
		return;
	for (size_t i = 0; i < in->remote_n; i++) {
		const struct remote *r = &in->remote[i];
		if (r->pipe ? pipe_queued(r->pipe) > INPUT_HIGH : !r->session && !r->done)
			return;
	}
	in->reading = true;
	input_want(in->input, INPUT_LINE, got_line, in);
}

static void still_stopping(void *ctx)
{
	struct invocation *in = ctx;

	for (size_t i = 0; i < in->remote_n; i++) {
		if (!in->remote[i].pipe || !in->remote[i].open || in->remote[i].done)
			continue;
		print_own(STILL_STOPPING);
		return;
	}
}

/* The servers had their time to take the farewell. */
static void give_up(void *ctx)
{
	struct invocation *in = ctx;

	for (size_t i = 0; i < in->remote_n; i++)
		finish(&in->remote[i]);
}

/* Ctrl+C stops the script everywhere; a second one does not wait for the servers. */
static void on_interrupt(void *ctx, int signo)
{
	struct invocation *in = ctx;
	bool again = in->interrupted;

	(void)signo;
	print_ending();
	in->interrupted = true;
	in->exit = 130;
	for (size_t i = 0; i < in->remote_n; i++) {
		struct remote *r = &in->remote[i];
		if (r->done)
			continue;
		if (r->pipe && r->open && !again)
			pipe_stop(r->pipe);
		else if (again && in->closing)
			finish(r);
		else
			end(r);
	}
	in->closing |= again;
	loop_arm(in->loop, &in->grace, again ? FAREWELL_MS : STOP_PATIENCE_MS,
		again ? give_up : still_stopping, in);
}

/* The shells on the servers go with us. */
static void close_all(struct invocation *in)
{
	in->interrupted = in->closing = true;
	for (size_t i = 0; i < in->remote_n; i++)
		if (!in->remote[i].done)
			end(&in->remote[i]);
}

static void on_terminate(void *ctx, int signo)
{
	struct invocation *in = ctx;

	print_ending();
	in->exit = 128 + signo;
	close_all(in);
}

void invocation_begin(struct invocation *in)
{
	in->input = input_new(in->loop, STDIN_FILENO);
	loop_signal(in->loop, SIGINT, on_interrupt, in);
	loop_signal(in->loop, SIGTERM, on_terminate, in);
	loop_signal(in->loop, SIGHUP, on_terminate, in);
	loop_signal(in->loop, SIGQUIT, on_terminate, in);
}

struct remote *invocation_room(struct invocation *in, size_t n)
{
	in->remote = arena_alloc(in->arena, n * sizeof(*in->remote) + 1);
	in->remote_n = in->left = in->remote ? n : 0;
	for (size_t i = 0; i < in->remote_n; i++)
		in->remote[i].all = in;
	return in->remote;
}

/* What is left to its server is not ours to close. */
static void on_link(void *ctx, enum xport_link now, unsigned seconds, const struct err *why)
{
	struct remote *r = ctx;

	if (r->done)
		return;
	if (now == XPORT_UP && why) {             /* it could not be left */
		fail(r, why);
		session_close(r->session);
		return;
	}
	r->link.instance = *session_pool(r->session);
	if (!r->leave || why)
		report_link(&r->link, now, seconds, why);
	if (now != XPORT_DISCONNECTED)
		return;
	if (!r->leave || why)
		remote_worse(r, why ? err_exit(why->code) : 1);
	finish(r);
}

/* enter-pssession has asked this session to tell of breakpoints. Here nobody debugs. */
static void on_event(void *ctx, const struct ps_val *event)
{
	struct remote *r = ctx;

	if (debug_stopped(event, NULL))
		session_resume(r->session, DEBUG_CONTINUE);
}

static void set_up(struct remote *r)
{
	struct invocation *in = r->all;
	struct host_tty_cfg host = {
		.loop = in->loop,
		.input = in->feeding ? NULL : in->input,        /* stdin is not for answers then */
		.computer = r->target.name,
		.pop = on_pop,
		.should_exit = on_exit_code,
		.ctx = r,
	};

	r->host = host_tty_new(&host);
	r->link.loop = in->loop;
	r->link.computer = r->target.name;
	r->cfg = (struct session_cfg){
		.loop = in->loop,
		.xport = r->target.xport,
		.open_ms = r->target.open_ms,
		.host = host_tty_info(),
		.host_ops = &host_tty_ops,
		.host_ctx = r->host,
		.state = on_state,
		.notice = report_notice,
		.link = on_link,
		.event = on_event,
		.ctx = r,
		.reopen = target_reopen,
		.reopen_ctx = &r->target,
	};
	results_host(r);
	if (in->remote_n > 1)
		loop_arm(in->loop, &r->opening, SLOW_MS, is_slow, r);
}

static void open_one(struct remote *r)
{
	struct invocation *in = r->all;
	struct err why = { 0 };

	if (target_open(&r->target, r->typed, in->set, in->connect, in->accounts, in->loop, in->arena,
		&why) < 0) {
		fail(r, &why);
		finish(r);
		return;
	}
	set_up(r);
	r->session = session_new(&r->cfg);
	run_pipeline(r);
}

static void on_attached(void *ctx, const struct guid *pool, int protocol, const struct err *why)
{
	struct remote *r = ctx;
	struct xport_keep keep = { 0, BUFFERING_DEFAULT };

	if (why) {
		fail(r, why);
		finish(r);
		return;
	}
	r->session = session_attach(&r->cfg, pool, protocol);
	r->open = true;
	is_through(r);
	if (r->adopt)
		r->pipe = session_adopt(r->session, &r->kept->commands[0], &pipe_events, r);
	else
		run_pipeline(r);
	if (r->leave)
		r->cfg.xport->ops->disconnect(r->cfg.xport, &keep);
	feed(r->all);
}

static void attach_one(struct remote *r)
{
	struct xport_keeper_cfg cfg = {
		.loop = r->all->loop,
		.id = r->kept->id,
		.wait = true,
		.attached = on_attached,
		.waiting = attach_waiting,
		.ctx = r,
	};

	r->target.name = r->kept->computer;
	set_up(r);
	r->link.id = r->kept->id;
	r->cfg.xport = xport_keeper_new(&cfg);
}

/* As many as may run at a time. Each that is over was begun, until all end before their time. */
static void begin_some(struct invocation *in)
{
	struct remote *r;
	size_t running;

	while (!in->interrupted && in->next < in->remote_n) {
		running = in->next - (in->remote_n - in->left);
		if (running >= in->files || running - in->slow >= in->most)
			return;
		r = &in->remote[in->next++];
		if (r->kept)
			attach_one(r);
		else
			open_one(r);
	}
}

/* Each takes up to so many open files: three connections, or a child's pipes, and one to spare. */
static int limit_files(struct invocation *in, struct err *e)
{
	in->files = file_limit(in->remote_n * FILES_EACH + FILES_SPARE);
	in->files = in->files > FILES_SPARE + FILES_EACH ? (in->files - FILES_SPARE) / FILES_EACH : 1;
	in->most = in->feeding ? in->remote_n : in->limit > 0 ? (size_t)in->limit : THROTTLE;
	if (in->files >= in->most || in->files >= in->remote_n)
		return 0;
	if (in->feeding)
		return err_set(e, E_USAGE, "The limit of open files (ulimit -n) is enough for %zu "
			"computers, and with -InputObject all %zu run at once.", in->files, in->remote_n);
	print_own("%zu computers at a time: ulimit -n allows no more.", in->files);
	return 0;
}

static void release(struct remote *r)
{
	if (r->freed)
		return;
	r->freed = true;
	r->pipe = NULL;
	if (r->status > r->all->status)
		r->all->status = r->status;
	host_tty_free(r->host);                 /* its questions lie in the session */
	if (r->session)
		session_free(r->session);
	else if (r->kept && r->cfg.xport)       /* never attached */
		r->cfg.xport->ops->free(r->cfg.xport);
	r->session = NULL;
	target_free(&r->target);
}

/* Memory and files are for those that run. */
static void release_over(struct invocation *in)
{
	struct remote *r;

	while ((r = in->over)) {
		in->over = r->over;
		results_done(r);
		release(r);
	}
}

/* How it went with many, and why not with some. */
static void sum_up(struct invocation *in)
{
	size_t failed = 0, told = 0;
	struct buf text;

	buf_init(&text, 1 << 16);
	for (size_t i = 0; i < in->remote_n; i++) {
		const struct remote *r = &in->remote[i];
		if (!r->status || failed++ >= TOLD_MAX)
			continue;
		buf_printf(&text, "%s%s (%s)", told++ ? ", " : " ", remote_name(r),
			r->cause ? r->cause : "its exit status");
	}
	if (failed && in->remote_n > 1 && !in->exit) {
		print_own("%zu of %zu computers failed:%s%s", failed, in->remote_n, buf_cstr(&text),
			failed > TOLD_MAX ? ", …" : ".");
		in->status = 1;
	}
	buf_free(&text);
}

int invocation_exit(const struct invocation *in, int other)
{
	return in->exit ? in->exit : in->status > other ? in->status : other;
}

void invocation_end(struct invocation *in, struct err *e)
{
	results_begin(in);
	if (limit_files(in, e) == 0) {
		begin_some(in);
		feed(in);
	}
	while (in->left && !e->code && loop_turn(in->loop, e) == 0) {
		release_over(in);
		if (print_flush() < 0 && !in->closing && !loop_signal_waits())
			close_all(in);          /* nobody reads any more */
		begin_some(in);
	}
	release_over(in);
	for (size_t i = 0; i < in->remote_n; i++)
		release(&in->remote[i]);
	results_end(in);
	sum_up(in);
	if (input_broken(in->input) && in->status < 2)
		in->status = 2;
	input_free(in->input);
}
