/* Where copied files go: a folder, or one file with a new name. Names come from a peer: none leads
 * out of the folder, nor does any link below it. A file has another name until it is whole. */
#ifndef LIB_DEST_IO_H
#define LIB_DEST_IO_H
#include "lib/buf.h"
#include "lib/err.h"

struct dest {                           /* zeroed before the first use */
	bool force;                     /* over read-only files */
	int root;                       /* the folder; 1 + descriptor, 0 = none */
	const char *as;                 /* what the first element of each name becomes; NULL = itself */
	/* of the file under way */
	int fd, in;                     /* 1 + descriptor: its own, its folder's */
	struct buf part, name;          /* its names in that: for now, in the end */
};
/* path: a folder, or, unless many, what is to be made in one; resume: also the folder that an
 * earlier attempt has made so, marked and not finished. E_USAGE. */
int dest_open(struct dest *d, const char *path, bool many, bool resume, struct err *e) MUST_CHECK;
void dest_free(struct dest *d);
/* "top/sub": no element is empty, "." or "..", none has a NUL. */
bool dest_name_ok(struct span name);
/* Makes a folder, if there is none; ticks: when it was changed last (0 = now), as in tree_io.h. */
int dest_folder(struct dest *d, struct span name, int64_t ticks, struct err *e) MUST_CHECK;
/* Begins a file. 1: it is there, with this size and these ticks, if resume is set. Else 0, and
 * *have is the size of what is left of an earlier attempt, 0 without resume. */
int dest_begin(struct dest *d, struct span name, bool resume, uint64_t size, int64_t ticks,
	uint64_t *have, struct err *e) MUST_CHECK;
/* The first n bytes of that again, in pieces. */
int dest_reread(struct dest *d, uint64_t n, void (*piece)(void *ctx, struct span bytes), void *ctx,
	struct err *e) MUST_CHECK;
/* What was written goes away from there on. */
int dest_cut(struct dest *d, uint64_t at, struct err *e) MUST_CHECK;
/* Long zeros become a hole. */
int dest_write(struct dest *d, struct span bytes, struct err *e) MUST_CHECK;
/* It is whole: puts it in place. */
int dest_commit(struct dest *d, int64_t ticks, bool read_only, struct err *e) MUST_CHECK;
/* What was committed is on the disk, too. Once for all: each of 1,000 small files by itself takes
 * ten times as long. */
int dest_sync(struct dest *d, struct err *e) MUST_CHECK;
/* It will not be; keep: what there is stays, to be resumed. Nothing to do between files. */
void dest_drop(struct dest *d, bool keep);
#endif
