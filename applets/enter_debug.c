/* The debugger of the server has stopped what runs: what is typed runs inside it, until one of the
 * debugger's commands lets it go on. */
#include "applets/enter.h"
#include "applets/ui/print.h"
#include "core/debug.h"
#include "core/line.h"

enum { YELLOW = 14 };

/* Strings are the debugger's own words, but for the last one, which may be the prompt. */
static void on_output(void *ctx, const struct ps_val *v)
{
	struct enter *en = ctx;
	bool own = debug_command(v, &en->resume);

	if (!own && v->tag != PS_S)
		return;
	if (en->held)
		print_line(buf_span(&en->prompt));
	en->held = en->prompted = !own;
	buf_clear(&en->prompt);
	if (!own)
		ps_text(v, &en->prompt);
}

static void on_record(void *ctx, enum record_kind k, const struct ps_val *v)
{
	(void)ctx;
	if (k == RECORD_ERROR)
		report_record(NULL, v);
}

static void on_ended(void *ctx, enum pipe_state st, const struct ps_val *error,
	const struct err *why)
{
	struct enter *en = ctx;

	en->nested_ms = loop_now(en->loop);
	if (en->resume < 0 || !en->stopped || en->leaving || why) {
		enter_ended(en, st, error, why);
		return;
	}
	en->pipe = en->stopped;
	en->stopped = NULL;
	en->prompted = en->stopping = false;
	buf_clear(&en->text);
	session_resume(en->session, en->resume);
}

const struct pipe_events enter_nested = { .output = on_output, .record = on_record,
	.ended = on_ended };

void enter_event(void *ctx, const struct ps_val *event)
{
	struct enter *en = ctx;
	struct buf text;

	buf_init(&text, 1 << 16);
	if (!en->debugged)
		buf_puts(&text, "Entering debug mode. Use h or ? for help.\n\n");
	if (debug_stopped(event, &text)) {
		if (!en->pipe || en->checking || en->stopped) {   /* nothing of the user's */
			session_resume(en->session, DEBUG_CONTINUE);
		} else {
			host_tty_progress_end(en->host);
			enter_end_row(en);
			print_colors(YELLOW, -1);
			print_text(buf_span(&text));
			print_colors(-1, -1);
			print_line(SPAN_NONE);
			en->debugged = true;
			en->stopped = en->pipe;
			en->pipe = NULL;
			en->nested_ms = loop_now(en->loop);
			enter_remember(en, buf_span(&en->text));
			buf_clear(&en->text);
			enter_run(en, true);
		}
	}
	buf_free(&text);
}
