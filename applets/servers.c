#include "applets/servers.h"
#include "applets/keep.h"
#include "applets/target.h"
#include "applets/target_wsman.h"
#include "core/wsman_list.h"

#define FOUND_MAX 10000
#define KEPT_MAX (64u << 10)            /* one, written out */

struct query;
struct server {
	struct query *query;
	const char *typed;
	struct target target;
	struct wsman_list *list;
};
struct query {
	struct chosen *c;
	struct choice what;             /* without the servers */
	uint32_t set;
	const struct connect_args *connect;
	struct accounts *accounts;
	struct server *server;
	size_t n, next, left;
	struct found_list *out;
};

static void start(struct query *q);

static void ended(struct server *s, const struct err *why)
{
	struct err e = { 0 };

	if (why) {
		e = *why;
		err_prefix(&e, "The remote session query failed for %s with the following error message: ",
			s->target.name ? s->target.name : s->typed);
		chosen_fail(s->query->c, &e);
	}
	s->query->left--;
}

static void on_ended(void *ctx, const struct err *why)
{
	struct server *s = ctx;

	ended(s, why);
	start(s->query);
}

/* A copy, in which texts lie in the arena. */
static struct kept *copy(const struct kept *k, struct arena *a)
{
	struct kept *out = arena_alloc(a, sizeof(*out));
	struct err e = { 0 };
	struct span text;
	struct buf b;

	buf_init(&b, KEPT_MAX);
	kept_put(k, &b);
	if (!out || buf_failed(&b) || !arena_dup(a, buf_span(&b), &text) ||
		kept_get(text, a, out, &e) < 0)
		out = NULL;
	buf_free(&b);
	return out;
}

/* A session that a keeper here has is known here by its Id and name, and open if it is open here:
 * to the server it would be somebody's. */
static void know(struct chosen *c, struct kept *k)
{
	for (size_t i = 0; i < c->all.n; i++) {
		const struct kept *own = c->all.v[i];
		if (!guid_eq(&own->instance, &k->instance))
			continue;
		if (own->silent)
			c->status = err_exit(E_NET);
		k->id = own->id;
		k->name = own->name;
		if (own->state != KEPT_DISCONNECTED) {
			k->state = own->state;
			k->avail = own->avail;
			k->front_end = own->front_end;
		}
	}
}

static void on_each(void *ctx, const struct kept *given)
{
	struct server *s = ctx;
	struct query *q = s->query;
	struct found_list *out = q->out;
	struct server *o = q->server;
	struct kept *k;

	for (size_t i = 0; i < out->n; i++) {
		struct found *was = &out->v[i];
		if (!guid_eq(&was->kept->instance, &given->instance))
			continue;
		while (o < s && o->typed != was->server)
			o++;
		if (o == s) {                   /* two names of one server: the first one counts */
			was->server = s->typed;
			was->kept->computer = s->target.name;
		}
		return;
	}
	k = copy(given, q->c->arena);
	if (!k || out->n == FOUND_MAX)
		return;
	k->computer = s->target.name;
	k->transport = "WSMan";
	know(q->c, k);
	if (!choice_named(&q->what) || choice_fits(&q->what, k))
		out->v[out->n++] = (struct found){ k, s->typed };
}

static void ask(struct server *s)
{
	struct query *q = s->query;
	struct err why = { 0 };

	if (target_open(&s->target, s->typed, q->set, q->connect, q->accounts, q->c->loop,
		q->c->arena, &why) == 0 && !s->target.wsman)
		err_set(&why, E_USAGE,
			"only servers of WS-Management keep sessions: there is none to ask for");
	if (s->target.xport)
		s->target.xport->ops->free(s->target.xport);
	if (why.code)
		ended(s, &why);
	else
		s->list = wsman_list_new(target_wsman_cfg(&s->target), on_each, on_ended, s);
}

static void start(struct query *q)
{
	size_t was;

	do {                                    /* until one is asked indeed */
		was = q->left;
		if (q->next < q->n)
			ask(&q->server[q->next++]);
	} while (q->left < was);
}

/* By Id, those without behind, then by server, whichever answered first. */
static bool is_behind(const struct kept *a, const struct kept *b)
{
	if (a->id != b->id)
		return (uint32_t)a->id - 1 > (uint32_t)b->id - 1;
	return strcmp(a->computer, b->computer) > 0;
}

static void sort(struct found_list *l)
{
	for (size_t i = 1; i < l->n; i++) {
		struct found now = l->v[i];
		size_t k = i;

		for (; k && is_behind(l->v[k - 1].kept, now.kept); k--)
			l->v[k] = l->v[k - 1];
		l->v[k] = now;
	}
}

int servers_list(struct chosen *c, const struct choice *what, uint32_t set,
	const struct connect_args *connect, struct accounts *accounts, int32_t limit,
	struct found_list *out, struct err *e)
{
	const struct str_list *names = set & SET_URI ? &what->uri : &what->computer;
	struct query q = { .c = c, .what = *what, .set = set, .connect = connect,
		.accounts = accounts, .n = names->n, .left = names->n, .out = out };

	q.what.computer = q.what.uri = (struct str_list){ 0 };
	q.server = arena_alloc(c->arena, q.n * sizeof(*q.server));
	*out = (struct found_list){ .v = arena_alloc(c->arena, FOUND_MAX * sizeof(*out->v)) };
	if (!q.server || !out->v)
		return err_many(e, "servers");
	if (choice_check(what, e) < 0 || roster_read(c->loop, c->arena, &c->all, e) < 0)
		return e->code;
	for (size_t i = 0; i < q.n; i++)
		q.server[i] = (struct server){ .query = &q, .typed = names->v[i] };
	for (int32_t i = 0; i < (limit > 0 ? limit : THROTTLE); i++)
		start(&q);
	while (q.left && loop_turn(c->loop, e) == 0)
		;
	for (size_t i = 0; i < q.n; i++) {
		wsman_list_free(q.server[i].list);
		target_free(&q.server[i].target);
	}
	sort(out);
	c->meant = (struct roster){ .v = arena_alloc(c->arena, out->n * sizeof(*c->meant.v) + 1) };
	for (; c->meant.v && c->meant.n < out->n; c->meant.n++)
		c->meant.v[c->meant.n] = out->v[c->meant.n].kept;
	return e->code;
}

int servers_keep(struct chosen *c, const struct found_list *found, uint32_t set,
	const struct connect_args *connect, struct accounts *accounts, int32_t limit, struct err *e)
{
	struct keep *v = arena_alloc(c->arena, found->n * sizeof(*v));

	if (!v)
		return err_many(e, "sessions");
	for (size_t i = 0; i < found->n; i++)
		v[i] = (struct keep){ .typed = found->v[i].server, .set = set,
			.name = found->v[i].kept->name, .left = found->v[i].kept };
	accounts_leave_loop(accounts);
	loop_free(c->loop);
	c->loop = loop_new();
	keep_all(v, found->n, connect, accounts, c->loop, limit);
	return keep_find(c, v, found->n, e);
}
