/* http_conn against tests/endpoint, where gss-ntlmssp accepts the login and opens the bodies, which
 * shares nothing with our own code. */
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

static void on_server(void *ctx)
{
	uint8_t bytes[256];
	long n;

	(void)ctx;
	while ((n = stream_read(server, bytes, sizeof(bytes))) > 0)
		buf_put(&said, span_of(bytes, (size_t)n));
}

static void turn(void)
{
	struct err e = { 0 };

	CHECK_INT(loop_turn(loop, &e), 0);
}

static void write_file(const char *name, const char *text)
{
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static int server_status;

static void server_ended(void *ctx, int status)
{
	*(int *)ctx = status;
}

/* Python says whether all is there; without it no test here can tell anything. */
static bool have_acceptor(void)
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
static bool start(const char *auth, const char *option, const char *value, const char *third)
{
	struct err e = { 0 };
	char accounts[128], log[128];

	loop_free(loop);                        /* of a test that failed */
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

static void stop(void)
{
	char *name[] = { "accounts", "log" };
	size_t i;

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
	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, name[i]);
		unlink(path);
	}
	rmdir(folder);
}

static int logged_requests(void)
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
static void check_requests(int want)
{
	int i;

	for (i = 0; i < 200 && logged_requests() < want; i++)
		usleep(10000);
	CHECK_INT(logged_requests(), want);
}

static void copy(char *to, size_t room, struct span s)
{
	snprintf(to, room, "%.*s", SPAN_ARG(s));
}

static void on_done(void *ctx, const struct http_reply *r)
{
	(void)ctx;
	got.calls++;
	got.status = r->status;
	got.maybe_sent = r->maybe_sent;
	got.err = r->err ? *r->err : (struct err){ 0 };
	copy(got.type, sizeof(got.type), r->type);
	copy(got.body, sizeof(got.body), r->body);
}

static void post(struct span body, uint32_t timeout_ms)
{
	if (!conn)
		conn = http_conn_new(&cfg);
	memset(&got, 0, sizeof(got));
	http_conn_post(conn, body, XML, timeout_ms, on_done, NULL);
	CHECK(!http_conn_idle(conn));
	CHECK_INT(got.calls, 0);
	while (!got.calls)
		turn();
	CHECK(http_conn_idle(conn));
}

static void check_identified(void)
{
	post(SPAN(IDENTIFY), 20000);
	if (got.err.code)
		FAIL("%s", got.err.text);
	CHECK_INT(got.status, 200);
	CHECK_STR(got.type, XML);
	CHECK(strstr(got.body, "IdentifyResponse"));
}

static void check_fails(int code, const char *text)
{
	post(SPAN(IDENTIFY), 2000);
	if (!strstr(got.err.text, text))
		FAIL("\"%s\" has no \"%s\"", got.err.text, text);
	CHECK_INT(got.err.code, code);
	CHECK_INT(got.status, 0);
}

TEST(the_first_body_rides_with_the_last_token)
{
	if (!start("negotiate,ntlm,basic", NULL, NULL, NULL))
		return;
	check_identified();
	check_requests(2);
	check_identified();
	check_identified();
	check_requests(4);
	stop();
}

TEST(the_login_may_go_alone)
{
	if (!start("negotiate", "--style", "omi", NULL))
		return;
	cfg.login_alone = true;
	check_identified();
	check_requests(3);
	stop();
}

TEST(chunked_answers_are_opened)
{
	if (!start("negotiate", "--chunked", NULL, NULL))
		return;
	check_identified();
	stop();
}

TEST(raw_ntlm_logs_in_too)
{
	if (!start("ntlm", NULL, NULL, NULL))
		return;
	cfg.schemes = HTTP_NTLM;
	check_identified();
	check_identified();
	check_requests(3);
	stop();
}

TEST(the_offered_one_of_the_allowed_schemes_is_found)
{
	if (!start("ntlm,basic", NULL, NULL, NULL))
		return;
	cfg.schemes = HTTP_NEGOTIATE | HTTP_NTLM;
	check_identified();
	check_requests(3);
	stop();
}

TEST(basic_goes_with_every_body)
{
	if (!start("basic", "--allow-unencrypted", NULL, NULL))
		return;
	cfg.schemes = HTTP_BASIC;
	check_fails(E_AUTH, "Basic protects nothing that is sent over HTTP");
	check_requests(0);
	http_conn_free(conn);
	conn = NULL;
	cfg.allow_clear = true;
	check_identified();
	check_identified();
	check_requests(2);
	stop();
}

static void check_digest(const char *offer, const char *option, const char *value, int want)
{
	int i;

	if (!start(offer, "--allow-unencrypted", option, value))
		return;
	cfg.schemes = HTTP_DIGEST;
	cfg.allow_clear = true;
	for (i = 0; i < 3; i++) {
		check_identified();
		usleep(50000);                  /* so that the end of a connection is seen */
	}
	check_requests(want);
	stop();
}

TEST(digest_asks_for_a_challenge_once_and_goes_with_every_body)
{
	check_digest("digest", NULL, NULL, 4);
	check_digest("basic,digest-odd,digest-md5", NULL, NULL, 4);
	check_digest("digest-sha256,digest", NULL, NULL, 4);
	check_digest("digest-sha256-sess", "--fault", "close", 4);
}

TEST(a_stale_nonce_costs_one_more_request)
{
	check_digest("digest-sha256", "--nonce-uses", "2", 5);
	check_digest("digest", "--nonce-uses", "1", 6);
}

TEST(digest_with_a_wrong_password_is_tried_once_only)
{
	if (!start("digest", "--allow-unencrypted", NULL, NULL))
		return;
	CHECK(secret_set(password, SPAN("wrong")));
	cfg.schemes = HTTP_DIGEST;
	cfg.allow_clear = true;
	check_fails(E_AUTH, "login at '127.0.0.1' by Digest failed: the user name or password is "
		"incorrect");
	check_requests(2);
	stop();
}

TEST(a_nonce_that_is_stale_at_once_is_no_loop)
{
	if (!start("digest", "--allow-unencrypted", "--nonce-uses", "0"))
		return;
	cfg.schemes = HTTP_DIGEST;
	cfg.allow_clear = true;
	check_fails(E_PEER, "asks for a login again and again");
	stop();
}

TEST(a_scheme_that_is_not_offered_is_an_error_that_names_what_is)
{
	if (!start("basic", NULL, NULL, NULL))
		return;
	check_fails(E_AUTH, "the server offers Basic, not Negotiate: try -Authentication Basic");
	CHECK(!got.maybe_sent);
	stop();
}

TEST(a_wrong_password_is_tried_once_only)
{
	if (!start("negotiate", NULL, NULL, NULL))
		return;
	CHECK(secret_set(password, SPAN("wrong")));
	check_fails(E_AUTH, "access to '127.0.0.1' denied: the user name or password is incorrect");
	check_requests(2);
	CHECK(!got.maybe_sent);
	CHECK(secret_set(password, SPAN("Secret-1")));
	check_identified();
	stop();
}

TEST(large_bodies_go_through)
{
	char *big = malloc(700000);

	if (!start("negotiate", NULL, NULL, NULL))
		return;
	memset(big, 'x', 700000);
	post(span_of(big, 700000), 20000);
	CHECK_INT(got.err.code, 0);
	CHECK_INT(got.status, 500);             /* a fault: it is too large, and no XML */
	CHECK(strstr(got.body, "Fault"));
	check_identified();
	check_requests(3);
	free(big);
	stop();
}

TEST(a_forgotten_context_means_one_new_login_and_the_same_body)
{
	if (!start("negotiate", "--fault", "forget@2", NULL))
		return;
	check_identified();
	check_identified();
	check_requests(5);
	stop();
}

TEST(a_connection_closed_while_idle_is_made_anew)
{
	if (!start("negotiate", "--fault", "close", NULL))
		return;
	check_identified();
	usleep(50000);                          /* seen when the next request is about to go */
	check_identified();
	check_requests(4);
	stop();
}

static void check_fault(const char *fault, int code, const char *text)
{
	if (!start("negotiate", "--fault", fault, NULL))
		return;
	check_fails(code, text);
	stop();
}

TEST(wrong_sealing_is_refused)
{
	check_fault("bad-seal", E_PEER, "the encrypted answer of '127.0.0.1' cannot be trusted");
	CHECK(got.maybe_sent);
	check_fault("plain-reply", E_PEER, "answered an encrypted request in clear");
}

TEST(an_answer_sent_twice_is_refused)
{
	if (!start("negotiate", "--fault", "replay-seal@2", NULL))
		return;
	check_identified();
	check_fails(E_PEER, "cannot be trusted");
	stop();
}

TEST(servers_that_are_no_winrm_are_told_apart)
{
	check_fault("html", E_PEER, "answers with a web page (HTTP 200), not as WinRM");
	CHECK(!got.maybe_sent);
	check_fault("not-found", E_PEER,
		"has no '/wsman' (HTTP 404): check -Port and -ApplicationName");
	check_fault("empty-200", E_PEER, "gave an empty answer (HTTP 200)");
	check_fault("empty", E_PEER, "(an empty reply): is it WinRM that listens there?");
	check_fault("garbage", E_PEER, "unusable answer from '127.0.0.1' port ");
	check_fault("endless-headers", E_LIMIT, "(endless headers)");
	check_fault("endless-body", E_LIMIT, "(a larger answer than is accepted)");
	check_fault("drop", E_NET, "lost");
	check_fault("no-auth-offer", E_AUTH, "offers no way to log in");
	check_fault("401-loop", E_AUTH, "denied");
}

TEST(failures_in_the_middle_tell_that_the_request_may_have_arrived)
{
	check_fault("html@1", E_PEER, "web page");
	CHECK(got.maybe_sent);
	check_fault("empty-200@1", E_PEER, "gave an empty answer (HTTP 200)");
	CHECK(got.maybe_sent);
	check_fault("empty@1", E_NET, "closed the connection without an answer");
	CHECK(got.maybe_sent);
	check_fault("truncate@1", E_PEER, "(a truncated answer)");
	CHECK(got.maybe_sent);
	check_fault("silent@1", E_NET, "no answer from '127.0.0.1' port ");
	CHECK(got.maybe_sent);
	check_fault("drop@1", E_NET, "lost");
	CHECK(got.maybe_sent);
}
