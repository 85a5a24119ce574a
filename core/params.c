#include "core/params_int.h"
#include <ctype.h>
#include <strings.h>
#include "lib/num.h"

static void add_row(void *ctx, const struct param *p, size_t off)
{
	struct params *b = ctx;
	struct params_row *r = &b->row[b->row_n];
	const struct param *q = b->given_row;

	if (p->kind == PARAM_GIVEN) {
		b->given_row = p;
		b->given = (void *)(b->base + off);
		return;
	}
	if (b->fits && p->sets && !(p->sets & b->fits))
		return;                         /* a shared table's row that this command does not have */
	BUG_ON(b->row_n == PARAM_MAX);
	*r = (struct params_row){ .p = p, .field = b->base + off };
	b->row_n++;
	while (q && q->name && q != p)
		q++;
	if (q != p)
		return;
	BUG_ON(p - b->given_row > 64);
	r->mask = b->given;
	r->bit = (uint64_t)1 << (p - b->given_row - 1);
}

static void mark(struct params_row *r)
{
	r->given = true;
	if (r->mask)
		*r->mask |= r->bit;
}

/* 2 = the whole name, 1 = a prefix, 0 = neither; aliases count as names. */
static int name_match(const struct param *p, struct span name)
{
	int best = 0;

	for (const char *one = p->name; *one; one += strlen(one) + 1) {
		if (strncasecmp(one, (const char *)name.p, name.n))
			continue;
		if (!one[name.n])
			return 2;
		best = 1;
	}
	return best;
}

static struct params_row *find_row(struct params *b, struct span name)
{
	struct params_row *hit = NULL;
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

/* Also what documents make of a dash (U+2013 to U+2015), which PowerShell takes for one; or 0. */
static size_t dash_len(const char *s)
{
	if (s[0] == '-')
		return 1;
	return s[0] == '\xe2' && s[1] == '\x80' && s[2] >= '\x93' && s[2] <= '\x95' ? 3 : 0;
}

/* A parameter name starts with a dash and a letter or '?', and has only letters, digits and '_' up
 * to its end or a colon. */
static bool is_name(const char *s, struct span *name, const char **value)
{
	size_t dash = dash_len(s), n = dash;

	if (!dash || !(isalpha((unsigned char)s[n]) || s[n] == '?'))
		return false;
	while (isalnum((unsigned char)s[n]) || s[n] == '_' || s[n] == '?')
		n++;
	if (s[n] && s[n] != ':')
		return false;
	*name = span_of(s + dash, n - dash);
	*value = s[n] ? s + n + 1 : NULL;
	return true;
}

/* The argument behind a name; a list that ends with a comma goes on in the next word ("a, b"). */
static const char *take_value(struct params *b, const struct param *p)
{
	struct span name;
	const char *rest, *v;
	struct buf joined;

	if (b->at >= b->argc || is_name(b->argv[b->at], &name, &rest)) {
		err_set(b->err, E_USAGE,
			"Missing an argument for parameter '%s'. Specify a parameter of type 'System.%s' and "
			"try again.%s%s%s",
			p->name, params_type(p),
			b->at < b->argc ? " (A value that looks like a parameter is written -" : "",
			b->at < b->argc ? p->name : "", b->at < b->argc ? ":value.)" : "");
		return NULL;
	}
	v = b->argv[b->at++];
	if (p->kind != PARAM_STRS && p->kind != PARAM_INTS && p->kind != PARAM_GUIDS)
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
static struct params_row *namesake(struct params *b, struct params_row *r, struct span name)
{
	for (r++; r < b->row + b->row_n; r++)
		if (name_match(r->p, name) == 2)
			return r;
	return NULL;
}

static int bind_named(struct params *b, struct span name, const char *value)
{
	struct params_row *r = find_row(b, name), *same;

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
	if (r->p->kind != PARAM_SWITCH && (!value || !*value) && !(value = take_value(b, r->p)))
		return E_USAGE;
	return params_value(b, r, value);
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
static int bind_positional(struct params *b, const char **words, size_t n, uint32_t default_set)
{
	int last = 0;                   /* each position is taken once, in whatever set */

	for (size_t i = 0; i < n; i++) {
		bool number = is_number(words[i]);
		struct params_row *hit = NULL;

		for (int round = 0; round < 4 && !hit; round++) {
			uint32_t fits = !(round & 1) && b->fits & default_set ? default_set : b->fits;
			for (size_t k = 0; k < b->row_n; k++) {
				struct params_row *r = &b->row[k];
				int pos = params_position(r->p, fits | b->lone);
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
		if (params_value(b, hit, words[i]) < 0)
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
static int choose_set(struct params *b, uint32_t default_set, uint32_t *set)
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
	struct params b = { .base = out, .arena = a, .err = e, .argc = argc, .argv = argv,
		.fits = sets & ~PARAMS_LONE, .lone = sets & PARAMS_LONE };
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
	struct params b = { .base = out, .arena = a, .err = e };
	struct span name;
	const char *value;
	struct params_row *r;

	params_each(table, 0, add_row, &b);
	for (size_t i = 0; i < n; i++) {
		if (!is_name(words[i], &name, &value))
			return err_set(e, E_USAGE, "'%s' is no parameter.", words[i]);
		if (!(r = find_row(&b, name)))
			return E_USAGE;
		if (r->given || (r->mask && *r->mask & r->bit))
			continue;
		mark(r);
		if ((!value && r->p->kind != PARAM_SWITCH) || params_value(&b, r, value) < 0)
			return err_set(e, E_USAGE, "Parameter '%s' needs a value.", r->p->name);
	}
	return 0;
}
