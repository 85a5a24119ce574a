/* The user's sessions on servers, whoever made them. */
#ifndef APPLETS_SERVERS_H
#define APPLETS_SERVERS_H
#include "applets/account.h"
#include "applets/choose.h"

struct found {
	struct kept *kept;              /* Id and name as here when a keeper here has it, else Id 0 */
	const char *server;             /* as the user named it */
};
struct found_list { struct found *v; size_t n; };
/* Asks the servers of what->computer (set: SET_COMPUTER) or what->uri, limit at a time (0 =
 * THROTTLE), for the sessions that the rest of the choice fits; nothing named: for all. A server
 * that fails is said on stderr and counts in c->status. By Id, those without behind; c->meant has
 * the same, c->all is read. E_USAGE, E_NET. */
int servers_list(struct chosen *c, const struct choice *what, uint32_t set,
	const struct connect_args *connect, struct accounts *accounts, int32_t limit,
	struct found_list *out, struct err *e) MUST_CHECK;
/* Makes keepers for those, which nobody has connected; into c->meant, as they are then. Replaces
 * c->loop. E_USAGE, E_NET; others are said and count in c->status. */
int servers_keep(struct chosen *c, const struct found_list *found, uint32_t set,
	const struct connect_args *connect, struct accounts *accounts, int32_t limit, struct err *e)
	MUST_CHECK;
#endif
