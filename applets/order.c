#include "applets/order.h"

/* Those that get it go into v; where there is nothing to do, the row is for show. */
static int select_some(struct chosen *c, const struct order *o, struct asked *v, size_t *n,
	struct roster *show, struct err *e)
{
	for (size_t i = 0; i < c->meant.n; i++) {
		struct kept *k = c->meant.v[i];
		const char *target = o->what == ASK_CLOSE ? k->computer : k->name;
		struct err why = { 0 };
		int r = should(o->should, o->verb, target ? target : "", e);

		if (r < 0)
			return r;
		if (!r)
			continue;
		if (o->check && (r = o->check(o->ctx, k, &why)) < 0)
			chosen_fail(c, &why);
		else if (r > 0)
			v[(*n)++].was = k;
		else
			show->v[show->n++] = k;
	}
	return 0;
}

/* The roster's order, whatever was ready first. */
static void sort(struct roster *r)
{
	for (size_t i = 1; i < r->n; i++) {
		struct kept *now = r->v[i];
		size_t k = i;

		for (; k && r->v[k - 1]->id > now->id; k--)
			r->v[k] = r->v[k - 1];
		r->v[k] = now;
	}
}

int order_give(struct chosen *c, const struct order *o, struct err *e)
{
	struct asked *v = arena_alloc(c->arena, c->meant.n * sizeof(*v) + 1);
	struct roster show = { .v = arena_alloc(c->arena, c->meant.n * sizeof(*show.v) + 1) };
	size_t n = 0;

	if (!v || !show.v)
		return err_many(e, "sessions");
	if (select_some(c, o, v, &n, &show, e) < 0 ||
		roster_ask(c->loop, c->arena, v, n, o->what, o->keep, o->limit, e) < 0)
		return e->code;
	for (size_t i = 0; i < n; i++) {
		if (o->what == ASK_CLOSE && v[i].why.code == E_USAGE)
			continue;               /* somebody else was first */
		if (v[i].why.code) {
			o->failed(v[i].was, &v[i].why);
			chosen_fail(c, &v[i].why);
		} else if (v[i].kept) {
			show.v[show.n++] = v[i].kept;
		}
	}
	sort(&show);
	chosen_show(&show, TABLE_ROWS);
	return 0;
}

int order_run(const struct order *o, const struct choice *what, struct arena *a)
{
	struct chosen c = { .loop = loop_new(), .arena = a };
	struct err e = { 0 };

	if (choose(&c, what, true, &e) < 0 || order_give(&c, o, &e) < 0)
		chosen_fail(&c, &e);
	loop_free(c.loop);
	return c.status;
}
