#include "applets/ui/input_int.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "applets/ui/print.h"
#include "applets/ui/term_io.h"
#include "lib/err.h"
#include "lib/secret.h"
#include "lib/utf.h"

#define READ_SIZE 16384
#define LINE_MAX_SIZE (16u << 20)

struct input *input_new(struct loop *l, int fd)
{
	struct input *in = calloc(1, sizeof(*in));

	if (!in)
		oom();
	in->loop = l;
	in->fd = fd;
	in->tty = term_is_tty(fd);
	if (in->tty) {
		in->text.coding = UTF_IN_PLAIN;
		input_tty_init(in);
	}
	buf_init_secret(&in->buf, LINE_MAX_SIZE + 2 * READ_SIZE);
	return in;
}

static bool is_line(const struct input *in)
{
	return in->kind == INPUT_LINE || in->kind == INPUT_COMMAND;
}

static bool is_key(const struct input *in)
{
	return in->kind == INPUT_KEY || in->kind == INPUT_ANY_KEY;
}

static void stop_waiting(struct input *in)
{
	if (!in->has_console)
		loop_unwatch(in->loop, &in->watch);
	loop_disarm(in->loop, &in->later);
	if (in->got && in->edits)
		input_tty_stop(in);
	else if (in->got && in->tty && !is_line(in))
		term_mode(in->fd, TERM_NORMAL);
	in->got = NULL;
}

void input_free(struct input *in)
{
	if (!in)
		return;
	stop_waiting(in);
	if (in->freed)
		*in->freed = true;
	loop_unwatch(in->loop, &in->watch);
	if (in->tty)
		input_tty_free(in);
	buf_free(&in->buf);
	free(in);
}

bool input_is_tty(const struct input *in)
{
	return in->tty;
}

bool input_edits(const struct input *in)
{
	return in->edits;
}

bool input_broken(const struct input *in)
{
	return in->broken;
}

bool input_waits(const struct input *in)
{
	return in->got;
}

/* What is not UTF-8 gets U+FFFD: nobody behind us can send it. */
static void repair(struct span line, struct buf *out)
{
	uint32_t cp;
	size_t n;

	while ((n = utf8_get_lax(line, &cp)) > 0) {
		utf8_put(out, cp >= 0xd800 && cp <= 0xdfff ? 0xfffd : cp);
		line = span_sub(line, n, line.n);
	}
}

void input_hand(struct input *in, struct span line, bool end)
{
	input_line *got = in->got;
	struct buf repaired;

	stop_waiting(in);
	buf_init_secret(&repaired, SIZE_MAX);
	if (!utf8_valid(line)) {
		repair(line, &repaired);
		line = buf_span(&repaired);
	}
	if (in->tty && !in->edits && !end && !is_key(in))
		print_typed();
	got(in->ctx, line, end);
	buf_free(&repaired);
}

/* Hands over n bytes that `skip` more follow (the newline). */
static void deliver(struct input *in, size_t n, size_t skip, bool end)
{
	uint8_t *start = in->buf.p + in->taken;
	struct span line = span_of(start, n);
	bool freed = false, secret = in->kind == INPUT_SECRET;

	if (line.n && skip && line.p[line.n - 1] == '\r')
		line.n--;
	in->taken += n + skip;
	in->seen = 0;
	if (in->tty)
		in->over = false;       /* Ctrl+D ends one answer, not the terminal */
	in->freed = &freed;
	input_hand(in, line, end);
	if (freed)
		return;
	in->freed = NULL;
	if (secret && n)
		secret_wipe(start, n);
	if (in->taken == in->buf.n) {
		buf_free(&in->buf);
		in->taken = 0;
	}
}

/* Whether somebody was called: a whole line is there, or the end. */
static bool try_deliver(struct input *in)
{
	struct span rest = span_sub(buf_span(&in->buf), in->taken, in->buf.n);
	size_t n, at = in->seen + span_find(span_sub(rest, in->seen, rest.n), '\n');
	int key;

	if (in->edits && (!in->got || !is_key(in)))
		return input_tty_deliver(in);
	if (is_key(in) && rest.n) {
		n = lineedit_key_at(rest, &key);
		deliver(in, n ? n : rest.n, 0, false);  /* a sequence comes in one read */
	} else if (at > LINE_MAX_SIZE) {
		print_own("pssession: a line of input is longer than %u MiB; reading stops here",
			LINE_MAX_SIZE >> 20);
		buf_free(&in->buf);
		in->taken = 0;
		in->over = in->broken = true;
		deliver(in, 0, 0, true);
	} else if (at < rest.n) {
		deliver(in, at, 1, false);
	} else if (in->over) {
		deliver(in, rest.n, 0, !rest.n);
	} else {
		in->seen = rest.n;
		return false;
	}
	return true;
}

static void readable(void *ctx, short got)
{
	struct input *in = ctx;
	uint8_t bytes[READ_SIZE];
	ssize_t n;

	(void)got;
	buf_drop(&in->buf, in->taken);
	in->taken = 0;
	if ((!in->got || in->held) && (in->buf.n > LINE_MAX_SIZE || !term_in_foreground(in->fd))) {
		loop_unwatch(in->loop, &in->watch);
		return;
	}
	n = read(in->fd, bytes, sizeof(bytes));
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n < 0) {
		print_own("pssession: cannot read standard input: %s", strerror(errno));
		in->broken = true;
	}
	if (n > 0) {
		if (in->edits)
			input_tty_typed(in, span_of(bytes, (size_t)n));
		else
			utf_in_feed(&in->text, span_of(bytes, (size_t)n), &in->buf);
		secret_wipe(bytes, (size_t)n);
	} else {
		utf_in_end(&in->text, &in->buf);
		in->over = true;
		loop_unwatch(in->loop, &in->watch);
	}
	try_deliver(in);
}

void input_watch(struct input *in)
{
	if (!in->watch.link)
		loop_watch(in->loop, &in->watch, in->fd, POLLIN, readable, in);
}

static void handed(void *ctx)
{
	struct input *in = ctx;

	if (!try_deliver(in) && in->got)
		input_watch(in);
}

void input_later(struct input *in)
{
	loop_arm(in->loop, &in->later, 0, handed, in);
}

void input_want(struct input *in, enum input_kind kind, input_line *got, void *ctx)
{
	BUG_ON(in->got);
	in->got = got;
	in->ctx = ctx;
	in->kind = kind;
	if (in->edits && !is_key(in))
		input_tty_begin(in);
	else if (in->tty && !is_line(in))
		term_mode(in->fd, kind == INPUT_SECRET ? TERM_QUIET : kind == INPUT_KEY ? TERM_KEY :
			TERM_EDIT);
	input_later(in);
}

void input_drop(struct input *in)
{
	in->taken = in->buf.n;          /* left in place: a callback may still be reading its line */
	in->seen = 0;
	in->escape.in_line = false;
}

void input_cancel(struct input *in)
{
	stop_waiting(in);
	if (in->tty && !in->edits)
		input_drop(in);
}
