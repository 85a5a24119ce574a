#include "net/local_io.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct local {
	struct stream s;
	struct loop *loop;
	struct watch w;
};

static void io_ready(void *ctx, short got)
{
	struct local *k = ctx;

	k->w.want &= (short)~got;
	k->s.ready(k->s.ctx);
}

/* What a failed call means: try again when poll says so, or the other end is gone. */
static long failed(struct local *k, short want)
{
	if (errno != EAGAIN && errno != EINTR)
		return err_set(&k->s.err, E_NET, "the connection was lost (%s)", strerror(errno));
	k->w.want |= want;
	return E_AGAIN;
}

static long local_read(struct stream *s, uint8_t *p, size_t n)
{
	struct local *k = (struct local *)s;
	ssize_t got;

	if (s->err.code)
		return s->err.code;
	got = recv(k->w.fd, p, n, MSG_DONTWAIT);
	return got >= 0 ? got : failed(k, POLLIN);
}

static long local_write(struct stream *s, struct span in)
{
	struct local *k = (struct local *)s;
	ssize_t n;

	if (s->err.code)
		return s->err.code;
	n = send(k->w.fd, in.p, in.n, MSG_NOSIGNAL | MSG_DONTWAIT);
	return n >= 0 ? n : failed(k, POLLOUT);
}

static void local_shut(struct stream *s)
{
	shutdown(((struct local *)s)->w.fd, SHUT_WR);
}

static void local_close(struct stream *s)
{
	struct local *k = (struct local *)s;

	loop_unwatch(k->loop, &k->w);
	close(k->w.fd);
	free(k);
}

static const struct stream_ops local_ops = { local_read, local_write, local_shut, local_close };

struct stream *local_stream(struct loop *l, int fd)
{
	struct local *k = calloc(1, sizeof(*k));

	if (!k)
		oom();
	k->s = (struct stream){ .ops = &local_ops, .open = true };
	k->loop = l;
	loop_watch(l, &k->w, fd, POLLIN, io_ready, k);
	return &k->s;
}

bool local_peer(int fd, uid_t *uid, int32_t *pid)
{
	struct ucred who;
	socklen_t n = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) < 0 || n != sizeof(who))
		return false;
	*uid = who.uid;
	*pid = who.pid;
	return true;
}
