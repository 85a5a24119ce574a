/* http_conn against an acceptor that is not ours. */
#include "net/http_login_test.h"

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
	check_fault("empty", E_PEER, "(an empty reply): is it WinRM that listens there, or does "
		"it want -UseSSL?");
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
