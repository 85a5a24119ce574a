#include "applets/ui/host_tty.h"
#include <stdio.h>
#include "applets/ui/ask.h"
#include "applets/ui/culture.h"
#include "applets/ui/host_screen.h"
#include "applets/ui/print.h"
#include "applets/ui/progress.h"
#include "applets/ui/term_io.h"

#define CURSOR_SIZE 25                  /* percent, as Windows has it */

struct host_tty {
	struct arena memory;            /* holds this struct itself */
	struct host_tty_cfg cfg;
	struct asker asker;
	struct progress progress;
	struct guid id;
};

struct host_info host_tty_info(void)
{
	struct host_info h = { .present = true, .title = print_title_now() };

	print_base_now(&h.fg, &h.bg);
	term_size(&h.width, &h.height);
	return h;
}

struct host_tty *host_tty_new(const struct host_tty_cfg *cfg)
{
	struct arena memory;
	struct host_tty *h;
	const char *at = strrchr(cfg->computer, '@');

	arena_init(&memory, sizeof(*h));
	h = arena_alloc(&memory, sizeof(*h));
	h->memory = memory;
	h->cfg = *cfg;
	h->asker = (struct asker){ cfg->loop, cfg->input, at ? at + 1 : cfg->computer };
	progress_init(&h->progress, cfg->loop);
	h->id = guid_random();
	return h;
}

void host_tty_free(struct host_tty *h)
{
	struct arena memory;

	if (!h)
		return;
	ask_forget(&h->asker);
	progress_end(&h->progress);
	memory = h->memory;
	arena_free(&memory);
}

void host_tty_progress_end(struct host_tty *h)
{
	progress_end(&h->progress);
}

static struct span text_arg(const struct host_call *c, size_t i)
{
	return ps_span(ps_nth(c->args, i));
}

static int int_arg(const struct host_call *c, size_t i)
{
	int64_t v = -1;

	ps_get_i64(ps_nth(c->args, i), &v);
	return v < INT32_MIN || v > INT32_MAX ? -1 : (int)v;
}

/* Colours end before the newline, or the terminal would paint the rest of the row. */
static void write_colored(const struct host_call *c, bool newline)
{
	print_colors(int_arg(c, 0), int_arg(c, 1));
	print_text(text_arg(c, 2));
	print_colors(-1, -1);
	if (newline)
		print_line(SPAN_NONE);
}

/* What goes to the screen as text. */
static void write_call(struct host_tty *h, const struct host_call *c)
{
	switch (c->method) {
	case HOST_WRITE1:
		print_text(text_arg(c, 0));
		break;
	case HOST_WRITE_LINE1:
	case HOST_WRITE_LINE2:
		print_line(text_arg(c, 0));
		break;
	case HOST_WRITE2:
	case HOST_WRITE_LINE3:
		write_colored(c, c->method == HOST_WRITE_LINE3);
		break;
	case HOST_WRITE_ERROR_LINE:
		if (text_arg(c, 0).n)
			print_record(PRINT_ERROR, text_arg(c, 0));
		break;
	case HOST_WRITE_DEBUG_LINE:
		print_record(PRINT_DEBUG, text_arg(c, 0));
		break;
	case HOST_WRITE_VERBOSE_LINE:
		print_record(PRINT_VERBOSE, text_arg(c, 0));
		break;
	case HOST_WRITE_WARNING_LINE:
		print_record(PRINT_WARNING, text_arg(c, 0));
		break;
	case HOST_WRITE_PROGRESS:
		progress_update(&h->progress, ps_nth(c->args, 1));
		break;
	default:
		break;
	}
}

/* Calls that answer nothing. What a terminal cannot do is left out without a word, as a script
 * that moves windows does not depend on it. */
static void void_call(struct host_tty *h, struct host_call *c)
{
	int fg, bg;

	print_base_now(&fg, &bg);
	switch (c->method) {
	case HOST_SET_SHOULD_EXIT:
		h->cfg.should_exit(h->cfg.ctx, int_arg(c, 0));
		break;
	case HOST_POP_RUNSPACE:
		h->cfg.pop(h->cfg.ctx);
		break;
	case HOST_SET_FOREGROUND_COLOR:
		print_base(int_arg(c, 0), bg);
		break;
	case HOST_SET_BACKGROUND_COLOR:
		print_base(fg, int_arg(c, 0));
		break;
	case HOST_SET_WINDOW_TITLE:
		print_title(text_arg(c, 0));
		break;
	case HOST_SET_CURSOR_POSITION:
	case HOST_SET_BUFFER_CONTENTS1:
	case HOST_SET_BUFFER_CONTENTS2:
	case HOST_SCROLL_BUFFER_CONTENTS:
		host_screen(c);
		break;
	case HOST_ENTER_NESTED_PROMPT:
	case HOST_PUSH_RUNSPACE:
		print_own("%s asked for %s, which is not supported here.", h->asker.computer,
			host_method_name(c->method));
		break;
	default:
		write_call(h, c);
	}
}

/* What is known at once, or NULL. */
static struct ps_val *answer(struct host_tty *h, struct host_call *c)
{
	struct host_info now = host_tty_info();
	struct arena *a = &c->arena;
	struct ps_val *v;

	switch (c->method) {
	case HOST_GET_NAME:
		return ps_str(a, SPAN("pssession"));
	case HOST_GET_VERSION:
		return ps_new(a, PS_VERSION, SPAN("1.0"));
	case HOST_GET_INSTANCE_ID:
		v = ps_str(a, span_str(guid_fmt(&h->id).s));
		if (v)
			v->tag = PS_G;
		return v;
	case HOST_GET_CURRENT_CULTURE:
	case HOST_GET_CURRENT_UI_CULTURE:
		return ps_str(a, span_str(culture_name(a)));
	case HOST_GET_FOREGROUND_COLOR:
		return ps_i32(a, now.fg);
	case HOST_GET_BACKGROUND_COLOR:
		return ps_i32(a, now.bg);
	case HOST_GET_CURSOR_POSITION:
	case HOST_GET_WINDOW_POSITION:
		return host_coordinates(a, 0, 0);
	case HOST_GET_CURSOR_SIZE:
		return ps_i32(a, CURSOR_SIZE);
	case HOST_GET_BUFFER_SIZE:
	case HOST_GET_WINDOW_SIZE:
	case HOST_GET_MAX_WINDOW_SIZE:
	case HOST_GET_MAX_PHYSICAL_WINDOW_SIZE:
		return host_size(a, now.width, now.height);
	case HOST_GET_WINDOW_TITLE:
		return ps_str(a, span_str(now.title));
	case HOST_GET_KEY_AVAILABLE:
		return ps_bool(a, false);
	case HOST_GET_IS_RUNSPACE_PUSHED:
		return ps_bool(a, true);
	default:
		return NULL;
	}
}

static void refuse(struct host_tty *h, struct host_call *c)
{
	char text[100];

	ask_warn(&h->asker, c);
	snprintf(text, sizeof(text), "The host method %s is not supported.",
		host_method_name(c->method));
	host_fail(c, text);
}

static void on_call(void *ctx, struct host_call *c)
{
	struct host_tty *h = ctx;
	struct ps_val *v;

	if (host_is_void(c->method)) {
		void_call(h, c);
		return;
	}
	switch (c->method) {
	case HOST_READ_LINE:
	case HOST_READ_LINE_AS_SECURE_STRING:
	case HOST_PROMPT:
	case HOST_PROMPT_FOR_CREDENTIAL1:
	case HOST_PROMPT_FOR_CREDENTIAL2:
	case HOST_PROMPT_FOR_CHOICE:
	case HOST_PROMPT_FOR_CHOICE_MULTIPLE_SELECTION:
	case HOST_READ_KEY:
		ask_start(&h->asker, c);
		return;
	default:
		v = answer(h, c);
		if (v)
			host_reply(c, v);
		else
			refuse(h, c);
	}
}

static void on_cancel(void *ctx, struct host_call *c)
{
	(void)ctx;
	ask_cancel(c);
}

const struct host_ops host_tty_ops = { on_call, on_cancel };
