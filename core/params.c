#include "core/params_int.h"
#include <ctype.h>
#include <stdio.h>
#include <strings.h>
#include "lib/num.h"

#define PARAM_MAX 64                      /* rows of one command, groups expanded */

struct row {
	const struct param *p;
	void *field;
	bool given;
	uint64_t *mask, bit;              /* where its table keeps what was given; NULL = nowhere */
};
struct binder {
	struct row row[PARAM_MAX];
	size_t row_n;
	const struct param *given_row;    /* the PARAM_GIVEN of the table that rows come from now */
	uint64_t *given;
	char *base;
	struct arena *arena;
	struct err *err;
	int argc, at;
	char **argv;
	uint32_t fits;                    /* sets still possible */
	struct span late;                 /* a name that two rows have, bound when the others are */
	const char *late_value;
};

static void add_row(void *ctx, const struct param *p, size_t off)
{
	struct binder *b = ctx;
	struct row *r = &b->row[b->row_n];
	const struct param *q = b->given_row;

	if (p->kind == PARAM_GIVEN) {
		b->given_row = p;
		b->given = (void *)(b->base + off);
		return;
	}
	if (b->fits && p->sets && !(p->sets & b->fits))
		return;                         /* a shared table's row that this command does not have */
	BUG_ON(b->row_n == PARAM_MAX);
	*r = (struct row){ .p = p, .field = b->base + off };
	b->row_n++;
	while (q && q->name && q != p)
		q++;
	if (q != p)
		return;
	BUG_ON(p - b->given_row > 64);
	r->mask = b->given;
	r->bit = (uint64_t)1 << (p - b->given_row - 1);
}

static void mark(struct row *r)
{
	r->given = true;
	if (r->mask)
		*r->mask |= r->bit;
}

/* 2 = the whole name, 1 = a prefix, 0 = neither; aliases count as names. */
static int name_match(const struct param *p, struct span name)
{
	struct span rest = span_str(p->aliases), one;
	int best = 0;

	for (one = span_str(p->name); one.n; one = span_cut(&rest, ',')) {
		if (name.n > one.n || strncasecmp((const char *)one.p, (const char *)name.p, name.n))
			continue;
		if (one.n == name.n)
			return 2;
		best = 1;
	}
	return best;
}

static struct row *find_row(struct binder *b, struct span name)
{
	struct row *hit = NULL;
	struct buf list;
	size_t n = 0;

	buf_init(&list, 2048);
	for (size_t i = 0; i < b->row_n; i++) {
		int m = name_match(b->row[i].p, name);
		if (m == 2) {
			hit = &b->row[i];
			n = 1;
			break;
		}
		if (!m || (hit && b->row[i].p->common))
			continue;
		hit = &b->row[i];
		n++;
		buf_printf(&list, " -%s", b->row[i].p->name);
	}
	if (n == 0)
		err_set(b->err, E_USAGE, "A parameter cannot be found that matches parameter name '%.*s'.",
			SPAN_ARG(name));
	if (n > 1)
		err_set(b->err, E_USAGE,
			"Parameter cannot be processed because the parameter name '%.*s' is ambiguous. "
			"Possible matches include:%s.",
			SPAN_ARG(name), buf_cstr(&list));
	buf_free(&list);
	return n == 1 ? hit : NULL;
}

/* A parameter name starts with a dash and a letter or '?', and has only letters, digits and '_' up
 * to its end or a colon. */
static bool is_name(const char *s, struct span *name, const char **value)
{
	size_t n = 1;

	if (s[0] != '-' || !(isalpha((unsigned char)s[1]) || s[1] == '?'))
		return false;
	while (isalnum((unsigned char)s[n]) || s[n] == '_' || s[n] == '?')
		n++;
	if (s[n] && s[n] != ':')
		return false;
	*name = span_of(s + 1, n - 1);
	*value = s[n] ? s + n + 1 : NULL;
	return true;
}

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
static int cannot_convert(struct binder *b, const struct param *p, const char *value,
	const char *why)
{
	int n = (int)(p->kind == PARAM_INTS ? strcspn(p->type, "[") : strlen(p->type));

	return err_set(b->err, E_USAGE, "Cannot bind parameter '%s'. Cannot convert value \"%s\" to "
		"type \"System.%.*s\". Error: \"%s\"", p->name, value, n, p->type, why);
}

static int bind_int(struct binder *b, const struct param *p, const char *value, int64_t *out)
{
	char why[300];

	if (!num_i64(span_str(value), out)) {
		snprintf(why, sizeof(why), "The input string '%s' was not in a correct format.", value);
		return cannot_convert(b, p, value, why);
	}
	if (p->max < p->min)                    /* UInt32 */
		return *out >= 0 && *out <= UINT32_MAX ? 0 : cannot_convert(b, p, value,
			"Value was either too large or too small for a UInt32.");
	bool low = *out < p->min;
	int32_t limit = low ? p->min : p->max;
	return !low && *out <= limit ? 0 : err_set(b->err, E_USAGE,
		"Cannot validate argument on parameter '%s'. The %s argument is %s than the %s allowed "
		"range of %d. Supply an argument that is %s than or equal to %d and then try the command "
		"again.", p->name, value, low ? "less" : "greater", low ? "minimum" : "maximum", limit,
		low ? "greater" : "less", limit);
}

/* One element of an Int32[]: a number or first..last. */
static int bind_range(struct binder *b, const struct param *p, const char *value,
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

static int bind_enum(struct binder *b, const struct param *p, const char *value, int32_t *out)
{
	struct span rest = span_str(p->values), all = rest, one;
	int32_t hit = -1, n = 0, hits = 0;
	struct buf list;

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
	buf_init(&list, 1024);
	while (all.n) {
		one = span_cut(&all, '|');
		buf_printf(&list, "%s%.*s", n++ ? ", " : "", SPAN_ARG(one));
	}
	err_set(b->err, E_USAGE,
		"Cannot bind parameter '%s'. Cannot convert value \"%s\" to type \"%s\". Error: \"Unable "
		"to match the identifier name %s to a valid enumerator name. Specify one of the following "
		"enumerator names and try again: %s\"",
		p->name, value, p->type, value, buf_cstr(&list));
	buf_free(&list);
	return E_USAGE;
}

static int is_empty(struct binder *b, const struct param *p)
{
	return err_set(b->err, E_USAGE, "Cannot validate argument on parameter '%s'. The argument is "
		"null or empty. Provide an argument that is not null or empty, and then try the command "
		"again.", p->name);
}

static bool takes_one(const struct param *p)
{
	return p->kind == PARAM_STRS && p->max == 1;
}

static int bind_list(struct binder *b, struct row *r, const char *value)
{
	const struct param *p = r->p;
	struct str_list parts = { 0 };

	if (takes_one(p) && (parts.v = arena_alloc(b->arena, sizeof(*parts.v))))
		parts.v[parts.n++] = (char *)value;
	else if (!params_split(b->arena, value, &parts))
		return err_set(b->err, E_USAGE, "The list given to parameter '%s' is too long.", p->name);
	for (size_t i = 0; i < parts.n; i++) {
		if (!takes_one(p))
			params_unquote(parts.v[i]);
		if (!*parts.v[i])
			return is_empty(b, p);
	}
	if (p->kind == PARAM_STRS) {
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

static int bind_value(struct binder *b, struct row *r, const char *value)
{
	int64_t n;

	switch (r->p->kind) {
	case PARAM_STR:
		if (!*value && !strcmp(r->p->type, "String"))
			return is_empty(b, r->p);
		*(const char **)r->field = value;
		return 0;
	case PARAM_INT:
		if (bind_int(b, r->p, value, &n) < 0)
			return E_USAGE;
		*(int32_t *)r->field = (int32_t)n;
		return 0;
	case PARAM_ENUM:
		return bind_enum(b, r->p, value, r->field);
	default:
		return bind_list(b, r, value);
	}
}

/* -Switch, -Switch:$true, -Switch:$false (also without the dollar, which sh may have taken with the
 * name behind it). */
static int bind_switch(struct binder *b, struct row *r, const char *value)
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

/* The argument behind a name; a list that ends with a comma goes on in the next word ("a, b"). */
static const char *take_value(struct binder *b, const struct param *p)
{
	struct span name;
	const char *rest, *v;
	struct buf joined;

	if (b->at >= b->argc || is_name(b->argv[b->at], &name, &rest)) {
		err_set(b->err, E_USAGE,
			"Missing an argument for parameter '%s'. Specify a parameter of type 'System.%s' and "
			"try again.%s%s%s",
			p->name, p->type,
			b->at < b->argc ? " (A value that looks like a parameter is written -" : "",
			b->at < b->argc ? p->name : "", b->at < b->argc ? ":value.)" : "");
		return NULL;
	}
	v = b->argv[b->at++];
	if (takes_one(p) || (p->kind != PARAM_STRS && p->kind != PARAM_INTS && p->kind != PARAM_GUIDS))
		return v;
	if (!*v || v[strlen(v) - 1] != ',' || b->at >= b->argc)
		return v;
	buf_init(&joined, 1 << 16);
	buf_puts(&joined, v);
	do {
		v = b->argv[b->at++];
		buf_puts(&joined, v);
	} while (*v && v[strlen(v) - 1] == ',' && b->at < b->argc);
	v = buf_failed(&joined) ? NULL : arena_str(b->arena, buf_span(&joined));
	buf_free(&joined);
	if (!v)
		err_set(b->err, E_USAGE, "The list given to parameter '%s' is too long.", p->name);
	return v;
}

/* The second row of that whole name: an alias that another parameter is called. */
static struct row *namesake(struct binder *b, struct row *r, struct span name)
{
	for (r++; r < b->row + b->row_n; r++)
		if (name_match(r->p, name) == 2)
			return r;
	return NULL;
}

static int bind_named(struct binder *b, struct span name, const char *value)
{
	struct row *r = find_row(b, name), *same;

	if (!r)
		return E_USAGE;
	if ((same = namesake(b, r, name)) && name.p != b->late.p) {
		b->late = name;
		b->late_value = value && *value ? value : take_value(b, r->p);
		return b->late_value ? 0 : E_USAGE;
	}
	if (same && !same->given && same->p->sets & b->fits)
		r = same;
	if (r->given)
		return err_set(b->err, E_USAGE,
			"Cannot bind parameter because parameter '%s' is specified more than once. To provide "
			"multiple values to parameters that can accept multiple values, use the array syntax. "
			"For example, \"-parameter value1,value2,value3\".",
			r->p->name);
	mark(r);
	if (r->p->sets)
		b->fits &= r->p->sets;
	if (r->p->kind == PARAM_SWITCH)
		return bind_switch(b, r, value);
	if (!value || !*value)
		value = take_value(b, r->p);
	return value ? bind_value(b, r, value) : E_USAGE;
}

/* A list of numbers and ranges: "1,3..5". An IPv4 address is none. */
static bool is_number(const char *word)
{
	struct span rest = span_str(word), one;
	int64_t n;

	while (rest.n) {
		one = span_cut(&rest, ',');
		size_t dots = span_search(one, SPAN(".."));
		if (!num_i64(span_sub(one, 0, dots), &n) ||
			(dots < one.n && !num_i64(span_sub(one, dots + 2, one.n), &n)))
			return false;
	}
	return *word;
}

/* Positional arguments wait until the named ones have narrowed the sets. The default set comes
 * first, but a number goes to the parameter that takes numbers, in whatever set. */
static int bind_positional(struct binder *b, const char **words, size_t n, uint32_t default_set)
{
	int last = 0;                   /* each position is taken once, in whatever set */

	for (size_t i = 0; i < n; i++) {
		bool number = is_number(words[i]);
		struct row *hit = NULL;

		for (int round = 0; round < 4 && !hit; round++) {
			uint32_t fits = !(round & 1) && b->fits & default_set ? default_set : b->fits;
			for (size_t k = 0; k < b->row_n; k++) {
				struct row *r = &b->row[k];
				int pos = params_position(r->p, fits);
				if (pos > last && !r->given && (!r->p->sets || r->p->sets & fits) &&
					(round > 1 || number == (r->p->kind == PARAM_INTS)) &&
					(!hit || pos < hit->p->pos))
					hit = r;
			}
		}
		if (!hit)
			return err_set(b->err, E_USAGE,
				"A positional parameter cannot be found that accepts argument '%s'.", words[i]);
		mark(hit);
		last = hit->p->pos;
		if (hit->p->sets)
			b->fits &= hit->p->sets;
		if (bind_value(b, hit, words[i]) < 0)
			return E_USAGE;
	}
	return 0;
}

static int no_set_fits(struct err *e)
{
	return err_set(e, E_USAGE, "Parameter set cannot be resolved using the specified named "
		"parameters. One or more parameters issued cannot be used together or an insufficient "
		"number of parameters were provided.");
}

/* Of the sets left, those whose mandatory parameters were all given; one must remain. */
static int choose_set(struct binder *b, uint32_t default_set, uint32_t *set)
{
	uint32_t whole = b->fits;
	const char *missing = NULL;

	for (size_t i = 0; i < b->row_n; i++)
		if (!b->row[i].given)
			whole &= ~b->row[i].p->mandatory;
	if (!whole) {
		uint32_t want = b->fits & default_set ? default_set : b->fits & -b->fits;
		for (size_t i = 0; i < b->row_n && !missing; i++)
			if (!b->row[i].given && b->row[i].p->mandatory & want)
				missing = b->row[i].p->name;
	}
	if (missing)
		return err_set(b->err, E_USAGE, "Cannot process command because of one or more missing "
			"mandatory parameters: %s.", missing);
	if (!whole)
		return no_set_fits(b->err);
	*set = whole & default_set ? default_set : whole & -whole;
	return 0;
}

int params_bind(const struct param *table, uint32_t sets, uint32_t default_set, int argc,
	char **argv, struct arena *a, void *out, uint32_t *set, struct err *e)
{
	struct binder b = { .base = out, .arena = a, .err = e, .argc = argc, .argv = argv,
		.fits = sets };
	const char **words = arena_alloc(a, (size_t)(argc + 1) * sizeof *words), *value;
	size_t word_n = 0;
	struct span name;
	bool only_words = false;

	if (!words)
		return err_set(e, E_USAGE, "The command line is too long.");
	params_each(table, 0, add_row, &b);
	while (b.at < argc) {
		char *w = argv[b.at++];
		if (!only_words && !strcmp(w, "--"))
			only_words = true;
		else if (only_words || !is_name(w, &name, &value))
			words[word_n++] = w;
		else if (bind_named(&b, name, value) < 0)
			return E_USAGE;
	}
	if (b.late.n && bind_named(&b, b.late, b.late_value) < 0)
		return E_USAGE;
	if (!b.fits)
		return no_set_fits(e);
	if (bind_positional(&b, words, word_n, default_set) < 0)
		return E_USAGE;
	return choose_set(&b, default_set, set);
}

int params_fill(const struct param *table, char **words, size_t n, struct arena *a, void *out,
	struct err *e)
{
	struct binder b = { .base = out, .arena = a, .err = e };
	struct span name;
	const char *value;
	struct row *r;

	params_each(table, 0, add_row, &b);
	for (size_t i = 0; i < n; i++) {
		if (!is_name(words[i], &name, &value))
			return err_set(e, E_USAGE, "'%s' is no parameter.", words[i]);
		if (!(r = find_row(&b, name)))
			return E_USAGE;
		if (r->given || (r->mask && *r->mask & r->bit))
			continue;
		mark(r);
		if (r->p->kind == PARAM_SWITCH ? bind_switch(&b, r, value) < 0 :
			!value || bind_value(&b, r, value) < 0)
			return err_set(e, E_USAGE, "Parameter '%s' needs a value.", r->p->name);
	}
	return 0;
}
