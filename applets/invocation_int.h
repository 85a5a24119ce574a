/* What invocation.c (all of them) and invocation_remote.c (one) share. */
#ifndef APPLETS_INVOCATION_INT_H
#define APPLETS_INVOCATION_INT_H
#include "applets/invocation.h"

/* Reads stdin on, when every pipeline that is to come has room. */
void invocation_feed(struct invocation *in);
/* Opens its session, or attaches to the kept one, and runs the pipeline there. */
void remote_begin(struct remote *r);
void remote_end(struct remote *r);        /* closes its session: remote_finish() in time */
void remote_finish(struct remote *r);     /* it is over, and does not count any more */
void remote_free(struct remote *r);       /* what it holds; its status counts from now on */
#endif
