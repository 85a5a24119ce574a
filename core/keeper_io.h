/* One background process that owns a session. */
#ifndef CORE_KEEPER_IO_H
#define CORE_KEEPER_IO_H
#include "core/keeper_dir_io.h"
#include "core/session.h"

struct keeper_cfg {                     /* texts outlive the keeper */
	struct loop *loop;              /* made in this process */
	struct session *session;        /* OPEN, without pipelines: it ends, the keeper goes on */
	struct keeper_place place;      /* reserved; the keeper's from here on */
	const char *name, *computer, *configuration, *transport;
	const struct guid *commands;  size_t command_n;  /* found on the server, running */
};
/* Splits the process. In the parent: the child's pid, and *ready is for keeper_wait(). In the
 * child, the keeper to be: 0, in a state where it may still ask on the terminal, and *ready is for
 * keeper_run(); secrets are locked again, SIGHUP is ignored, descriptors that somebody else left
 * open are closed (those with FD_CLOEXEC are ours). There must be no loop with children or signals,
 * and nothing unflushed. E_NET when it fails. */
int keeper_fork(int *ready, struct err *e) MUST_CHECK;
/* In the parent: waits until the child keeps a session, 0 and its *id; or has ended without one:
 * its exit status, or 128 + signal. Ctrl+C is left to the child. */
int keeper_wait(int pid, int ready, int32_t *id) MUST_CHECK;
/* In the child, when the session is open. NULL: as keeper_show(), and the session is as it was. */
struct keeper *keeper_new(const struct keeper_cfg *cfg, struct err *e);
/* Leaves the terminal: own session, standard descriptors to /dev/null, folder /. Tells
 * keeper_wait(). Then turns the loop until the session has ended, and frees the keeper with the
 * transport. */
void keeper_run(struct keeper *k, int ready);
#endif
