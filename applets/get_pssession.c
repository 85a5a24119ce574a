/* get-pssession: the sessions of this machine's keepers. */
#include "applets/applet.h"
#include "applets/choose.h"

#define ARGS struct get_args
#define LOCAL SET_GUID(SET_NAME)        /* all, or by name */

struct get_args {
	struct choice choice;
	int32_t state;
	bool detailed, json;
};
static const struct param get_params[] = {
	CHOOSE_PARAMS(ARGS, choice),
	P_ENUM(ARGS, state, "State", NULL, "SessionFilterState",
		"All|Opened|Disconnected|Closed|Broken"),
	P_SWITCH(ARGS, detailed, "Detailed", NULL),
	P_SWITCH(ARGS, json, "Json", NULL),
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

APPLET(get_pssession, "get-pssession", "gsn", get_params, get_args,
	LOCAL | SET_INSTANCE | SET_ID, LOCAL, NULL)
{
	struct chosen c = { .applet = "get-pssession", .loop = loop_new(), .arena = arena };
	struct roster found = { 0 };
	struct err e = { 0 };

	(void)set;
	if (choose(&c, &args->choice, false, &e) < 0)
		chosen_fail(&c, &e);
	else
		found = choice_named(&args->choice) ? c.meant : c.all;
	found.n = filter(found.v, found.n, args->state);
	chosen_show(&found, args->json ? TABLE_JSON : args->detailed ? TABLE_LIST : TABLE_ROWS);
	loop_free(c.loop);
	return c.status;
}
