#include "net/sock_io.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define ADDR_MAX 16
#define HOST_MAX 256
#define PATIENCE_MS 10000               /* for an address that has others behind it */
#define READS_MAX 256                   /* in one turn of the loop */

struct addr { socklen_t len; struct sockaddr_storage a; };

struct answer {                         /* what the resolving child writes */
	int failed;                     /* getaddrinfo's code */
	unsigned n;
	struct addr addr[ADDR_MAX];
};

struct sock {
	struct stream s;
	struct loop *loop;
	struct watch w;
	struct timer deadline, patience;
	uint32_t connect_ms;
	pid_t resolver;
	struct answer found;
	size_t found_n;                 /* bytes of found read so far */
	unsigned next;                  /* address to try */
	int failed;                     /* errno of the most telling failure so far */
	unsigned reads;                 /* since the loop had its turn */
	uint16_t port;
	int type;                       /* SOCK_STREAM or SOCK_DGRAM */
	char host[HOST_MAX];
};

static void try_next(struct sock *k);

static void drop_fd(struct sock *k)
{
	if (!k->w.link)
		return;
	loop_unwatch(k->loop, &k->w);
	close(k->w.fd);
}

static void quiet(struct sock *k)
{
	loop_disarm(k->loop, &k->deadline);
	loop_disarm(k->loop, &k->patience);
	if (k->resolver)
		loop_kill(k->loop, k->resolver);
	k->resolver = 0;
}

/* The connection will not come about; the error is recorded. */
static void give_up(void *ctx)
{
	struct sock *k = ctx;

	quiet(k);
	drop_fd(k);
	k->s.ready(k->s.ctx);
}

/* Of several addresses' failures the most telling is kept: somebody answered, nobody answered,
 * could not even try. */
static int rank(int no)
{
	return no == ECONNREFUSED ? 3 : no == ETIMEDOUT ? 2 : no != 0;
}

static void note_failure(struct sock *k, int no)
{
	if (rank(no) >= rank(k->failed))
		k->failed = no;
}

static void connect_failed(struct sock *k)
{
	if (k->failed == ECONNREFUSED)
		err_set(&k->s.err, E_NET, "connection to '%s' port %u refused: nothing listens there; is "
			"WinRM enabled (Enable-PSRemoting), and on this port?", k->host, k->port);
	else if (k->failed == ETIMEDOUT)
		err_set(&k->s.err, E_NET, "no answer from '%s' port %u: is the host up, and does a "
			"firewall let the port pass?", k->host, k->port);
	else if (k->failed == ENETUNREACH || k->failed == EHOSTUNREACH)
		err_set(&k->s.err, E_NET, "no route to '%s' port %u (%s): check this machine's network and "
			"the address", k->host, k->port, strerror(k->failed));
	else
		err_set(&k->s.err, E_NET, "connection to '%s' port %u failed: %s", k->host, k->port,
			strerror(k->failed));
	k->s.err.passing = k->failed != ECONNREFUSED;
	give_up(k);
}

static void timed_out(void *ctx)
{
	struct sock *k = ctx;

	if (k->resolver)
		err_set(&k->s.err, E_NET, "cannot resolve '%s' within %u s: no name server answers; check "
			"/etc/resolv.conf or use the address", k->host, (k->connect_ms + 999) / 1000);
	else
		err_set(&k->s.err, E_NET, "no answer from '%s' port %u within %u s: is the host up, and "
			"does a firewall let the port pass?", k->host, k->port, (k->connect_ms + 999) / 1000);
	give_up(k);
}

static void io_ready(void *ctx, short got)
{
	struct sock *k = ctx;

	k->reads = 0;
	k->w.want &= (short)~got;
	k->s.ready(k->s.ctx);
}

static void connected(struct sock *k)
{
	int fd = k->w.fd, on = 1;

	quiet(k);
	k->s.open = true;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	loop_watch(k->loop, &k->w, fd, POLLIN, io_ready, k);
	k->s.ready(k->s.ctx);
}

static void connect_ready(void *ctx, short got)
{
	struct sock *k = ctx;
	int no = 0;
	socklen_t len = sizeof(no);

	(void)got;
	if (getsockopt(k->w.fd, SOL_SOCKET, SO_ERROR, &no, &len) < 0)
		no = errno;
	if (!no) {
		connected(k);
		return;
	}
	note_failure(k, no);
	try_next(k);
}

static void too_slow(void *ctx)
{
	note_failure(ctx, ETIMEDOUT);
	try_next(ctx);
}

static bool start_connect(struct sock *k, struct addr *a)
{
	int fd = socket(a->a.ss_family, k->type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		note_failure(k, errno);
		return false;
	}
	if (connect(fd, (struct sockaddr *)&a->a, a->len) < 0 && errno != EINPROGRESS) {
		note_failure(k, errno);
		close(fd);
		return false;
	}
	loop_watch(k->loop, &k->w, fd, POLLOUT, connect_ready, k);
	return true;
}

static void try_next(struct sock *k)
{
	loop_disarm(k->loop, &k->patience);
	drop_fd(k);
	while (k->next < k->found.n) {
		if (!start_connect(k, &k->found.addr[k->next++]))
			continue;
		if (k->next < k->found.n)
			loop_arm(k->loop, &k->patience, PATIENCE_MS, too_slow, k);
		return;
	}
	connect_failed(k);
}

static int resolve(const char *host, uint16_t port, int flags, struct answer *out)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = flags | AI_NUMERICSERV };
	struct addrinfo *list, *a;
	char service[8];

	snprintf(service, sizeof(service), "%u", port);
	out->n = 0;
	out->failed = getaddrinfo(host, service, &hints, &list);
	if (out->failed)
		return out->failed;
	for (a = list; a && out->n < ADDR_MAX; a = a->ai_next) {
		if (a->ai_addrlen > sizeof(out->addr[0].a))
			continue;
		memcpy(&out->addr[out->n].a, a->ai_addr, a->ai_addrlen);
		out->addr[out->n++].len = a->ai_addrlen;
	}
	freeaddrinfo(list);
	return 0;
}

static void resolve_failed(struct sock *k)
{
	if (k->found.failed == EAI_AGAIN)
		err_set(&k->s.err, E_NET, "cannot resolve '%s': no name server answers; check "
			"/etc/resolv.conf or use the address", k->host);
	else
		err_set(&k->s.err, E_NET, "cannot resolve '%s': check the name or use its address",
			k->host);
	k->s.err.passing = k->found.failed == EAI_AGAIN;
	give_up(k);
}

static void resolver_said(void *ctx, short got)
{
	struct sock *k = ctx;
	uint8_t *p = (uint8_t *)&k->found;
	ssize_t n = read(k->w.fd, p + k->found_n, sizeof(k->found) - k->found_n);

	(void)got;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		k->found_n += (size_t)n;
	if (n > 0 && k->found_n < sizeof(k->found))
		return;
	k->resolver = 0;                /* it has written all: it is ending by itself */
	if (k->found_n < sizeof(k->found) || k->found.failed || !k->found.n || k->found.n > ADDR_MAX)
		resolve_failed(k);
	else
		try_next(k);
}

/* getaddrinfo blocks for as long as name servers are silent, so a child runs it. */
static void start_resolver(struct sock *k)
{
	struct answer found = { 0 };
	int fd[2];
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		err_set(&k->s.err, E_NET, "cannot resolve '%s': %s", k->host, strerror(errno));
		loop_arm(k->loop, &k->deadline, 0, give_up, k);
		return;
	}
	if (pid == 0) {
		signal(SIGTERM, SIG_DFL);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		resolve(k->host, k->port, AI_ADDRCONFIG, &found);
		_exit(write(fd[1], &found, sizeof(found)) != sizeof(found));
	}
	close(fd[1]);
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	k->resolver = pid;
	loop_child(k->loop, pid, NULL, NULL);
	loop_watch(k->loop, &k->w, fd[0], POLLIN, resolver_said, k);
}

static void try_first(void *ctx)
{
	struct sock *k = ctx;

	loop_arm(k->loop, &k->deadline, k->connect_ms, timed_out, k);
	try_next(k);
}

static int lost(struct sock *k)
{
	return err_set(&k->s.err, E_NET, "connection to '%s' lost (%s): try again", k->host,
		strerror(errno));
}

static long sock_read(struct stream *s, uint8_t *p, size_t n)
{
	struct sock *k = (struct sock *)s;
	ssize_t got;

	if (s->err.code || !s->open)
		return s->err.code ? s->err.code : E_AGAIN;
	/* Who sends faster than is read must not keep signals and timeouts waiting. */
	if (k->reads++ >= READS_MAX) {
		k->w.want |= POLLIN;
		return E_AGAIN;
	}
	got = recv(k->w.fd, p, n, 0);
	if (got >= 0)
		return got;
	if (errno == EAGAIN || errno == EINTR) {
		k->w.want |= POLLIN;
		return E_AGAIN;
	}
	return lost(k);
}

static long sock_write(struct stream *s, struct span in)
{
	struct sock *k = (struct sock *)s;
	ssize_t n;

	if (s->err.code || !s->open)
		return s->err.code ? s->err.code : E_AGAIN;
	n = send(k->w.fd, in.p, in.n, MSG_NOSIGNAL);
	if (n >= 0)
		return n;
	if (errno == EAGAIN || errno == EINTR) {
		k->w.want |= POLLOUT;
		return E_AGAIN;
	}
	return lost(k);
}

static void sock_shut(struct stream *s)
{
	if (s->open && !s->err.code)
		shutdown(((struct sock *)s)->w.fd, SHUT_WR);
}

static void sock_close(struct stream *s)
{
	struct sock *k = (struct sock *)s;

	quiet(k);
	drop_fd(k);
	free(k);
}

static const struct stream_ops sock_ops = { sock_read, sock_write, sock_shut, sock_close };

/* "localhost" and "." need no resolver, which a rescue system may lack. */
static void add_loopback(struct sock *k)
{
	struct answer one;

	resolve("127.0.0.1", k->port, AI_NUMERICHOST, &k->found);
	resolve("::1", k->port, AI_NUMERICHOST, &one);
	k->found.addr[k->found.n++] = one.addr[0];
}

static struct stream *start(struct loop *l, int type, const char *host, uint16_t port,
	uint32_t connect_ms)
{
	struct sock *k = calloc(1, sizeof(*k));
	struct span name = span_str(host);

	if (!k)
		oom();
	if (name.n > 2 && name.p[0] == '[' && name.p[name.n - 1] == ']')
		name = span_sub(name, 1, name.n - 2);
	k->s.ops = &sock_ops;
	k->loop = l;
	k->type = type;
	k->port = port;
	k->connect_ms = connect_ms;
	snprintf(k->host, sizeof(k->host), "%.*s", SPAN_ARG(name));
	if (span_is(name, ".") || span_is_ci(name, "localhost"))
		add_loopback(k);
	else
		resolve(k->host, port, AI_NUMERICHOST, &k->found);
	if (k->found.n) {
		loop_arm(l, &k->deadline, 0, try_first, k);
	} else if (!name.n || strlen(k->host) != name.n) {
		err_set(&k->s.err, E_NET, "'%s' is no host name", k->host);
		loop_arm(l, &k->deadline, 0, give_up, k);
	} else {
		loop_arm(l, &k->deadline, connect_ms, timed_out, k);
		start_resolver(k);
	}
	return &k->s;
}

struct stream *sock_connect(struct loop *l, const char *host, uint16_t port, uint32_t connect_ms)
{
	return start(l, SOCK_STREAM, host, port, connect_ms);
}

struct stream *sock_connect_udp(struct loop *l, const char *host, uint16_t port,
	uint32_t connect_ms)
{
	return start(l, SOCK_DGRAM, host, port, connect_ms);
}
