/* receive-pssession: what the command of a session that was left to its server has printed. */
#include "applets/applet.h"
#include "applets/attach.h"
#include "applets/invocation.h"
#include "applets/servers.h"
#include "applets/should.h"

#define ARGS struct receive_args
#define SERVER (SET_COMPUTER | SET_URI)
enum { TARGET_JOB = 2 };

struct receive_args {
	struct choice choice;
	struct connect_args connect;
	struct should should;
	const char *job_name;
	int32_t target;
};
static const struct param receive_params[] = {
	CHOOSE_PARAMS(ARGS, choice),
	P_ENUM(ARGS, target, "OutTarget", NULL, "OutTarget", "Default|Host|Job"),
	P_STR(ARGS, job_name, "JobName", NULL),
	SHOULD_PARAMS(ARGS, should),
	CONNECT_PARAMS(ARGS, connect),
	P_END
};

/* The one that is meant, here or on a server; NULL: said. */
static struct kept *find(struct chosen *c, struct receive_args *args, uint32_t set,
	struct accounts *accounts, struct found_list *found, struct err *e)
{
	if (!(set & SERVER))
		return choose_one(c, &args->choice, true);
	if (servers_list(c, &args->choice, set, &args->connect, accounts, 0, found, e) < 0)
		return NULL;
	return chosen_only(c);
}

/* Makes sure that a keeper here has it connected. NULL: said, or why in e. */
static const struct kept *get_ready(struct chosen *c, struct receive_args *args, uint32_t set,
	struct accounts *accounts, struct err *e)
{
	struct found_list found = { 0 };
	struct kept *k = find(c, args, set, accounts, &found, e);

	if (!k || should(&args->should, "Receive", k->name, e) <= 0)
		return NULL;
	if ((k->state != KEPT_OPENED || k->front_end) && attach_check(k, e) < 0)
		return NULL;
	if (k->id)
		return attach_ready(c, k);
	if (servers_keep(c, &found, set, &args->connect, accounts, 0, e) < 0 || !c->meant.n)
		return NULL;
	return c->meant.v[0];
}

static int receive(struct chosen *c, const struct kept *k, struct err *e)
{
	struct invocation in = { .loop = c->loop, .arena = c->arena };
	struct remote *r = invocation_room(&in, 1);

	if (!r)
		return err_set(e, E_USAGE, "there are too many sessions");
	r->kept = k;
	r->adopt = true;
	invocation_begin(&in);
	remote_attach(r);
	invocation_end(&in, e);
	c->status = in.exit ? in.exit : in.status;
	return e->code;
}

/* A session in which nothing runs has nothing to say. */
APPLET(receive_pssession, "receive-pssession", "rcsn", receive_params, receive_args,
	SET_KEPT | SERVER | SET_GUID(SERVER), SET_SESSION, NULL)
{
	struct chosen c = { .loop = loop_new(), .arena = arena };
	struct accounts accounts = { .arena = arena };
	const struct kept *k = NULL;
	struct err e = { 0 };

	set |= set >> 3 * SET_SHIFT;
	if (args->target == TARGET_JOB || args->job_name)
		err_set(&e, E_USAGE, "There are no jobs here: let your shell run receive-pssession in the "
			"background (&).");
	else
		k = get_ready(&c, args, set, &accounts, &e);
	if (k && k->command_n)
		receive(&c, k, &e);
	if (e.code)
		chosen_fail(&c, &e);
	accounts_wipe(&accounts);
	loop_free(c.loop);
	return c.status;
}
