#include "lib/tree_io.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/num.h"
#include "lib/utf.h"
#include "lib/wild.h"

enum { DEPTH_MAX = 200, NAME_MAX_LEN = 32768 };

struct tree_level { struct tree_level *up; DIR *dir; struct stat st; size_t name_n, depth; };

static void close_level(struct tree *t)
{
	struct tree_level *l = t->level;

	t->level = l->up;
	closedir(l->dir);
	free(l);
}

void tree_free(struct tree *t)
{
	while (t->level)
		close_level(t);
	buf_free(&t->name);
}

void tree_start(struct tree *t, const char *path, bool recurse)
{
	tree_free(t);
	*t = (struct tree){ .top = path, .recurse = recurse };
	buf_init(&t->name, NAME_MAX_LEN);
}

static int fail(const struct tree *t, struct err *e)
{
	return err_set(e, E_USAGE, "'%.*s': %s", SPAN_ARG(buf_span(&t->name)), strerror(errno));
}

static void set_entry(const struct tree *t, enum tree_kind kind, const struct stat *st,
	struct tree_entry *en)
{
	*en = (struct tree_entry){ .kind = kind, .fd = -1, .name = buf_span(&t->name),
		.size = (uint64_t)st->st_size, .read_only = !(st->st_mode & 0222),
		.ticks = TICKS_UNIX_EPOCH + st->st_mtim.tv_sec * TICKS_PER_SEC +
			st->st_mtim.tv_nsec / 100 };
}

/* The last element of a path, or where . and .. and / lead, what that is called. */
static bool top_name(const char *path, struct buf *out)
{
	char *real = NULL;
	size_t n = strlen(path), from;

	while (n > 1 && path[n - 1] == '/')
		n--;
	for (from = n; from && path[from - 1] != '/'; from--)
		;
	if (path[from] == '.' || from == n) {
		if (!(real = realpath(path, NULL)))
			return false;
		path = real;
		n = strlen(path);
		for (from = n; path[from - 1] != '/'; from--)
			;
	}
	buf_put(out, n > from ? span_of(path + from, n - from) : SPAN("root"));
	free(real);
	return true;
}

static int enter(struct tree *t, int fd, const struct stat *st, struct err *e)
{
	struct tree_level *l;
	DIR *dir;

	if (t->level && t->level->depth >= DEPTH_MAX) {
		close(fd);
		errno = ENAMETOOLONG;
		return fail(t, e);
	}
	if (!(dir = fdopendir(fd))) {
		close(fd);
		return fail(t, e);
	}
	if (!(l = malloc(sizeof(*l))))
		oom();
	*l = (struct tree_level){ .up = t->level, .dir = dir, .st = *st, .name_n = t->name.n,
		.depth = t->level ? t->level->depth + 1 : 0 };
	t->level = l;
	return 0;
}

/* What the name in the folder `at` is; how: O_NOFOLLOW unless the user has named it. Devices and
 * the like are not opened. */
static int look(struct tree *t, int at, const char *name, int how, struct tree_entry *en,
	struct err *e)
{
	struct stat st;
	int fd;

	if (fstatat(at, name, &st, how ? AT_SYMLINK_NOFOLLOW : 0) < 0)
		return err_set(e, E_USAGE, "'%s': %s", name, strerror(errno));
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
		if (!how)
			return err_set(e, E_USAGE, "'%s' is no ordinary file: it cannot be copied", name);
		set_entry(t, TREE_OTHER, &st, en);
		return 0;
	}
	fd = openat(at, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | how);
	if (fd < 0 || fstat(fd, &st) < 0)
		return fail(t, e);
	set_entry(t, S_ISDIR(st.st_mode) ? TREE_FOLDER : TREE_FILE, &st, en);
	if (!S_ISDIR(st.st_mode))
		en->fd = fd;
	else if (t->recurse)
		return enter(t, fd, &st, e);
	else
		close(fd);
	return 0;
}

static bool is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

int tree_next(struct tree *t, struct tree_entry *en, struct err *e)
{
	struct tree_level *l = t->level;
	const char *top = t->top;
	struct dirent *d;

	*en = (struct tree_entry){ .fd = -1 };
	if (top) {
		t->top = NULL;
		if (top_name(top, &t->name))
			return look(t, AT_FDCWD, top, 0, en, e);
		buf_puts(&t->name, top);
		return fail(t, e);
	}
	if (!l)
		return 0;
	t->name.n = l->name_n;
	do {
		errno = 0;
		d = readdir(l->dir);
	} while (d && is_dots(d->d_name));
	if (!d) {
		set_entry(t, TREE_FOLDER_END, &l->st, en);
		close_level(t);
		return errno ? fail(t, e) : 0;
	}
	buf_putc(&t->name, '/');
	buf_puts(&t->name, d->d_name);
	if (buf_failed(&t->name) || !utf8_valid(span_str(d->d_name))) {
		t->name.failed = false;
		return err_set(e, E_USAGE, "'%.*s': the name is too long, or not in UTF-8",
			SPAN_ARG(buf_span(&t->name)));
	}
	return look(t, dirfd(l->dir), d->d_name, O_NOFOLLOW, en, e);
}

long tree_read(int fd, uint8_t *p, size_t n, struct err *e)
{
	size_t got = 0;
	ssize_t r = 1;

	while (got < n && r) {
		r = read(fd, p + got, n - got);
		if (r < 0 && errno != EINTR)
			return err_set(e, E_USAGE, "cannot be read: %s", strerror(errno));
		got += r > 0 ? (size_t)r : 0;
	}
	return (long)got;
}

/* path: what was found so far, with a slash at its end; rest: of the pattern. */
static void match(struct buf *path, struct span rest, bool hidden, struct buf *out)
{
	bool last = span_find(rest, '/') == rest.n;
	struct span one = span_cut(&rest, '/');
	size_t n = path->n;
	struct dirent *d = NULL;
	DIR *dir = NULL;

	if (!one.n && last) {
		buf_put(out, span_of(buf_cstr(path), n + 1));
		return;
	}
	if (wild_is(one) && !(dir = opendir(n ? buf_cstr(path) : ".")))
		return;
	while (!dir || (d = readdir(dir))) {
		struct span name = dir ? span_str(d->d_name) : one;

		if (!dir || (wild_match(one, name, true) && !is_dots(d->d_name) &&
			(hidden || *d->d_name != '.' || *one.p == '.'))) {
			path->n = n;
			buf_put(path, name);
			if (last && access(buf_cstr(path), F_OK) == 0)
				buf_put(out, span_of(path->p, path->n + 1));
			buf_putc(path, '/');
			if (!last)
				match(path, rest, hidden, out);
		}
		if (!dir)
			return;
	}
	closedir(dir);
}

void tree_match(const char *pattern, bool hidden, struct buf *out)
{
	struct buf path;

	buf_init(&path, NAME_MAX_LEN);
	match(&path, span_str(pattern), hidden, out);
	buf_free(&path);
}
