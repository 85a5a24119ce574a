/* A connection and a FAKE peer: a child process that reads requests and plays the answers of a
 * script, whatever was asked. */
#ifndef NET_HTTP_CONN_TEST_H
#define NET_HTTP_CONN_TEST_H
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "net/http_conn.h"
#include "tests/unit.h"

#define XML "application/soap+xml;charset=UTF-8"
#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml; charset=utf-8\r\n"
#define OK_REPLY OK_HEAD "Content-Length: 7\r\n\r\n<reply/"
#define EMPTY "HTTP/1.1 200 Success\r\nContent-Length: 0\r\n\r\n"
#define BAD "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
/* A server's NTLM challenge, from a recording; any will do for a client that trusts no one yet. */
#define CHALLENGE "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nWWW-Authenticate: NTLM " \
	"TlRMTVNTUAACAAAABAAEADgAAAA1gorixU4quE+I9RUAAAAAAAAAAEIAQgA8AAAABgIAAAAAAA9WAE0AAQAEAFYATQ" \
	"ACABYAVwBPAFIASwBTAFQAQQBUAEkATwBOAAMABAB2AG0ABgAEAAAAAAAHAAgAOJRDCKN53QEAAAAA\r\n\r\n"

#define REFUSED(offer) "HTTP/1.1 401 x\r\nContent-Length: 0\r\nWWW-Authenticate: " offer "\r\n"

enum { CLOSE = 1, STALL = 2, TRICKLE = 4 };     /* after the answer: end, say nothing; and how */
struct step { const char *reply; int how; };

static struct loop *loop;
static struct http_conn *conn;
static struct http_conn_cfg cfg;
static struct auth_cred cred;
static struct secret *password;
static pid_t peer;
static int heard;                       /* the peer tells the requests here */
static char asked[100000];
static size_t asked_n;

static struct { int calls, status; struct err err; bool maybe_sent, cut; char type[64],
	body[2000]; } got;

/* A head, and as many bytes as its Content-Length says. False at the end. */
static inline bool read_request(int fd, int tell)
{
	static char text[100000];
	size_t n = 0, want = 0;
	char *end, *len;

	while (!want || n < want) {
		if (n >= sizeof(text) - 1 || read(fd, text + n, 1) != 1)
			return false;
		text[++n] = 0;
		end = strstr(text, "\r\n\r\n");
		len = strstr(text, "Content-Length: ");
		if (end && span_starts(span_str(text), "CONNECT "))
			break;
		if (!want && end && len)
			want = (size_t)(end + 4 - text) + (size_t)strtol(len + 16, NULL, 10);
	}
	return write(tell, text, n) == (ssize_t)n && write(tell, "\n--\n", 4) == 4;
}

static inline void say(int fd, const struct step *s)
{
	size_t i, n = strlen(s->reply);

	for (i = 0; s->how & TRICKLE && i < n; i++) {
		if (send(fd, s->reply + i, 1, MSG_NOSIGNAL) != 1)
			return;
		usleep(200);
	}
	if (!(s->how & TRICKLE) && send(fd, s->reply, n, MSG_NOSIGNAL) < 0)
		return;
}

static inline _Noreturn void play(int listening, int tell, const struct step *s, size_t n)
{
	const struct step *end = s + n;
	int fd = -1;

	alarm(30);
	while (s < end) {
		if (fd < 0)
			fd = accept(listening, NULL, NULL);
		if (!read_request(fd, tell)) {
			close(fd);
			fd = -1;
			continue;
		}
		say(fd, s);
		while (s->how & STALL)
			pause();
		if (s->how & CLOSE) {
			close(fd);
			fd = -1;
		}
		s++;
	}
	while (fd >= 0 && read_request(fd, tell))
		;
	_exit(0);
}

static inline void stop(void)
{
	http_conn_free(conn);
	conn = NULL;
	loop_free(loop);
	loop = NULL;
	if (peer > 0) {
		kill(peer, SIGKILL);
		waitpid(peer, NULL, 0);
		close(heard);
	}
	peer = 0;
	secret_free(password);
	password = NULL;
}

static inline void start(const struct step *s, size_t n)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0), tell[2];

	if (loop)
		stop();                         /* of a test that failed */
	CHECK(bind(fd, (struct sockaddr *)&a, len) == 0 && listen(fd, 8) == 0 && pipe(tell) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&a, &len) == 0);
	peer = fork();
	if (peer == 0)
		play(fd, tell[1], s, n);
	close(fd);
	close(tell[1]);
	heard = tell[0];
	loop = loop_new();
	password = secret_new();
	CHECK(secret_set(password, SPAN("Secret-1")));
	cred = (struct auth_cred){ SPAN("demo"), SPAN(""), password };
	cfg = (struct http_conn_cfg){ .loop = loop, .host = "127.0.0.1", .port = ntohs(a.sin_port),
		.path = "/wsman", .schemes = HTTP_BASIC, .allow_clear = true, .cred = &cred,
		.connect_ms = 10000, .body_max = 1000 };
}

#define START(...) start((const struct step[]){ __VA_ARGS__ }, \
	sizeof((const struct step[]){ __VA_ARGS__ }) / sizeof(struct step))

static inline void on_done(void *ctx, const struct http_reply *r)
{
	(void)ctx;
	got.calls++;
	got.status = r->status;
	got.maybe_sent = r->maybe_sent;
	got.cut = r->cut;
	got.err = r->err ? *r->err : (struct err){ 0 };
	snprintf(got.type, sizeof(got.type), "%.*s", SPAN_ARG(r->type));
	snprintf(got.body, sizeof(got.body), "%.*s", SPAN_ARG(r->body));
}

static inline void wait_done(void)
{
	struct err e = { 0 };

	while (!got.calls)
		CHECK_INT(loop_turn(loop, &e), 0);
}

static inline void post(uint32_t timeout_ms)
{
	if (!conn)
		conn = http_conn_new(&cfg);
	memset(&got, 0, sizeof(got));
	http_conn_post(conn, SPAN("<ask/>"), XML, timeout_ms, on_done, NULL);
	wait_done();
}

static inline void check_reply(void)
{
	post(10000);
	if (got.err.code)
		FAIL("%s", got.err.text);
	CHECK_INT(got.status, 200);
	CHECK_STR(got.body, "<reply/");
}

static inline void check_fails(uint32_t ms, int code, const char *text, bool maybe_sent)
{
	post(ms);
	if (!strstr(got.err.text, text))
		FAIL("\"%s\" has no \"%s\"", got.err.text, text);
	CHECK_INT(got.err.code, code);
	CHECK_INT(got.maybe_sent, maybe_sent);
}

/* How often the peer's requests hold a text; sealed ones are binary. */
static inline int count(const char *text)
{
	const char *at = asked, *end = asked + asked_n;
	int n = 0;

	while ((at = memmem(at, (size_t)(end - at), text, strlen(text)))) {
		at++;
		n++;
	}
	return n;
}

/* Ends the connection and reads what the peer heard. The number of requests. */
static inline int requests(void)
{
	ssize_t n;

	http_conn_free(conn);
	conn = NULL;
	usleep(20000);
	kill(peer, SIGKILL);
	asked_n = 0;
	while ((n = read(heard, asked + asked_n, sizeof(asked) - asked_n)) > 0)
		asked_n += (size_t)n;
	return count("\n--\n");
}
#endif
