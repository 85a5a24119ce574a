/* Progress of remote commands as one line on stderr; when that is no terminal, as a line for each
 * activity. */
#ifndef APPLETS_UI_PROGRESS_H
#define APPLETS_UI_PROGRESS_H
#include "core/psobject.h"
#include "lib/buf.h"
#include "net/loop_io.h"

#define PROGRESS_MAX 16                 /* activities followed at a time */

struct progress_activity {
	int64_t id, percent, seconds;   /* -1 = unknown */
	struct buf name, status;
};
struct progress {
	struct loop *loop;
	struct timer redraw;
	uint64_t drawn_ms;
	struct progress_activity act[PROGRESS_MAX];       /* the one heard of last is last, and shown */
	size_t n;
};

void progress_init(struct progress *p, struct loop *l);
/* A ProgressRecord (MS-PSRP 2.2.2.25). Servers send each twice, which is as good as once. */
void progress_update(struct progress *p, const struct ps_val *record);
void progress_end(struct progress *p);                    /* the command is over */
#endif
