/* The terminal of an interactive session: history, escapes. */
#include "applets/enter.h"
#include "applets/ui/print.h"

#define HISTORY_MAX (1u << 20)
#define DISCONNECT_MS 60000

int enter_set_escape(struct enter *en, const char *s, struct err *e)
{
	en->escape = !s ? '~' : span_is_ci(span_str(s), "none") ? -1 : (uint8_t)s[0];
	if (s && en->escape != -1 && (s[0] <= ' ' || s[0] >= 127 || s[1]))
		return err_set(e, E_USAGE, "-EscapeCharacter is one character, or 'none'");
	return 0;
}

static void asked_to_disconnect(struct keeper_asked *q, struct span status, const struct err *why)
{
	struct enter *en = q->ctx;

	(void)status;
	en->detaching = !why;           /* what the keeper does now, its link event says */
	if (why && !en->leaving) {
		enter_end_row(en);
		print_own("The session cannot be disconnected: %s", why->text);
	}
}

static void disconnect(struct enter *en)
{
	static const struct xport_keep keep;

	if (!en->kept) {
		print_own("only a session that new-pssession has made can be disconnected");
	} else if (!en->ask.ask) {
		en->detaching = true;
		en->ask = (struct keeper_asked){ .id = en->kept->id, .done = asked_to_disconnect,
			.ctx = en };
		keeper_ask(en->loop, &en->ask, ASK_DISCONNECT, &keep, DISCONNECT_MS);
	}
}

static void on_escape(void *ctx, int c)
{
	struct enter *en = ctx;
	int e = en->escape;

	if (c == '.') {
		enter_leave_now(en);
		return;
	}
	enter_end_row(en);
	if (c == 'd')
		disconnect(en);
	else
		print_own("%c. leaves at once, %cd disconnects and leaves, %c^Z suspends, %c%c is %c", e, e,
			e, e, e, e);
}

void enter_console(struct enter *en)
{
	struct input_console console = {
		.history = &en->history,
		.escape = en->escape,
		.edit = enter_edit,
		.escaped = on_escape,
		.ctx = en,
	};

	if (en->console)
		return;
	en->console = true;
	if (!input_is_tty(en->input))
		return;
	history_init(&en->history, HISTORY_MAX);
	history_load(&en->history, en->target.name);
	input_console(en->input, &console);
}

void enter_console_end(struct enter *en)
{
	keeper_ask_drop(&en->ask);
	enter_complete_end(en);
	history_free(&en->history);
}

void enter_remember(struct enter *en, struct span line)
{
	if (!en->console || !input_is_tty(en->input))
		return;
	history_add(&en->history, line);
	history_save(en->target.name, line);
}
