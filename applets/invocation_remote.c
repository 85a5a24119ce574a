#include "applets/invocation_int.h"
#include "applets/attach.h"
#include "applets/results.h"
#include "applets/ui/wrap.h"
#include "core/debug.h"
#include "core/line.h"
#include "core/session_option.h"
#include "core/xport_keeper.h"

#define SLOW_MS 5000                      /* an opening that takes longer keeps nobody waiting */
#define CAUSE_MAX 120u

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

void remote_finish(struct remote *r)
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

void remote_end(struct remote *r)
{
	if (r->session)
		session_close(r->session);
	else
		remote_finish(r);
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
	size_t n = cut.n;
	struct buf text;

	if (r->status || r->all->remote_n < 2)
		return;
	buf_init(&text, 1 << 16);
	while (cut.n < line.n && n && cut.p[n] != ' ')
		n--;
	cut.n = n ? n : cut.n;
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
	invocation_feed(((struct remote *)ctx)->all);
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
		remote_finish(r);
}

static void on_exit_code(void *ctx, int code)
{
	remote_worse(ctx, code & 255);
}

static void on_pop(void *ctx)
{
	(void)ctx;
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
	remote_finish(r);
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
	r->cfg = target_session(&r->target, in->loop);
	r->cfg.host_ops = &host_tty_ops;
	r->cfg.host_ctx = r->host;
	r->cfg.state = on_state;
	r->cfg.link = on_link;
	r->cfg.event = on_event;
	r->cfg.ctx = r;
	results_host(r);
	if (in->remote_n > 1)
		loop_arm(in->loop, &r->opening, SLOW_MS, is_slow, r);
}

static void open_one(struct remote *r)
{
	struct invocation *in = r->all;
	struct err why = { 0 };

	in->accounts->several = in->remote_n > 1;
	if (target_open(&r->target, r->typed, in->set, in->connect, in->accounts, in->loop, in->arena,
		&why) < 0) {
		fail(r, &why);
		remote_finish(r);
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
		remote_finish(r);
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
	invocation_feed(r->all);
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

void remote_begin(struct remote *r)
{
	if (r->kept)
		attach_one(r);
	else
		open_one(r);
}

void remote_free(struct remote *r)
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
