/* One background process that owns a session. */
#ifndef CORE_KEEPER_IO_H
#define CORE_KEEPER_IO_H
#include "core/session.h"

struct keeper_cfg {                     /* texts outlive the keeper */
	struct loop *loop;
	struct xport *xport;            /* of an open pool (session_release) */
	struct guid pool;
	int protocol;
	const char *name;               /* NULL = "Session<Id>" */
	const char *computer, *configuration, *transport;
	const struct guid *commands;  size_t command_n;  /* found on the server, running */
};
/* Splits the process. In the parent: the child's pid. In the child, the keeper to be: 0, in a state
 * where it may still ask on the terminal; secrets are locked again there. E_NET when fork fails. */
int keeper_fork(struct err *e) MUST_CHECK;
/* In the child, when the session is open: takes an Id and listens. E_USAGE as keeper_listen(). */
struct keeper *keeper_new(const struct keeper_cfg *cfg, int32_t *id, struct err *e);
/* Leaves the terminal: own session, standard descriptors to /dev/null, folder /. Then turns the
 * loop until the session has ended. */
void keeper_run(struct keeper *k);
#endif
