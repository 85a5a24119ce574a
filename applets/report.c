#include "applets/report.h"
#include <stdarg.h>
#include <stdio.h>
#include "applets/ui/print.h"
#include "applets/ui/term_io.h"
#include "applets/ui/wrap.h"
#include "core/record.h"

#define TEXT_MAX (1u << 20)
#define TICK_MS 1000

void report_session(const char *name, bool was_open, const struct err *e)
{
	if (e->code == E_INTR)
		return;
	if (e->code == E_USAGE)             /* not the server's doing */
		print_err(e);
	else if (was_open)
		print_own("[%s] The session has ended: %s", name, e->text);
	else
		print_own("[%s] Connecting to remote server %s failed with the following error message : "
			"%s", name, name, e->text);
}

void report_command(const char *name, const struct err *e)
{
	print_own("[%s] %s", name, e->text);
}

void report_record(const char *name, const struct ps_val *error)
{
	struct buf text;
	int width, height;

	term_size(&width, &height);
	buf_init(&text, TEXT_MAX);
	if (name)
		buf_printf(&text, "[%s] ", name);
	record_error(error, width, &text);
	print_record(PRINT_ERROR, buf_span(&text));
	buf_free(&text);
}

static void hidden(void *ctx)
{
	(void)ctx;
}

/* Another way for each: who has a keeper needs no password. */
static void say_left(const struct report_link *r, const struct err *why)
{
	struct guid_text id = guid_fmt(&r->instance);
	char left[400];

	if (r->id)
		snprintf(left, sizeof(left), "Session %d is Disconnected, and what runs in it goes on: "
			"receive-pssession %d shows it.", (int)r->id, (int)r->id);
	else
		snprintf(left, sizeof(left), "The session is Disconnected, and what runs in it goes on: "
			"receive-pssession -ComputerName %s -InstanceId %s shows it.", r->computer, id.s);
	if (why)
		print_words(PRINT_WARNING, "The connection to %s is lost: %s. %s", r->computer, why->text,
			left);
	else
		print_words(PRINT_WARNING, "%s", left);
}

static void begin(struct report_link *r)
{
	if (!r->told && r->before)
		r->before(r->ctx);
	r->told = true;
}

static void still_lost(void *ctx)
{
	struct report_link *r = ctx;
	uint64_t now = loop_now(r->loop);
	unsigned left = r->until_ms > now ? (unsigned)(r->until_ms - now) / 1000 : 0;
	bool first = !r->told;
	char line[300];
	int width, height;

	begin(r);
	if (first)
		print_words(PRINT_WARNING, "The network connection to %s has been interrupted. Attempting "
			"to reconnect for up to %u minutes...", r->computer, (left + 59) / 60);
	snprintf(line, sizeof(line), "Attempting to reconnect to %s ... %u s left", r->computer, left);
	term_size(&width, &height);
	print_status(cells_cut(span_str(line), (size_t)width - 1), hidden, NULL);
	loop_arm(r->loop, &r->tick, TICK_MS, still_lost, r);
}

void report_link(struct report_link *r, enum xport_link now, unsigned seconds,
	const struct err *why)
{
	if (now == XPORT_RETRYING) {
		r->until_ms = loop_now(r->loop) + seconds * 1000ull;
		still_lost(r);
		return;
	}
	report_link_end(r);
	if (now == XPORT_DISCONNECTED) {
		begin(r);
		say_left(r, why);
	} else if (r->told) {
		print_words(PRINT_WARNING, "The network connection to %s has been restored.", r->computer);
	}
	r->told = false;
}

void report_link_end(struct report_link *r)
{
	if (r->tick.link) {
		print_status_end();
		loop_disarm(r->loop, &r->tick);
	}
}

void report_notice(void *ctx, struct span text)
{
	(void)ctx;
	print_own("%.*s", SPAN_ARG(span_trim(text)));
}
