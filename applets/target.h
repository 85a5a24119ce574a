/* Transports made from what the user wrote. */
#ifndef APPLETS_TARGET_H
#define APPLETS_TARGET_H
#include "applets/account.h"
#include "core/session.h"
#include "core/xport_ssh.h"
#include "net/loop_io.h"

#define OPEN_MS 180000                  /* OpenTimeout of PowerShell */
#define CLOSE_MS 5000u                  /* nobody waits longer for a farewell */

struct target {
	const char *name;                   /* as prompts and errors show it: "server01", "alice@web" */
	const char *configuration, *transport;  /* as the table of sessions shows them */
	uint32_t open_ms;                   /* 0 = no limit */
	struct xport *xport;                /* until a session takes it */
	struct target_wsman *wsman;         /* how to connect once more; NULL where nobody does */
	struct target_container *container; /* with another PowerShell; or NULL */
	struct xport_ssh_cfg ssh;           /* once more, to ask the user */
};
/* A transport to what the user typed: a host of -ComputerName or -HostName, a -ConnectionUri, …, by
 * set. t->name is right in any case. Texts lie in the arena. Whatever came of it, free t. */
int target_open(struct target *t, const char *typed, uint32_t set, const struct connect_args *c,
	struct accounts *all, struct loop *l, struct arena *a, struct err *e) MUST_CHECK;
/* The same after where_find(). */
int target_make(struct target *t, const struct where *w, struct accounts *all, struct loop *l,
	struct arena *a, struct err *e) MUST_CHECK;
/* What its session needs of it, to which the caller adds what is his. Another transport follows
 * redirections, tries again what may have passed, takes powershell in containers without pwsh, and
 * lets ssh ask in its turn. */
struct session_cfg target_session(struct target *t, struct loop *l);
/* Its session is open: warns if the clock here is wrong. */
void target_opened(const struct target *t);
void target_free(struct target *t);
/* pssession vsock CID PORT: carries standard input and output to a guest; ssh runs it for us. Exit
 * status. */
int target_vsock(int argc, char **argv);
#endif
