/* connect-pssession: sessions of this machine's keepers again, or others that are on a server. */
#include "applets/applet.h"
#include "applets/attach.h"
#include "applets/order.h"
#include "applets/servers.h"

#define ARGS struct connect_session_args
#define SERVER (SET_COMPUTER | SET_URI)

struct connect_session_args {
	struct choice choice;
	struct connect_args connect;
	struct should should;
	int32_t limit;
};
static const struct param connect_session_params[] = {
	CHOOSE_PARAMS(ARGS, choice),
	P_INT(ARGS, limit, "ThrottleLimit", 0, 31),
	SHOULD_PARAMS(ARGS, should),
	CONNECT_PARAMS(ARGS, connect),
	P_END
};

static int check(void *ctx, const struct kept *k, struct err *why)
{
	(void)ctx;
	if (k->state == KEPT_OPENED)
		return 0;
	return attach_check(k, why) < 0 ? why->code : 1;
}

static int give(struct chosen *c, struct connect_session_args *args, struct err *e)
{
	struct order order = {
		.what = ASK_CONNECT,
		.should = &args->should,
		.verb = "Connect",
		.limit = args->limit,
		.check = check,
		.failed = attach_failed,
	};

	return order_give(c, &order, e);
}

/* What another client has left gets a keeper; what a keeper here has is connected by that one. */
static int take_over(struct chosen *c, struct connect_session_args *args, uint32_t set,
	struct accounts *accounts, struct err *e)
{
	struct found_list found;
	size_t n = 0;

	if (servers_list(c, &args->choice, set, &args->connect, accounts, args->limit, &found, e) < 0)
		return e->code;
	c->meant = (struct roster){ .v = arena_alloc(c->arena, found.n * sizeof(*c->meant.v) + 1) };
	if (!c->meant.v)
		return err_many(e, "sessions");
	for (size_t i = 0; i < found.n; i++) {
		struct kept *k = found.v[i].kept;
		struct err why = { 0 };
		int r;

		if (k->id) {
			c->meant.v[c->meant.n++] = k;
			continue;
		}
		if ((r = should(&args->should, "Connect", k->name, e)) < 0)
			return r;
		if (r && attach_check(k, &why) < 0)
			chosen_fail(c, &why);
		else if (r)
			found.v[n++] = found.v[i];
	}
	if (!found.n && !c->status)
		return err_set(e, E_USAGE, "There is no such session on the server.");
	found.n = n;
	if (c->meant.n && give(c, args, e) < 0)
		return e->code;
	if (!n || servers_keep(c, &found, set, &args->connect, accounts, args->limit, e) < 0)
		return e->code;
	chosen_show(&c->meant, TABLE_ROWS);
	return 0;
}

APPLET(connect_pssession, "connect-pssession\0cnsn", connect_session_params,
	connect_session_args, SET_KEPT | SERVER | SET_MORE(SERVER), SET_SESSION, NULL)
{
	struct chosen c = { .loop = loop_new(), .arena = arena };
	struct accounts accounts = { .arena = arena };
	struct err e = { 0 };

	set |= set >> SET_SHIFT;
	if (set & SERVER ? take_over(&c, args, set & SERVER, &accounts, &e) < 0 :
		choose(&c, &args->choice, true, &e) < 0 || give(&c, args, &e) < 0)
		chosen_fail(&c, &e);
	accounts_wipe(&accounts);
	loop_free(c.loop);
	return c.status;
}
