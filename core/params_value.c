#include "core/params_int.h"
#include <stdio.h>
#include "lib/num.h"

bool params_split(struct arena *a, const char *text, struct str_list *out)
{
	size_t n = 1, len = strlen(text), start = 0;
	char quote = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == ',';
	out->v = arena_alloc(a, n * sizeof *out->v);
	out->n = 0;
	if (!out->v)
		return false;
	for (size_t i = 0; i <= len; i++) {
		char c = text[i];
		if (quote ? c == quote : c == '\'' || c == '"')
			quote = quote ? 0 : c;
		if (i < len && (quote || c != ','))
			continue;
		out->v[out->n] = arena_str(a, span_trim(span_of(text + start, i - start)));
		if (!out->v[out->n++])
			return false;
		start = i + 1;
	}
	return true;
}

bool params_unquote(char *element)
{
	size_t n = strlen(element), to = 0;
	char q = element[0];

	if (n < 2 || (q != '\'' && q != '"') || element[n - 1] != q)
		return false;
	for (size_t i = 1; i < n - 1; i++) {
		element[to++] = element[i];
		if (element[i] == q && element[i + 1] == q && i + 2 < n)
			i++;
	}
	element[to] = '\0';
	return true;
}

/* To the type of an element, if it is a list of numbers. */
static int cannot_convert(struct params *b, const struct param *p, const char *value,
	const char *why)
{
	const char *type = params_type(p);
	int n = (int)(p->kind == PARAM_INTS ? strcspn(type, "[") : strlen(type));

	return err_set(b->err, E_USAGE, "Cannot bind parameter '%s'. Cannot convert value \"%s\" to "
		"type \"%s%.*s\". Error: \"%s\"", p->name, value, p->kind == PARAM_ENUM ? "" : "System.",
		n, type, why);
}

static int bind_int(struct params *b, const struct param *p, const char *value, int64_t *out)
{
	char why[300];

	if (!num_i64(span_str(value), out)) {
		snprintf(why, sizeof(why), "The input string '%s' was not in a correct format.", value);
		return cannot_convert(b, p, value, why);
	}
	bool low = *out < p->min;
	int64_t limit = low ? p->min : ((int64_t)1 << p->bits) - 1;
	if (!low && *out <= limit)
		return 0;
	return p->bits == 32 ? cannot_convert(b, p, value,
		"Value was either too large or too small for a UInt32.") : err_set(b->err, E_USAGE,
		"Cannot validate argument on parameter '%s'. The %s argument is %s than the %s allowed "
		"range of %d. Supply an argument that is %s than or equal to %d and then try the command "
		"again.", p->name, value, low ? "less" : "greater", low ? "minimum" : "maximum", (int)limit,
		low ? "greater" : "less", (int)limit);
}

/* One element of an Int32[]: a number or first..last. */
static int bind_range(struct params *b, const struct param *p, const char *value,
	struct int_list *out)
{
	const char *dots = strstr(value, "..");
	int64_t lo, hi, *grown;

	if (!dots) {
		if (bind_int(b, p, value, &lo) < 0)
			return E_USAGE;
		hi = lo;
	} else {
		char *first = arena_str(b->arena, span_of(value, (size_t)(dots - value)));
		if (!first || bind_int(b, p, first, &lo) < 0 || bind_int(b, p, dots + 2, &hi) < 0)
			return b->err->code ? b->err->code : E_USAGE;
	}
	size_t n = (size_t)(lo <= hi ? hi - lo : lo - hi) + 1;
	if (n > 10000 || !(grown = arena_alloc(b->arena, (out->n + n) * sizeof *grown)))
		return cannot_convert(b, p, value, "The range is too long.");
	if (out->n)
		memcpy(grown, out->v, out->n * sizeof *grown);
	out->v = grown;
	for (size_t i = 0; i < n; i++)
		out->v[out->n++] = lo <= hi ? lo + (int64_t)i : lo - (int64_t)i;
	return 0;
}

static int bind_enum(struct params *b, const struct param *p, const char *value, int32_t *out)
{
	struct span rest, all, one;
	const char *names = p->name;
	int32_t hit = -1, hits = 0;
	struct buf why;

	while (*names)
		names += strlen(names) + 1;
	rest = all = span_str(names + 1);
	for (int32_t i = 0; rest.n; i++) {
		one = span_cut(&rest, '|');
		if (span_is_ci(one, value)) {
			*out = i;
			return 0;
		}
		if (*value && span_starts_ci(one, value)) {
			hit = i;
			hits++;
		}
	}
	if (hits == 1) {
		*out = hit;
		return 0;
	}
	buf_init(&why, SIZE_MAX);
	buf_printf(&why, "Unable to match the identifier name %s to a valid enumerator name. Specify "
		"one of the following enumerator names and try again: ", value);
	for (const char *comma = ""; all.n; comma = ", ") {
		one = span_cut(&all, '|');
		buf_printf(&why, "%s%.*s", comma, SPAN_ARG(one));
	}
	cannot_convert(b, p, value, buf_cstr(&why));
	buf_free(&why);
	return E_USAGE;
}

static int is_empty(struct params *b, const struct param *p)
{
	return err_set(b->err, E_USAGE, "Cannot validate argument on parameter '%s'. The argument is "
		"null or empty. Provide an argument that is not null or empty, and then try the command "
		"again.", p->name);
}

static int bind_list(struct params *b, const struct params_row *r, const char *value)
{
	const struct param *p = r->p;
	struct str_list parts = { 0 };
	bool one = p->kind == PARAM_WORD;

	if (one && (parts.v = arena_alloc(b->arena, sizeof(*parts.v))))
		parts.v[parts.n++] = (char *)value;
	else if (!params_split(b->arena, value, &parts))
		return err_set(b->err, E_USAGE, "The list given to parameter '%s' is too long.", p->name);
	for (size_t i = 0; i < parts.n; i++) {
		if (!one)
			params_unquote(parts.v[i]);
		if (!*parts.v[i])
			return is_empty(b, p);
	}
	if (one || p->kind == PARAM_STRS) {
		*(struct str_list *)r->field = parts;
		return 0;
	}
	if (p->kind == PARAM_INTS) {
		for (size_t i = 0; i < parts.n; i++)
			if (bind_range(b, p, parts.v[i], r->field) < 0)
				return E_USAGE;
		return 0;
	}
	struct guid_list *g = r->field;
	g->v = arena_alloc(b->arena, parts.n * sizeof *g->v);
	for (g->n = 0; g->v && g->n < parts.n; g->n++)
		if (!guid_parse(span_str(parts.v[g->n]), &g->v[g->n]))
			return cannot_convert(b, p, parts.v[g->n],
				"Guid should contain 32 digits with 4 dashes "
				"(xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).");
	return 0;
}

/* -Switch, -Switch:$true, -Switch:$false (also without the dollar, which sh may have taken with the
 * name behind it). */
static int bind_switch(struct params *b, const struct params_row *r, const char *value)
{
	struct span v = span_str(value);

	if (value && !v.n)
		return err_set(b->err, E_USAGE,
			"The value of the switch '%s' is missing: the shell has expanded it to nothing. "
			"Quote it: '-%s:$false'.",
			r->p->name, r->p->name);
	if (!value || span_is_ci(v, "$true") || span_is_ci(v, "true") || span_is(v, "1"))
		*(bool *)r->field = true;
	else if (span_is_ci(v, "$false") || span_is_ci(v, "false") || span_is(v, "0"))
		*(bool *)r->field = false;
	else
		return cannot_convert(b, r->p, value, "Use $true or $false.");
	return 0;
}

int params_value(struct params *b, const struct params_row *r, const char *value)
{
	int64_t n;

	switch (r->p->kind) {
	case PARAM_STR:
		if (!*value && r->p->type == TYPE_STRING)
			return is_empty(b, r->p);
		*(const char **)r->field = value;
		return 0;
	case PARAM_INT:
		if (bind_int(b, r->p, value, &n) < 0)
			return E_USAGE;
		*(int32_t *)r->field = (int32_t)n;
		return 0;
	case PARAM_SWITCH:
		return bind_switch(b, r, value);
	case PARAM_ENUM:
		return bind_enum(b, r->p, value, r->field);
	default:
		return bind_list(b, r, value);
	}
}
