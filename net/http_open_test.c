/* Ways through a proxy, against a FAKE one that is the server behind it, too. Real proxies are in
 * tests/http_test.py. */
#include "net/http_conn_test.h"

#define CONNECTED "HTTP/1.0 200 Connection established\r\n\r\n"
#define ASKED(offer) "HTTP/1.1 407 x\r\nContent-Length: 2\r\nProxy-Authenticate: " offer "\r\n"

static struct http_proxy proxy;

static void through_proxy(const struct auth_cred *account)
{
	proxy = (struct http_proxy){ .host = "127.0.0.1", .port = cfg.port, .cred = account };
	cfg.proxy = &proxy;
	cfg.host = "target.example";
	cfg.port = 5985;
}

TEST(a_tunnel_is_made_once_a_connection)
{
	START({ CONNECTED, 0 }, { OK_REPLY, 0 }, { OK_REPLY, CLOSE }, { CONNECTED, TRICKLE },
		{ OK_REPLY, 0 });
	through_proxy(NULL);
	check_reply();
	check_reply();
	usleep(20000);
	check_reply();
	CHECK_INT(requests(), 5);
	CHECK_INT(count("CONNECT target.example:5985 HTTP/1.1\r\nHost: target.example:5985\r\n"), 2);
	CHECK_INT(count("POST /wsman HTTP/1.1\r\nHost: target.example:5985\r\n"), 3);
	CHECK_INT(count("Proxy-Authorization"), 0);
	stop();
}

TEST(an_ipv6_target_has_brackets_and_no_zone)
{
	START({ CONNECTED, 0 }, { OK_REPLY, 0 });
	through_proxy(NULL);
	cfg.host = "fe80::1%eth0";
	check_reply();
	CHECK_INT(requests(), 2);
	CHECK_INT(count("CONNECT [fe80::1]:5985 HTTP/1.1\r\n"), 1);
	stop();
}

TEST(the_proxy_hears_nothing_of_an_account_before_it_asks)
{
	START({ ASKED("Basic realm=x") "\r\nno", 0 }, { CONNECTED, 0 }, { OK_REPLY, 0 });
	through_proxy(&cred);
	check_reply();
	CHECK_INT(requests(), 3);
	CHECK_INT(count("Proxy-Authorization: Basic ZGVtbzpTZWNyZXQtMQ==\r\n"), 1);
	CHECK_INT(count("\r\nAuthorization: Basic"), 1);
	stop();
}

TEST(a_proxy_that_closes_when_it_asks_gets_a_new_connection)
{
	START({ ASKED("Digest realm=r, nonce=n, qop=auth") "Connection: close\r\n\r\nno", CLOSE },
		{ CONNECTED, 0 }, { OK_REPLY, 0 });
	through_proxy(&cred);
	check_reply();
	CHECK_INT(requests(), 3);
	CHECK_INT(count("uri=\"target.example:5985\""), 1);
	stop();
}

TEST(the_best_of_what_the_proxy_offers_is_taken)
{
	START({ ASKED("Basic realm=x") "Proxy-Authenticate: NTLM\r\n\r\nno", 0 },
		{ ASKED("NTLM") "\r\nno", 0 });
	through_proxy(&cred);
	check_fails(1000, E_AUTH, "access to the proxy '127.0.0.1' denied", false);
	CHECK_INT(requests(), 2);
	CHECK_INT(count("Proxy-Authorization: NTLM "), 1);
	CHECK_INT(count("Basic"), 0);
	stop();
}

TEST(a_login_at_the_proxy_fails_in_words)
{
	START({ ASKED("Basic realm=x") "\r\nno", 0 });
	through_proxy(NULL);
	check_fails(1000, E_AUTH, "the proxy '127.0.0.1' asks for a login", false);
	stop();
	START({ ASKED("Basic realm=x") "\r\nno", 0 }, { ASKED("Basic realm=x") "\r\nno", 0 });
	through_proxy(&cred);
	check_fails(1000, E_AUTH, "access to the proxy '127.0.0.1' denied", false);
	stop();
	START({ ASKED("Odd") "\r\nno", 0 });
	through_proxy(&cred);
	check_fails(1000, E_AUTH, "login at the proxy '127.0.0.1' failed: the proxy offers only Odd",
		false);
	stop();
}

TEST(what_is_no_tunnel_is_not_used)
{
	static const struct { const char *reply, *why; int code; } bad[] = {
		{ "HTTP/1.1 403 x\r\nContent-Length: 0\r\n\r\n", "does not allow connections", E_NET },
		{ "HTTP/1.1 502 x\r\nContent-Length: 0\r\n\r\n", "cannot reach", E_NET },
		{ "HTTP/1.1 302 x\r\nLocation: http://x/\r\nContent-Length: 0\r\n\r\n", "is it an HTTP "
			"proxy?", E_NET },
		{ "HTTP/1.1 200 x\r\n\r\nHTTP/1.1 200 x\r\n", "did not keep the connection", E_PEER },
		{ "nonsense", "no way through the proxy '127.0.0.1': unusable answer", E_PEER },
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		START({ bad[i].reply, 0 });
		through_proxy(&cred);
		check_fails(1000, bad[i].code, bad[i].why, false);
		CHECK_INT(requests(), 1);
		CHECK_INT(count("<ask/>"), 0);
		stop();
	}
}

TEST(a_407_behind_the_tunnel_is_no_reason_to_log_in)
{
	START({ CONNECTED, 0 }, { ASKED("Basic realm=x") "\r\nno", 0 });
	through_proxy(&cred);
	check_fails(1000, E_NET, "HTTP 407", true);
	CHECK_INT(count("Proxy-Authorization"), 0);
	stop();
}

TEST(silence_of_the_proxy_ends_with_the_time_allowed)
{
	START({ "", STALL });
	through_proxy(NULL);
	cfg.connect_ms = 150;
	check_fails(1000, E_NET, "no way through the proxy '127.0.0.1': no answer", false);
	stop();
	START({ "", CLOSE });
	through_proxy(NULL);
	check_fails(1000, E_PEER, "(an empty reply)", false);
	stop();
}
