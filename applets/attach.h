/* What the front ends of kept sessions share. */
#ifndef APPLETS_ATTACH_H
#define APPLETS_ATTACH_H
#include "applets/choose.h"

/* Whether it may be connected: left by its client, and nobody has it. E_REMOTE. */
int attach_check(const struct kept *k, struct err *why) MUST_CHECK;
/* PowerShell's words before why connecting failed. */
void attach_failed(const struct kept *k, struct err *why);
/* Connects a disconnected one again; as it is then. NULL: said on stderr, counted in c->status. */
const struct kept *attach_ready(struct chosen *c, const struct kept *k);
/* xport_keeper_cfg.waiting: PowerShell's words, and who it is. */
void attach_waiting(void *ctx, struct span who);
#endif
