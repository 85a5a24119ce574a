/* remove-pssession: closes sessions at their servers and forgets them. */
#include "applets/applet.h"
#include "applets/order.h"

#define ARGS struct remove_args

struct remove_args {
	struct choice choice;
	struct should should;
};
static const struct param remove_params[] = {
	CHOOSE_PARAMS(ARGS, choice),
	SHOULD_PARAMS(ARGS, should),
	P_END
};

static void failed(const struct kept *k, struct err *why)
{
	err_prefix(why, "Remote session %s is forgotten here; get-pssession -ComputerName %s tells "
		"whether it is still there: ", k->name, k->computer);
}

APPLET(remove_pssession, "remove-pssession\0rsn", remove_params, remove_args,
	SET_KEPT | SET_COMPUTER, SET_SESSION, NULL)
{
	struct order order = {
		.what = ASK_CLOSE,
		.should = &args->should,
		.verb = "Remove",
		.failed = failed,
	};

	(void)set;
	return order_run(&order, &args->choice, arena);
}
