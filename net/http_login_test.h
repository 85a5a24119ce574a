/* A connection to tests/endpoint, where gss-ntlmssp accepts the login and opens the bodies, which
 * shares nothing with our own code. */
#ifndef NET_HTTP_LOGIN_TEST_H
#define NET_HTTP_LOGIN_TEST_H
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include "net/http_conn.h"
#include "net/spawn_io.h"
#include "tests/unit.h"

#define XML "application/soap+xml;charset=UTF-8"
#define IDENTIFY \
	"<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Header/><s:Body>" \
	"<i:Identify xmlns:i=\"http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd\"/>" \
	"</s:Body></s:Envelope>"

static struct loop *loop;
static struct stream *server;
static struct http_conn *conn;
static char folder[64], path[128];
static uint16_t port;
static struct secret *password;
static struct auth_cred cred;
static struct http_conn_cfg cfg;

static struct { int calls, status; struct err err; bool maybe_sent; char type[64],
	body[2000]; } got;
static struct buf said;                 /* the server's stdout */

static inline void on_server(void *ctx)
{
	uint8_t bytes[256];
	long n;

	(void)ctx;
	while ((n = stream_read(server, bytes, sizeof(bytes))) > 0)
		buf_put(&said, span_of(bytes, (size_t)n));
}

static inline void turn(void)
{
	struct err e = { 0 };

	CHECK_INT(loop_turn(loop, &e), 0);
}

static inline void write_file(const char *name, const char *text)
{
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static inline void remove_folder(void)
{
	static const char *const name[] = { "accounts", "log" };
	size_t i;

	for (i = 0; folder[0] && i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, name[i]);
		unlink(path);
	}
	if (folder[0])
		rmdir(folder);
	folder[0] = 0;
}

static int server_status;

static inline void server_ended(void *ctx, int status)
{
	*(int *)ctx = status;
}

/* Python says whether all is there; without it no test here can tell anything. */
static inline bool have_acceptor(void)
{
	static int status = -1;
	struct err e = { 0 };

	if (status >= 0)
		return status == 0;
	server = spawn_start(loop, &(struct spawn_cfg){ .argv = (const char *const[]){
		"/usr/bin/python3",
		"-c", "import gssapi, glob, sys; sys.exit(not glob.glob('/etc/gss/mech.d/*ntlmssp*'))",
		NULL }, .ended = server_ended, .ctx = &status }, &e);
	if (!server)
		status = 1;
	else
		server->ready = on_server;
	while (status < 0)
		turn();
	stream_close(server);
	server = NULL;
	return status == 0;
}

/* Starts the endpoint with up to three words more (or NULL), and a connection to it.
 * False = skip. */
static inline bool start(const char *auth, const char *option, const char *value, const char *third)
{
	static bool before;
	struct err e = { 0 };
	char accounts[128], log[128];

	if (!before)
		atexit(remove_folder);
	before = true;
	loop_free(loop);                        /* of a test that failed */
	remove_folder();
	loop = loop_new();
	if (!have_acceptor()) {
		printf("skip %s: needs python3-gssapi and gss-ntlmssp\n", unit_name);
		return false;
	}
	snprintf(folder, sizeof(folder), "%s/http-login-XXXXXX", P_tmpdir);
	CHECK(mkdtemp(folder));
	write_file("accounts", "WORKGROUP:demo:Secret-1\n");
	snprintf(accounts, sizeof(accounts), "%s/accounts", folder);
	snprintf(log, sizeof(log), "%s/log", folder);
	buf_init(&said, 1000);
	server = spawn_start(loop, &(struct spawn_cfg){ .argv = (const char *const[]){
		"tests/endpoint/serve", "--engine", "sh", "--account-file", accounts, "--log", log,
		"--auth", auth, "--until-eof", option, value, third, NULL }, .ended = server_ended,
		.ctx = &server_status }, &e);
	CHECK(server);
	server_status = -1;
	server->ready = on_server;
	while (!said.n || !memchr(said.p, '\n', said.n))
		turn();
	CHECK_INT(sscanf(buf_cstr(&said), "port %hu", &port), 1);
	password = secret_new();
	CHECK(secret_set(password, SPAN("Secret-1")));
	cred = (struct auth_cred){ SPAN("demo"), SPAN("WORKGROUP"), password };
	cfg = (struct http_conn_cfg){ .loop = loop, .host = "127.0.0.1", .port = port, .path = "/wsman",
		.schemes = HTTP_NEGOTIATE, .cred = &cred, .connect_ms = 20000, .body_max = 1000000 };
	return true;
}

static inline void stop(void)
{
	http_conn_free(conn);
	conn = NULL;
	stream_shut(server);
	while (server_status < 0)
		turn();
	CHECK_INT(server_status, 0);
	stream_close(server);
	loop_free(loop);
	loop = NULL;
	secret_free(password);
	buf_free(&said);
	remove_folder();
}

static inline int logged_requests(void)
{
	static char text[100000];
	char *at;
	int fd, n;
	ssize_t len;

	snprintf(path, sizeof(path), "%s/log", folder);
	fd = open(path, O_RDONLY);
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len < 0 ? 0 : len] = 0;
	for (at = text, n = 0; (at = strstr(at, "\"event\": \"request\"")); at++)
		n++;
	return n;
}

/* The server counts a request a moment after its answer is sent. */
static inline void check_requests(int want)
{
	int i;

	for (i = 0; i < 200 && logged_requests() < want; i++)
		usleep(10000);
	CHECK_INT(logged_requests(), want);
}

static inline void copy(char *to, size_t room, struct span s)
{
	snprintf(to, room, "%.*s", SPAN_ARG(s));
}

static inline void on_done(void *ctx, const struct http_reply *r)
{
	(void)ctx;
	got.calls++;
	got.status = r->status;
	got.maybe_sent = r->maybe_sent;
	got.err = r->err ? *r->err : (struct err){ 0 };
	copy(got.type, sizeof(got.type), r->type);
	copy(got.body, sizeof(got.body), r->body);
}

static inline void post(struct span body, uint32_t timeout_ms)
{
	if (!conn)
		conn = http_conn_new(&cfg);
	memset(&got, 0, sizeof(got));
	http_conn_post(conn, body, XML, timeout_ms, on_done, NULL);
	CHECK_INT(got.calls, 0);
	while (!got.calls)
		turn();
}

static inline void check_identified(void)
{
	post(SPAN(IDENTIFY), 20000);
	if (got.err.code)
		FAIL("%s", got.err.text);
	CHECK_INT(got.status, 200);
	CHECK_STR(got.type, XML);
	CHECK(strstr(got.body, "IdentifyResponse"));
}

static inline void check_fails(int code, const char *text)
{
	post(SPAN(IDENTIFY), 2000);
	if (!strstr(got.err.text, text))
		FAIL("\"%s\" has no \"%s\"", got.err.text, text);
	CHECK_INT(got.err.code, code);
	CHECK_INT(got.status, 0);
}
#endif
