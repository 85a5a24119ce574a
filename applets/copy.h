/* copy-item: what its two directions share. */
#ifndef APPLETS_COPY_H
#define APPLETS_COPY_H
#include "applets/invocation.h"
#include "applets/ui/progress.h"
#include "core/copy_msg.h"

struct copy {
	struct invocation in;
	struct remote *remote;
	struct buf path;                /* what is to be copied, each with a NUL */
	const char *destination;
	bool literal, recurse, force, flat, pass_thru, resume;
	bool many;                      /* the destination has to be a folder */
	char options[48];               /* the scripts' words for these */
	struct buf line;
	/* For the person who waits: bytes of all files; of them what was there, what was sent. */
	struct progress progress;
	uint64_t total, there, sent, begun_ms;
	struct arena names;
	struct span name;
	void *way;                      /* struct copy_put or copy_get */
};
/* in.run of a direction, and what is to be done when all is over. */
void copy_put_run(struct remote *r);
void copy_put_end(struct copy *c);
void copy_get_run(struct remote *r);
void copy_get_end(struct copy *c);

/* Runs applets/NAME.ps1 there, for -Destination or the list of -Path, in a, which is freed. */
void copy_start(struct copy *c, const char *name, struct arena *a, struct ps_val *what,
	bool no_input, const struct pipe_events *ev);
/* The last element of NAME. */
struct span copy_leaf(struct span name);
/* One item failed; the others go on. */
void copy_failed(struct copy *c, const struct err *e);
void copy_disorder(struct err *e);
/* Input of the pipeline: c->line, which is empty then. Its size. */
size_t copy_send(struct copy *c);
/* A file begins; n bytes more have arrived. */
void copy_meter_begin(struct copy *c, struct span name);
void copy_meter(struct copy *c, uint64_t n);
/* The end of a pipeline of ours, r being the remote. */
void copy_ended(struct remote *r, enum pipe_state st, const struct ps_val *error,
	const struct err *why);
#endif
