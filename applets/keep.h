/* Makes keepers: processes that open a session, or take over one that is on a server, and stay. */
#ifndef APPLETS_KEEP_H
#define APPLETS_KEEP_H
#include "applets/account.h"
#include "applets/choose.h"
#include "core/keeper_dir_io.h"

struct keep {
	const char *typed;                  /* where, as the user named it */
	uint32_t set;                       /* and as what: SET_COMPUTER, … */
	const char *name;                   /* NULL = "Session<Id>", here and on the server */
	const struct kept *left;            /* the session on the server; NULL = a new one */
	int32_t id;                         /* out: the keeper's, or 0 */
	int status;                         /* out: exit status; said on stderr if not 0 */
	/* keep.c's */
	int pid, ready;
	struct keeper_place place;          /* reserved */
	bool alone;                         /* it may ask on the terminal */
};
/* Makes a keeper for each and waits until its session is open or has failed. Passwords are asked
 * first, by this process, each account once. limit at a time (0 = THROTTLE), but one after the
 * other what may ask on the terminal: ssh, and who meets a certificate. Ids go by the order in v.
 * l: for the keepers, never turned here, freed after the accounts; there must be no other with
 * children or signals. Does not return in the keepers. */
void keep_all(struct keep *v, size_t n, const struct connect_args *c, struct accounts *accounts,
	struct loop *l, int32_t limit);
/* One for each place; one name is for all, more are for one each. NULL: too many. */
struct keep *keep_list(struct arena *a, const struct str_list *where, uint32_t set,
	const struct str_list *names);
/* Those that were made, as they are now, into c->meant; the worst status to c->status. E_USAGE,
 * E_NET. */
int keep_find(struct chosen *c, const struct keep *v, size_t n, struct err *e) MUST_CHECK;
#endif
