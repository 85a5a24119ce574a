/* The user's sessions on a server: Enumerate of its shells, and of the commands of each (MS-WSMV
 * 3.1.4.8, 3.1.4.9; DSP0226 8). */
#ifndef CORE_WSMAN_LIST_H
#define CORE_WSMAN_LIST_H
#include "core/keeper_status.h"
#include "core/xport_wsman.h"

struct wsman_list;
/* Asks over one connection, which it closes. resource of cfg: only shells of that configuration;
 * NULL = all of PowerShell's. each(): a session with its commands, valid during the call; a shell
 * with more than one command is no PSSession and not shown. ended(): once, last; why NULL = done.
 */
struct wsman_list *wsman_list_new(const struct xport_wsman_cfg *cfg,
	void (*each)(void *ctx, const struct kept *k),
	void (*ended)(void *ctx, const struct err *why), void *ctx);
void wsman_list_free(struct wsman_list *l);             /* also in the middle: gives up */
#endif
