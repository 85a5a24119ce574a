/* PromptForChoice, of one or of several. */
#include "applets/ui/ask.h"
#include "applets/ui/print.h"
#include "applets/ui/term_io.h"
#include "applets/ui/wrap.h"
#include "lib/utf.h"

struct ask_item { struct span key, plain, help; bool is_default; };

static bool is_multiple(const struct ask *a)
{
	return a->call->method == HOST_PROMPT_FOR_CHOICE_MULTIPLE_SELECTION;
}

/* "&Yes" is picked by Y or Yes; without "&" there is no key. */
static bool split_label(struct arena *arena, struct span label, struct ask_item *item)
{
	size_t at = span_find(label, '&');
	struct span rest = span_sub(label, at + 1, label.n);
	struct buf b;
	uint32_t cp;
	bool ok;

	item->plain = label;
	if (at == label.n)
		return true;
	buf_init(&b, ASK_TEXT_MAX);
	if (utf8_get_lax(rest, &cp) > 0)
		utf8_put(&b, utf_upper(cp));
	ok = arena_dup(arena, span_trim(buf_span(&b)), &item->key);
	buf_clear(&b);
	buf_put(&b, span_sub(label, 0, at));
	buf_put(&b, rest);
	ok = ok && !buf_failed(&b) && arena_dup(arena, span_trim(buf_span(&b)), &item->plain);
	buf_free(&b);
	return ok;
}

static const char bad_default[] = "The default choice must be a valid index into \"choices\".";

/* -1 is none. */
static bool add_default(struct ask *a, const struct ps_val *index)
{
	int64_t i = -1;

	ps_get_i64(index, &i);
	if (i >= 0 && (size_t)i < a->n && !a->item[i].is_default) {
		a->item[i].is_default = true;
		ps_append(&a->call->arena, a->preset, ps_i32(&a->call->arena, (int32_t)i));
	}
	return i >= -1 && i < (int64_t)a->n;
}

/* NULL, or why it cannot be shown. */
static const char *read_choices(struct ask *a)
{
	const struct ps_val *list = ps_nth(a->call->args, 2), *defaults = ps_nth(a->call->args, 3);
	const struct ps_item *it;
	size_t i = 0;

	a->n = ps_count(list);
	if (!a->n)
		return "\"choices\" should have at least one element.";
	a->item = arena_alloc(&a->call->arena, a->n * sizeof(*a->item));
	a->preset = host_int_list(&a->call->arena, NULL, 0);
	a->values = host_int_list(&a->call->arena, NULL, 0);
	if (!a->item || !a->preset || !a->values)
		return "There are too many choices.";
	for (it = list->items; it; it = it->next, i++) {
		if (!split_label(&a->call->arena, ps_span(ps_prop(it->val, "label")), &a->item[i]))
			return "The labels of the choices are too long.";
		if (span_is(a->item[i].key, "?"))
			return "A question mark (\"?\") cannot be used as a hot key.";
		a->item[i].help = ps_span(ps_prop(it->val, "helpMessage"));
	}
	if (!is_multiple(a))
		return add_default(a, defaults) ? NULL : bad_default;
	for (it = ps_count(defaults) ? defaults->items : NULL; it; it = it->next)
		if (!add_default(a, it->val))
			return bad_default;
	return NULL;
}

/* A piece of the question, on a new line when it would be cut by the edge. */
static void put_piece(struct buf *text, int fg, size_t *col)
{
	size_t cells = cells_of(buf_span(text));
	int width, height;

	term_size(&width, &height);
	if (*col + cells > (size_t)(width - 1)) {
		print_ask(SPAN("\n"), -1);
		*col = 0;
		while (text->n && text->p[text->n - 1] == ' ')
			text->n--;
	}
	*col += cells;
	print_ask(buf_span(text), fg);
	buf_clear(text);
}

static void put_defaults(struct ask *a, struct buf *text)
{
	size_t n = ps_count(a->preset);
	const struct ps_item *it;
	int64_t i = 0;

	if (!n)
		return;
	buf_puts(text, n > 1 ? "(default choices are " : "(default is \"");
	for (it = a->preset->items; it && ps_get_i64(it->val, &i); it = it->next) {
		buf_put(text, a->item[i].key.n ? a->item[i].key : a->item[i].plain);
		buf_puts(text, it->next ? "," : "");
	}
	buf_puts(text, n > 1 ? ")" : "\")");
	if (!is_multiple(a))
		buf_puts(text, ": ");
}

/* "[Y] Yes  [N] No  [?] Help (default is "N"): " */
static void put_choices(struct ask *a)
{
	struct span newline = is_multiple(a) ? SPAN("\n") : SPAN_NONE;
	size_t i, col = 0;
	struct buf text;

	buf_init(&text, 2 * ASK_TEXT_MAX);
	for (i = 0; i < a->n; i++) {
		buf_printf(&text, "[%.*s] %.*s  ", SPAN_ARG(a->item[i].key),
			SPAN_ARG(a->item[i].plain));
		put_piece(&text, a->item[i].is_default ? ASK_DEFAULT_COLOR : ASK_COLOR, &col);
		print_ask(newline, -1);
	}
	buf_puts(&text, "[?] Help ");
	put_piece(&text, -1, &col);
	print_ask(newline, -1);
	put_defaults(a, &text);
	put_piece(&text, -1, &col);
	if (ps_count(a->preset))
		print_ask(newline, -1);
	buf_free(&text);
}

static void put_help(struct ask *a)
{
	struct buf text;
	size_t i;

	buf_init(&text, 2 * ASK_TEXT_MAX);
	for (i = 0; i < a->n; i++) {
		buf_put(&text, a->item[i].key.n ? a->item[i].key : a->item[i].plain);
		buf_puts(&text, " - ");
		buf_put(&text, a->item[i].help);
		ask_say(buf_span(&text), -1);
		buf_clear(&text);
	}
	buf_free(&text);
}

/* The whole label first, then the hot key; -1 for neither. */
static int32_t pick(const struct ask *a, struct span answer)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (ask_same(answer, a->item[i].plain))
			return (int32_t)i;
	for (i = 0; i < a->n; i++)
		if (ask_same(answer, a->item[i].key))
			return (int32_t)i;
	return -1;
}

static void ask_again(struct ask *a);

/* Enter alone: the defaults, unless something was picked. */
static void take_defaults(struct ask *a)
{
	if (is_multiple(a))
		ask_done(a, ps_count(a->values) ? a->values : a->preset);
	else if (ps_count(a->preset))
		ask_done(a, ps_nth(a->preset, 0));
	else
		ask_again(a);
}

static void got_choice(struct ask *a, struct span line)
{
	struct arena *arena = &a->call->arena;
	int32_t choice;

	if (!line.n) {
		take_defaults(a);
		return;
	}
	line = span_trim(line);
	choice = line.n ? pick(a, line) : -1;
	if (span_is(line, "?")) {
		put_help(a);
	} else if (choice >= 0 && !is_multiple(a)) {
		ask_done(a, ps_i32(arena, choice));
		return;
	} else if (choice >= 0) {
		ps_append(arena, a->values, ps_i32(arena, choice));
	}
	ask_again(a);
}

static void ask_again(struct ask *a)
{
	struct buf text;

	if (is_multiple(a)) {
		buf_init(&text, 64);
		buf_printf(&text, "Choice[%zu]: ", ps_count(a->values));
		print_ask(buf_span(&text), ASK_COLOR);
		buf_free(&text);
	} else {
		put_choices(a);
	}
	ask_want(a, INPUT_LINE, got_choice);
}

void ask_choice(struct ask *a)
{
	const char *why = read_choices(a);

	if (why) {
		ask_fail(a, why);
		return;
	}
	ask_head(ps_span(ps_nth(a->call->args, 0)), ps_span(ps_nth(a->call->args, 1)));
	if (is_multiple(a))
		put_choices(a);
	ask_again(a);
}
