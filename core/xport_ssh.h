/* Transport over SSH: the argv for OpenSSH's ssh or Dropbear's dbclient, and the stdio transport on
 * top. */
#ifndef CORE_XPORT_SSH_H
#define CORE_XPORT_SSH_H
#include "core/xport_stdio.h"
#include "lib/arena.h"

struct xport_ssh_cfg {                    /* texts may be NULL; copied */
	struct loop *loop;
	const char *host;                 /* name, address ([IPv6] too), or Host of ssh_config */
	const char *user;                 /* DOMAIN\user too */
	uint16_t port;                    /* 0 = ssh's default */
	const char *key_file;
	const char *subsystem;            /* NULL = "powershell" */
	const char *const *options;       /* NULL-terminated, each goes behind -o */
	const char *program;              /* $PSSESSION_SSH; NULL = ssh or dbclient on PATH */
	uint32_t close_ms;
	const char *proxy;                /* a command that carries the bytes in the place of TCP */
	/* Beside others, one that would ask for something fails instead, and may then ask in its turn;
	 * dbclient cannot tell that it would. */
	enum { SSH_ALONE, SSH_SILENT, SSH_IN_TURN } beside;
};
/* E_NET when no SSH client is found, E_USAGE when host or user cannot be one. argv lives in a. */
int xport_ssh_argv(const struct xport_ssh_cfg *cfg, struct arena *a, const char *const **argv,
	struct err *e) MUST_CHECK;
/* NULL with e set. */
struct xport *xport_ssh_new(const struct xport_ssh_cfg *cfg, struct err *e);
#endif
