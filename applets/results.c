#include "applets/results.h"
#include <unistd.h>
#include "applets/ui/print.h"
#include "applets/ui/term_io.h"
#include "core/clixml.h"
#include "core/psobject_json.h"
#include "core/record.h"

#define NOT_TTY_WIDTH 120                 /* what PowerShell formats for when it has no console */
#define TEXT_MAX (64u << 20)
#define HELD_MAX (16u << 20)
#define OBJS "Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\""

static const char stream_name[][12] = {
	"error", "warning", "verbose", "debug", "information", "progress",
};

static bool has_mark(const struct remote *r)
{
	return r->all->remote_n > 1 && !r->all->hide_names;
}

/* In order, all but one wait for those before them: what they say, here, up to a limit; then their
 * servers, unless stdin goes to all of them at the same pace. */
static void put(struct remote *r, struct span text)
{
	struct invocation *in = r->all;

	if (!in->ordered || r == &in->remote[in->turn]) {
		print_text(text);
		return;
	}
	buf_put(&r->held, text);
	in->held += text.n;
	if (in->held > HELD_MAX && r->pipe && !in->feeding && !in->interrupted)
		session_hold(r->session, true);
}

static void put_lines(struct remote *r, struct span text)
{
	struct buf out;
	size_t n;

	buf_init(&out, SIZE_MAX);
	for (;;) {
		n = span_find(text, '\n');
		if (has_mark(r))
			buf_printf(&out, "%s: ", r->target.name);
		buf_put(&out, span_sub(text, 0, n));
		buf_putc(&out, '\n');
		if (n == text.n)
			break;
		text = span_sub(text, n + 1, text.n);
	}
	put(r, buf_span(&out));
	buf_free(&out);
}

/* Ends the line that Write-Host -NoNewline began. */
static void end_line(struct remote *r)
{
	if (r->line.n)
		put_lines(r, buf_span(&r->line));
	buf_clear(&r->line);
}

static void put_value(struct remote *r, struct buf *text)
{
	buf_putc(text, '\n');
	if (!buf_failed(text)) {
		put(r, buf_span(text));
		return;
	}
	print_own("[%s] A value of more than 64 MiB is left out.", r->target.name);
	remote_worse(r, err_exit(E_LIMIT));
}

static void put_json(struct remote *r, const char *stream, const struct ps_val *v,
	struct span message)
{
	struct buf text;
	struct json j = { &text, false };

	buf_init(&text, TEXT_MAX);
	json_open(&j, '{');
	if (!r->all->hide_names) {
		json_key(&j, SPAN("PSComputerName"));
		json_str(&j, span_str(r->target.name));
	}
	json_key(&j, SPAN("stream"));
	json_str(&j, span_str(stream));
	if (message.n) {
		json_key(&j, SPAN("message"));
		json_str(&j, message);
	}
	json_key(&j, SPAN("type"));
	psobject_json_type(&j, v);
	json_key(&j, SPAN("value"));
	psobject_json(&j, v);
	json_close(&j, '}');
	put_value(r, &text);
	buf_free(&text);
}

/* The computer's name becomes a property, as PowerShell's own client adds it. */
static void put_clixml(struct remote *r, const struct ps_val *v)
{
	struct ps_val name = { .tag = PS_S, .text = span_str(r->target.name) };
	struct ps_prop prop = { SPAN("PSComputerName"), &name, NULL };
	struct ps_val named = { .tag = PS_OBJ, .base = (struct ps_val *)v };
	struct buf text;

	if (v->tag == PS_OBJ)
		named = *v;
	prop.next = named.extended;
	named.extended = &prop;
	named.has_extended = true;
	buf_init(&text, TEXT_MAX);
	clixml_write(has_mark(r) ? &named : v, &text);
	put_value(r, &text);
	buf_free(&text);
}

void results_output(void *ctx, const struct ps_val *v)
{
	struct remote *r = ctx;
	struct buf text;

	if (r->all->form == RESULTS_JSON) {
		put_json(r, "output", v, SPAN_NONE);
	} else if (r->all->form == RESULTS_CLIXML) {
		put_clixml(r, v);
	} else {
		end_line(r);
		buf_init(&text, SIZE_MAX);
		ps_text(v, &text);
		put_lines(r, buf_span(&text));
		buf_free(&text);
	}
}

static void put_message(enum record_kind k, const struct ps_val *v, struct buf *out)
{
	if (k == RECORD_ERROR)
		record_error(v, 0, out);
	else if (k == RECORD_INFORMATION)
		ps_text(ps_prop(v, "MessageData"), out);
	else
		buf_put(out, ps_span(ps_prop(v, k == RECORD_PROGRESS ? "Activity" :
			"InformationalRecord_Message")));
}

/* With a host the server sends warnings and the like as host calls, too: these are for people, the
 * records for machines. */
void results_record(void *ctx, enum record_kind k, const struct ps_val *v)
{
	struct remote *r = ctx;
	struct buf text;

	if (k != RECORD_ERROR && r->all->form != RESULTS_JSON)
		return;
	buf_init(&text, TEXT_MAX);
	put_message(k, v, &text);
	if (k == RECORD_ERROR)
		remote_note(r, buf_span(&text));
	if (r->all->form != RESULTS_JSON) {
		remote_record(r, k, v);
	} else {
		put_json(r, stream_name[k], v, buf_span(&text));
		if (k == RECORD_ERROR)
			remote_worse(r, 1);
	}
	buf_free(&text);
}

void results_failed(struct remote *r, const struct err *why)
{
	if (r->all->form == RESULTS_JSON && r->target.name)
		put_json(r, "error", NULL, span_str(why->text));
}

static void record(struct remote *r, enum host_method m, const struct ps_val *v)
{
	enum print_kind k = m == HOST_WRITE_ERROR_LINE ? PRINT_ERROR : m == HOST_WRITE_DEBUG_LINE ?
		PRINT_DEBUG : m == HOST_WRITE_VERBOSE_LINE ? PRINT_VERBOSE : PRINT_WARNING;
	struct buf text;

	if (r->all->form == RESULTS_JSON)       /* has the record itself */
		return;
	buf_init(&text, TEXT_MAX);
	if (has_mark(r))
		buf_printf(&text, "[%s] ", r->target.name);
	buf_put(&text, ps_span(v));
	print_record(k, buf_span(&text));
	buf_free(&text);
}

static void write_part(struct remote *r, const struct ps_val *v, bool ends)
{
	struct span rest;
	size_t last;

	buf_put(&r->line, ps_span(v));
	if (ends)
		buf_putc(&r->line, '\n');
	rest = buf_span(&r->line);
	for (last = rest.n; last && rest.p[last - 1] != '\n'; last--)
		;
	if (!last)
		return;
	put_lines(r, span_sub(rest, 0, last - 1));
	buf_drop(&r->line, last);
}

/* One progress line cannot show many computers: theirs is left out. */
static void on_call(void *ctx, struct host_call *c)
{
	struct remote *r = ctx;
	bool text = r->all->form == RESULTS_TEXT;
	const struct ps_val *first = ps_nth(c->args, 0), *third = ps_nth(c->args, 2);

	switch (c->method) {
	case HOST_WRITE1: case HOST_WRITE_LINE1: case HOST_WRITE_LINE2:
		if (text)
			write_part(r, first, c->method != HOST_WRITE1);
		break;
	case HOST_WRITE2: case HOST_WRITE_LINE3:
		if (text)
			write_part(r, third, c->method == HOST_WRITE_LINE3);
		break;
	case HOST_WRITE_ERROR_LINE: case HOST_WRITE_DEBUG_LINE: case HOST_WRITE_VERBOSE_LINE:
	case HOST_WRITE_WARNING_LINE:
		record(r, c->method, first);
		break;
	case HOST_WRITE_PROGRESS:
		break;
	default:
		host_tty_ops.call(r->host, c);
	}
}

static void on_cancel(void *ctx, struct host_call *c)
{
	host_tty_ops.cancel(((struct remote *)ctx)->host, c);
}

void results_host(struct remote *r)
{
	static const struct host_ops ops = { on_call, on_cancel };

	if (r->all->remote_n == 1 && r->all->form == RESULTS_TEXT)
		return;
	r->cfg.host_ops = &ops;
	r->cfg.host_ctx = r;
}

int results_width(const struct remote *r)
{
	int width, height, mark = has_mark(r) ? (int)strlen(r->target.name) + 2 : 0;

	if (!term_is_tty(STDOUT_FILENO))
		return NOT_TTY_WIDTH;
	term_size(&width, &height);
	return width > 2 * mark ? width - mark : width;
}

void results_begin(struct invocation *in)
{
	for (size_t i = 0; i < in->remote_n; i++) {
		buf_init(&in->remote[i].held, SIZE_MAX);
		buf_init(&in->remote[i].line, SIZE_MAX);
	}
	if (in->form == RESULTS_CLIXML)
		print_line(SPAN("<" OBJS ">"));
}

void results_done(struct remote *r)
{
	struct invocation *in = r->all;

	end_line(r);
	buf_free(&r->line);
	while (in->turn < in->remote_n && in->remote[in->turn].done) {
		if (++in->turn == in->remote_n)
			break;
		r = &in->remote[in->turn];
		print_text(buf_span(&r->held));
		in->held -= r->held.n;
		buf_free(&r->held);
		if (r->pipe)
			session_hold(r->session, false);
	}
}

void results_end(struct invocation *in)
{
	if (in->form == RESULTS_CLIXML)
		print_line(SPAN("</Objs>"));
}
