/* new-pssession: sessions that outlive the command, each with a keeper. */
#include "applets/applet.h"
#include "applets/choose.h"
#include "applets/keep.h"

#define ARGS struct new_args

struct new_args {
	struct connect_args connect;
	struct str_list where, name;
	int32_t limit;
};
static const struct param new_params[] = {
	WHERE_PARAMS(ARGS, where),
	P_STRS(ARGS, name, "Name", TYPE_STRINGS),
	P_INT(ARGS, limit, "ThrottleLimit", 0, 31),
	CONNECT_PARAMS(ARGS, connect),
	P_END
};

APPLET(new_pssession, "new-pssession\0nsn", new_params, new_args, SET_WHERE, SET_COMPUTER,
	NULL)
{
	struct chosen c = { .loop = loop_new(), .arena = arena };
	struct accounts accounts = { .arena = arena };
	struct keep *v = keep_list(arena, &args->where, set, &args->name);
	struct err e = { 0 };

	if (v)
		keep_all(v, args->where.n, &args->connect, &accounts, c.loop, args->limit);
	accounts_wipe(&accounts);
	if (!v)
		err_many(&e, "servers");
	else if (keep_find(&c, v, args->where.n, &e) == 0)
		chosen_show(&c.meant, TABLE_ROWS);
	if (e.code)
		chosen_fail(&c, &e);
	loop_free(c.loop);
	return c.status;
}
