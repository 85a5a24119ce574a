/* Transport into a container: PowerShell started there by docker, podman or nerdctl, and the stdio
 * transport on top. */
#ifndef CORE_XPORT_CONTAINER_H
#define CORE_XPORT_CONTAINER_H
#include "core/xport_stdio.h"
#include "lib/arena.h"

struct xport_container_cfg {
	const char *id;                   /* or name */
	const char *configuration;        /* a name, or a .pssc file in the container; NULL = none */
	bool admin;                       /* as root, whatever user the image names */
	const char *engine;               /* $PSSESSION_CONTAINER_ENGINE; NULL = the first on PATH */
	const char *shell;                /* "pwsh" or "powershell" */
};
/* E_NET when no engine is found, E_USAGE when id cannot be one. argv lives in a. */
int xport_container_argv(const struct xport_container_cfg *cfg, struct arena *a,
	const char *const **argv, struct err *e) MUST_CHECK;
#endif
