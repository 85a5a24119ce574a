/* receive-pssession: what the command of a session that was left to its server has printed. */
#include "applets/applet.h"
#include "applets/attach.h"
#include "applets/invocation.h"
#include "applets/servers.h"
#include "applets/should.h"
#include "applets/ui/print.h"

#define ARGS struct receive_args
#define SERVER (SET_COMPUTER | SET_URI)
enum { TARGET_JOB = 2 };

struct receive_args {
	struct choice choice;
	struct connect_args connect;
	struct should should;
	const char *job_name;
	bool no_color;
	int32_t target;
};
struct ready { const struct kept **v; size_t n; };
static const struct param receive_params[] = {
	CHOOSE_PARAMS(ARGS, choice),
	P_ENUM(ARGS, target, "OutTarget", TYPE_TARGET, "Default|Host|Job"),
	P_STR(ARGS, job_name, "JobName"),
	P_SWITCH(ARGS, no_color, "NoColor"),
	SHOULD_PARAMS(ARGS, should),
	CONNECT_PARAMS(ARGS, connect),
	P_END
};

/* Makes sure that keepers here have them connected. Of several, those that are not there to be
 * received are left alone. */
static int get_ready(struct chosen *c, struct receive_args *args, uint32_t set,
	struct accounts *accounts, struct ready *out, struct err *e)
{
	struct found_list found = { 0 };
	struct roster all;
	size_t n = 0;

	if (!(set & SERVER) ? choose(c, &args->choice, true, e) < 0 :
		servers_list(c, &args->choice, set, &args->connect, accounts, 0, &found, e) < 0)
		return e->code;
	all = c->meant;
	if (set & SERVER && !all.n && !c->status)
		return err_set(e, E_USAGE, "There is no such session on the server.");
	if (!(out->v = arena_alloc(c->arena, all.n * sizeof(*out->v) + 1)))
		return err_many(e, "sessions");
	for (size_t i = 0; i < all.n; i++) {
		const struct kept *k = all.v[i];
		struct err why = { 0 };
		int r = should(&args->should, "Receive", k->name, e);

		if (r < 0)
			return r;
		if (!r)
			continue;
		if ((k->state != KEPT_OPENED || k->front_end) && attach_check(k, &why) < 0) {
			if (all.n == 1)
				chosen_fail(c, &why);
		} else if (!k->id) {
			found.v[n++] = found.v[i];
		} else if ((k = attach_ready(c, k))) {
			out->v[out->n++] = k;
		}
	}
	found.n = n;
	if (n && servers_keep(c, &found, set, &args->connect, accounts, 0, e) < 0)
		return e->code;
	for (size_t i = 0; n && i < c->meant.n; i++)
		out->v[out->n++] = c->meant.v[i];
	return 0;
}

/* False: the user has had enough. */
static bool receive(struct chosen *c, const struct kept *k, struct err *e)
{
	struct invocation in = { .loop = c->loop, .arena = c->arena };
	struct remote *r = invocation_room(&in, 1);

	if (!r)
		return err_many(e, "sessions") > 0;
	r->kept = k;
	r->adopt = true;
	invocation_begin(&in);
	invocation_end(&in, e);
	c->status = invocation_exit(&in, c->status);
	return !in.exit && !e->code;
}

/* A session in which nothing runs has nothing to say. */
APPLET(receive_pssession, "receive-pssession\0rcsn", receive_params, receive_args,
	SET_KEPT | SERVER | SET_MORE(SERVER), SET_SESSION, NULL)
{
	struct chosen c = { .loop = loop_new(), .arena = arena };
	struct accounts accounts = { .arena = arena };
	struct ready ready = { 0 };
	struct err e = { 0 };

	set |= set >> SET_SHIFT;
	print_no_color(args->no_color);
	if (args->target == TARGET_JOB || args->job_name)
		err_set(&e, E_USAGE, "There are no jobs here: let your shell run receive-pssession in the "
			"background (&).");
	else
		get_ready(&c, args, set, &accounts, &ready, &e);
	for (size_t i = 0; i < ready.n; i++)
		if (ready.v[i]->command_n && !receive(&c, ready.v[i], &e))
			break;
	if (e.code)
		chosen_fail(&c, &e);
	accounts_wipe(&accounts);
	loop_free(c.loop);
	return c.status;
}
