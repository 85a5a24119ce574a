#include "core/keeper_dir_io.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "lib/buf.h"
#include "lib/num.h"
#include "net/local_io.h"

enum { ID_MAX = 99999, BACKLOG = 64, NOTE_CHUNK = 4096 };
/* What is being bound; whoever holds the folder's lock may take it away. */
#define UNNAMED ".new"
#define WAY_OUT "PSSESSION_DIR can name another folder"

struct name { char s[sizeof((struct keeper_place){ 0 }.name)]; };

static struct name name_of(int32_t id)
{
	struct name n;

	snprintf(n.s, sizeof(n.s), "%s%u", id < 0 ? "tty" : "", id < 0 ? 0 - (unsigned)id :
		(unsigned)id);
	return n;
}

static struct name note_of(int32_t id)
{
	struct name n;

	snprintf(n.s, sizeof(n.s), ".%d", (int)id);
	return n;
}

/* Before the session is open */
static struct name reserved_of(int32_t id)
{
	struct name n;

	snprintf(n.s, sizeof(n.s), ".new%d", (int)id);
	return n;
}

/* The folder */

/* Whether a folder of ours is there or may be made by us: below somebody else's (an XDG_RUNTIME_DIR
 * that su has left behind) or on a read-only file system is no place. */
static bool fits(const char *parent, const char *path, bool must_be_ours)
{
	struct stat st;

	if (stat(parent, &st) < 0 || (must_be_ours && st.st_uid != geteuid()))
		return false;
	return lstat(path, &st) == 0 || access(parent, W_OK | X_OK) == 0;
}

static void find_path(struct buf *path)
{
	const char *set = getenv("PSSESSION_DIR"), *run = getenv("XDG_RUNTIME_DIR");

	if (set && *set) {
		buf_puts(path, set);
		return;
	}
	if (run && *run == '/') {
		buf_printf(path, "%s/pssession", run);
		if (!buf_failed(path) && fits(run, buf_cstr(path), true))
			return;
		buf_clear(path);
	}
	if (geteuid() == 0 && fits("/run", "/run/pssession", true))
		buf_puts(path, "/run/pssession");
	else
		buf_printf(path, "/tmp/pssession-%lu", (unsigned long)geteuid());
}

/* Others must not get in, nor have made it for us. */
static int check_folder(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(e, E_USAGE, "The session folder '%s' cannot be read: %s.", path,
			strerror(errno));
	if (st.st_uid != geteuid())
		return err_set(e, E_USAGE, "The session folder '%s' belongs to user %lu, not to you: it is "
			"not used; " WAY_OUT ".", path, (unsigned long)st.st_uid);
	if ((st.st_mode & 0777) != 0700)
		return err_set(e, E_USAGE, "The session folder '%s' has mode %03o instead of 700: it is "
			"not used. chmod 700 makes it safe, or " WAY_OUT ".", path,
			(unsigned)st.st_mode & 0777);
	return 0;
}

static int folder_failed(const char *path, const char *what, struct err *e)
{
	bool link = errno == ELOOP || errno == ENOTDIR;

	return err_set(e, E_USAGE, "The session folder '%s' %s (%s); " WAY_OUT ".", path, what,
		link ? "it is a link or no folder" : strerror(errno));
}

/* A descriptor of the folder; E_AGAIN when there is none and it is not to be made. */
static int open_folder(bool make, struct err *e)
{
	const int how = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	struct buf path;
	const char *p;
	int fd;

	buf_init(&path, 4096);
	find_path(&path);
	p = buf_failed(&path) ? "" : buf_cstr(&path);
	while (path.n > 1 && path.p[path.n - 1] == '/')         /* or it would follow a link */
		path.p[--path.n] = 0;
	if (*p != '/') {
		fd = err_set(e, E_USAGE, "PSSESSION_DIR is no absolute path: '%s'.", p);
		goto out;
	}
	fd = open(p, how);
	if (fd < 0 && errno == ENOENT && !make) {
		fd = E_AGAIN;
		goto out;
	}
	if (fd < 0 && errno == ENOENT) {
		if (mkdir(p, 0700) < 0 && errno != EEXIST) {
			fd = folder_failed(p, "cannot be made", e);
			goto out;
		}
		fd = open(p, how);
	}
	if (fd < 0) {
		fd = folder_failed(p, "cannot be used", e);
	} else if (check_folder(fd, p, e) < 0) {
		close(fd);
		fd = e->code;
	}
out:
	buf_free(&path);
	return fd;
}

/* Sockets in it */

/* bind() and connect() know no descriptors of folders: this goes there and back. */
static int in_folder(int dir, int (*call)(int, const struct sockaddr *, socklen_t), int fd,
	const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int back = open(".", O_PATH | O_CLOEXEC), r = -1, no;

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", name);
	if (fchdir(dir) == 0)
		r = call(fd, (struct sockaddr *)&a, sizeof(a));
	no = errno;
	if (back < 0 || fchdir(back) < 0)
		r = chdir("/") < 0 ? -1 : r;
	if (back >= 0)
		close(back);
	errno = no;
	return r;
}

static int new_socket(int type)
{
	return socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static bool is_socket(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(st.st_mode);
}

/* A descriptor connected to the name, or -1 with errno: ECONNREFUSED is a stale one, EAGAIN one
 * that does not get around to answering, ENOENT none or no socket. */
static int dial(int dir, const char *name, int type)
{
	int fd, no;

	if (!is_socket(dir, name)) {
		errno = ENOENT;
		return -1;
	}
	fd = new_socket(type);
	if (fd >= 0 && in_folder(dir, connect, fd, name) < 0) {
		no = errno;
		close(fd);
		errno = no;
		fd = -1;
	}
	return fd;
}

/* With the folder locked: whether there is such a name; one that nobody answers under any more is
 * freed. Whoever answers does not notice (EPROTOTYPE): on a terminal he would leave. */
static bool taken(int dir, const char *name)
{
	int fd = dial(dir, name, SOCK_DGRAM);
	struct stat st;

	if (fd >= 0)
		close(fd);
	else if (errno == ECONNREFUSED)
		unlinkat(dir, name, 0);
	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A listening socket under UNNAMED, or -1 with errno. */
static int listen_unnamed(int dir)
{
	int fd = new_socket(SOCK_STREAM), no;

	unlinkat(dir, UNNAMED, 0);
	if (fd >= 0 && in_folder(dir, bind, fd, UNNAMED) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	no = errno;
	if (fd >= 0)
		close(fd);
	errno = no;
	return -1;
}

/* Links it under the first free id of those given, reserved; false with errno. Where a note lies
 * beside a name somebody listens, or it has not been told that he was killed. */
static bool link_unnamed(struct keeper_place *p, int32_t from, int32_t to)
{
	struct name name;
	int32_t id;

	for (id = from; id <= to; id++) {
		name = reserved_of(id);
		if ((is_socket(p->dir, name_of(id).s) && taken(p->dir, note_of(id).s)) ||
			taken(p->dir, name_of(id).s) || taken(p->dir, name.s))
			continue;
		p->id = id;
		memcpy(p->name, name.s, sizeof(p->name));
		return linkat(p->dir, UNNAMED, p->dir, p->name, 0) == 0;
	}
	errno = EMFILE;
	return false;
}

static int reserve(struct keeper_place *p, int32_t from, int32_t to, struct err *e)
{
	*p = (struct keeper_place){ .dir = -1, .fd = -1, .pid = getpid() };
	p->dir = open_folder(true, e);
	if (p->dir < 0)
		return e->code;
	flock(p->dir, LOCK_EX);
	p->fd = listen_unnamed(p->dir);
	if (p->fd < 0 || !link_unnamed(p, from, to))
		err_set(e, E_USAGE, "The session cannot be given a name in its folder: %s; " WAY_OUT ".",
			strerror(errno));
	unlinkat(p->dir, UNNAMED, 0);
	flock(p->dir, LOCK_UN);
	if (e->code) {
		if (p->fd >= 0)
			close(p->fd);
		close(p->dir);
		p->fd = -1;
	}
	return e->code;
}

int keeper_reserve(struct keeper_place *p, int32_t id, struct err *e)
{
	return reserve(p, id, ID_MAX, e);
}

int keeper_listen(struct keeper_place *p, int32_t id, struct err *e)
{
	return keeper_reserve(p, id, e) < 0 ? e->code : keeper_show(p, e);
}

int keeper_listen_tty(struct keeper_place *p, int32_t dev, struct err *e)
{
	return reserve(p, -dev, -dev, e) < 0 ? e->code : keeper_show(p, e);
}

/* Who answers under the name, which is safe against whatever happened to the folder: 1 we, or it
 * cannot be seen (too many wait for us, no descriptor is free), 0 nobody, -1 another. */
static int who_answers(const struct keeper_place *p)
{
	int fd = dial(p->dir, p->name, SOCK_STREAM), r;
	int32_t pid = 0;
	uid_t uid;

	if (fd < 0)
		return errno != ENOENT && errno != ECONNREFUSED;
	r = local_peer(fd, &uid, &pid) && pid == p->pid ? 1 : -1;
	close(fd);
	return r;
}

int keeper_show(struct keeper_place *p, struct err *e)
{
	struct name name = name_of(p->id);
	int dir = *p->name == '.' ? open_folder(true, e) : -1;  /* whether others find us there */

	if (dir >= 0)
		close(dir);
	if (e->code) {
		keeper_unlisten(p);
		return e->code;
	}
	p->pid = getpid();
	listen(p->fd, BACKLOG);                 /* so that who connects sees us behind it */
	if (linkat(p->dir, p->name, p->dir, name.s, 0) == 0) {
		unlinkat(p->dir, p->name, 0);
		memcpy(p->name, name.s, sizeof(p->name));
		return 0;
	}
	if (*p->name != '.' && who_answers(p) > 0)
		return 0;
	keeper_unlisten(p);
	return keeper_listen(p, p->id, e) < 0 ? e->code : 1;
}

void keeper_unlisten(struct keeper_place *p)
{
	int who;

	if (p->fd < 0)
		return;
	flock(p->dir, LOCK_EX);
	who = who_answers(p);
	if (who >= 0)
		unlinkat(p->dir, note_of(p->id).s, 0);
	if (who > 0)
		unlinkat(p->dir, p->name, 0);
	close(p->fd);
	close(p->dir);                          /* and the lock */
	p->fd = p->dir = -1;
}

void keeper_note(const struct keeper_place *p, struct span text)
{
	int fd = openat(p->dir, note_of(p->id).s, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK |
		O_CLOEXEC, 0600);
	ssize_t n;

	if (fd < 0)
		return;
	n = write(fd, text.p, text.n);
	if (n >= 0)                             /* else the old one stays, also for one killed here */
		n = ftruncate(fd, n);
	close(fd);
}

bool keeper_noted(int32_t id, struct buf *out, bool dead)
{
	struct err e = { 0 };
	int dir = open_folder(false, &e), fd = -1;
	bool left = !dead;
	uint8_t *p;
	ssize_t n;

	if (dead && dir >= 0 && flock(dir, LOCK_EX) == 0)
		left = !taken(dir, name_of(id).s);
	if (dir >= 0 && left)
		fd = openat(dir, note_of(id).s, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	while (fd >= 0 && (p = buf_room(out, NOTE_CHUNK)) && (n = read(fd, p, NOTE_CHUNK)) > 0)
		buf_add(out, (size_t)n);
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && dead && unlinkat(dir, note_of(id).s, 0) < 0)
		fd = -1;
	if (dir >= 0)
		close(dir);
	return fd >= 0;
}

static bool trusted(int fd, int32_t *pid)
{
	uid_t uid;

	return local_peer(fd, &uid, pid) && (uid == geteuid() || uid == 0);
}

struct stream *keeper_accept(struct loop *l, const struct keeper_place *p, int32_t *pid)
{
	int fd = accept4(p->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return NULL;
	if (trusted(fd, pid))
		return local_stream(l, fd);
	close(fd);
	return NULL;
}

struct stream *keeper_dial_pid(struct loop *l, int32_t id, int32_t *pid, struct err *e)
{
	struct name name = name_of(id);
	int dir = open_folder(false, e), fd = -1;

	if (dir < 0 && dir != E_AGAIN)
		return NULL;
	errno = ENOENT;
	if (dir >= 0)
		fd = dial(dir, name.s, SOCK_STREAM);
	if (fd < 0 && errno != ENOENT && errno != ECONNREFUSED) {
		err_set(e, E_NET, "The session %d does not answer: %s.", (int)id,
			errno == EAGAIN ? "too many wait for it already" : strerror(errno));
	} else if (fd < 0) {
		err_set(e, E_USAGE, "There is no session with the Id %d.", (int)id);
	} else if (!trusted(fd, pid)) {
		close(fd);
		fd = err_set(e, E_USAGE, "The session %d belongs to another user.", (int)id);
	}
	if (dir >= 0)
		close(dir);
	return fd < 0 ? NULL : local_stream(l, fd);
}

struct stream *keeper_dial(struct loop *l, int32_t id, struct err *e)
{
	int32_t pid;

	return keeper_dial_pid(l, id, &pid, e);
}

static void insert(int32_t *v, size_t *n, int32_t id)
{
	size_t i = (*n)++;

	for (; i && v[i - 1] > id; i--)
		v[i] = v[i - 1];
	v[i] = id;
}

int keeper_ids(int32_t *v, size_t max, size_t *n, struct err *e)
{
	int dir = open_folder(false, e);
	struct dirent *d;
	uint64_t id;
	DIR *names;

	*n = 0;
	if (dir < 0)
		return dir == E_AGAIN ? 0 : dir;
	names = fdopendir(dir);
	if (!names)
		oom();
	while (*n < max && (d = readdir(names)))
		if (d->d_name[0] != '0' && num_u64(span_str(d->d_name), &id) && id <= ID_MAX &&
			is_socket(dir, d->d_name))
			insert(v, n, (int32_t)id);
	closedir(names);
	return 0;
}
