#include "core/complete.h"
#include "lib/utf.h"
#include "lib/vis.h"

/* A copy for a terminal; whether it is the text itself. */
static bool shown(struct complete *c, struct span text, struct span *out)
{
	struct buf b;
	bool same;

	buf_init(&b, SIZE_MAX);
	vis_line(text, &b);
	same = arena_dup(c->a, buf_span(&b), out) && span_eq(*out, text);
	buf_free(&b);
	return same;
}

static void add(struct complete *c, struct span text, struct span list, struct span tip)
{
	struct complete_match *m;

	if (!c->match)
		c->match = arena_alloc(c->a, COMPLETE_MAX * sizeof(*c->match));
	if (!c->match || c->n == COMPLETE_MAX)
		return;
	m = &c->match[c->n];
	m->tip = SPAN_NONE;
	shown(c, span_trim(tip), &m->tip);
	c->n += text.n && shown(c, text, &m->text) && shown(c, list.n ? list : text, &m->list);
}

/* Bytes that the first `units` units of UTF-16 take. */
static bool bytes_of(struct span s, int64_t units, size_t *bytes)
{
	uint32_t cp;
	size_t n;

	for (*bytes = 0; units > 0; *bytes += n) {
		n = utf8_get_lax(span_sub(s, *bytes, 4), &cp);
		if (!n)
			return false;
		units -= cp > 0xffff ? 2 : 1;
	}
	return units == 0;
}

bool complete_read(const struct ps_val *answer, struct span line, struct complete *c)
{
	const struct ps_val *found = ps_prop(answer, "CompletionMatches"), *v;
	int64_t index, length;

	if (!found || !ps_get_i64(ps_prop(answer, "ReplacementIndex"), &index) ||
		!ps_get_i64(ps_prop(answer, "ReplacementLength"), &length) || index < 0 || length < 0 ||
		!bytes_of(line, index, &c->from) ||
		!bytes_of(span_sub(line, c->from, line.n), length, &c->to))
		return false;
	c->to += c->from;
	for (const struct ps_item *i = found->items; i && c->n < COMPLETE_MAX; i = i->next) {
		v = i->val;
		add(c, ps_span(ps_prop(v, "CompletionText")), ps_span(ps_prop(v, "ListItemText")),
			ps_span(ps_prop(v, "ToolTip")));
	}
	return true;
}

struct span complete_ask(struct span line, size_t at, struct complete *c)
{
	struct span rest = span_sub(line, 0, at), command = SPAN_NONE;

	c->from = c->to = at;
	while (c->from && !memchr(" \t|,;(){}'\"", line.p[c->from - 1], 11))
		c->from--;
	while (rest.n)
		command = span_cut(&rest, '|');
	command = span_trim(command);
	command = span_cut(&command, ' ');
	c->parameters = command.p + command.n <= line.p + c->from;
	if (!c->parameters)
		return command;
	if (c->from == at || line.p[c->from++] != '-')
		return SPAN_NONE;
	return command;
}

void complete_command(const struct ps_val *output, struct span line, struct complete *c)
{
	const struct ps_val *all = ps_prop(output, "Parameters");
	struct span typed = span_sub(line, c->from, c->to - c->from), name;

	if (!c->parameters)
		add(c, ps_span(ps_prop(output, "Name")), SPAN_NONE,
			ps_span(ps_prop(output, "Definition")));
	for (const struct ps_item *i = all ? all->items : NULL; i && c->parameters; i = i->next) {
		name = ps_span(i->key);
		if (span_eq_ci(span_sub(name, 0, typed.n), typed))
			add(c, name, SPAN_NONE, SPAN_NONE);
	}
}

struct span complete_common(const struct complete *c)
{
	struct span first = c->n ? c->match[0].text : SPAN_NONE;

	for (size_t i = 1; i < c->n; i++)
		while (!span_eq_ci(first, span_sub(c->match[i].text, 0, first.n)))
			first.n--;
	while (first.n && !utf8_valid(first))
		first.n--;
	return first;
}
