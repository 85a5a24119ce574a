#include "net/sock_io.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/unit.h"

static struct loop *loop;
static struct stream *s;
static int calls;
static struct err e;

static void on_ready(void *ctx)
{
	(void)ctx;
	calls++;
}

/* A listening socket on a free port of 127.0.0.1. */
static int listener(int backlog, uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&a, len) == 0 && listen(fd, backlog) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&a, &len) == 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static void begin(const char *host, uint16_t port, uint32_t ms)
{
	loop = loop_new();
	calls = 0;
	s = sock_connect(loop, host, port, ms);
	s->ready = on_ready;
}

static void until_ready(void)
{
	int was = calls;

	while (calls == was)
		CHECK_INT(loop_turn(loop, &e), 0);
}

static void done(void)
{
	stream_close(s);
	loop_free(loop);
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
}

static void check_connects(const char *host, uint16_t port)
{
	begin(host, port, 5000);
	CHECK_INT(calls, 0);
	until_ready();
	CHECK(s->open);
	CHECK_INT(s->err.code, 0);
	done();
}

TEST(numeric_and_loopback_names_connect)
{
	uint16_t port;
	int fd = listener(10, &port);

	check_connects("127.0.0.1", port);
	check_connects("localhost", port);
	check_connects("LocalHost", port);
	check_connects(".", port);
	check_connects("[::ffff:127.0.0.1]", port);
	close(fd);
}

TEST(a_name_is_resolved_by_a_child)
{
	char name[256];
	uint16_t port;
	int fd = listener(10, &port);

	CHECK_INT(gethostname(name, sizeof(name)), 0);
	begin(name, port, 5000);
	until_ready();
	/* whatever it resolves to, nothing but an answer of the system comes */
	if (!s->open)
		CHECK_INT(s->err.code, E_NET);
	done();
	close(fd);
}

static void check_fails(const char *host, uint16_t port, uint32_t ms, const char *text)
{
	uint8_t byte;

	begin(host, port, ms);
	until_ready();
	CHECK(!s->open);
	CHECK_INT(s->err.code, E_NET);
	if (!strstr(s->err.text, text))
		FAIL("\"%s\" has no \"%s\"", s->err.text, text);
	CHECK_INT(stream_read(s, &byte, 1), E_NET);
	CHECK_INT(stream_write(s, SPAN("x")), E_NET);
	done();
}

TEST(failures_name_host_port_and_way_out)
{
	uint16_t port;

	close(listener(1, &port));
	check_fails("127.0.0.1", port, 5000, "refused: nothing listens there; is WinRM enabled "
		"(Enable-PSRemoting), and on this port?");
	check_fails("localhost", port, 5000, "'localhost'");
	check_fails("", port, 5000, "no host name");
	check_fails("no-such-host.invalid", port, 8000, "cannot resolve 'no-such-host.invalid'");
	check_fails("a b", port, 8000, "cannot resolve 'a b'");
}

TEST(a_host_that_is_silent_ends_at_the_deadline)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd[8], listening, i;
	uint16_t port;

	listening = listener(0, &port);         /* with a full backlog it answers nothing */
	a.sin_port = htons(port);
	for (i = 0; i < 8; i++) {
		fd[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(fd[i], (struct sockaddr *)&a, sizeof(a));
	}
	check_fails("127.0.0.1", port, 300, "within 1 s");
	for (i = 0; i < 8; i++)
		close(fd[i]);
	close(listening);
}

TEST(closing_early_leaves_nothing_behind)
{
	begin("no-such-host.invalid", 1, 5000);
	done();
	begin("127.0.0.1", 1, 5000);
	done();
}

TEST(bytes_go_both_ways_and_each_end_is_told)
{
	uint8_t bytes[16];
	uint16_t port;
	int fd = listener(10, &port), peer;
	struct span much = span_of(calloc(1, 1 << 24), 1 << 24);
	long n;

	begin("127.0.0.1", port, 5000);
	CHECK_INT(stream_read(s, bytes, 1), E_AGAIN);   /* not before it is open */
	CHECK_INT(stream_write(s, SPAN("x")), E_AGAIN);
	until_ready();
	peer = accept(fd, NULL, NULL);
	CHECK_INT(stream_write(s, SPAN("hello")), 5);
	CHECK_INT(read(peer, bytes, sizeof(bytes)), 5);
	CHECK_INT(write(peer, "answer", 6), 6);
	until_ready();
	CHECK_INT(stream_read(s, bytes, 4), 4);
	CHECK_INT(stream_read(s, bytes, 4), 2);
	CHECK_INT(stream_read(s, bytes, 4), E_AGAIN);
	while ((n = stream_write(s, much)) > 0)
		;
	CHECK_INT(n, E_AGAIN);
	fcntl(peer, F_SETFL, O_NONBLOCK);
	while (read(peer, (void *)much.p, much.n) > 0)
		;
	until_ready();
	stream_shut(s);
	CHECK_INT(write(peer, "x", 1), 1);
	until_ready();
	CHECK_INT(stream_read(s, bytes, 4), 1);
	CHECK_INT(stream_read(s, bytes, 4), E_AGAIN);
	close(peer);
	until_ready();
	n = stream_read(s, bytes, 4);
	CHECK(n == 0 || n == E_NET);            /* an end, or a reset for what the peer did not read */
	done();
	close(fd);
	free((void *)much.p);
}

TEST(a_peer_that_resets_is_a_failure_in_words)
{
	struct linger hard = { 1, 0 };
	uint8_t byte;
	uint16_t port;
	int fd = listener(10, &port), peer;

	begin("127.0.0.1", port, 5000);
	until_ready();
	CHECK_INT(stream_read(s, &byte, 1), E_AGAIN);
	peer = accept(fd, NULL, NULL);
	setsockopt(peer, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(peer);
	until_ready();
	CHECK_INT(stream_read(s, &byte, 1), E_NET);
	CHECK(strstr(s->err.text, "connection to '127.0.0.1' lost"));
	CHECK_INT(stream_write(s, SPAN("x")), E_NET);
	done();
	close(fd);
}

TEST(datagrams_go_both_ways_whole)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(a);
	uint8_t got[16];

	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&a, len) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&a, &len) == 0);
	loop = loop_new();
	s = sock_connect_udp(loop, "127.0.0.1", ntohs(a.sin_port), 5000);
	s->ready = on_ready;
	until_ready();
	CHECK(s->open);
	CHECK_INT(stream_write(s, SPAN("question")), 8);
	CHECK_INT(recvfrom(fd, got, sizeof(got), 0, (struct sockaddr *)&a, &len), 8);
	CHECK_INT(stream_read(s, got, sizeof(got)), E_AGAIN);
	CHECK_INT(sendto(fd, "", 0, 0, (struct sockaddr *)&a, len), 0);
	CHECK_INT(sendto(fd, "answer", 6, 0, (struct sockaddr *)&a, len), 6);
	until_ready();
	CHECK_INT(stream_read(s, got, sizeof(got)), 0);
	CHECK_INT(stream_read(s, got, sizeof(got)), 6);
	close(fd);
	CHECK_INT(stream_write(s, SPAN("lost")), 4);
	CHECK_INT(stream_read(s, got, sizeof(got)), E_NET);
	done();
}
