/* disconnect-pssession: sessions go on at their servers without this machine. */
#include "applets/applet.h"
#include "applets/order.h"

#define ARGS struct disconnect_args
#define MIN_IDLE_S 60
#define MAX_IDLE_S (INT32_MAX / 1000)   /* of servers that do not say */
#define FAILED \
	"Disconnect-PSSession operation failed for runspace Id = %s for the following reason: "

struct disconnect_args {
	struct choice choice;
	struct should should;
	int32_t idle_s, buffering, limit;
};
static const struct disconnect_args defaults = { .idle_s = -1, .buffering = -1 };
static const struct param disconnect_params[] = {
	CHOOSE_PARAMS(ARGS, choice),
	P_INT(ARGS, idle_s, "IdleTimeoutSec", 0, 31),
	P_ENUM(ARGS, buffering, "OutputBufferingMode", TYPE_BUFFERING, "None|Drop|Block"),
	P_INT(ARGS, limit, "ThrottleLimit", 0, 31),
	SHOULD_PARAMS(ARGS, should),
	P_END
};

/* What PowerShell refuses before it asks the server, in its words. */
static int check(void *ctx, const struct kept *k, struct err *why)
{
	const struct disconnect_args *args = ctx;
	uint32_t idle = args->idle_s < 0 ? k->idle_ms / 1000 : (uint32_t)args->idle_s;
	uint32_t max = k->max_idle_ms ? k->max_idle_ms / 1000 : MAX_IDLE_S;

	if (k->state == KEPT_DISCONNECTED)
		return 0;
	if (k->transport && !kept_by_server(k))
		return err_set(why, E_REMOTE, FAILED "The disconnection operation is not supported on the "
			"remote computer. To support disconnecting, the remote computer must be running "
			"Windows PowerShell 3.0 or a later version of Windows PowerShell and using the WSMan "
			"transport.", guid_fmt(&k->instance).s);
	if (k->state != KEPT_OPENED)
		return err_set(why, E_REMOTE,
			"Cannot disconnect PSSession \"%s\" because it is not in the Opened state.", k->name);
	if (k->front_end && strstr(k->front_end, " on "))
		return err_set(why, E_REMOTE, "Cannot disconnect PSSession \"%s\" because it is "
			"interactive: %s has entered it.", k->name, k->front_end);
	if ((idle || args->idle_s == 0) && (idle < MIN_IDLE_S || idle > max))
		return err_set(why, E_USAGE, "The session %s cannot be disconnected because the specified "
			"idle timeout value %u(seconds) is either greater than the server maximum allowed %u "
			"(seconds) or less that the minimum allowed%d(seconds).  Choose an idle time out value "
			"that is within the allowed range and try again.", k->name, idle, max, MIN_IDLE_S);
	return 1;
}

static void failed(const struct kept *k, struct err *why)
{
	err_prefix(why, FAILED, guid_fmt(&k->instance).s);
}

APPLET(disconnect_pssession, "disconnect-pssession\0dnsn", disconnect_params, disconnect_args,
	SET_KEPT, SET_SESSION, &defaults)
{
	struct xport_keep keep = {
		args->idle_s < 0 ? 0 : (uint32_t)args->idle_s * 1000, args->buffering + 1,
	};
	struct order order = {
		.what = ASK_DISCONNECT,
		.keep = &keep,
		.should = &args->should,
		.verb = "Disconnect",
		.limit = args->limit,
		.check = check,
		.failed = failed,
		.ctx = args,
	};

	(void)set;
	return order_run(&order, &args->choice, arena);
}
