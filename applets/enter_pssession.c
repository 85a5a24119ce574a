/* enter-pssession: an interactive session. */
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/attach.h"
#include "applets/enter.h"
#include "applets/ui/print.h"
#include "applets/ui/term_io.h"

#define LINE_MAX_LEN (16u << 20)
#define ARGS struct enter_args

struct enter_args {
	bool no_color;
	struct connect_args connect;
	struct str_list where;
	const char *escape;
	struct choice choice;
};
static const struct param enter_params[] = {
	P_WORD(ARGS, where, "ComputerName\0Cn", TYPE_STRING, P_ONLY(SET_COMPUTER), .pos = 1),
	P_WORD(ARGS, where, "HostName", TYPE_STRING, .sets = SET_HOST, .pos = 1),
	P_WORD(ARGS, where, "ConnectionUri\0URI\0CU", TYPE_URI, P_ONLY(SET_URI), .pos = 2),
	P_WORD(ARGS, where, "ContainerId", TYPE_STRING, P_ONLY(SET_CONTAINER)),
	P_WORD(ARGS, where, "VMId\0VMGuid", TYPE_GUID, P_ONLY(SET_VMID)),
	P_WORD(ARGS, where, "VMName", TYPE_STRING, P_ONLY(SET_VMNAME)),
	P_WORD(ARGS, where, "Command", TYPE_STRING, P_ONLY(SET_COMMAND)),
	P_STRS(ARGS, choice.session, "Session", TYPE_SESSION, .sets = SET_SESSION, .pos = 1),
	P_GUIDS(ARGS, choice.instance, "InstanceId", TYPE_GUID, P_ONLY(SET_INSTANCE)),
	P_INTS(ARGS, choice.id, "Id", TYPE_INT, 1, 31, P_ONLY(SET_ID), .pos = 1),
	P_STRS(ARGS, choice.name, "Name", TYPE_STRING, P_ONLY(SET_NAME)),
	P_SWITCH(ARGS, no_color, "NoColor"),
	P_STR(ARGS, escape, "EscapeCharacter"),
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
	if (st == SESSION_BROKEN || st == SESSION_CLOSED)
		report_link_end(&en->link);
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

void enter_leave_now(struct enter *en)
{
	if (en->leaving)
		en->done = true;
	enter_leave(en, en->pipe ? 130 : 0);
	loop_arm(en->loop, &en->grace, FAREWELL_MS, give_up, en);
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
	} else if (!en->session) {
		enter_leave(en, 130);
	} else if (en->pipe && !en->checking && !en->stopping) {
		en->stopping = true;
		input_drop(en->input);
		pipe_stop(en->pipe);
		loop_arm(en->loop, &en->grace, STOP_PATIENCE_MS, still_stopping, en);
	} else if (en->pipe) {
		enter_leave(en, 130);
		if (en->stopping)
			loop_arm(en->loop, &en->grace, FAREWELL_MS, give_up, en);
	} else {
		enter_complete_stop(en);
		input_cancel(en->input);
		if (!input_edits(en->input))
			print_line(SPAN_NONE);
		buf_clear(&en->text);
		en->incomplete = false;
		enter_next_line(en);
	}
}

/* The shell on the server goes with us. */
static void on_terminate(void *ctx, int signo)
{
	print_ending();
	enter_leave(ctx, 128 + signo);
}

static void on_words(void *ctx)
{
	enter_end_row(ctx);
}

/* Retries go on in silence but for words; what is left to its server is not ours to close. */
static void on_link(void *ctx, enum xport_link now, unsigned seconds, const struct err *why)
{
	struct enter *en = ctx;

	if (now == XPORT_DISCONNECTED)
		input_cancel(en->input);
	en->link.instance = *session_pool(en->session);
	report_link(&en->link, now, seconds, why);
	if (now == XPORT_DISCONNECTED) {
		en->leaving = en->done = true;
		en->status = en->detaching ? 0 : err_exit(E_NET);
	} else if (now == XPORT_UP && input_waits(en->input) && !en->pipe &&
		!input_edits(en->input)) {
		enter_prompt(en);               /* warnings stand behind the one that was there */
	}
}

static void says_nothing(void *ctx)
{
	(void)ctx;
}

/* exit-pssession, run elsewhere, waits until we are gone, and its connection with us. */
static void on_asked(void *ctx, short got)
{
	struct enter *en = ctx;
	struct stream *s;
	int32_t pid;

	(void)got;
	if (!(s = keeper_accept(en->loop, &en->place, &pid)))
		return;
	s->ready = says_nothing;
	stream_close(en->asker);
	en->asker = s;
	enter_leave(en, 0);
}

static void listen_here(struct enter *en)
{
	struct err e = { 0 };
	struct stat st;

	if (fstat(STDIN_FILENO, &st) == 0 &&
		keeper_listen_tty(&en->place, (int32_t)st.st_rdev, &e) == 0)
		loop_watch(en->loop, &en->asked, en->place.fd, POLLIN, on_asked, en);
}

/* The keeper has us: the pool is open. */
static void on_attached(void *ctx, const struct guid *pool, int protocol, const struct err *why)
{
	struct enter *en = ctx;

	if (why) {
		enter_fail(en, why);
		en->status = err_exit(why->code);
		en->leaving = en->done = true;
		return;
	}
	en->session = session_attach(&en->cfg, pool, protocol);
	en->open = true;
	enter_begin(en);
}

static void set_up(struct enter *en)
{
	struct host_tty_cfg host = {
		.loop = en->loop,
		.computer = en->target.name,
		.pop = on_pop,
		.should_exit = on_exit_code,
		.ctx = en,
	};

	host.input = en->input = input_new(en->loop, STDIN_FILENO);
	if (input_is_tty(en->input)) {
		term_hide_signals(STDIN_FILENO);
		listen_here(en);
	}
	en->host = host_tty_new(&host);
	en->cfg = target_session(&en->target, en->loop);
	en->cfg.host_ops = &host_tty_ops;
	en->cfg.host_ctx = en->host;
	en->cfg.state = on_state;
	en->cfg.link = on_link;
	en->cfg.event = enter_event;
	en->cfg.ctx = en;
	en->link = (struct report_link){ .loop = en->loop, .computer = en->target.name,
		.id = en->kept ? en->kept->id : 0, .before = on_words, .ctx = en };
	loop_signal(en->loop, SIGINT, on_interrupt, en);
	loop_signal(en->loop, SIGTERM, on_terminate, en);
	loop_signal(en->loop, SIGHUP, on_terminate, en);
	loop_signal(en->loop, SIGQUIT, on_terminate, en);
}

static void converse(struct enter *en, struct err *e)
{
	while (!en->done && loop_turn(en->loop, e) == 0)
		if (print_flush() < 0 && !loop_signal_waits())
			enter_leave(en, 0);     /* nobody reads any more; main() knows the status */
	host_tty_free(en->host);        /* its questions lie in the session */
	if (en->session)
		session_free(en->session);
	else
		en->target.xport->ops->free(en->target.xport);
	input_free(en->input);
	enter_console_end(en);
	keeper_unlisten(&en->place);
	stream_close(en->asker);
}

static int enter_new(struct enter *en, const struct enter_args *args, uint32_t set, struct err *e)
{
	struct accounts accounts = { .arena = en->arena };
	const char *name = args->where.n ? args->where.v[0] : NULL;

	if (target_open(&en->target, name, set, &args->connect, &accounts, en->loop, en->arena,
		e) < 0) {
		report_session(en->target.name, false, e);
		en->reported = true;
	} else {
		set_up(en);
		en->session = session_new(&en->cfg);
		enter_begin(en);
		converse(en, e);
	}
	target_free(&en->target);
	accounts_wipe(&accounts);
	return e->code ? err_exit(e->code) : en->status;
}

static int check_open(const struct kept *k, struct err *e)
{
	if (k->state == KEPT_OPENED)
		return 0;
	if (!kept_by_server(k))
		return err_set(e, E_REMOTE, "Cannot enter session %s because its connection is gone, and "
			"the session with it: remove-pssession %d forgets it.", k->name, (int)k->id);
	return err_set(e, E_REMOTE, "Cannot enter session %s because it is not in the disconnected "
		"state or is not available for connection. Retrieve the remote session using "
		"Get-PSSession -ComputerName %s -InstanceId %s.", k->name, k->computer,
		guid_fmt(&k->instance).s);
}

static void warn_running(const struct kept *k)
{
	print_words(PRINT_WARNING, "A command runs in session %d; what you run waits until it has "
		"ended. receive-pssession %d shows what it prints.", (int)k->id, (int)k->id);
}

static int enter_kept(struct enter *en, const struct enter_args *args, struct err *e)
{
	struct chosen c = { .loop = en->loop, .arena = en->arena };

	en->kept = choose_one(&c, &args->choice);
	if (!choice_named(&args->choice) && term_is_tty(STDOUT_FILENO))
		dup2(STDOUT_FILENO, STDIN_FILENO);      /* it was the pipe that the row came down */
	if (!en->kept || (en->kept->state != KEPT_DISCONNECTED && check_open(en->kept, e) < 0) ||
		!(en->kept = attach_ready(&c, en->kept)))
		return c.status;
	if (en->kept->command_n && !en->kept->front_end)
		warn_running(en->kept);
	en->target.name = en->kept->computer;
	set_up(en);
	struct xport_keeper_cfg cfg = {
		.loop = en->loop,
		.id = en->kept->id,
		.wait = true,
		.tty = input_is_tty(en->input) ? ttyname(STDIN_FILENO) : NULL,
		.attached = on_attached,
		.waiting = attach_waiting,
		.ctx = en,
	};
	en->cfg.xport = en->target.xport = xport_keeper_new(&cfg);
	converse(en, e);
	return e->code ? err_exit(e->code) : en->status;
}

APPLET(enter_pssession, "enter-pssession\0etsn", enter_params, enter_args,
	SET_WHERE | SET_KEPT | PARAMS_LONE, SET_COMPUTER, NULL)
{
	struct enter en = { .loop = loop_new(), .arena = arena, .place.fd = -1, .resume = -1 };
	struct err e = { 0 };
	int status;

	print_no_color(args->no_color);
	buf_init(&en.text, LINE_MAX_LEN);
	buf_init(&en.prompt, 1 << 16);
	if (set & SET_HOST && !args->where.n && !args->connect.options)
		set = SET_SESSION;              /* only -Options could name a host: a row down a pipe */
	if (enter_set_escape(&en, args->escape, &e) < 0)
		status = err_exit(e.code);
	else
		status = set & SET_KEPT ? enter_kept(&en, args, &e) : enter_new(&en, args, set, &e);
	if (e.code) {
		if (!en.reported)
			print_err(&e);
		status = err_exit(e.code);
	}
	buf_free(&en.text);
	buf_free(&en.prompt);
	loop_free(en.loop);
	return status;
}
