/* A child process with pipes: argv only, never a shell; everything else CLOEXEC; reaped. */
#ifndef NET_SPAWN_IO_H
#define NET_SPAWN_IO_H
#include "net/loop_io.h"
#include "net/stream.h"
#include "lib/buf.h"

struct spawn_cfg {                        /* argv is needed during the call only, diag, ended and ctx until close */
	const char *const *argv;                         /* NULL-terminated; argv[0] found on PATH when it has no '/' */
	/* Child's stderr, as it comes; NULL = inherited. */
	void (*diag)(void *ctx, struct span text);
	/* The child ended: exit status, or 128 + signal. Called once, from the loop, after all its output was read. */
	void (*ended)(void *ctx, int status);
	void *ctx;
};
/* NULL with e set (E_NET naming the program and what to install or set) when it can't be started.
 * Read = child's stdout, write = its stdin. Set stream->ready and ctx before the next turn of the loop; the stream is open at once.
 * The child stays in our process group, so that it may ask for a password on the terminal, and therefore also gets the terminal's
 * Ctrl+C, which is meant for us: it starts with SIGINT and SIGQUIT ignored. OpenSSH, dbclient and container clients leave it so.
 * Closing the stream ends it: stdin closed, SIGTERM, SIGKILL two seconds later, reaped by the loop. */
struct stream *spawn_start(struct loop *l, const struct spawn_cfg *cfg, struct err *e);
/* Absolute path of a program on PATH in out; false when there is none. */
bool spawn_find(const char *name, struct buf *out);
#endif
