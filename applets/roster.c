#include "applets/roster.h"
#include "applets/ui/print.h"
#include "core/keeper_dir_io.h"

#define SESSIONS_MAX 4096
#define AT_ONCE 256                     /* a process may open 1024 files */
#define NOTE_MAX (1u << 20)
#define STATUS_MS 3000                  /* what a busy machine may take to answer */
#define ORDER_MS 300000                 /* the server answers, or the keeper has given up */

struct crowd {
	struct loop *loop;
	struct arena *arena;
	enum keeper_ask what;
	const struct xport_keep *keep;
	struct asked *v;
	size_t n, next, left;
};

static void ask_next(struct crowd *c)
{
	struct asked *one;

	if (c->next == c->n)
		return;
	one = &c->v[c->next++];
	keeper_ask(c->loop, &one->q, c->what, c->keep, c->what == ASK_STATUS ? STATUS_MS : ORDER_MS);
}

static void done(struct keeper_asked *q, struct span status, const struct err *why)
{
	struct asked *one = q->ctx;
	struct crowd *c = one->crowd;

	one->kept = status.n ? arena_alloc(c->arena, sizeof(*one->kept)) : NULL;
	if (why)
		one->why = *why;
	if (one->kept && kept_get(status, c->arena, one->kept, &one->why) < 0)
		one->kept = NULL;
	c->left--;
	ask_next(c);
}

int roster_ask(struct loop *l, struct arena *a, struct asked *v, size_t n, enum keeper_ask what,
	const struct xport_keep *keep, int32_t limit, struct err *e)
{
	struct crowd c = { l, a, what, keep, v, n, 0, n };

	for (size_t i = 0; i < n; i++) {
		v[i].crowd = &c;
		v[i].q = (struct keeper_asked){ .id = v[i].was->id, .done = done, .ctx = &v[i] };
	}
	for (int32_t i = 0; i < (limit > 0 ? limit : THROTTLE); i++)
		ask_next(&c);
	while (c.left && loop_turn(l, e) == 0)
		;
	return e->code;
}

/* A keeper that does not answer, or did not end as it should, has left a note; an empty one on a
 * full disk. */
static void read_note(struct arena *a, int32_t id, struct err *why, struct roster *out)
{
	struct kept *k = arena_alloc(a, sizeof(*k));
	bool dead = why->code == E_USAGE, noted;
	struct err none = { 0 };
	struct span text;
	struct buf note;

	buf_init(&note, NOTE_MAX);
	noted = keeper_noted(id, &note, dead);
	if (!k || (dead && !noted))             /* it ended as it should */
		goto out;
	if (!arena_dup(a, buf_span(&note), &text) || kept_get(text, a, k, &none) < 0 || !k->transport)
		*k = (struct kept){ .name = "", .computer = "", .state = KEPT_BROKEN };
	if (!dead) {
		print_err(why);
		k->id = id;
		k->silent = true;
		out->v[out->n++] = k;
		goto out;
	}
	none.code = 0;
	if (kept_by_server(k))
		err_set(&none, E_NET, "the background process of session %d was killed: "
			"connect-pssession -ComputerName %s -InstanceId %s takes over what it left there",
			(int)id, k->computer, guid_fmt(&k->instance).s);
	else
		err_set(&none, E_NET, "the background process of session %d was killed%s", (int)id,
			k->transport ? ", and the session with it" : "");
	print_err(&none);
out:
	buf_free(&note);
}

int roster_read(struct loop *l, struct arena *a, struct roster *out, struct err *e)
{
	int32_t *ids = arena_alloc(a, SESSIONS_MAX * sizeof(*ids));
	struct asked *v;
	struct kept *all;
	size_t n = 0;

	*out = (struct roster){ 0 };
	if (!ids || keeper_ids(ids, SESSIONS_MAX, &n, e) < 0)
		return e->code;
	v = arena_alloc(a, n * sizeof(*v));
	all = arena_alloc(a, n * sizeof(*all));
	out->v = arena_alloc(a, n * sizeof(*out->v));
	if (!v || !all || !out->v)
		return err_many(e, "sessions");
	for (size_t i = 0; i < n; i++) {
		all[i].id = ids[i];
		v[i].was = &all[i];
	}
	if (roster_ask(l, a, v, n, ASK_STATUS, NULL, AT_ONCE, e) < 0)
		return e->code;
	for (size_t i = 0; i < n; i++) {
		if (v[i].kept && !v[i].why.code)
			out->v[out->n++] = v[i].kept;
		else
			read_note(a, ids[i], &v[i].why, out);
	}
	return 0;
}
