/* What the front ends of kept sessions share. */
#ifndef APPLETS_ATTACH_H
#define APPLETS_ATTACH_H
#include "applets/choose.h"

/* Makes sure that it is Opened: a disconnected one is connected again. False: said on stderr, and
 * counted in c->status. */
bool attach_ready(struct chosen *c, const struct kept *k);
/* xport_keeper_cfg.waiting: PowerShell's words, and who it is. */
void attach_waiting(void *ctx, struct span who);
#endif
