/* enter-pssession: an interactive session. */
#include <signal.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/enter.h"
#include "applets/report.h"
#include "applets/ui/print.h"
#include "applets/ui/term_io.h"

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

static void on_state(void *ctx, enum session_state st, const struct err *why)
{
	struct enter *en = ctx;

	if (st == SESSION_OPEN) {
		en->open = true;
		target_opened(&en->target);
	}
	if (st == SESSION_BROKEN && !en->done) {
		enter_fail(en, why);
		if (why && !en->leaving)
			en->status = err_exit(why->code);
		en->leaving = en->done = true;
	}
	if (st == SESSION_CLOSED)
		en->done = true;
}

static void on_pop(void *ctx)
{
	enter_leave(ctx, 0);
}

static void on_exit_code(void *ctx, int code)
{
	enter_leave(ctx, code & 255);
}

static void still_stopping(void *ctx)
{
	struct enter *en = ctx;

	if (en->pipe && en->stopping && !en->leaving) {
		enter_end_row(en);
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
		enter_leave(en, 130);
		if (en->stopping)
			loop_arm(en->loop, &en->grace, FAREWELL_MS, give_up, en);
	} else {
		print_line(SPAN_NONE);
		input_cancel(en->input);
		buf_clear(&en->text);
		en->incomplete = false;
		enter_next_line(en);
	}
}

/* The shell on the server goes with us. */
static void on_terminate(void *ctx, int signo)
{
	enter_leave(ctx, 128 + signo);
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
	enter_begin(en, a);
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
			enter_leave(en, 0);           /* nobody reads any more; main() knows the status */
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
