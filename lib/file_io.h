/* Files: whole with a cap, in pieces, a folder's names, replaced at once. */
#ifndef LIB_FILE_IO_H
#define LIB_FILE_IO_H
#include "lib/buf.h"
#include "lib/err.h"

/* Appends the file to out (bounded by out->max). "-" reads standard input. E_USAGE with the reason
 * otherwise. */
int file_read(const char *path, struct buf *out, struct err *e) MUST_CHECK;
/* A text in UTF-8, or in UTF-16 behind its mark: what becomes of it in UTF-8, without a mark. The
 * file may be half as large as out. */
int file_read_text(const char *path, struct buf *out, struct err *e) MUST_CHECK;
/* The rest of an open file; path is for the reason. */
int file_read_fd(int fd, const char *path, struct buf *out, struct err *e) MUST_CHECK;
/* The same for a file that says whom to trust: E_USAGE also if others but root could have written
 * it. */
int file_read_safe(const char *path, struct buf *out, struct err *e) MUST_CHECK;
/* Hands the file on in pieces of at most 4096 bytes. E_USAGE with the reason. */
int file_pieces(const char *path, void (*piece)(void *ctx, struct span bytes), void *ctx,
	struct err *e) MUST_CHECK;
/* Hands on the path of each file of a folder, names with a dot first left out, until `one` returns
 * false. No such folder: E_USAGE. */
int file_each(const char *folder, bool (*one)(void *ctx, const char *path), void *ctx,
	struct err *e) MUST_CHECK;
/* Puts a file in place of what stands there, at once or not at all: written under another name,
 * with mode 0600, and renamed. Makes the folders that lead to it (0700). E_USAGE. */
int file_replace(const char *path, struct span data, struct err *e) MUST_CHECK;
/* How many files this process may have open: the limit is raised to what is wanted, as far as the
 * system lets it. */
size_t file_limit(size_t wanted);
/* Appends "$XDG_CONFIG_HOME/pssession/NAME", or the same in "$HOME/.config"; false when there is
 * neither variable. */
bool file_config_path(const char *name, struct buf *out);
bool file_state_path(const char *name, struct buf *out);  /* $XDG_STATE_HOME or ~/.local/state */
/* Those that lead to path (0700), as far as they can be made. */
void file_make_folders(const char *path);
#endif
