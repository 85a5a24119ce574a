/* get-pssession: the sessions of this machine's keepers, or the user's on servers. */
#include "applets/applet.h"
#include "applets/servers.h"

#define ARGS struct get_args
#define SERVER (SET_COMPUTER | SET_URI)
#define LOCAL SET_MORE(SET_NAME)        /* all, or by name */

struct get_args {
	struct choice choice;
	struct connect_args connect;
	int32_t state, limit;
	bool detailed, json;
};
static const struct param get_params[] = {
	CHOOSE_PARAMS(ARGS, choice),
	P_ENUM(ARGS, state, "State", TYPE_STATE, "All|Opened|Disconnected|Closed|Broken"),
	P_INT(ARGS, limit, "ThrottleLimit", 0, 31, .sets = SERVER | SET_MORE(SERVER)),
	P_SWITCH(ARGS, detailed, "Detailed"),
	P_SWITCH(ARGS, json, "Json"),
	CONNECT_PARAMS(ARGS, connect),
	P_END
};

/* What -State keeps, in place. */
static size_t filter(struct kept **v, size_t n, int32_t state)
{
	static const enum kept_state wanted[] = {
		[1] = KEPT_OPENED, [2] = KEPT_DISCONNECTED, [3] = KEPT_CLOSED, [4] = KEPT_BROKEN,
	};
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!state || v[i]->state == wanted[state])
			v[kept++] = v[i];
	return kept;
}

static int find(struct chosen *c, const struct get_args *args, uint32_t set, struct roster *out,
	struct err *e)
{
	struct accounts accounts = { .arena = c->arena };
	struct found_list found;

	if (!(set & (SERVER | SET_MORE(SERVER)))) {
		if (choose(c, &args->choice, false, e) == 0)
			*out = choice_named(&args->choice) ? c->meant : c->all;
		return e->code;
	}
	set |= set >> SET_SHIFT;
	if (servers_list(c, &args->choice, set & SERVER, &args->connect, &accounts, args->limit,
		&found, e) == 0)
		*out = c->meant;
	accounts_wipe(&accounts);
	return e->code;
}

APPLET(get_pssession, "get-pssession\0gsn", get_params, get_args,
	LOCAL | SET_INSTANCE | SET_ID | SERVER | SET_MORE(SERVER), LOCAL, NULL)
{
	struct chosen c = { .loop = loop_new(), .arena = arena, .show = true };
	struct roster found = { 0 };
	struct err e = { 0 };

	if (find(&c, args, set, &found, &e) < 0)
		chosen_fail(&c, &e);
	found.n = filter(found.v, found.n, args->state);
	chosen_show(&found, args->json ? TABLE_JSON : args->detailed ? TABLE_LIST : TABLE_ROWS);
	loop_free(c.loop);
	return c.status;
}
