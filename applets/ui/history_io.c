/* The file of the history: a line each, "host TAB text", with VT for the line breaks in it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "applets/ui/history.h"
#include "lib/file_io.h"
#include "lib/utf.h"

#define FILE_MAX (256u << 10)           /* then the older half goes */
#define ENTRY_MAX (16u << 10)           /* what is longer stays in memory */

/* The file's name; false when there is none. */
static bool file_name(struct buf *path)
{
	const char *own = getenv("PSSESSION_HISTORY");

	buf_init(path, 4096);
	if (own)
		buf_puts(path, own);
	else if (!file_state_path("history", path))
		return false;
	return path->n && !buf_failed(path);
}

/* -1 unless it is a file of ours that is nobody's way to another one. */
static int open_own(const char *path, int flags)
{
	struct stat st;
	int fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);

	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
		((st.st_mode & 077) && fchmod(fd, 0600) < 0))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void replace(struct buf *b, uint8_t c, uint8_t with)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->p[i] == c)
			b->p[i] = with;
}

/* The entries of this host, or those of the others; damaged ones are passed over. */
static void add(struct history *h, struct span all, const char *host, bool here)
{
	struct buf text;
	struct span line, of;

	buf_init(&text, ENTRY_MAX);
	while (all.n) {
		line = span_cut(&all, '\n');
		of = span_cut(&line, '\t');
		if (span_is_ci(of, host) != here || !utf8_valid(line) || span_find(line, 0) < line.n)
			continue;
		buf_clear(&text);
		buf_put(&text, line);
		replace(&text, '\v', '\n');
		history_add(h, buf_span(&text));
	}
	buf_free(&text);
}

void history_load(struct history *h, const char *host)
{
	struct buf path, all;
	struct err e = { 0 };
	struct span s;
	int fd;

	buf_init(&all, 2 * FILE_MAX);
	fd = file_name(&path) ? open_own(buf_cstr(&path), O_RDONLY) : -1;
	if (fd >= 0) {
		(void)!file_read_fd(fd, buf_cstr(&path), &all, &e);     /* as far as it goes */
		close(fd);
	}
	s = buf_span(&all);
	if (s.n > FILE_MAX) {
		s = span_sub(s, s.n - FILE_MAX / 2, s.n);
		span_cut(&s, '\n');             /* its beginning is missing */
		(void)!file_replace(buf_cstr(&path), s, &e);
	}
	add(h, s, host, false);
	add(h, s, host, true);
	buf_free(&path);
	buf_free(&all);
}

/* One write at the end of the file: others may do the same at any time. */
void history_save(const char *host, struct span line)
{
	struct buf path, out;
	int fd;

	buf_init(&out, ENTRY_MAX);
	buf_printf(&out, "%s\t%.*s", host, SPAN_ARG(line));
	replace(&out, '\n', '\v');
	buf_putc(&out, '\n');
	if (!file_name(&path) || !line.n || buf_failed(&out) || history_is_secret(line))
		goto out;
	file_make_folders(buf_cstr(&path));
	fd = open_own(buf_cstr(&path), O_WRONLY | O_APPEND | O_CREAT);
	if (fd >= 0) {
		(void)!write(fd, out.p, out.n);
		close(fd);
	}
out:
	buf_free(&path);
	buf_free(&out);
}
