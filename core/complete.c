#include "core/complete.h"
#include "lib/utf.h"
#include "lib/vis.h"

/* A copy for a terminal; whether it is the text itself. */
static bool shown(struct complete *c, struct span text, struct span *out)
{
	struct buf b;
	bool same;

	buf_init(&b, 4 * text.n + 1);
	vis_line(text, &b);
	same = span_eq(buf_span(&b), text) && arena_dup(c->a, buf_span(&b), out);
	if (!same && !arena_dup(c->a, buf_span(&b), out))
		*out = SPAN_NONE;
	buf_free(&b);
	return same;
}

static void add(struct complete *c, struct span text, struct span list, struct span tip)
{
	struct complete_match m;

	if (!c->match)
		c->match = arena_alloc(c->a, COMPLETE_MAX * sizeof(*c->match));
	if (!c->match || c->n == COMPLETE_MAX || !text.n || !shown(c, text, &m.text) ||
		!shown(c, list.n ? list : text, &m.list))
		return;
	shown(c, span_trim(tip), &m.tip);
	c->match[c->n++] = m;
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
	struct span before = span_sub(line, 0, at), command;
	struct buf name;
	size_t start = at;

	while (start && !memchr(" \t|,;(){}'\"", line.p[start - 1], 11))
		start--;
	c->from = start;
	c->to = at;
	while (span_find(before, '|') < before.n)
		span_cut(&before, '|');
	before = span_trim(before);
	command = span_cut(&before, ' ');
	c->parameters = command.p + command.n <= line.p + start;
	if (c->parameters && (start == at || line.p[start] != '-'))
		return SPAN_NONE;
	buf_init(&name, line.n + 2);
	buf_put(&name, command);
	buf_puts(&name, c->parameters ? "" : "*");
	if (!arena_dup(c->a, buf_span(&name), &command))
		command = SPAN_NONE;
	buf_free(&name);
	return command;
}

void complete_meta(const struct ps_val *output, struct span line, struct complete *c)
{
	const struct ps_val *all = ps_prop(output, "Parameters");
	struct span typed = span_sub(line, c->from + 1, c->to - c->from - 1), name;
	char text[100];

	if (!c->parameters)
		add(c, ps_span(ps_prop(output, "Name")), SPAN_NONE, SPAN_NONE);
	for (const struct ps_item *i = all ? all->items : NULL; i && c->parameters; i = i->next) {
		name = span_sub(ps_span(i->key), 0, sizeof(text) - 2);
		if (!span_eq_ci(span_sub(name, 0, typed.n), typed))
			continue;
		text[0] = '-';
		memcpy(text + 1, name.p, name.n);
		add(c, span_of(text, name.n + 1), name, SPAN_NONE);
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
