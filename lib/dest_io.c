#include "lib/dest_io.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/num.h"

#define PART ".pssession-part"
enum { NAME_LEN = 4096, CHUNK = 32768 };

static int fail(struct err *e, struct span name)
{
	return err_set(e, E_USAGE, "'%.*s': %s", SPAN_ARG(name), strerror(errno));
}

static int open_folder(const char *path)
{
	return 1 + open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Whether the folder was new to a copy that has not come to its end. */
static bool is_begun(const char *path)
{
	struct buf mark;
	struct stat st;
	bool is;

	buf_init(&mark, NAME_LEN);
	buf_printf(&mark, "%s/" PART, path);
	is = !buf_failed(&mark) && lstat(buf_cstr(&mark), &st) == 0;
	buf_free(&mark);
	return is;
}

int dest_open(struct dest *d, const char *path, bool many, bool resume, struct err *e)
{
	const char *slash = strrchr(path, '/');
	struct buf folder;

	buf_init(&d->part, NAME_LEN);
	buf_init(&d->name, NAME_LEN);
	if ((is_folder(path) && !(resume && is_begun(path))) || many || (slash && !slash[1])) {
		d->root = open_folder(path);
	} else {
		buf_init(&folder, NAME_LEN);
		d->as = slash ? slash + 1 : path;
		buf_put(&folder, slash ? span_of(path, (size_t)(slash - path) + 1) : SPAN("."));
		d->root = open_folder(buf_cstr(&folder));
		buf_free(&folder);
	}
	return d->root ? 0 : fail(e, span_str(path));
}

static void shut(int *fd)
{
	if (*fd)
		close(*fd - 1);
	*fd = 0;
}

void dest_free(struct dest *d)
{
	dest_drop(d, true);
	shut(&d->root);
	buf_free(&d->part);
	buf_free(&d->name);
}

bool dest_name_ok(struct span name)
{
	struct span one;
	bool more = true;

	while (more) {
		more = span_find(name, '/') < name.n;
		one = span_cut(&name, '/');
		if (!one.n || span_is(one, ".") || span_is(one, "..") || span_find(one, 0) < one.n)
			return false;
	}
	return true;
}

/* Opens the folder that holds the last element, which becomes d->name; 1 + descriptor, 0 = errno.
 */
static int parent(struct dest *d, struct span name)
{
	int at = 1 + dup(d->root - 1), next;
	struct span one = span_cut(&name, '/');

	if (d->as)
		one = span_str(d->as);
	for (; at && name.n; at = next, one = span_cut(&name, '/')) {
		buf_clear(&d->name);
		buf_put(&d->name, one);
		next = 1 + openat(at - 1, buf_cstr(&d->name),
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(at - 1);
	}
	buf_clear(&d->name);
	buf_put(&d->name, one);
	return at;
}

static void set_times(int fd, int64_t ticks)
{
	struct timespec t[2] = { { .tv_nsec = UTIME_OMIT } };

	ticks -= TICKS_UNIX_EPOCH;
	t[1].tv_sec = ticks / TICKS_PER_SEC - (ticks % TICKS_PER_SEC < 0);
	t[1].tv_nsec = (ticks - t[1].tv_sec * TICKS_PER_SEC) * 100;
	(void)futimens(fd, t);
}

int dest_folder(struct dest *d, struct span name, int64_t ticks, struct err *e)
{
	bool top = d->as && span_find(name, '/') == name.n, made;
	int at, fd = 0, mark = 0;

	if (!(at = parent(d, name)))
		return fail(e, name);
	made = mkdirat(at - 1, buf_cstr(&d->name), 0777) == 0;
	if (made || errno == EEXIST)
		fd = 1 + openat(at - 1, buf_cstr(&d->name),
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (!fd)
		fail(e, name);
	if (fd && top && made)
		mark = 1 + openat(fd - 1, PART, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd && ticks) {
		if (top)
			unlinkat(fd - 1, PART, 0);
		set_times(fd - 1, ticks);
	}
	shut(&mark);
	shut(&fd);
	close(at - 1);
	return e->code;
}

/* Whether a file may go over what stands there. 1: it is that already. */
static int look(struct dest *d, struct span name, bool resume, uint64_t size, int64_t ticks,
	struct err *e)
{
	struct stat st;

	if (fstatat(d->in - 1, buf_cstr(&d->name), &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return fail(e, name);
	}
	if (!S_ISREG(st.st_mode))
		return 0;
	if (!(st.st_mode & 0222) && !d->force)
		return err_set(e, E_USAGE, "'%.*s' is read-only: -Force copies over it.", SPAN_ARG(name));
	return resume && (uint64_t)st.st_size == size && ticks / TICKS_PER_SEC ==
		(TICKS_UNIX_EPOCH + st.st_mtim.tv_sec * TICKS_PER_SEC) / TICKS_PER_SEC;
}

int dest_begin(struct dest *d, struct span name, bool resume, uint64_t size, int64_t ticks,
	uint64_t *have, struct err *e)
{
	const int how = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	struct stat st;
	int r;

	dest_drop(d, resume);
	*have = 0;
	if (!(d->in = parent(d, name)))
		return fail(e, name);
	r = look(d, name, resume, size, ticks, e);
	if (r) {
		dest_drop(d, resume);
		return r;
	}
	buf_clear(&d->part);
	buf_put(&d->part, buf_span(&d->name));
	buf_puts(&d->part, PART);
	if (!resume)
		unlinkat(d->in - 1, buf_cstr(&d->part), 0);
	d->fd = 1 + openat(d->in - 1, buf_cstr(&d->part), how | (resume ? 0 : O_EXCL), 0666);
	if (!d->fd || fstat(d->fd - 1, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink > 1) {
		errno = d->fd ? EEXIST : errno;
		r = fail(e, name);
		dest_drop(d, true);
		return r;
	}
	*have = (uint64_t)st.st_size;
	return 0;
}

int dest_reread(struct dest *d, uint64_t n, void (*piece)(void *ctx, struct span bytes), void *ctx,
	struct err *e)
{
	uint8_t bytes[CHUNK];
	uint64_t at = 0;
	ssize_t got;

	while (at < n) {
		got = pread(d->fd - 1, bytes, n - at < CHUNK ? (size_t)(n - at) : CHUNK, (off_t)at);
		if (got <= 0)
			return fail(e, buf_span(&d->part));
		piece(ctx, span_of(bytes, (size_t)got));
		at += (uint64_t)got;
	}
	return 0;
}

int dest_cut(struct dest *d, uint64_t at, struct err *e)
{
	if (ftruncate(d->fd - 1, (off_t)at) < 0 || lseek(d->fd - 1, (off_t)at, SEEK_SET) < 0)
		return fail(e, buf_span(&d->part));
	return 0;
}

int dest_write(struct dest *d, struct span bytes, struct err *e)
{
	ssize_t n;

	if (bytes.n && !bytes.p[0] && !memcmp(bytes.p, bytes.p + 1, bytes.n - 1) &&
		lseek(d->fd - 1, (off_t)bytes.n, SEEK_CUR) > 0)
		return 0;               /* a hole */
	while (bytes.n) {
		n = write(d->fd - 1, bytes.p, bytes.n);
		if (n < 0 && errno != EINTR)
			return fail(e, buf_span(&d->part));
		bytes = span_sub(bytes, n > 0 ? (size_t)n : 0, bytes.n);
	}
	return 0;
}

int dest_commit(struct dest *d, int64_t ticks, bool read_only, struct err *e)
{
	struct stat st;
	int r = ftruncate(d->fd - 1, lseek(d->fd - 1, 0, SEEK_CUR));

	set_times(d->fd - 1, ticks);
	if (read_only && fstat(d->fd - 1, &st) == 0)
		(void)fchmod(d->fd - 1, st.st_mode & 0555);
	r |= close(d->fd - 1);
	d->fd = 0;
	if (r < 0 || renameat(d->in - 1, buf_cstr(&d->part), d->in - 1, buf_cstr(&d->name)) < 0) {
		r = fail(e, buf_span(&d->name));
		unlinkat(d->in - 1, buf_cstr(&d->part), 0);
	}
	shut(&d->in);
	return r;
}

int dest_sync(struct dest *d, struct err *e)
{
	return syncfs(d->root - 1) < 0 ? fail(e, buf_span(&d->name)) : 0;
}

void dest_drop(struct dest *d, bool keep)
{
	struct stat st;

	if (d->fd && (!keep || (fstat(d->fd - 1, &st) == 0 && !st.st_size)))
		unlinkat(d->in - 1, buf_cstr(&d->part), 0);
	shut(&d->fd);
	shut(&d->in);
}
