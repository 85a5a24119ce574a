/* The terminal as the console of a session: the line editor between what is typed and who waits. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include "applets/ui/input_int.h"
#include "applets/ui/print.h"
#include "applets/ui/term_io.h"

#define ESC_MS 100                      /* what comes later is no part of the sequence */
#define STOPPED_MS 100                  /* who goes on for so long cannot be stopped */

static void draw(struct input *in);

static void show(struct input *in)
{
	print_edit(buf_span(&in->le.out));
	buf_clear(&in->le.out);
}

static void draw_soon(void *ctx)
{
	draw(ctx);
}

/* Somebody prints: that stands above the line, which comes back below it. */
static void hide(void *ctx)
{
	struct input *in = ctx;

	lineedit_hide(&in->le);
	show(in);
	print_typed();
	loop_arm(in->loop, &in->soon, 0, draw_soon, in);
}

/* Not while more waits to be read. The terminal may have another size before SIGWINCH is told. */
static void draw(struct input *in)
{
	struct pollfd more = { .fd = in->fd, .events = POLLIN };
	int width, height;

	if (!in->editing || poll(&more, 1, 0) > 0)
		return;
	term_size(&width, &height);
	if (width != in->le.width || height != in->le.height)
		lineedit_resize(&in->le, width, height);
	lineedit_draw(&in->le);
	show(in);
	print_guard(hide, in);
}

static void resized(void *ctx, int signo)
{
	(void)signo;
	draw(ctx);
}

/* Ctrl+Z and fg. */
static void continued(void *ctx, int signo)
{
	struct input *in = ctx;

	(void)signo;
	loop_disarm(in->loop, &in->soon);
	if (!term_continue(in->fd))
		return;
	if (in->editing) {
		lineedit_hide(&in->le);
		draw(in);
	} else {
		print_again();
	}
	if (in->got || in->has_console)
		input_watch(in);
	if (in->got)
		input_later(in);
}

/* Nothing could stop us. */
static void went_on(void *ctx)
{
	continued(ctx, 0);
}

void input_tty_init(struct input *in)
{
	in->edits = term_is_tty(STDOUT_FILENO);
	loop_signal(in->loop, SIGCONT, continued, in);
	if (in->edits)
		loop_signal(in->loop, SIGWINCH, resized, in);
	term_pastes(in->edits && print_takes_control());
	lineedit_init(&in->le);
	in->escape.c = -1;
}

void input_tty_free(struct input *in)
{
	loop_signal(in->loop, SIGCONT, NULL, NULL);
	if (in->edits)
		loop_signal(in->loop, SIGWINCH, NULL, NULL);
	loop_disarm(in->loop, &in->soon);
	term_mode(in->fd, TERM_NORMAL);
	lineedit_free(&in->le);
}

void input_console(struct input *in, const struct input_console *c)
{
	in->console = *c;
	in->has_console = in->edits;
	in->escape.c = c->escape;
	if (!in->edits)
		return;
	term_mode(in->fd, TERM_RUN);
	input_watch(in);
}

static void set_up(struct input *in)
{
	struct lineedit *le = &in->le;
	const char *v = getenv("PSSESSION_SUGGESTIONS");

	term_mode(in->fd, TERM_EDIT);
	term_size(&le->width, &le->height);
	le->dumb = !print_takes_control();
	le->suggests = print_has_dim() && (!v || *v);
	le->history = in->kind == INPUT_COMMAND ? in->console.history : NULL;
	le->secret = in->kind == INPUT_SECRET;
	in->editing = true;
	in->held = false;
	print_guard(hide, in);
}

void input_tty_begin(struct input *in)
{
	set_up(in);
	lineedit_begin(&in->le, print_row());
	draw(in);
}

bool input_resume(struct input *in, struct span text, input_line *got, void *ctx)
{
	if (!in->edits || in->le.dumb)
		return false;
	in->got = got;
	in->ctx = ctx;
	in->kind = INPUT_COMMAND;
	set_up(in);
	lineedit_resume(&in->le, text);
	draw(in);
	input_watch(in);
	return true;
}

struct lineedit *input_editor(struct input *in)
{
	return in->editing ? &in->le : NULL;
}

void input_redraw(struct input *in)
{
	draw(in);
}

/* The line is no longer the editor's; the cursor stands below it. */
static void ended(struct input *in)
{
	in->editing = false;
	print_guard(NULL, NULL);
	show(in);
	print_typed();
}

void input_tty_stop(struct input *in)
{
	loop_disarm(in->loop, &in->soon);
	if (in->editing) {
		lineedit_key(&in->le, CTRL_KEY('C'));
		ended(in);
	}
	term_mode(in->fd, in->has_console ? TERM_RUN : TERM_NORMAL);
}

/* Whether the editor goes on. */
static bool happened(struct input *in, enum lineedit_event ev)
{
	struct buf line;

	switch (ev) {
	case LINEEDIT_MORE:
		return true;
	case LINEEDIT_LINE:
	case LINEEDIT_END:
		ended(in);
		line = in->le.text;     /* whoever gets it may begin another one */
		buf_init_secret(&in->le.text, line.max);
		input_hand(in, ev == LINEEDIT_END ? SPAN_NONE : buf_span(&line), ev == LINEEDIT_END);
		buf_free(&line);
		return false;
	case LINEEDIT_ABANDON:
		ended(in);
		raise(SIGINT);          /* the one who catches it ends the wait */
		return false;
	case LINEEDIT_SUSPEND:
		print_guard(NULL, NULL);
		show(in);
		print_flush();
		loop_arm(in->loop, &in->soon, STOPPED_MS, went_on, in);
		raise(SIGTSTP);
		return false;
	default:
		if (in->kind == INPUT_COMMAND && in->console.edit)
			in->console.edit(in->console.ctx, ev);
		else if (ev == LINEEDIT_KEY)
			return happened(in, lineedit_key(&in->le, in->le.key));
		return in->editing;
	}
}

void input_key(struct input *in, int key)
{
	if (happened(in, lineedit_key(&in->le, key)))
		draw(in);
}

void input_hold(struct input *in, bool on)
{
	in->held = on;
	input_later(in);
}

void input_tty_typed(struct input *in, struct span bytes)
{
	int c;

	while (bytes.n)
		if ((c = escape_feed(&in->escape, &bytes, &in->buf)) == CTRL_KEY('Z'))
			buf_putc(&in->buf, (uint8_t)c);
		else if (c)
			in->console.escaped(in->console.ctx, c);
}

/* While a command runs, and nobody edits: Ctrl+C that came in one read with the line before it. */
static bool run_keys(struct input *in)
{
	size_t at = in->taken, n;
	struct span rest = span_sub(buf_span(&in->buf), at, in->buf.n);

	n = span_find(rest, CTRL_KEY('C'));
	if (n < rest.n) {
		in->taken += n + 1;
		raise(SIGINT);
	}
	return true;
}

static void paused(void *ctx);

/* Whether the editor goes on, and waits for more. */
static bool feed(struct input *in, bool pause)
{
	struct span rest = span_sub(buf_span(&in->buf), in->taken, in->buf.n);
	enum lineedit_event ev = LINEEDIT_KEY;
	bool freed = false, goes_on = in->editing;

	if (in->held && span_find(rest, CTRL_KEY('C')) < rest.n)
		in->console.edit(in->console.ctx, LINEEDIT_ABANDON);
	in->freed = &freed;
	while (goes_on && rest.n && !in->held && ev != LINEEDIT_MORE) {
		ev = pause ? lineedit_pause(&in->le, &rest) : lineedit_feed(&in->le, &rest);
		pause = false;
		in->taken = in->buf.n - rest.n;
		goes_on = happened(in, ev);
		if (freed)
			return false;
	}
	in->freed = NULL;
	if (!goes_on)
		return false;
	draw(in);
	if (rest.n && !in->held)
		loop_arm(in->loop, &in->soon, ESC_MS, paused, in);
	return true;
}

static void paused(void *ctx)
{
	feed(ctx, true);
}

bool input_tty_deliver(struct input *in)
{
	if (!in->editing)
		return run_keys(in);
	if (!feed(in, false))
		return true;
	if (in->over) {
		in->over = false;
		happened(in, LINEEDIT_END);
		return true;
	}
	return false;
}
