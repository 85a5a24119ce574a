#include "lib/file_io.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define CHUNK 4096

/* One read at a time: a byte more than the maximum must be seen to be refused. */
static int read_all(int fd, const char *path, struct buf *out, struct err *e)
{
	uint8_t probe;
	size_t want;
	ssize_t got;

	for (;;) {
		want = out->max - out->n < CHUNK ? out->max - out->n : CHUNK;
		got = read(fd, want ? buf_room(out, want) : &probe, want ? want : 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(e, E_USAGE, "cannot read '%s': %s", path, strerror(errno));
		if (got == 0)
			return 0;
		if (!want)
			return err_set(e, E_USAGE, "'%s' is larger than %zu bytes", path, out->max);
		buf_add(out, (size_t)got);
	}
}

int file_read(const char *path, struct buf *out, struct err *e)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return err_set(e, E_USAGE, "cannot open '%s': %s", path, strerror(errno));
	r = read_all(fd, path, out, e);
	if (!is_stdin)
		close(fd);
	return r;
}
