/* What is read of a file system to be copied: a file, or a folder with all that is in it. Links are
 * followed only where the user has named one. */
#ifndef LIB_TREE_IO_H
#define LIB_TREE_IO_H
#include "lib/buf.h"
#include "lib/err.h"

enum tree_kind { TREE_END, TREE_FILE, TREE_FOLDER, TREE_FOLDER_END, TREE_OTHER };
struct tree_entry {
	enum tree_kind kind;
	struct span name;               /* "top/sub/file"; until the next call */
	int fd;                         /* TREE_FILE: open to read, the caller's */
	uint64_t size;
	int64_t ticks;                  /* 100 ns since the year 1, UTC, of the last change */
	bool read_only;
};
struct tree_level;
struct tree {                           /* zeroed before the first use */
	struct tree_level *level;       /* the innermost folder that is open */
	const char *top;                /* path to begin with, then NULL */
	struct buf name;
	bool recurse;
};
/* Begins with path, which the caller keeps. */
void tree_start(struct tree *t, const char *path, bool recurse);
/* The next entry; a folder comes before and after what is in it. An error is about one entry: go
 * on. */
int tree_next(struct tree *t, struct tree_entry *en, struct err *e) MUST_CHECK;
void tree_free(struct tree *t);
/* Bytes read, 0 at the end, or E_USAGE. */
long tree_read(int fd, uint8_t *p, size_t n, struct err *e) MUST_CHECK;
/* Adds the paths that fit the pattern (lib/wild.h) to out, each with a NUL; names that begin with a
 * dot only if it does, or hidden is set. */
void tree_match(const char *pattern, bool hidden, struct buf *out);
#endif
