/* new-pssession: sessions that outlive the command, each with a keeper. */
#include "applets/applet.h"
#include "applets/choose.h"
#include "applets/keep.h"

#define ARGS struct new_args

struct new_args {
	struct connect_args connect;
	struct str_list computer, host, uri, name;
	int32_t limit;
};
static const struct param new_params[] = {
	P_STRS(ARGS, computer, "ComputerName", "Cn", "String[]", P_ONLY(SET_COMPUTER), .pos = 1),
	P_STRS(ARGS, host, "HostName", NULL, "String[]", P_ONLY(SET_HOST), .pos = 1),
	P_STRS(ARGS, uri, "ConnectionUri", "URI,CU", "Uri[]", P_ONLY(SET_URI), .pos = 1),
	P_STRS(ARGS, name, "Name", NULL, "String[]"),
	P_INT(ARGS, limit, "ThrottleLimit", NULL, 0, INT32_MAX),
	CONNECT_PARAMS(ARGS, connect),
	P_END
};

APPLET(new_pssession, "new-pssession", "nsn", new_params, new_args, SET_WHERE, SET_COMPUTER,
	NULL)
{
	const struct str_list *names = set & SET_HOST ? &args->host : set & SET_URI ? &args->uri :
		&args->computer;
	struct chosen c = { .loop = loop_new(), .arena = arena };
	struct accounts accounts = { .arena = arena };
	struct keep *v = keep_list(arena, names, set, &args->name);
	struct err e = { 0 };

	if (v)
		keep_all(v, names->n, &args->connect, &accounts, c.loop, args->limit);
	accounts_wipe(&accounts);
	if (!v)
		err_set(&e, E_USAGE, "too many servers");
	else if (keep_find(&c, v, names->n, &e) == 0)
		chosen_show(&c.meant, TABLE_ROWS);
	if (e.code)
		chosen_fail(&c, &e);
	loop_free(c.loop);
	return c.status;
}
