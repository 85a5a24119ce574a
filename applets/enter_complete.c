/* Tab: the server is asked, and what is typed meanwhile waits for its answer, but not for long. */
#include "applets/enter.h"
#include "applets/ui/print.h"
#include "core/line.h"

enum { DEADLINE_MS = 2000, EARLY_MS = 100, ARENA_MAX = 4 << 20 };

static const struct pipe_events events;

static void ask_names(struct enter *en)
{
	struct enter_complete *c = &en->complete;
	struct span name = complete_ask(buf_span(&c->line), c->at, &c->menu.found);

	if (name.n)
		c->pipe = session_commands(en->session, name, !c->menu.found.parameters, &events, en);
}

/* Nothing is waited for any more. */
static void settle(struct enter *en)
{
	loop_disarm(en->loop, &en->complete.deadline);
	en->complete.pipe = NULL;
	input_hold(en->input, false);
}

void enter_complete_stop(struct enter *en)
{
	struct pipeline *p = en->complete.pipe;

	settle(en);
	if (p) {
		en->complete.late++;
		pipe_stop(p);
	}
}

static void too_late(void *ctx)
{
	enter_complete_stop(ctx);
}

static void on_output(void *ctx, const struct ps_val *v)
{
	struct enter *en = ctx;
	struct enter_complete *c = &en->complete;

	if (c->late || !c->pipe)
		return;
	if (c->by_names)
		complete_command(v, buf_span(&c->line), &c->menu.found);
	else
		complete_read(v, buf_span(&c->line), &c->menu.found);
}

static void on_ended(void *ctx, enum pipe_state st, const struct ps_val *error,
	const struct err *why)
{
	struct enter *en = ctx;
	struct enter_complete *c = &en->complete;
	struct lineedit *le = input_editor(en->input);
	struct buf list;

	(void)error;
	en->nested_ms = loop_now(en->loop);
	if (c->late) {
		c->late--;
		return;
	}
	c->pipe = NULL;
	if (st == PIPE_FAILED && !why && !c->by_names) {
		c->by_names = true;
		ask_names(en);
	}
	if (c->pipe)
		return;
	settle(en);
	if (!le || why)
		return;
	if (!complete_start(&c->menu, le, c->back)) {
		buf_init(&list, SIZE_MAX);
		complete_list(&c->menu, le->width, &list);
		print_text(buf_span(&list));
		buf_free(&list);
	}
	input_redraw(en->input);
}

static const struct pipe_events events = { .output = on_output, .ended = on_ended };

static void ask_again(void *ctx);

static void ask(struct enter *en, struct lineedit *le, bool back)
{
	struct enter_complete *c = &en->complete;

	if (!en->session || en->pipe || !span_trim(buf_span(&le->text)).n)
		return;
	if (!c->arena.cap) {
		arena_init(&c->arena, ARENA_MAX);
		buf_init(&c->line, SIZE_MAX);
	}
	arena_reset(&c->arena);
	c->menu.found = (struct complete){ .a = &c->arena };
	buf_clear(&c->line);
	buf_put(&c->line, buf_span(&le->text));
	c->at = le->at;
	c->back = back;
	if (enter_too_early(en)) {
		input_hold(en->input, true);
		loop_arm(en->loop, &c->deadline, EARLY_MS, ask_again, en);
		return;
	}
	if (c->by_names)
		ask_names(en);
	else
		c->pipe = session_complete(en->session, buf_span(&c->line), c->at,
			en->stopped != NULL, &events, en);
	if (c->pipe) {
		input_hold(en->input, true);
		loop_arm(en->loop, &c->deadline, DEADLINE_MS, too_late, en);
	}
}

static void ask_again(void *ctx)
{
	struct enter *en = ctx;
	struct lineedit *le = input_editor(en->input);

	settle(en);
	if (le)
		ask(en, le, en->complete.back);
}

void enter_edit(void *ctx, enum lineedit_event ev)
{
	struct enter *en = ctx;
	struct enter_complete *c = &en->complete;
	struct lineedit *le = input_editor(en->input);
	int key = le->key;

	if (ev == LINEEDIT_ABANDON)
		enter_complete_stop(en);
	else if (ev != LINEEDIT_KEY)
		ask(en, le, ev == LINEEDIT_COMPLETE_BACK);
	else if (complete_key(&c->menu, le))
		input_redraw(en->input);
	else
		input_key(en->input, key);
}

void enter_complete_end(struct enter *en)
{
	loop_disarm(en->loop, &en->complete.deadline);
	complete_free(&en->complete.menu);
	buf_free(&en->complete.line);
	arena_free(&en->complete.arena);
}
