#include "lib/file_io.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/utf.h"
#include "lib/utf_in.h"

#define CHUNK 4096

/* One read at a time: a byte more than the maximum must be seen to be refused. */
int file_read_fd(int fd, const char *path, struct buf *out, struct err *e)
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

static int open_to_read(const char *path, int more, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | more);

	return fd >= 0 ? fd : err_set(e, E_USAGE, "cannot open '%s': %s", path, strerror(errno));
}

int file_read(const char *path, struct buf *out, struct err *e)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open_to_read(path, 0, e);
	int r;

	if (fd < 0)
		return fd;
	r = file_read_fd(fd, path, out, e);
	if (!is_stdin)
		close(fd);
	return r;
}

int file_read_text(const char *path, struct buf *out, struct err *e)
{
	struct utf_in in = { 0 };
	struct buf raw;

	buf_init(&raw, out->max / 2);
	if (file_read(path, &raw, e) == 0) {
		utf_in_feed(&in, buf_span(&raw), out);
		if (!utf_in_end(&in, out) || !utf8_valid(buf_span(out)))
			err_set(e, E_USAGE, "'%s' is not text in UTF-8, nor in UTF-16 with a byte order mark: "
				"save it as UTF-8", path);
	}
	buf_free(&raw);
	return e->code;
}

int file_read_safe(const char *path, struct buf *out, struct err *e)
{
	int fd = open_to_read(path, O_NONBLOCK, e), r;    /* a FIFO would wait for somebody */
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		r = err_set(e, E_USAGE, "'%s' is no file", path);
	else if ((st.st_uid && st.st_uid != getuid()) ||
		st.st_mode & (S_IWGRP | S_IWOTH))
		r = err_set(e, E_USAGE, "others can write to '%s': it must be yours or root's, and not "
			"writable by group or others (chmod go-w %s)", path, path);
	else
		r = file_read_fd(fd, path, out, e);
	close(fd);
	return r;
}

int file_pieces(const char *path, void (*piece)(void *ctx, struct span bytes), void *ctx,
	struct err *e)
{
	int fd = open_to_read(path, 0, e), r = 0;
	uint8_t bytes[CHUNK];
	ssize_t n;

	if (fd < 0)
		return fd;
	while ((n = read(fd, bytes, sizeof(bytes))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			piece(ctx, span_of(bytes, (size_t)n));
	if (n < 0)
		r = err_set(e, E_USAGE, "cannot read '%s': %s", path, strerror(errno));
	close(fd);
	return r;
}

int file_each(const char *folder, bool (*one)(void *ctx, const char *path), void *ctx,
	struct err *e)
{
	DIR *dir = opendir(folder);
	struct dirent *d;
	struct buf path;
	bool more = true;

	if (!dir)
		return err_set(e, E_USAGE, "cannot open '%s': %s", folder, strerror(errno));
	buf_init(&path, 4096);
	while (more && (d = readdir(dir))) {
		if (d->d_name[0] == '.')
			continue;
		buf_clear(&path);
		buf_printf(&path, "%s/%s", folder, d->d_name);
		if (!buf_failed(&path))
			more = one(ctx, buf_cstr(&path));
	}
	closedir(dir);
	buf_free(&path);
	return 0;
}

static bool write_all(int fd, struct span data)
{
	ssize_t n;

	while (data.n) {
		n = write(fd, data.p, data.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data = span_sub(data, (size_t)n, data.n);
	}
	return fsync(fd) == 0;
}

void file_make_folders(const char *name)
{
	struct span path = span_str(name);
	struct buf folder;
	size_t i;

	buf_init(&folder, 4096);
	for (i = 0; i < path.n; i++) {
		if (i && path.p[i] == '/')
			mkdir(buf_cstr(&folder), 0700);
		buf_putc(&folder, path.p[i]);
	}
	buf_free(&folder);
}

int file_replace(const char *path, struct span data, struct err *e)
{
	struct buf other;
	int fd = -1;
	bool ok;

	file_make_folders(path);
	buf_init(&other, 4096);
	buf_printf(&other, "%s.%ld.new", path, (long)getpid());
	unlink(buf_cstr(&other));       /* left behind by one that was killed */
	fd = open(buf_cstr(&other), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	ok = fd >= 0 && write_all(fd, data);
	if (fd >= 0 && close(fd) < 0)
		ok = false;
	ok = ok && rename(buf_cstr(&other), path) == 0;
	if (!ok)
		err_set(e, E_USAGE, "cannot write '%s': %s", path, strerror(errno));
	if (!ok && fd >= 0)
		unlink(buf_cstr(&other));
	buf_free(&other);
	return ok ? 0 : e->code;
}

static bool home_path(const char *variable, const char *below, const char *name, struct buf *out)
{
	const char *top = getenv(variable);

	if (!top || top[0] != '/')
		top = getenv("HOME");
	else
		below = "";
	if (!top || !top[0])
		return false;
	buf_printf(out, "%s%s/pssession/%s", top, below, name);
	return true;
}

bool file_config_path(const char *name, struct buf *out)
{
	return home_path("XDG_CONFIG_HOME", "/.config", name, out);
}

bool file_state_path(const char *name, struct buf *out)
{
	return home_path("XDG_STATE_HOME", "/.local/state", name, out);
}

size_t file_limit(size_t wanted)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0)
		return wanted;
	if (l.rlim_cur < wanted) {
		l.rlim_cur = l.rlim_max < wanted ? l.rlim_max : wanted;
		setrlimit(RLIMIT_NOFILE, &l);
	}
	return l.rlim_cur;
}
