#include "applets/ui/ask.h"
#include "applets/ui/print.h"
#include "applets/ui/term_io.h"
#include "applets/ui/wrap.h"
#include "lib/utf.h"

static struct ask *queue;               /* the first one is being answered, once started */
static bool started;
static struct timer next_turn;

static void start_next(void *ctx);

/* Takes a out of the queue. The one behind it starts from the loop, so that whoever ends several
 * at once does not show each of them first. */
static void leave(struct ask *a)
{
	struct ask **at;

	for (at = &queue; *at != a; at = &(*at)->next)
		;
	if (a == queue && started) {
		started = false;
		if (a->got && input_waits(a->by->input))
			input_cancel(a->by->input);
	}
	print_status_hold(false);
	*at = a->next;
	loop_disarm(a->by->loop, &next_turn);
	if (queue && !started)
		loop_arm(queue->by->loop, &next_turn, 0, start_next, NULL);
}

void ask_done(struct ask *a, struct ps_val *result)
{
	struct host_call *c = a->call;

	leave(a);
	if (result)
		host_reply(c, result);
	else
		host_fail(c, "The answer is too long.");
}

void ask_fail(struct ask *a, const char *message)
{
	struct host_call *c = a->call;

	leave(a);
	host_fail(c, message);
}

static void got_line(void *ctx, struct span line, bool end)
{
	struct ask *a = ctx;
	void (*got)(struct ask *, struct span) = a->got;

	a->got = NULL;
	if (!input_is_tty(a->by->input) || end)
		print_ask_end();
	if (end)
		ask_fail(a, "The prompt cannot be answered: standard input has ended.");
	else
		got(a, line);
}

void ask_want(struct ask *a, enum input_kind kind, void (*got)(struct ask *a, struct span line))
{
	a->got = got;
	print_status_hold(true);
	input_want(a->by->input, kind, got_line, a);
}

static void got_reply(struct ask *a, struct span line)
{
	ask_done(a, ps_str(&a->call->arena, line));
}

static void got_secret(struct ask *a, struct span line)
{
	ask_done(a, host_secure_string(a->call, line));
}

void ask_warn(const struct asker *by, struct host_call *c)
{
	struct buf text;

	buf_init(&text, ASK_TEXT_MAX);
	if (host_warning(c, by->computer, &text))
		print_record(PRINT_WARNING, buf_span(&text));
	buf_free(&text);
}

static void start_next(void *ctx)
{
	struct ask *a = queue;

	(void)ctx;
	if (!a->by->input || input_waits(a->by->input)) {
		ask_fail(a, "The prompt cannot be answered: there is no terminal to ask on.");
		return;
	}
	started = true;
	ask_warn(a->by, a->call);
	switch (a->call->method) {
	case HOST_READ_LINE:
		ask_want(a, INPUT_LINE, got_reply);
		break;
	case HOST_READ_LINE_AS_SECURE_STRING:
		ask_want(a, INPUT_SECRET, got_secret);
		break;
	case HOST_PROMPT:
		ask_fields(a);
		break;
	case HOST_PROMPT_FOR_CREDENTIAL1:
	case HOST_PROMPT_FOR_CREDENTIAL2:
		ask_credential(a);
		break;
	case HOST_READ_KEY:
		ask_key(a);
		break;
	default:
		ask_choice(a);
	}
}

void ask_start(const struct asker *by, struct host_call *c)
{
	struct ask *a = arena_alloc(&c->arena, sizeof(*a)), **end;

	if (!a) {
		host_fail(c, "The question is too long.");
		return;
	}
	a->by = by;
	a->call = c;
	for (end = &queue; *end; end = &(*end)->next)
		;
	*end = a;
	if (a == queue)
		start_next(NULL);
}

void ask_cancel(struct host_call *c)
{
	struct ask *a = queue;
	bool shown;

	while (a && a->call != c)
		a = a->next;
	if (!a)
		return;
	shown = a == queue && started;
	leave(a);
	if (shown)
		print_ask_end();
}

static struct ask *first_of(const struct asker *by)
{
	struct ask *a = queue;

	while (a && a->by != by)
		a = a->next;
	return a;
}

void ask_forget(const struct asker *by)
{
	struct ask *a;

	while ((a = first_of(by)))
		leave(a);
}

void ask_say(struct span s, int fg)
{
	int width, height;
	struct buf b;

	term_size(&width, &height);
	buf_init(&b, 2 * ASK_TEXT_MAX);
	cells_wrap(span_sub(s, 0, ASK_TEXT_MAX), (size_t)(width > 1 ? width - 1 : 1), &b);
	print_ask(buf_span(&b), fg);
	if (!b.n || b.p[b.n - 1] != '\n')
		print_ask(SPAN("\n"), -1);
	buf_free(&b);
}

void ask_head(struct span caption, struct span message)
{
	if (caption.n) {
		print_ask(SPAN("\n"), -1);
		ask_say(caption, ASK_COLOR);
	}
	if (message.n)
		ask_say(message, -1);
}

bool ask_same(struct span a, struct span b)
{
	uint32_t x, y;
	size_t n, m;

	while (a.n && b.n) {
		n = utf8_get_lax(a, &x);
		m = utf8_get_lax(b, &y);
		if (utf_upper(x) != utf_upper(y))
			return false;
		a = span_sub(a, n, a.n);
		b = span_sub(b, m, b.n);
	}
	return a.n == b.n;
}
