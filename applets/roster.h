/* The sessions that keepers own, and requests to many keepers at once. */
#ifndef APPLETS_ROSTER_H
#define APPLETS_ROSTER_H
#include "core/xport_keeper.h"

#define THROTTLE 32                     /* -ThrottleLimit 0 */

struct roster { struct kept **v; size_t n; };
/* All of this user, by Id. A keeper that does not answer is named on stderr, and silent; one that
 * was killed is named with the way out, once. E_USAGE as keeper_ids(). */
int roster_read(struct loop *l, struct arena *a, struct roster *out, struct err *e) MUST_CHECK;

struct asked {
	const struct kept *was;         /* its id counts */
	struct kept *kept;              /* as it is now; NULL = gone or unknown */
	struct err why;                 /* code 0 = it went well */
	/* roster.c's */
	struct keeper_asked q;
	struct crowd *crowd;
};
/* Asks each, limit at a time (0 = THROTTLE), and waits for all. E_NET when the loop fails. */
int roster_ask(struct loop *l, struct arena *a, struct asked *v, size_t n, enum keeper_ask what,
	const struct xport_keep *keep, int32_t limit, struct err *e) MUST_CHECK;
#endif
