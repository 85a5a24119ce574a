/* A child process with pipes: argv only, never a shell; everything else CLOEXEC; reaped. */
#ifndef NET_SPAWN_IO_H
#define NET_SPAWN_IO_H
#include "net/loop_io.h"
#include "net/stream.h"
#include "lib/buf.h"

struct spawn_cfg {
	const char *const *argv;                         /* argv[0] found on PATH when it has no '/' */
	/* Child's stderr, as it comes; NULL = inherited. */
	void (*diag)(void *ctx, struct span text);
	/* The child ended: exit status, or 128 + signal. Called once, after all its output was read. */
	void (*ended)(void *ctx, int status);
	void *ctx;
};
/* NULL with e set (E_NET naming the program and what to install or set) when it can't be started.
 * Read = child's stdout, write = its stdin. The child keeps the controlling terminal (ssh asks for passwords there) but ignores
 * SIGINT of ours through its own process group only when detach is wished for by later callers. */
struct stream *spawn_start(struct loop *l, const struct spawn_cfg *cfg, struct err *e);
/* Absolute path of a program on PATH in out; false when there is none. */
bool spawn_find(const char *name, struct buf *out);
#endif
