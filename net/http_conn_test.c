/* http_conn against a FAKE peer. What a real acceptor says is in http_login_test.c. */
#include "net/http_conn_test.h"

TEST(a_connection_is_used_again)
{
	START({ OK_REPLY, 0 }, { OK_REPLY, TRICKLE }, { OK_HEAD "Transfer-Encoding: chunked\r\n\r\n"
		"3\r\n<re\r\n4;x=y\r\nply/\r\n0\r\n\r\n", 0 });
	check_reply();
	CHECK_STR(got.type, "application/soap+xml; charset=utf-8");
	check_reply();
	check_reply();
	CHECK_INT(requests(), 3);
	CHECK_INT(count("POST /wsman HTTP/1.1\r\nHost: 127.0.0.1:"), 3);
	CHECK_INT(count("\r\nAuthorization: Basic ZGVtbzpTZWNyZXQtMQ==\r\n"), 3);
	CHECK_INT(count("\r\nContent-Type: " XML "\r\n"), 3);
	stop();
}

TEST(a_server_that_closes_after_each_answer_gets_new_connections)
{
	START({ OK_REPLY, CLOSE }, { "HTTP/1.0 200 OK\r\nContent-Type: application/soap+xml\r\n\r\n"
		"<reply/", CLOSE }, { OK_HEAD "Connection: close\r\nContent-Length: 7\r\n\r\n<reply/", 0 },
		{ OK_REPLY "junk", 0 }, { OK_REPLY, 0 });
	check_reply();
	usleep(20000);
	check_reply();
	check_reply();
	check_reply();
	check_reply();
	CHECK_INT(requests(), 5);
	stop();
}

TEST(redirects_are_named_and_not_followed)
{
	START({
		"HTTP/1.1 302 Found\r\nLocation: http://evil.example/wsman\r\nContent-Length: 0\r\n\r\n",
		0 });
	check_fails(1000, E_REMOTE, "redirects to 'http://evil.example/wsman', which is not followed",
		true);
	CHECK_INT(requests(), 1);
	stop();
}

TEST(statuses_are_told_in_words)
{
#define STATUS(s) \
	{ "HTTP/1.1 " s " x\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nno", 0 }
	START(STATUS("403"), STATUS("404"), STATUS("407"), STATUS("503"), STATUS("500"),
		{ "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", 0 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0 });
	check_fails(1000, E_AUTH, "HTTP 403", true);
	check_fails(1000, E_PEER, "has no '/wsman' (HTTP 404)", true);
	check_fails(1000, E_NET, "a proxy", true);
	check_fails(1000, E_NET, "is the WinRM service running there?", true);
	check_fails(1000, E_PEER, "a web page (HTTP 500)", true);
	check_fails(1000, E_PEER, "does not answer as WinRM (HTTP 200)", true);
	check_fails(1000, E_PEER, "an empty answer (HTTP 200)", true);
	stop();
}

TEST(a_fault_is_an_answer)
{
	START({
		"HTTP/1.1 500 Internal\r\nContent-Type: Application/SOAP+xml\r\nContent-Length: 7\r\n\r\n"
		"<fault/", 0 });
	post(1000);
	CHECK_INT(got.err.code, 0);
	CHECK_INT(got.status, 500);
	CHECK_STR(got.body, "<fault/");
	stop();
}

TEST(a_connection_lost_in_the_middle_is_not_made_anew)
{
	START({ OK_REPLY, 0 }, { "", CLOSE }, { OK_REPLY, 0 });
	check_reply();
	check_fails(1000, E_NET, "closed the connection without an answer", true);
	check_reply();
	CHECK_INT(requests(), 3);
	stop();
}

TEST(silence_ends_with_the_time_allowed)
{
	START({ "", STALL });
	check_fails(150, E_NET, "no answer from '127.0.0.1' port ", true);
	stop();
}

TEST(an_answer_too_large_is_refused)
{
	START({ OK_HEAD "Content-Length: 1001\r\n\r\n", CLOSE });
	post(1000);             /* still within what sealing might add */
	CHECK_INT(got.err.code, E_PEER);
	stop();
	START({ OK_HEAD "Content-Length: 99999\r\n\r\n", 0 });
	check_fails(1000, E_LIMIT, "(a larger answer than is accepted)", true);
	stop();
}

TEST(another_scheme_is_taken_only_if_allowed)
{
	START({ REFUSED("Basic realm=\"x\"") "Connection: close\r\n\r\n", CLOSE }, { OK_REPLY, 0 });
	cfg.schemes = HTTP_NEGOTIATE | HTTP_BASIC;
	check_reply();
	CHECK_INT(requests(), 2);
	CHECK_INT(count("Authorization: Negotiate "), 1);
	CHECK_INT(count("Authorization: Basic "), 1);
	CHECK_INT(count("<ask/>"), 1);
	stop();
	START({ REFUSED("Basic realm=\"x\"") "\r\n", 0 });
	cfg.schemes = HTTP_NEGOTIATE | HTTP_NTLM;
	check_fails(1000, E_AUTH, "the server offers Basic, not Negotiate", false);
	CHECK_INT(requests(), 1);
	CHECK_INT(count("<ask/>"), 0);
	stop();
	START({ REFUSED("Basic realm=\"x\"") "\r\n", 0 });
	cfg.schemes = HTTP_NEGOTIATE | HTTP_BASIC;
	cfg.allow_clear = false;
	check_fails(1000, E_AUTH, "Basic protects nothing that is sent over HTTP", false);
	CHECK_INT(requests(), 1);
	stop();
}

TEST(schemes_offered_in_turns_are_no_loop)
{
	START({ REFUSED("NTLM") "\r\n", 0 }, { REFUSED("Negotiate") "\r\n", 0 },
		{ REFUSED("NTLM") "\r\n", 0 });
	cfg.schemes = HTTP_NEGOTIATE | HTTP_NTLM;
	check_fails(1000, E_AUTH, "login at '127.0.0.1' failed: the server offers", false);
	CHECK_INT(requests(), 2);
	stop();
}

TEST(basic_is_refused_once)
{
	START({ REFUSED("Basic realm=\"x\"") "\r\n", 0 });
	check_fails(1000, E_AUTH, "access to '127.0.0.1' denied", false);
	CHECK_INT(requests(), 1);
	stop();
}

TEST(a_malformed_token_is_refused)
{
	START({ REFUSED("NTLM !!!!") "\r\n", 0 });
	cfg.schemes = HTTP_NTLM;
	check_fails(1000, E_AUTH, "denied", false);
	stop();
	START({ REFUSED("NTLM TlRM*") "\r\n", 0 });
	cfg.schemes = HTTP_NTLM;
	check_fails(1000, E_AUTH, "denied", false);
	stop();
	START({ REFUSED("NTLM TlRM") "\r\n", 0 });
	cfg.schemes = HTTP_NTLM;
	check_fails(1000, E_PEER, "login at '127.0.0.1' by NTLM failed: ", false);
	stop();
	START({ REFUSED("NTLM A") "\r\n", 0 });
	cfg.schemes = HTTP_NTLM;
	check_fails(1000, E_PEER, "its token is malformed", false);
	stop();
}

TEST(a_login_that_ends_the_connection_cannot_work)
{
	START({ REFUSED("NTLM TlRM") "Connection: close\r\n\r\n", CLOSE });
	cfg.schemes = HTTP_NTLM;
	check_fails(1000, E_PEER, "closes the connection during the login: is a proxy in between?",
		false);
	stop();
}

/* The end comes with the answer, or a moment later. */
TEST(a_cut_in_the_middle_of_a_login_is_the_network_s)
{
	for (int i = 0; i < 20; i++) {
		START({ CHALLENGE, CLOSE });
		cfg.schemes = HTTP_NTLM;
		post(1000);
		CHECK(got.err.code == E_NET || got.cut);
		stop();
	}
}

/* After the second login the token must go alone, and the body behind it. */
static void check_login_alone(const char *overlooked)
{
	START({ CHALLENGE, 0 }, { overlooked, 0 }, { CHALLENGE, 0 },
		{ EMPTY, 0 },
		{ "HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n", 0 });
	cfg.schemes = HTTP_NTLM;
	check_fails(1000, E_NET, "(HTTP 503)", true);
	CHECK_INT(requests(), 5);
	CHECK_INT(count("<ask/>"), 0);
	CHECK_INT(count("Content-Length: 0\r\n"), 3);
	stop();
}

TEST(a_server_that_overlooks_the_riding_body_gets_it_again)
{
	check_login_alone(BAD);
	check_login_alone(EMPTY);
}

TEST(an_unsealed_answer_is_not_believed)
{
	START({ CHALLENGE, 0 }, { OK_REPLY, 0 });
	cfg.schemes = HTTP_NTLM;
	check_fails(1000, E_PEER, "answered an encrypted request in clear", true);
	stop();
	START({ CHALLENGE, 0 }, { "HTTP/1.1 200 OK\r\nContent-Type: multipart/encrypted;"
		"protocol=\"application/HTTP-SPNEGO-session-encrypted\";boundary=\"Encrypted Boundary\"\r\n"
		"Content-Length: 7\r\n\r\n<reply/", 0 });
	cfg.schemes = HTTP_NTLM;
	check_fails(1000, E_PEER, "the encrypted answer of '127.0.0.1' cannot be trusted", true);
	stop();
}

TEST(a_400_instead_of_a_401_means_one_new_login)
{
	START({ CHALLENGE, 0 }, { EMPTY, 0 }, { BAD, 0 }, { CHALLENGE, 0 }, { EMPTY, 0 }, { BAD, 0 });
	cfg.schemes = HTTP_NTLM;
	cfg.login_alone = true;
	check_fails(1000, E_PEER, "HTTP 400", true);
	CHECK_INT(requests(), 6);
	stop();
}

static void post_again(void *ctx, const struct http_reply *r)
{
	int *left = ctx;

	CHECK(!r->err);
	if ((*left)-- > 0)
		http_conn_post(conn, SPAN("<ask/>"), XML, 1000, post_again, ctx);
	else
		on_done(NULL, r);
}

static void free_it(void *ctx, const struct http_reply *r)
{
	http_conn_free(conn);
	conn = NULL;
	on_done(ctx, r);
}

TEST(done_may_post_again_or_free_the_connection)
{
	int left = 3;

	START({ OK_REPLY, 0 }, { OK_REPLY, 0 }, { OK_REPLY, 0 }, { OK_REPLY, 0 }, { "", CLOSE });
	conn = http_conn_new(&cfg);
	got.calls = 0;
	http_conn_post(conn, SPAN("<ask/>"), XML, 1000, post_again, &left);
	wait_done();
	CHECK_INT(left, -1);
	got.calls = 0;
	http_conn_post(conn, SPAN("<ask/>"), XML, 1000, free_it, NULL);
	wait_done();
	CHECK_INT(got.err.code, E_NET);
	stop();
}

TEST(freeing_a_connection_under_way_calls_nobody)
{
	struct err e = { 0 };

	START({ "", STALL });
	conn = http_conn_new(&cfg);
	got.calls = 0;
	http_conn_post(conn, SPAN("<ask/>"), XML, 100, on_done, NULL);
	CHECK_INT(loop_turn(loop, &e), 0);
	CHECK_INT(loop_turn(loop, &e), 0);
	stop();
	CHECK_INT(got.calls, 0);
}

TEST(nobody_there_is_an_error_from_the_loop)
{
	START({ "", 0 });
	cfg.port = 1;
	check_fails(1000, E_NET, "connection to '127.0.0.1' port 1 refused", false);
	CHECK_INT(got.calls, 1);
	stop();
}
