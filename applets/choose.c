#include "applets/choose.h"
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>
#include "applets/ui/print.h"
#include "applets/ui/term_io.h"
#include "lib/file_io.h"
#include "lib/num.h"
#include "lib/wild.h"

#define ROWS_MAX (4u << 20)
#define BLANK_ID "    "                 /* in a table, and a space */
#define ARGS struct choice
#define SERVER (SET_COMPUTER | SET_URI)

const struct param choose_params[] = {
	P_STRS(ARGS, session, "Session", TYPE_SESSIONS, .pos = 1, .sets = SET_SESSION),
	P_STRS(ARGS, computer, "ComputerName\0Cn", TYPE_STRINGS,
		P_ONLY(SET_COMPUTER | SET_MORE(SET_COMPUTER)), .pos = 1),
	P_STRS(ARGS, uri, "ConnectionUri\0URI\0CU", TYPE_URIS, P_ONLY(SET_URI | SET_MORE(SET_URI)),
		.pos = 1),
	P_STRS(ARGS, name, "Name", TYPE_STRINGS, .sets = SET_ANY(SET_NAME) | SERVER,
		.mandatory = SET_NAME),
	P_GUIDS(ARGS, instance, "InstanceId", TYPE_GUIDS, P_ONLY(SET_INSTANCE | SET_MORE(SERVER))),
	P_INTS(ARGS, id, "Id", TYPE_INTS, 1, 31, P_ONLY(SET_ID), .pos = 1),
	P_END
};

void chosen_fail(struct chosen *c, const struct err *e)
{
	int status = err_exit(e->code);

	print_err(e);
	if (status > c->status)
		c->status = status;
}

void chosen_show(const struct roster *r, enum table_form form)
{
	int width = 0, height;
	struct buf text;

	if (term_is_tty(STDOUT_FILENO))
		term_size(&width, &height);
	buf_init(&text, SIZE_MAX);
	table_put(r->v, r->n, form, (size_t)width, &text);
	print_text(buf_span(&text));
	buf_free(&text);
}

/* One way to name sessions. */
struct wanted {
	enum { BY_ID, BY_INSTANCE, BY_NAME, BY_COMPUTER } by;
	int64_t first, last;
	struct guid instance;
	struct span name;
};

static bool fits(const struct wanted *w, const struct kept *k)
{
	if (w->by == BY_ID)
		return k->id && k->id >= w->first && k->id <= w->last;
	if (w->by == BY_INSTANCE)
		return guid_eq(&w->instance, &k->instance);
	if (w->by == BY_COMPUTER)
		return k->computer && wild_match(w->name, span_str(k->computer), true);
	return k->name && wild_match(w->name, span_str(k->name), true);
}

/* A word of -Session: there are no objects here. */
static struct wanted word(const char *text)
{
	struct span s = span_str(text);
	size_t dots = span_search(s, SPAN(".."));
	struct wanted w = { .name = s };

	if (num_i64(span_sub(s, 0, dots), &w.first) &&
		(dots == s.n || num_i64(span_sub(s, dots + 2, s.n), &w.last))) {
		if (dots == s.n)
			w.last = w.first;
		return w;
	}
	w.by = guid_parse(s, &w.instance) ? BY_INSTANCE : BY_NAME;
	return w;
}

/* Calls each way to name a session that the user took. */
static void each_wanted(const struct choice *what, void (*one)(void *, const struct wanted *),
	void *ctx)
{
	struct wanted w;

	for (size_t i = 0; i < what->session.n; i++) {
		w = word(what->session.v[i]);
		one(ctx, &w);
	}
	w.by = BY_ID;
	for (size_t i = 0; i < what->id.n; i++) {
		w.first = w.last = what->id.v[i];
		one(ctx, &w);
	}
	w.by = BY_INSTANCE;
	for (size_t i = 0; i < what->instance.n; i++) {
		w.instance = what->instance.v[i];
		one(ctx, &w);
	}
	w.by = BY_NAME;
	for (size_t i = 0; i < what->name.n; i++) {
		w.name = span_str(what->name.v[i]);
		one(ctx, &w);
	}
	w.by = BY_COMPUTER;
	for (size_t i = 0; i < what->computer.n && !choice_named(what); i++) {
		w.name = span_str(what->computer.v[i]);
		one(ctx, &w);
	}
}

struct search { struct chosen *c; const struct str_list *computer; bool *hit; };

static bool is_on(const struct kept *k, const struct str_list *computer)
{
	bool any = !computer->n;

	for (size_t i = 0; i < computer->n; i++)
		any |= k->computer && wild_match(span_str(computer->v[i]), span_str(k->computer), true);
	return any;
}

static void say_missing(struct chosen *c, const struct wanted *w)
{
	struct err e = { 0 };
	struct guid_text id = guid_fmt(&w->instance);

	if (w->by == BY_ID)
		err_set(&e, E_USAGE, "The remote session with the session ID %lld is not available.",
			(long long)w->first);
	else if (w->by == BY_INSTANCE)
		err_set(&e, E_USAGE, "Remote session is not available for %s.", id.s);
	else
		err_set(&e, E_USAGE, w->by == BY_NAME ?
			"The remote session with the name %.*s is not available." :
			"Remote session is not available for ComputerName %.*s.", SPAN_ARG(w->name));
	chosen_fail(c, &e);
}

static void find(void *ctx, const struct wanted *w)
{
	struct search *s = ctx;
	const struct roster *all = &s->c->all;
	bool any = false;

	for (size_t i = 0; i < all->n; i++) {
		if (!fits(w, all->v[i]) || !is_on(all->v[i], s->computer))
			continue;
		any = s->hit[i] = true;
	}
	if (!any && !(w->by >= BY_NAME && wild_is(w->name)))
		say_missing(s->c, w);
}

struct fitting { const struct kept *k; bool any; };

static void test_one(void *ctx, const struct wanted *w)
{
	struct fitting *f = ctx;

	f->any |= fits(w, f->k);
}

bool choice_fits(const struct choice *what, const struct kept *k)
{
	struct fitting f = { k, false };

	each_wanted(what, test_one, &f);
	return f.any;
}

static void check_one(void *ctx, const struct wanted *w)
{
	if (w->by == BY_NAME && !wild_ok(w->name))
		err_set(ctx, E_USAGE, "The specified wildcard character pattern is not valid: %.*s",
			SPAN_ARG(w->name));
}

int choice_check(const struct choice *what, struct err *e)
{
	each_wanted(what, check_one, e);
	return e->code;
}

bool choice_named(const struct choice *what)
{
	return what->session.n || what->name.n || what->instance.n || what->id.n;
}

/* Whether the line has the number of a session. */
static bool row_id(struct chosen *c, struct span line, const char *key, int64_t *id)
{
	struct err e = { 0 };
	struct span first;
	char member[32];
	size_t at;
	bool unnumbered = !strcmp(key, "Id") && span_starts(line, BLANK_ID);     /* its name is first */

	line = span_trim(line);
	if (!line.n || span_starts(line, "--") || span_starts(line, "Id "))
		return false;
	first = line;
	if (line.p[0] == '{') {
		snprintf(member, sizeof(member), "\"%s\":", key);
		at = span_search(line, span_str(member));
		first = span_trim(span_sub(line, at + strlen(member), line.n));
		first = span_cut(&first, ',');
		first = span_trim(span_cut(&first, '}'));
	} else {
		first = span_cut(&first, ' ');
	}
	if (!unnumbered && num_i64(first, id))
		return true;
	err_set(&e, E_REMOTE, "'%.*s' is no %s", SPAN_ARG(span_sub(line, 0, 100)),
		strcmp(key, "Id") ? "row of get-wmssession." :
		"session of this machine: connect-pssession -ComputerName takes one over.");
	chosen_fail(c, &e);
	return false;
}

int choice_rows(struct chosen *c, struct span rows, const char *key, struct int_list *out,
	struct err *e)
{
	size_t n = 1;

	for (size_t i = 0; i < rows.n; i++)
		n += rows.p[i] == '\n';
	*out = (struct int_list){ .v = arena_alloc(c->arena, n * sizeof(*out->v)) };
	if (!out->v)
		return err_set(e, E_USAGE, "The list of sessions is too long.");
	while (rows.n)
		out->n += row_id(c, span_cut(&rows, '\n'), key, &out->v[out->n]);
	return 0;
}

static int missing(const char *parameter, struct err *e)
{
	return err_set(e, E_USAGE, "Cannot process command because of one or more missing mandatory "
		"parameters: %s.", parameter);
}

int choice_pipe(struct chosen *c, const char *key, const char *param, struct int_list *out,
	struct err *e)
{
	struct buf rows;
	int r;

	if (term_is_tty(STDIN_FILENO))
		return missing(param, e);
	buf_init(&rows, ROWS_MAX);
	r = file_read("-", &rows, e);
	if (r == 0)
		r = choice_rows(c, buf_span(&rows), key, out, e);
	buf_free(&rows);
	return r;
}

int choose(struct chosen *c, const struct choice *what, bool pipe, struct err *e)
{
	struct choice w = *what;
	struct search s = { .c = c, .computer = &w.computer };

	if (choice_check(what, e) < 0)
		return e->code;
	if (pipe && !choice_named(what) && !what->computer.n &&
		choice_pipe(c, "Id", "Session", &w.id, e) < 0)
		return e->code;
	if (roster_read(c->loop, c->arena, &c->all, e) < 0)
		return e->code;
	s.hit = arena_alloc(c->arena, c->all.n * sizeof(*s.hit) + 1);
	c->meant = (struct roster){ .v = arena_alloc(c->arena, c->all.n * sizeof(*c->meant.v) + 1) };
	if (!s.hit || !c->meant.v)
		return err_many(e, "sessions");
	each_wanted(&w, find, &s);
	for (size_t i = 0; i < c->all.n; i++) {
		bool silent = c->all.v[i]->silent;

		if (silent && (s.hit[i] || (c->show && !choice_named(what))))
			c->status = err_exit(E_NET);
		if (s.hit[i] && (c->show || !silent))
			c->meant.v[c->meant.n++] = c->all.v[i];
	}
	return 0;
}

static void list_on_stderr(const struct roster *r)
{
	struct span all, line;
	struct buf rows;

	buf_init(&rows, ROWS_MAX);
	table_put(r->v, r->n, TABLE_ROWS, 0, &rows);
	for (all = buf_span(&rows); all.n;) {
		line = span_cut(&all, '\n');
		print_own("%.*s", SPAN_ARG(line));
	}
	buf_free(&rows);
}

struct kept *choose_one(struct chosen *c, const struct choice *what)
{
	bool named = choice_named(what);
	struct err e = { 0 };

	if (!named && term_is_tty(STDIN_FILENO)) {
		missing("ComputerName", &e);
	} else if (choose(c, what, true, &e) == 0) {
		if (c->meant.n == 1)
			return c->meant.v[0];
		if (c->meant.n)
			err_set(&e, E_USAGE, "Multiple matches found; name one of them:");
		else if (!c->status && !named)
			missing("ComputerName", &e);
		else if (!c->status)
			err_set(&e, E_USAGE, "There is no such session.");
	}
	if (e.code)
		chosen_fail(c, &e);
	list_on_stderr(&c->meant);
	return NULL;
}
