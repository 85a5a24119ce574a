/* Progress of remote commands: a line for each activity, drawn in place on stderr, children below
 * their parents; when that is no such terminal, one line for each new activity. */
#ifndef APPLETS_UI_PROGRESS_H
#define APPLETS_UI_PROGRESS_H
#include "core/record.h"
#include "lib/buf.h"
#include "net/loop_io.h"

#define PROGRESS_MAX 16                 /* activities followed at a time */

struct progress_activity {
	int64_t id, percent, seconds;   /* -1 = unknown */
	int64_t parent;                 /* another one here, or -1 */
	uint64_t heard;                 /* larger = later */
	struct buf name, status;
};
struct progress {
	struct loop *loop;
	struct timer redraw;
	uint64_t drawn_ms, heard;
	struct progress_activity act[PROGRESS_MAX];       /* as they came */
	size_t n;
};

void progress_init(struct progress *p, struct loop *l);
/* A ProgressRecord (MS-PSRP 2.2.2.25). Servers send each twice, which is as good as once. */
void progress_update(struct progress *p, const struct ps_val *record);
void progress_show(struct progress *p, const struct record_progress *r);
void progress_end(struct progress *p);                    /* the command is over */
#endif
