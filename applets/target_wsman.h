/* Targets of WS-Management: where they lead, who logs in, what redirections may. */
#ifndef APPLETS_TARGET_WSMAN_H
#define APPLETS_TARGET_WSMAN_H
#include "applets/target.h"
#include "core/xport_wsman.h"

int target_wsman_open(struct target *t, const struct where *w, struct accounts *all,
	struct loop *l, struct arena *a, struct err *e) MUST_CHECK;
/* target_reopen() of these. */
struct xport *target_wsman_reopen(struct target *t, struct err *why, uint32_t *pause_ms);
/* What t->xport was made from; valid until target_free(). */
const struct xport_wsman_cfg *target_wsman_cfg(const struct target *t);
#endif
