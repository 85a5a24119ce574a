#include "net/url.h"
#include "tests/unit.h"

static struct url u;
static struct err e;

static bool parse(const char *text)
{
	e = (struct err){ 0 };
	return url_parse(span_str(text), &u, &e) == 0;
}

TEST(host_port_and_path_are_taken_apart)
{
	CHECK(parse("http://srv1.example.net:5985/wsman?PSVersion=7.6"));
	CHECK(!u.https && !u.ipv6);
	CHECK_STR(u.host, "srv1.example.net");
	CHECK_INT(u.port, 5985);
	CHECK(span_is(u.path, "/wsman?PSVersion=7.6"));
}

TEST(the_scheme_gives_port_and_path_when_left_out)
{
	CHECK(parse("HTTPS://srv1"));
	CHECK(u.https);
	CHECK_INT(u.port, 443);
	CHECK(span_is(u.path, "/"));
	CHECK(parse("http://10.0.0.1/"));
	CHECK_INT(u.port, 80);
}

TEST(an_ipv6_address_loses_its_brackets_and_keeps_its_zone)
{
	CHECK(parse("http://[fe80::1%25eth0]:80/x"));
	CHECK(u.ipv6);
	CHECK_STR(u.host, "fe80::1%eth0");
	CHECK(parse("http://[::ffff:10.0.0.1]/"));
	CHECK_STR(u.host, "::ffff:10.0.0.1");
}

TEST(what_is_no_endpoint_is_refused)
{
	static const char *const bad[] = {
		"", "srv1", "ftp://srv1", "http:/srv1", "http://", "http:///wsman", "http://:5985/",
		"http://srv1:/", "http://srv1:0/", "http://srv1:65536/", "http://srv1:+80/",
		"http://srv1:80x/", "http://u@srv1/", "http://u:p@srv1/", "http://[::1/", "http://[srv1]/",
		"http://[::1]x/", "http://::1/", "http://srv 1/", "http://srv1/a b", "http://srv1/#x",
		"http://srv1?x", "http://srv1/%4", "http://srv1/%zz", "http://srv1/\x7f",
			"http://srv1/\r\n",
		"http://-x/", "http://a\tb/", "http://[::1%25]/", "http://[::1%25a/b]/",
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (parse(bad[i]))
			FAIL("%s was accepted", bad[i]);
		CHECK_INT(e.code, E_USAGE);
	}
}

TEST(a_zero_byte_ends_no_host)
{
	e = (struct err){ 0 };
	CHECK_INT(url_parse(SPAN("http://good\0.evil/"), &u, &e), E_USAGE);
}

TEST(a_name_that_is_too_long_is_refused)
{
	char text[400] = "http://";

	memset(text + 7, 'a', 255);
	CHECK(parse(text));
	text[262] = 'a';
	CHECK(!parse(text));
}

TEST(hosts_are_told_from_other_words)
{
	CHECK(url_host_ok(SPAN("srv1")) && url_host_ok(SPAN(".")) && url_host_ok(SPAN("10.0.0.1")));
	CHECK(url_host_ok(SPAN("::1")) && url_host_ok(SPAN("[::1]")) &&
	      url_host_ok(SPAN("fe80::1%eth0")) && url_host_ok(SPAN("m\xc3\xbcller")));
	CHECK(!url_host_ok(SPAN("")) && !url_host_ok(SPAN("-oProxyCommand=x")));
	CHECK(!url_host_ok(SPAN("a b")) && !url_host_ok(SPAN("a:1")) && !url_host_ok(SPAN("a/b")) &&
	      !url_host_ok(SPAN("[a]")) && !url_host_ok(SPAN("a\r\nb")));
}
