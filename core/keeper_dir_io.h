/* The folder with the keepers' sockets: $PSSESSION_DIR, else $XDG_RUNTIME_DIR/pssession, else
 * /run/pssession for root, else /tmp/pssession-UID. Its mode is 0700 and it is ours, or it is not
 * used. */
#ifndef CORE_KEEPER_DIR_IO_H
#define CORE_KEEPER_DIR_IO_H
#include "lib/buf.h"
#include "lib/err.h"
#include "net/loop_io.h"
#include "net/stream.h"

/* The folder's path into out; make: created when it is missing. E_USAGE naming the folder, what is
 * wrong with it (owner, mode, a link, read-only file system, disk full) and the way out
 * (PSSESSION_DIR). 1 = there is none yet (make false). */
int keeper_dir(bool make, struct buf *out, struct err *e) MUST_CHECK;
/* Listens under the smallest free number from 1, which becomes *id: bound under a temporary name
 * and linked into place, so that a socket that is seen is one that answers. A name whose socket
 * refuses connections is stale and taken over. The listening descriptor, non-blocking. */
int keeper_listen(int32_t *id, struct err *e) MUST_CHECK;
void keeper_unlisten(int fd, int32_t id);
/* Accepts a front end of our own uid or root; NULL when it was neither, or gone. *pid is its
 * process. */
struct stream *keeper_accept(struct loop *l, int fd, int32_t *pid);
/* Connects to keeper id; the stream is open or failed at once (E_USAGE no such session). Removes
 * the name when it is stale. */
struct stream *keeper_dial(struct loop *l, int32_t id, struct err *e);
/* The ids of all names in the folder, ascending; *n of them in v (at most max). */
int keeper_ids(int32_t *v, size_t max, size_t *n, struct err *e) MUST_CHECK;
#endif
