#include "net/spawn_io.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DIAG_ROUNDS 32                  /* reads that empty a full pipe */

struct spawn {
	struct stream s;
	struct loop *loop;
	struct watch in, out, diag;     /* our ends of its standard streams; link NULL = closed */
	struct timer ending;
	pid_t pid;                      /* 0 = reaped */
	int status;
	int rounds;
	bool read_all;
	void (*diag_to)(void *ctx, struct span text);
	void (*ended)(void *ctx, int status);
	void *ctx;
};

static void close_watch(struct spawn *p, struct watch *w)
{
	if (!w->link)
		return;
	loop_unwatch(p->loop, w);
	close(w->fd);
}

static void in_ready(void *ctx, short got)
{
	struct spawn *p = ctx;

	p->in.want &= (short)~got;
	p->s.ready(p->s.ctx);
}

static void out_ready(void *ctx, short got)
{
	struct spawn *p = ctx;

	p->out.want &= (short)~got;
	p->s.ready(p->s.ctx);
}

/* Hands on a piece of stderr, after which the stream may be closed; false if there is none now. */
static bool read_diag(struct spawn *p)
{
	uint8_t text[4096];
	ssize_t n;

	if (!p->diag.link)
		return false;
	n = read(p->diag.fd, text, sizeof(text));
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		close_watch(p, &p->diag);
	if (n <= 0)
		return false;
	p->diag_to(p->ctx, span_of(text, (size_t)n));
	return true;
}

static void diag_ready(void *ctx, short got)
{
	(void)got;
	read_diag(ctx);
}

/* What the child wrote to stderr is read first, a piece a turn. Its end is not waited for: somebody
 * whom the child left behind may hold it open (ssh's ControlPersist). */
static void tell_end(void *ctx)
{
	struct spawn *p = ctx;

	loop_arm(p->loop, &p->ending, 0, tell_end, p);
	if (p->rounds++ < DIAG_ROUNDS && read_diag(p))
		return;
	loop_disarm(p->loop, &p->ending);
	close_watch(p, &p->diag);
	if (p->ended)
		p->ended(p->ctx, p->status);
}

static void reaped(void *ctx, int status)
{
	struct spawn *p = ctx;

	p->pid = 0;
	p->status = status;
	if (p->read_all)
		loop_arm(p->loop, &p->ending, 0, tell_end, p);
	else
		p->s.ready(p->s.ctx);
}

static long spawn_read(struct stream *s, uint8_t *to, size_t n)
{
	struct spawn *p = (struct spawn *)s;
	ssize_t got;

	if (p->read_all)
		return 0;
	got = read(p->out.fd, to, n);
	if (got > 0)
		return got;
	if (got < 0 && (errno == EINTR || (errno == EAGAIN && p->pid))) {
		p->out.want |= POLLIN;
		return E_AGAIN;
	}
	p->read_all = true;             /* also when an ended child left the pipe to somebody else */
	close_watch(p, &p->out);
	if (!p->pid)
		loop_arm(p->loop, &p->ending, 0, tell_end, p);
	return 0;
}

/* A child that reads no more is no failure of the stream, or its last words would be lost: the
 * bytes vanish, and reading tells of its end. */
static long spawn_write(struct stream *s, struct span in)
{
	struct spawn *p = (struct spawn *)s;
	ssize_t n;

	if (!p->in.link)
		return (long)in.n;
	n = write(p->in.fd, in.p, in.n);
	if (n >= 0)
		return n;
	if (errno == EAGAIN || errno == EINTR) {
		p->in.want |= POLLOUT;
		return E_AGAIN;
	}
	close_watch(p, &p->in);
	return (long)in.n;
}

static void spawn_shut(struct stream *s)
{
	struct spawn *p = (struct spawn *)s;

	close_watch(p, &p->in);
}

static void spawn_close(struct stream *s)
{
	struct spawn *p = (struct spawn *)s;

	close_watch(p, &p->in);
	close_watch(p, &p->out);
	close_watch(p, &p->diag);
	loop_disarm(p->loop, &p->ending);
	if (p->pid)
		loop_kill(p->loop, p->pid);
	free(p);
}

static const struct stream_ops spawn_ops = { spawn_read, spawn_write, spawn_shut, spawn_close };

static bool runnable(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

bool spawn_find(const char *name, struct buf *out)
{
	const char *env = getenv("PATH");
	struct span path = span_str(env ? env : "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");

	while (path.n && *name && !strchr(name, '/')) {
		struct span dir = span_cut(&path, ':');

		/* never a program that lies in the current folder */
		if (!dir.n || dir.p[0] != '/')
			continue;
		buf_clear(out);
		buf_printf(out, "%.*s/%s", SPAN_ARG(dir), name);
		if (!buf_failed(out) && runnable(buf_cstr(out)))
			return true;
	}
	buf_clear(out);
	return false;
}

const char *spawn_choose(const char *wanted, const char *known, struct arena *a)
{
	struct span rest = span_str(known);
	const char *found = NULL;
	struct buf path;

	if (wanted && *wanted)
		return wanted;
	buf_init(&path, 4096);
	while (rest.n && !found) {
		const char *name = arena_str(a, span_cut(&rest, ','));

		if (name && spawn_find(name, &path))
			found = arena_str(a, buf_span(&path));
	}
	buf_free(&path);
	return found;
}

/* [0] reads; exec carries errno of an exec that failed */
struct pipes { int in[2], out[2], diag[2], exec[2]; };

static void close_pair(int fd[2])
{
	if (fd[0] >= 0)
		close(fd[0]);
	if (fd[1] >= 0)
		close(fd[1]);
	fd[0] = fd[1] = -1;
}

static bool open_pipes(struct pipes *f, bool diag)
{
	*f = (struct pipes){ { -1, -1 }, { -1, -1 }, { -1, -1 }, { -1, -1 } };
	if (pipe2(f->in, O_CLOEXEC) == 0 && pipe2(f->out, O_CLOEXEC) == 0 &&
	    pipe2(f->exec, O_CLOEXEC) == 0 && (!diag || pipe2(f->diag, O_CLOEXEC) == 0))
		return true;
	close_pair(f->in);
	close_pair(f->out);
	close_pair(f->exec);
	return false;
}

/* First above 2, because one of ours is there already when we were started with a closed standard
 * stream. */
static int above_std(int fd)
{
	return fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static _Noreturn void run_child(const struct pipes *f, const char *path,
	const struct spawn_cfg *cfg)
{
	int in = above_std(f->in[0]), out = above_std(f->out[1]), diag = above_std(f->diag[1]);
	int tell = above_std(f->exec[1]), no;
	ssize_t n;

	if (cfg->apart)
		setsid();
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(in, 0) == 0 && dup2(out, 1) == 1 && (diag < 0 || dup2(diag, 2) == 2))
		execv(path, (char *const *)cfg->argv);
	no = errno;
	n = write(tell, &no, sizeof(no));
	(void)n;
	_exit(127);
}

/* The child's pid once it has become the program, or -1 with errno. */
static pid_t start_child(struct pipes *f, const char *path, const struct spawn_cfg *cfg)
{
	int no = 0;
	ssize_t n;
	pid_t pid = fork();

	if (pid == 0)
		run_child(f, path, cfg);
	if (pid < 0)
		return -1;
	close(f->exec[1]);
	f->exec[1] = -1;
	do
		n = read(f->exec[0], &no, sizeof(no));
	while (n < 0 && errno == EINTR);
	if (n != sizeof(no))
		return pid;
	waitpid(pid, NULL, 0);
	errno = no;
	return -1;
}

int spawn_output(const char *const *argv, struct buf *out)
{
	struct spawn_cfg cfg = { .argv = argv, .apart = true };
	int status = -1;
	struct pipes f;
	uint8_t *room;
	ssize_t n = 1;
	pid_t pid;

	if (!spawn_find(argv[0], out) || !open_pipes(&f, true))
		return E_NET;
	if ((pid = start_child(&f, buf_cstr(out), &cfg)) > 0) {
		close(f.out[1]);
		f.out[1] = -1;
		close_pair(f.in);
		close_pair(f.diag);
		buf_clear(out);
		while ((n > 0 || (n < 0 && errno == EINTR)) && (room = buf_room(out, 4096)))
			if ((n = read(f.out[0], room, 4096)) > 0)
				buf_add(out, (size_t)n);
	}
	close_pair(f.in);
	close_pair(f.out);
	close_pair(f.diag);
	close_pair(f.exec);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0 ? 0 : E_NET;
}

static void watch_end(struct spawn *p, struct watch *w, int *fd, short want,
	void (*ready)(void *, short))
{
	fcntl(*fd, F_SETFL, O_NONBLOCK);
	loop_watch(p->loop, w, *fd, want, ready, p);
	*fd = -1;
}

struct stream *spawn_start(struct loop *l, const struct spawn_cfg *cfg, struct err *e)
{
	const char *name = cfg->argv[0];
	struct spawn *p = NULL;
	struct pipes f;
	struct buf path;
	pid_t pid;

	buf_init(&path, 4096);
	if (strchr(name, '/')) {
		buf_puts(&path, name);
	} else if (!spawn_find(name, &path)) {
		err_set(e, E_NET, "program '%s' not found on PATH: install it, or give its full path",
			name);
		goto out;
	}
	if (!open_pipes(&f, cfg->diag != NULL)) {
		err_set(e, E_NET, "cannot start '%s': %s", name, strerror(errno));
		goto out;
	}
	pid = start_child(&f, buf_cstr(&path), cfg);
	if (pid < 0) {
		err_set(e, E_NET, "cannot start '%s': %s", name, strerror(errno));
		goto close;
	}
	p = calloc(1, sizeof(*p));
	if (!p)
		oom();
	*p = (struct spawn){ .s = { .ops = &spawn_ops, .open = true }, .loop = l, .pid = pid,
		.diag_to = cfg->diag, .ended = cfg->ended, .ctx = cfg->ctx };
	watch_end(p, &p->in, &f.in[1], 0, in_ready);
	watch_end(p, &p->out, &f.out[0], POLLIN, out_ready);
	if (cfg->diag)
		watch_end(p, &p->diag, &f.diag[0], POLLIN, diag_ready);
	loop_child(l, pid, reaped, p);
close:
	close_pair(f.in);
	close_pair(f.out);
	close_pair(f.diag);
	close_pair(f.exec);
out:
	buf_free(&path);
	return p ? &p->s : NULL;
}
