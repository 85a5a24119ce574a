#include "applets/ui/input_io.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include "applets/ui/print.h"
#include "applets/ui/term_io.h"
#include "lib/err.h"
#include "lib/secret.h"
#include "lib/utf.h"
#include "lib/utf_in.h"

#define READ_SIZE 16384
#define LINE_MAX_SIZE (16u << 20)

struct input {
	struct loop *loop;
	struct watch watch;
	struct timer later;             /* what is here already is handed over from the loop, too */
	struct utf_in text;
	struct buf buf;                 /* secret: any line may be a password */
	size_t taken;                   /* bytes of it handed over */
	size_t seen;                    /* bytes behind those known to hold no newline */
	int fd;
	bool tty, over, broken;         /* over: no more will come */
	enum input_kind kind;
	input_line *got;
	void *ctx;
	bool *freed;                    /* set by input_free when a callback runs */
};

/* Ctrl+Z and fg. What was being typed, the terminal has dropped. */
static void continued(void *ctx, int signo)
{
	struct input *in = ctx;

	(void)signo;
	if (term_continue(in->fd))
		print_again();
}

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
		loop_signal(l, SIGCONT, continued, in);
	}
	buf_init_secret(&in->buf, LINE_MAX_SIZE + 2 * READ_SIZE);
	return in;
}

static void stop_waiting(struct input *in)
{
	loop_unwatch(in->loop, &in->watch);
	loop_disarm(in->loop, &in->later);
	if (in->got && in->tty && in->kind != INPUT_LINE)
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
	if (in->tty)
		loop_signal(in->loop, SIGCONT, NULL, NULL);
	buf_free(&in->buf);
	free(in);
}

bool input_is_tty(const struct input *in)
{
	return in->tty;
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

static void call(struct input *in, struct span line, bool end)
{
	input_line *got = in->got;
	struct buf repaired;

	stop_waiting(in);
	buf_init_secret(&repaired, SIZE_MAX);
	if (!utf8_valid(line)) {
		repair(line, &repaired);
		line = buf_span(&repaired);
	}
	if (in->tty && !end && in->kind != INPUT_KEY)
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
	call(in, line, end);
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

/* A sequence comes in one read, so its rest is there when its ESC is. */
static size_t key_length(struct span s)
{
	uint32_t cp;
	size_t n = 2;

	if (s.p[0] != 0x1b || s.n < 2)
		return utf8_get_lax(s, &cp);
	if (s.p[1] == '[' || s.p[1] == 'O')
		while (n < s.n && (s.p[n++] & 0xc0) != 0x40)
			;
	return n;
}

/* Whether somebody was called: a whole line is there, or the end. */
static bool try_deliver(struct input *in)
{
	struct span rest = span_sub(buf_span(&in->buf), in->taken, in->buf.n);
	size_t at = in->seen + span_find(span_sub(rest, in->seen, rest.n), '\n');

	if (in->kind == INPUT_KEY && rest.n) {
		deliver(in, key_length(rest), 0, false);
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
	n = read(in->fd, bytes, sizeof(bytes));
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n < 0) {
		print_own("pssession: cannot read standard input: %s", strerror(errno));
		in->broken = true;
	}
	if (n > 0) {
		utf_in_feed(&in->text, span_of(bytes, (size_t)n), &in->buf);
		secret_wipe(bytes, (size_t)n);
	} else {
		utf_in_end(&in->text, &in->buf);
		in->over = true;
	}
	try_deliver(in);
}

static void handed(void *ctx)
{
	struct input *in = ctx;

	if (!try_deliver(in))
		loop_watch(in->loop, &in->watch, in->fd, POLLIN, readable, in);
}

void input_want(struct input *in, enum input_kind kind, input_line *got, void *ctx)
{
	BUG_ON(in->got);
	in->got = got;
	in->ctx = ctx;
	in->kind = kind;
	if (in->tty && kind != INPUT_LINE)
		term_mode(in->fd, kind == INPUT_SECRET ? TERM_QUIET : TERM_KEY);
	loop_arm(in->loop, &in->later, 0, handed, in);
}

void input_cancel(struct input *in)
{
	stop_waiting(in);
	if (in->tty) {
		in->taken = in->buf.n;  /* left in place: a callback may still be reading its line */
		in->seen = 0;
	}
}
