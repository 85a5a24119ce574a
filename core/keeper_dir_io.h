/* The folder with the keepers' sockets: $PSSESSION_DIR, else pssession in $XDG_RUNTIME_DIR if that
 * is ours, else for root /run/pssession, else /tmp/pssession-UID. Its mode is 0700, it is ours and
 * no link, or it is not used. Whoever asks for it must be alone in the process (the current folder
 * changes for a moment, so that no path is too long for a socket and none can be swapped). */
#ifndef CORE_KEEPER_DIR_IO_H
#define CORE_KEEPER_DIR_IO_H
#include "lib/buf.h"
#include "lib/err.h"
#include "net/loop_io.h"
#include "net/stream.h"

struct keeper_place {
	int dir, fd;                    /* the folder, the listening socket */
	int32_t id, pid;                /* pid: our own */
	char name[16];                  /* in the folder */
};
/* Listens under the smallest free number from id on: bound under another name and linked into
 * place, so that a socket that is seen is one that answers. A name whose socket refuses connections
 * is stale and taken over, one with a note is not free. Makes the folder if need be. E_USAGE
 * naming the folder, what is wrong with it (owner, mode, a link, read-only file system, disk full)
 * and the way out (PSSESSION_DIR). */
int keeper_listen(struct keeper_place *p, int32_t id, struct err *e) MUST_CHECK;
/* The same, but nobody sees it before keeper_show(), which may be called by a child. */
int keeper_reserve(struct keeper_place *p, int32_t id, struct err *e) MUST_CHECK;
/* It is seen from here on. Somebody has cleaned up in the folder, perhaps: then it listens under a
 * new name, 1; E_USAGE as above, and it listens no more. */
int keeper_show(struct keeper_place *p, struct err *e) MUST_CHECK;
/* The same under the name of a terminal, which is its device number: what is interactive there can
 * be asked to leave. Its id is -dev. E_USAGE also when somebody listens there. */
int keeper_listen_tty(struct keeper_place *p, int32_t dev, struct err *e) MUST_CHECK;
void keeper_unlisten(struct keeper_place *p);           /* a second time does nothing */
/* What is known of the session if its keeper is killed or does not answer: a note beside its name,
 * until keeper_unlisten(). A full disk is no error. */
void keeper_note(const struct keeper_place *p, struct span text);
/* That of id; false = none. dead: nobody answers there, so it is taken away, with the name; false
 * also if it cannot be, or somebody has the name again. */
bool keeper_noted(int32_t id, struct buf *out, bool dead);
/* Accepts a front end of our own uid or root; NULL when it was neither, or gone. *pid is its
 * process, 0 where it cannot be seen. */
struct stream *keeper_accept(struct loop *l, const struct keeper_place *p, int32_t *pid);
/* Connects to keeper id; NULL: E_USAGE no such session. */
struct stream *keeper_dial(struct loop *l, int32_t id, struct err *e);
/* The same; *pid becomes its process, 0 where it cannot be seen. */
struct stream *keeper_dial_pid(struct loop *l, int32_t id, int32_t *pid, struct err *e);
/* The ids of all names in the folder, ascending; *n of them in v (at most max). No folder is no
 * names. E_USAGE as above. */
int keeper_ids(int32_t *v, size_t max, size_t *n, struct err *e) MUST_CHECK;
#endif
