/* One order to the keepers of the sessions that a command means: asked for with -WhatIf and
 * -Confirm, given to many at a time, answered by rows of what went well and errors for the rest. */
#ifndef APPLETS_ORDER_H
#define APPLETS_ORDER_H
#include "applets/choose.h"
#include "applets/should.h"

struct order {
	enum keeper_ask what;
	const struct xport_keep *keep;  /* ASK_DISCONNECT */
	struct should *should;
	const char *verb;               /* "Disconnect" */
	int32_t limit;                  /* -ThrottleLimit */
	/* 1 = it is given; 0 = nothing is to be done, and the row shown; or why it is refused. NULL =
	 * it is given to all. */
	int (*check)(void *ctx, const struct kept *k, struct err *why);
	/* The keeper or its server refused: puts PowerShell's words before why. Not called for
	 * ASK_CLOSE when it is gone already. */
	void (*failed)(const struct kept *k, struct err *why);
	void *ctx;
};
/* A whole applet: chooses, gives the order. Its exit status. */
int order_run(const struct order *o, const struct choice *what, struct arena *a);
/* For all of c->meant. The target that -WhatIf and -Confirm name is the session's name, for
 * ASK_CLOSE its computer, as in PowerShell. Failures are said and count in c->status. E_USAGE,
 * E_INTR, E_NET when it ends early. */
int order_give(struct chosen *c, const struct order *o, struct err *e) MUST_CHECK;
#endif
