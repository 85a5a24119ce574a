/* invoke-command: one script on one or several servers; the server formats, errors go to stderr. */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/arguments.h"
#include "applets/report.h"
#include "applets/target.h"
#include "applets/ui/host_tty.h"
#include "applets/ui/print.h"
#include "applets/ui/term_io.h"
#include "lib/file_io.h"
#include "lib/utf.h"
#include "lib/utf_in.h"

#define SCRIPT_MAX (16u << 20)
#define INPUT_HIGH (256u << 10)           /* queued pipeline input above which stdin is not read */
#define NOT_TTY_WIDTH 120                 /* what PowerShell formats for when it has no console */

/* Each way to name the far side, with -ScriptBlock or with -FilePath. */
#define WITH_SCRIPT(set) ((uint32_t)(set) << SET_SHIFT)
#define WITH_FILE(set) ((uint32_t)(set) << 2 * SET_SHIFT)
#define WITH_EITHER(set) (WITH_SCRIPT(set) | WITH_FILE(set))

#define ARGS struct invoke_args

struct invoke_args {
	struct connect_args connect;
	struct str_list computer, host, uri;
	const char *script, *file, *arguments, *input;
};
static const struct invoke_args defaults = { .connect = CONNECT_DEFAULTS };
static const struct param invoke_params[] = {
	P_STRS(ARGS, computer, "ComputerName", "Cn", "String[]", P_ONLY(WITH_EITHER(SET_COMPUTER)),
		.pos = 1),
	P_STRS(ARGS, host, "HostName", NULL, "String[]", P_ONLY(WITH_EITHER(SET_HOST))),
	P_STRS(ARGS, uri, "ConnectionUri", "URI,CU", "Uri[]", P_ONLY(WITH_EITHER(SET_URI)), .pos = 1),
	P_TYPED(ARGS, script, "ScriptBlock", "Command", "ScriptBlock", P_ONLY(WITH_SCRIPT(SET_WHERE)),
		.pos = 2),
	P_STR(ARGS, file, "FilePath", "PSPath", P_ONLY(WITH_FILE(SET_WHERE)), .pos = 2),
	P_TYPED(ARGS, arguments, "ArgumentList", "Args", "Object[]"),
	P_TYPED(ARGS, input, "InputObject", NULL, "PSObject"),
	CONNECT_PARAMS(ARGS, connect),
	P_END
};

struct invocation;
struct remote {                           /* one server */
	struct invocation *all;
	const char *typed;                /* the name in the list */
	struct target target;
	struct session *session;
	struct host_tty *host;
	struct pipeline *pipe;            /* NULL before it runs and after it ended */
	int status;
	bool open, reported, done;
};
struct invocation {
	struct loop *loop;
	struct arena *arena;
	struct input *input;              /* stdin as pipeline input, or answers to prompts */
	struct remote *remote;
	size_t remote_n, left;
	struct span script;
	struct pipe_param *param;
	size_t param_n;
	bool feeding, reading, interrupted, closing;
	int exit;                         /* status after a signal, else 0 */
	struct timer grace;               /* of Ctrl+C */
};

static void feed(struct invocation *in);

static void finish(struct remote *r)
{
	if (!r->done) {
		r->done = true;
		r->all->left--;
	}
}

static void worse(struct remote *r, int status)
{
	if (status > r->status)
		r->status = status;
}

/* The first failure is the cause; what follows from it is not repeated. */
static void fail(struct remote *r, const struct err *why)
{
	if (!r->reported)
		report_session(r->target.name ? r->target.name : r->typed, r->open, why);
	r->reported = true;
	worse(r, err_exit(why->code));
}

static void on_output(void *ctx, const struct ps_val *v)
{
	struct buf text;

	(void)ctx;
	buf_init(&text, SIZE_MAX);
	ps_text(v, &text);
	print_line(buf_span(&text));
	buf_free(&text);
}

static void show_error(struct remote *r, const struct ps_val *error)
{
	report_record(r->all->remote_n > 1 ? r->target.name : NULL, error);
	worse(r, 1);
}

/* With a host the server sends warnings and the like as host calls too: only errors are shown from
 * their record. */
static void on_record(void *ctx, enum record_kind k, const struct ps_val *v)
{
	if (k == RECORD_ERROR)
		show_error(ctx, v);
}

static void on_ended(void *ctx, enum pipe_state st, const struct ps_val *error,
	const struct err *why)
{
	struct remote *r = ctx;

	r->pipe = NULL;
	host_tty_progress_end(r->host);
	if (why && session_is_open(r->session)) {
		report_command(r->target.name, why);
		worse(r, err_exit(why->code));
	} else if (why) {
		fail(r, why);
	} else if (st == PIPE_FAILED || (st == PIPE_STOPPED && !r->all->interrupted)) {
		show_error(r, error);
	}
	session_close(r->session);
}

static void on_room(void *ctx)
{
	feed(((struct remote *)ctx)->all);
}

static const struct pipe_events pipe_events = { on_output, on_record, on_ended, on_room };

static void run_pipeline(struct remote *r)
{
	struct invocation *in = r->all;
	int width, height;

	term_size(&width, &height);
	struct pipe_param format[] = {
		{ "Stream", NULL },
		{ "Width", ps_i32(in->arena, term_is_tty(STDOUT_FILENO) ? width : NOT_TTY_WIDTH) },
	};
	struct pipe_cmd cmd[] = {
		{ .text = in->script, .is_script = true, .param = in->param, .param_n = in->param_n },
		{ .text = SPAN("Out-String"), .param = format, .param_n = 2 },
	};
	struct pipe_stmt stmt = { cmd, 2 };
	struct pipe_spec spec = { .stmt = &stmt, .stmt_n = 1, .no_input = !in->feeding };

	r->pipe = session_run(r->session, &spec, &pipe_events, r);
}

static void on_state(void *ctx, enum session_state st, const struct err *why)
{
	struct remote *r = ctx;

	if (st == SESSION_OPEN) {
		r->open = true;
		target_opened(&r->target);
	}
	if (st == SESSION_BROKEN && why && !r->done)
		fail(r, why);
	if (st == SESSION_BROKEN || st == SESSION_CLOSED)
		finish(r);
}

static void on_exit_code(void *ctx, int code)
{
	worse(ctx, code & 255);
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
	for (size_t i = 0; i < in->remote_n; i++)
		if (in->remote[i].pipe && pipe_queued(in->remote[i].pipe) > INPUT_HIGH)
			return;
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
			session_close(r->session);
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
			session_close(in->remote[i].session);
}

static void on_terminate(void *ctx, int signo)
{
	struct invocation *in = ctx;

	in->exit = 128 + signo;
	close_all(in);
}

/* PowerShell would run what is not UTF-8 with other characters in its place. */
static int read_file(const char *name, struct buf *script, struct err *e)
{
	struct utf_in in = { 0 };
	struct buf raw;

	buf_init(&raw, SCRIPT_MAX);
	if (file_read(name, &raw, e) == 0) {
		utf_in_feed(&in, buf_span(&raw), script);
		if (!utf_in_end(&in, script) || !utf8_valid(buf_span(script)))
			err_set(e, E_USAGE, "'%s' is not text in UTF-8, nor in UTF-16 with a byte order mark: "
				"save it as UTF-8", name);
	}
	buf_free(&raw);
	return e->code;
}

static int read_script(const struct invoke_args *args, struct buf *script, struct err *e)
{
	struct span s;

	if (args->script) {
		s = span_trim(span_str(args->script));
		if (s.n > 1 && s.p[0] == '{' && s.p[s.n - 1] == '}')    /* as PowerShell has them */
			s = span_sub(s, 1, s.n - 2);
		buf_put(script, s);
		return 0;
	}
	return read_file(args->file, script, e);
}

static void start(struct remote *r, uint32_t set, const struct connect_args *connect,
	struct accounts *accounts)
{
	struct invocation *in = r->all;
	struct host_tty_cfg host = {
		.loop = in->loop,
		.input = in->feeding ? NULL : in->input,        /* stdin is not for answers then */
		.pop = on_pop,
		.should_exit = on_exit_code,
		.ctx = r,
	};
	struct session_cfg cfg = {
		.loop = in->loop,
		.host = host_tty_info(),
		.host_ops = &host_tty_ops,
		.state = on_state,
		.notice = report_notice,
		.ctx = r,
		.reopen = target_reopen,
		.reopen_ctx = &r->target,
	};
	struct err why = { 0 };

	if (target_open(&r->target, r->typed, set, connect, accounts, in->loop, in->arena, &why) < 0) {
		fail(r, &why);
		finish(r);
		return;
	}
	host.computer = r->target.name;
	cfg.host_ctx = r->host = host_tty_new(&host);
	cfg.xport = r->target.xport;
	cfg.open_ms = r->target.open_ms;
	r->session = session_new(&cfg);
	run_pipeline(r);
}

static void start_all(struct invocation *in, const struct invoke_args *args, uint32_t set,
	struct accounts *accounts)
{
	const struct str_list *names = &args->computer;

	if (set & (SET_HOST | SET_URI))
		names = set & SET_HOST ? &args->host : &args->uri;
	in->remote = arena_alloc(in->arena, names->n * sizeof(*in->remote));
	in->remote_n = in->left = names->n;
	for (size_t i = 0; i < names->n; i++) {
		in->remote[i].all = in;
		in->remote[i].typed = names->v[i];
		start(&in->remote[i], set, &args->connect, accounts);
	}
	feed(in);
}

/* The worst status of all. */
static int end_all(struct invocation *in)
{
	int status = 0;

	for (size_t i = 0; i < in->remote_n; i++) {
		if (in->remote[i].status > status)
			status = in->remote[i].status;
		host_tty_free(in->remote[i].host);  /* its questions lie in the session */
		session_free(in->remote[i].session);
		target_free(&in->remote[i].target);
	}
	if (input_broken(in->input) && status < 2)
		status = 2;
	input_free(in->input);
	return in->exit ? in->exit : status;
}

static bool is_stdin(const char *file)
{
	return file && !strcmp(file, "-");
}

static int check_stdin(const struct invoke_args *args, struct err *e)
{
	if (args->input && !is_stdin(args->input))
		return err_set(e, E_USAGE,
			"-InputObject takes '-': the lines of standard input become the pipeline's input.");
	if (is_stdin(args->file) + is_stdin(args->input) + is_stdin(args->connect.password_file) > 1)
		return err_set(e, E_USAGE,
			"Only one of -FilePath, -InputObject and -PasswordFile can be '-' (standard input).");
	return 0;
}

static int run(struct invocation *in, const struct invoke_args *args, uint32_t set, struct err *e)
{
	struct accounts accounts = { .arena = in->arena };
	struct buf script;
	int status = 0;

	buf_init(&script, 2 * SCRIPT_MAX);
	if (check_stdin(args, e) < 0 ||
		arguments_parse(args->arguments, in->arena, &in->param, &in->param_n, e) < 0 ||
		read_script(args, &script, e) < 0)
		goto out;
	in->script = buf_span(&script);
	in->feeding = args->input != NULL;
	in->input = input_new(in->loop, STDIN_FILENO);
	loop_signal(in->loop, SIGINT, on_interrupt, in);
	loop_signal(in->loop, SIGTERM, on_terminate, in);
	loop_signal(in->loop, SIGHUP, on_terminate, in);
	loop_signal(in->loop, SIGQUIT, on_terminate, in);
	start_all(in, args, set, &accounts);
	while (in->left && loop_turn(in->loop, e) == 0)
		if (print_flush() < 0 && !in->closing && !loop_signal_waits())
			close_all(in);          /* nobody reads any more */
	status = end_all(in);
out:
	accounts_wipe(&accounts);
	buf_free(&script);
	return status;
}

APPLET(invoke_command, "invoke-command", "icm", invoke_params, invoke_args, WITH_EITHER(SET_WHERE),
	WITH_SCRIPT(SET_COMPUTER), &defaults)
{
	struct invocation in = { .loop = loop_new(), .arena = arena };
	struct err e = { 0 };
	int status;

	set >>= set & WITH_FILE(SET_WHERE) ? 2 * SET_SHIFT : SET_SHIFT;
	status = run(&in, args, set, &e);
	if (e.code) {
		print_err(&e);
		status = err_exit(e.code);
	}
	loop_free(in.loop);
	return status;
}
