/* The pipelines that either end of a keeper's socket knows. Sans-IO. */
#ifndef CORE_KEEPER_PIPE_H
#define CORE_KEEPER_PIPE_H
#include "lib/arena.h"
#include "lib/guid.h"

struct keeper_pipe {
	struct keeper_pipe *next;
	struct guid id;
	uint64_t sent, taken;           /* bytes of SEND; those that went to the server */
	bool free;                      /* the keeper's: nobody's, nothing of it is fetched */
};
struct keeper_pipes {
	struct arena *arena;
	struct keeper_pipe *first;      /* as they were added */
	struct keeper_pipe *unused;
};
struct keeper_pipe *keeper_pipe_find(const struct keeper_pipes *l, const struct guid *id);
struct keeper_pipe *keeper_pipe_add(struct keeper_pipes *l, const struct guid *id);
void keeper_pipe_drop(struct keeper_pipes *l, struct keeper_pipe *p);   /* one of them, or NULL */
#endif
