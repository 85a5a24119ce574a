/* enter-pssession: an interactive session; each line and the next prompt are one pipeline, so Enter
 * costs one round trip. */
#include <signal.h>
#include <strings.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/report.h"
#include "applets/target.h"
#include "applets/ui/host_tty.h"
#include "applets/ui/print.h"
#include "applets/ui/term_io.h"
#include "core/line.h"
#include "core/record.h"

#define LINE_MAX_LEN (16u << 20)
#define ARGS struct enter_args

struct enter_args {
	struct connect_args connect;
	const char *computer, *host, *uri;
};
static const struct enter_args defaults = { .connect = CONNECT_DEFAULTS };
static const struct param enter_params[] = {
	P_STR(ARGS, computer, "ComputerName", "Cn", P_ONLY(SET_COMPUTER), .pos = 1),
	P_STR(ARGS, host, "HostName", NULL, P_ONLY(SET_HOST), .pos = 1),
	P_TYPED(ARGS, uri, "ConnectionUri", "URI,CU", "Uri", P_ONLY(SET_URI), .pos = 2),
	CONNECT_PARAMS(ARGS, connect),
	P_END
};

struct enter {
	struct loop *loop;
	struct input *input;
	struct host_tty *host;
	struct target target;
	struct session *session;
	struct pipeline *pipe;            /* what runs now */
	struct buf text;                  /* the command being typed; incomplete: its lines so far */
	struct buf prompt;                /* what the server's prompt function said last */
	unsigned found;                   /* bit i: the endpoint has required[i] */
	bool checking;                    /* the first pipeline: commands and first prompt */
	bool prompted;                    /* the prompt came with the last pipeline */
	bool incomplete;                  /* the server wants more: >> until an empty line */
	bool ended;                       /* no more input: an incomplete command can't be completed */
	bool open, stopping, reported;
	bool failed;                      /* the last command ended in an error, or unfinished */
	struct timer grace;               /* of Ctrl+C */
	bool leaving, done;
	int status;
};
#define REQUIRED_N 3
static const char *const required[REQUIRED_N] = {
	"Get-Command", "Out-Default", "Exit-PSSession",
};

/* On a terminal, what follows does not stand behind a prompt. */
static void end_row(const struct enter *en)
{
	if (input_is_tty(en->input) && !print_at_line_start())
		print_line(SPAN_NONE);
}

static void leave(struct enter *en, int status)
{
	if (!en->leaving) {
		end_row(en);
		en->leaving = true;
		en->status = status;
		input_cancel(en->input);
		session_close(en->session);
	}
}

/* The first failure is the cause; what follows from it is not repeated. */
static void report_failure(struct enter *en, const struct err *why)
{
	if (why && !en->leaving && !en->reported) {
		end_row(en);
		report_session(en->target.name, en->open, why);
	}
	en->reported |= why != NULL;
}

static void next_line(struct enter *en);

static void on_output(void *ctx, const struct ps_val *v)
{
	struct enter *en = ctx;
	struct span name;

	for (unsigned i = 0; en->checking && i < REQUIRED_N; i++)
		if (ps_get_str(ps_prop(v, "Name"), &name) && span_is_ci(name, required[i]))
			en->found |= 1u << i;
	if (v->tag == PS_S) {
		en->prompted = true;
		buf_clear(&en->prompt);
		ps_text(v, &en->prompt);
	}
}

/* What ended the command. PowerShell's client has the server format it from a copy that has lost
 * its category: "Error: " and the bare message, position lines of a parser included. */
static void show_end(const struct ps_val *error)
{
	struct buf text;

	buf_init(&text, 1 << 20);
	buf_puts(&text, "Error: ");
	ps_text(error, &text);
	print_record(PRINT_ERROR, buf_span(&text));
	buf_free(&text);
}

static void on_record(void *ctx, enum record_kind k, const struct ps_val *v)
{
	struct enter *en = ctx;

	if (k == RECORD_ERROR && !en->checking)
		report_record(NULL, v);
}

static void check_required(struct enter *en)
{
	struct err e = { 0 };
	unsigned i = 0;

	en->checking = false;
	while (i < REQUIRED_N && en->found & 1u << i)
		i++;
	if (i == REQUIRED_N)
		return;
	err_set(&e, E_REMOTE,
		"the session configuration of '%s' has no %s command, which an interactive session needs. "
		"Use another -ConfigurationName, or invoke-command.", en->target.name, required[i]);
	print_err(&e);
	leave(en, err_exit(e.code));
}

static const struct pipe_events pipe_events;

static void on_ended(void *ctx, enum pipe_state st, const struct ps_val *error,
	const struct err *why)
{
	struct enter *en = ctx;

	en->pipe = NULL;
	en->stopping = false;
	en->failed = st == PIPE_FAILED;
	host_tty_progress_end(en->host);
	if (en->leaving || (why && (en->checking || !session_is_open(en->session)))) {
		report_failure(en, why);
		leave(en, why ? err_exit(why->code) : en->status);
		return;
	}
	if (why)                          /* the command's end, not the session's */
		report_command(en->target.name, why);
	else if (en->checking)
		check_required(en);
	else if (error && record_is_incomplete(error) && !en->ended)
		en->incomplete = true;
	else if (error)
		show_end(error);
	if (!en->incomplete)
		buf_clear(&en->text);
	if (!en->prompted && !en->incomplete && !en->leaving && input_is_tty(en->input)) {
		en->prompted = true;      /* a prompt function that fails leaves "PS>" */
		buf_clear(&en->prompt);
		en->pipe = session_run_prompt(en->session, &pipe_events, en);
		return;
	}
	next_line(en);
}

static void on_room(void *ctx)
{
	(void)ctx;
}

static const struct pipe_events pipe_events = { on_output, on_record, on_ended, on_room };

/* The first pipeline asks for the commands that every interactive session needs, and for the
 * prompt. */
static void check_and_prompt(struct enter *en, struct arena *a)
{
	struct ps_val *names = ps_list(a, "System.String[]\0System.Array\0System.Object\0");

	for (unsigned i = 0; i < REQUIRED_N; i++)
		ps_append(a, names, ps_str(a, span_str(required[i])));
	struct pipe_param by_name = { "Name", names };
	struct pipe_param property = { "Property", ps_str(a, SPAN("Name")) };
	struct pipe_cmd find[] = {
		{ .text = SPAN("Get-Command"), .param = &by_name, .param_n = 1 },
		{ .text = SPAN("Select-Object"), .param = &property, .param_n = 1 },
	};
	struct pipe_cmd prompt = { .text = SPAN("prompt") };
	struct pipe_stmt stmt[] = { { find, 2 }, { &prompt, 1 } };
	struct pipe_spec spec = { .stmt = stmt, .stmt_n = 2, .no_input = true };

	en->checking = true;
	en->pipe = session_run(en->session, &spec, &pipe_events, en);
}

static void run_text(struct enter *en)
{
	struct host_info now = host_tty_info();

	session_set_host(en->session, &now);
	en->incomplete = en->prompted = false;
	en->pipe = session_run_line(en->session, buf_span(&en->text), &pipe_events, en);
}

/* exit and Exit-PSSession need no server; exit N gives the status. */
static bool is_exit(struct span line, int *status)
{
	struct span s = span_trim(line);
	int64_t n;

	*status = 0;
	while (s.n && s.p[s.n - 1] == ';')
		s = span_trim(span_sub(s, 0, s.n - 1));
	if (span_is_ci(s, "exit") || span_is_ci(s, "Exit-PSSession") || span_is_ci(s, "exsn"))
		return true;
	if (!span_starts_ci(s, "exit ") || !num_i64(span_trim(span_sub(s, 5, s.n)), &n))
		return false;
	*status = (int)(n & 255);
	return true;
}

static void got_line(void *ctx, struct span line, bool end)
{
	struct enter *en = ctx;
	bool more = en->incomplete;
	int status;

	en->ended = end;
	if (end && !more) {
		leave(en, input_broken(en->input) ? 2 : en->failed && !input_is_tty(en->input));
		return;
	}
	if (!more && is_exit(line, &status)) {
		leave(en, status);
		return;
	}
	if (!more && !span_trim(line).n) {
		next_line(en);
		return;
	}
	if (more && !span_trim(line).n) {        /* ends the command, is no part of it */
		run_text(en);
		return;
	}
	if (more)
		buf_putc(&en->text, '\n');
	buf_put(&en->text, line);
	if (more)
		next_line(en);
	else
		run_text(en);
}

static void next_line(struct enter *en)
{
	if (en->leaving)
		return;
	end_row(en);
	if (input_is_tty(en->input)) {
		if (en->incomplete)
			print_text(SPAN(">> "));
		else
			print_prompt(en->target.name, buf_span(&en->prompt));
	}
	input_want(en->input, INPUT_LINE, got_line, en);
}

static void on_state(void *ctx, enum session_state st, const struct err *why)
{
	struct enter *en = ctx;

	if (st == SESSION_OPEN) {
		en->open = true;
		target_opened(&en->target);
	}
	if (st == SESSION_BROKEN && !en->done) {
		report_failure(en, why);
		if (why && !en->leaving)
			en->status = err_exit(why->code);
		en->leaving = en->done = true;
	}
	if (st == SESSION_CLOSED)
		en->done = true;
}

static void on_pop(void *ctx)
{
	leave(ctx, 0);
}

static void on_exit_code(void *ctx, int code)
{
	leave(ctx, code & 255);
}

static void still_stopping(void *ctx)
{
	struct enter *en = ctx;

	if (en->pipe && en->stopping && !en->leaving) {
		end_row(en);
		print_own(STILL_STOPPING);
	}
}

/* The server had its time to take the farewell. */
static void give_up(void *ctx)
{
	((struct enter *)ctx)->done = true;
}

/* Ctrl+C stops what runs (the server's question, if one is open, goes with it); a second one leaves
 * without waiting for that, a third does not wait for the farewell either. At the prompt it drops
 * what was typed. */
static void on_interrupt(void *ctx, int signo)
{
	struct enter *en = ctx;

	(void)signo;
	if (en->leaving) {
		en->done = true;
	} else if (en->pipe && !en->checking && !en->stopping) {
		en->stopping = true;
		pipe_stop(en->pipe);
		loop_arm(en->loop, &en->grace, STOP_PATIENCE_MS, still_stopping, en);
	} else if (en->pipe) {
		leave(en, 130);
		if (en->stopping)
			loop_arm(en->loop, &en->grace, FAREWELL_MS, give_up, en);
	} else {
		print_line(SPAN_NONE);
		input_cancel(en->input);
		buf_clear(&en->text);
		en->incomplete = false;
		next_line(en);
	}
}

/* The shell on the server goes with us. */
static void on_terminate(void *ctx, int signo)
{
	leave(ctx, 128 + signo);
}

static void start(struct enter *en, struct arena *a)
{
	struct host_tty_cfg host = {
		.loop = en->loop,
		.computer = en->target.name,
		.pop = on_pop,
		.should_exit = on_exit_code,
		.ctx = en,
	};
	struct session_cfg cfg = {
		.loop = en->loop,
		.xport = en->target.xport,
		.open_ms = en->target.open_ms,
		.host = host_tty_info(),
		.host_ops = &host_tty_ops,
		.state = on_state,
		.notice = report_notice,
		.ctx = en,
		.reopen = target_reopen,
		.reopen_ctx = &en->target,
	};

	host.input = en->input = input_new(en->loop, STDIN_FILENO);
	if (input_is_tty(en->input))
		term_hide_signals(STDIN_FILENO);
	cfg.host_ctx = en->host = host_tty_new(&host);
	loop_signal(en->loop, SIGINT, on_interrupt, en);
	loop_signal(en->loop, SIGTERM, on_terminate, en);
	loop_signal(en->loop, SIGHUP, on_terminate, en);
	loop_signal(en->loop, SIGQUIT, on_terminate, en);
	en->session = session_new(&cfg);
	check_and_prompt(en, a);
}

static int run(struct enter *en, const struct enter_args *args, uint32_t set, struct arena *a,
	struct err *e)
{
	struct accounts accounts = { .arena = a };
	const char *name = set & SET_HOST ? args->host : set & SET_URI ? args->uri : args->computer;

	if (target_open(&en->target, name, set, &args->connect, &accounts, en->loop, a, e) < 0) {
		report_session(en->target.name, false, e);
		en->reported = true;
		goto out;
	}
	start(en, a);
	while (!en->done && loop_turn(en->loop, e) == 0)
		if (print_flush() < 0 && !loop_signal_waits())
			leave(en, 0);           /* nobody reads any more; main() knows the status */
	session_free(en->session);
	host_tty_free(en->host);
	input_free(en->input);
out:
	target_free(&en->target);
	accounts_wipe(&accounts);
	return e->code ? err_exit(e->code) : en->status;
}

APPLET(enter_pssession, "enter-pssession", "etsn", enter_params, enter_args, SET_WHERE,
	SET_COMPUTER, &defaults)
{
	struct enter en = { .loop = loop_new() };
	struct err e = { 0 };
	int status;

	buf_init(&en.text, LINE_MAX_LEN);
	buf_init(&en.prompt, 1 << 16);
	status = run(&en, args, set, arena, &e);
	if (e.code && !en.reported)
		print_err(&e);
	buf_free(&en.text);
	buf_free(&en.prompt);
	loop_free(en.loop);
	return status;
}
