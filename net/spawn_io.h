/* A child process with pipes: argv only, never a shell; everything else CLOEXEC; reaped. */
#ifndef NET_SPAWN_IO_H
#define NET_SPAWN_IO_H
#include "lib/arena.h"
#include "lib/buf.h"
#include "net/loop_io.h"
#include "net/stream.h"

struct spawn_cfg {                      /* argv is needed during the call only */
	const char *const *argv;        /* ends with NULL; argv[0] found on PATH if it has no '/' */
	/* Child's stderr, as it comes; NULL = inherited. */
	void (*diag)(void *ctx, struct span text);
	/* The child ended: exit status, or 128 + signal. Called once, from the loop, after all its
	 * output was read, and what it wrote to stderr was handed out. May be NULL. */
	void (*ended)(void *ctx, int status);
	void *ctx;
	bool apart;                     /* in a session of its own: it cannot ask on the terminal */
};
/* NULL with e set (E_NET naming the program and what to do) when it can't be started.
 * Read = child's stdout, write = its stdin. The stream is open at once; set its ready and ctx
 * before the next turn of the loop. Writing to a child that reads no more succeeds; its end tells.
 * The child stays in our process group, so that it may ask for a password on the terminal. Thus it
 * gets the terminal's Ctrl+C as well, which is meant for us: it starts with SIGINT and SIGQUIT
 * ignored, and OpenSSH and dbclient (unless it has a proxy command) leave that so. Engines of
 * containers do not: they go apart.
 * Closing the stream ends it: stdin closed, SIGTERM, SIGKILL two seconds later, reaped. */
struct stream *spawn_start(struct loop *l, const struct spawn_cfg *cfg, struct err *e);
/* What a program writes on stdout, when it ends with status 0; its stderr is dropped. It is waited
 * for. E_NET. */
int spawn_output(const char *const *argv, struct buf *out) MUST_CHECK;
/* Absolute path of a program on PATH in out; false when there is none. */
bool spawn_find(const char *name, struct buf *out);
/* wanted, if there is one; else the path of the first of known ("ssh,dbclient") on PATH; or
 * NULL. */
const char *spawn_choose(const char *wanted, const char *known, struct arena *a);
#endif
