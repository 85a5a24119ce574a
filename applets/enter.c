/* Each line and the next prompt are one pipeline, so Enter costs one round trip. */
#include "applets/enter.h"
#include "applets/ui/print.h"
#include "core/line.h"
#include "core/record.h"

#define NESTED_MS 100u
#define LISTEN_MS 1000u
#define REQUIRED_N 3
static const char *const required[REQUIRED_N] = {
	"Get-Command", "Out-Default", "Exit-PSSession",
};

void enter_end_row(const struct enter *en)
{
	if (input_is_tty(en->input) && !input_editor(en->input) && !print_at_line_start())
		print_line(SPAN_NONE);
}

void enter_leave(struct enter *en, int status)
{
	if (!en->leaving) {
		input_cancel(en->input);
		enter_end_row(en);
		en->leaving = true;
		en->status = status;
		report_link_end(&en->link);
		if (en->session)
			session_close(en->session);
		else
			en->done = true;
	}
}

void enter_fail(struct enter *en, const struct err *why)
{
	if (why && !en->leaving && !en->reported) {
		input_cancel(en->input);
		enter_end_row(en);
		report_session(en->target.name, en->open, why);
	}
	en->reported |= why != NULL;
}

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

/* The last thing that was asked is a script, which fails only where there are none. */
static void check_required(struct enter *en, enum pipe_state st)
{
	struct err e = { 0 };
	unsigned i = 0;

	en->checking = false;
	en->simple = st == PIPE_FAILED;
	en->prompted |= en->simple;
	while (i < REQUIRED_N && en->found & 1u << i)
		i++;
	if (i == REQUIRED_N)
		return;
	err_set(&e, E_REMOTE,
		"the session configuration of '%s' has no %s command, which an interactive session needs. "
		"Use another -ConfigurationName, or invoke-command.", en->target.name, required[i]);
	print_err(&e);
	enter_leave(en, err_exit(e.code));
}

static void on_ended(void *ctx, enum pipe_state st, const struct ps_val *error,
	const struct err *why)
{
	struct enter *en = ctx;

	if (en->stopped) {                /* it went while the debugger had stopped it */
		en->stopped = NULL;
		if (en->pipe)
			return;
		input_cancel(en->input);
	}
	enter_ended(en, st, error, why);
}

static const struct pipe_events pipe_events = { .output = on_output, .record = on_record,
	.ended = on_ended };

/* Where nothing but commands runs. No prompt comes along: "PS>" is PowerShell's, too. */
static void run_simple(struct enter *en)
{
	struct simple_line line;
	struct err e = { 0 };
	struct arena a;

	arena_init(&a, SIZE_MAX);
	if (simple_line_parse(buf_span(&en->text), &a, &line, &e) < 0) {
		print_words(PRINT_ERROR, "The session configuration of '%s' runs commands, but no "
			"scripts: %s cannot be used there.", en->target.name, e.text);
		enter_remember(en, buf_span(&en->text));
		en->failed = true;
	} else if (line.n) {
		en->prompted = true;
		en->pipe = session_run_simple(en->session, buf_span(&en->text), &line, &pipe_events,
			en);
	}
	arena_free(&a);
	if (en->pipe)
		return;
	buf_clear(&en->text);
	enter_next_line(en);
}

/* Only a command that takes its time may have met a breakpoint: no connection for the others. */
static void listen_for_events(void *ctx)
{
	session_listen(((struct enter *)ctx)->session);
}

static void run_now(struct enter *en)
{
	const struct pipe_events *ev = en->stopped ? &enter_nested : &pipe_events;
	struct host_info now = host_tty_info();

	session_set_host(en->session, &now);
	loop_arm(en->loop, &en->listen, LISTEN_MS, listen_for_events, en);
	en->resume = -1;
	en->held = en->incomplete = false;
	en->prompted = en->asks;          /* a prompt function that fails leaves "PS>" */
	if (en->asks) {
		buf_clear(&en->prompt);
		en->pipe = session_run_prompt(en->session, en->stopped != NULL, ev, en);
	} else if (en->simple) {
		run_simple(en);
	} else {
		en->pipe = session_run_line(en->session, buf_span(&en->text), en->stopped != NULL, ev,
			en);
	}
}

/* The server says that a pipeline is stopped, or a nested one over, before it takes the next nested
 * one: what comes too early waits for ever (measured with 7.6). */
bool enter_too_early(const struct enter *en)
{
	return en->stopped && (en->complete.late ||
		loop_now(en->loop) < en->nested_ms + NESTED_MS);
}

static void run_in_time(void *ctx)
{
	struct enter *en = ctx;

	if (enter_too_early(en))
		loop_arm(en->loop, &en->pause, NESTED_MS, run_in_time, en);
	else
		run_now(en);
}

void enter_run(struct enter *en, bool prompt)
{
	en->asks = prompt;
	run_in_time(en);
}

void enter_ended(struct enter *en, enum pipe_state st, const struct ps_val *error,
	const struct err *why)
{
	en->pipe = NULL;
	loop_disarm(en->loop, &en->listen);
	en->stopping = false;
	en->failed = st == PIPE_FAILED;
	host_tty_progress_end(en->host);
	if (en->leaving || (why && (en->checking || !session_is_open(en->session)))) {
		enter_fail(en, why);
		enter_leave(en, why ? err_exit(why->code) : en->status);
		return;
	}
	if (why)                          /* the command's end, not the session's */
		report_command(en->target.name, why);
	else if (en->checking)
		check_required(en, st);
	else if (error && record_is_incomplete(error) && !en->ended)
		en->incomplete = true;
	else if (error)
		show_end(error);
	if (!en->incomplete) {
		enter_remember(en, buf_span(&en->text));
		buf_clear(&en->text);
	}
	if (!en->prompted && !en->incomplete && !en->leaving && input_is_tty(en->input))
		enter_run(en, true);
	else
		enter_next_line(en);
}

void enter_begin(struct enter *en)
{
	struct arena *a = en->arena;
	struct ps_val *names = ps_list(a, PS_STRINGS);

	for (unsigned i = 0; i < REQUIRED_N; i++)
		ps_append(a, names, ps_str(a, span_str(required[i])));
	struct pipe_param by_name = { "Name", names };
	struct pipe_param property = { "Property", ps_str(a, SPAN("Name")) };
	struct pipe_cmd find[] = {
		{ .text = SPAN("Get-Command"), .param = &by_name, .param_n = 1 },
		{ .text = SPAN("Select-Object"), .param = &property, .param_n = 1 },
	};
	/* A server tells of breakpoints only who has asked for it (DebugModes: 2 local, 4 remote). */
	struct pipe_cmd prompt = {
		.text = SPAN("try{[Runspace]::DefaultRunspace.Debugger.SetDebugMode(6)}catch{}"
			LINE_PROMPT),
		.is_script = true,
	};
	struct pipe_stmt stmt[] = { { find, 2 }, { &prompt, 1 } };
	struct pipe_spec spec = { .stmt = stmt, .stmt_n = 2, .no_input = true };

	en->checking = true;
	en->pipe = session_run(en->session, &spec, &pipe_events, en);
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
	bool more = en->incomplete && !en->block;
	int status;

	en->ended = end;
	if (en->block) {
		buf_clear(&en->text);
		while (line.n && line.p[line.n - 1] == '\n')
			line.n--;
	}
	en->block = false;
	if (en->stopped && !more) {              /* the debugger knows exit, and repeats for no line */
		buf_put(&en->text, end ? SPAN("exit") : line);
		enter_run(en, false);
		return;
	}
	if (end && !more) {
		enter_leave(en, input_broken(en->input) ? 2 : en->failed && !input_is_tty(en->input));
		return;
	}
	if (!more && is_exit(line, &status)) {
		enter_remember(en, line);
		enter_leave(en, status);
		return;
	}
	if (!more && !span_trim(line).n) {
		enter_next_line(en);
		return;
	}
	if (more && !span_trim(line).n) {        /* ends the command, is no part of it */
		enter_run(en, false);
		return;
	}
	if (more)
		buf_putc(&en->text, '\n');
	buf_put(&en->text, line);
	if (more)
		enter_next_line(en);
	else
		enter_run(en, false);
}

void enter_prompt(const struct enter *en)
{
	if (!input_is_tty(en->input))
		return;
	if (en->incomplete)
		print_text(SPAN(">> "));
	else
		print_prompt(en->target.name, en->prompt.n ? buf_span(&en->prompt) : SPAN("PS>"));
}

void enter_next_line(struct enter *en)
{
	if (en->leaving || input_waits(en->input))
		return;
	loop_disarm(en->loop, &en->pause);
	enter_console(en);
	if (en->incomplete && input_resume(en->input, buf_span(&en->text), got_line, en)) {
		en->block = true;
		return;
	}
	enter_end_row(en);
	enter_prompt(en);
	input_want(en->input, INPUT_COMMAND, got_line, en);
}
