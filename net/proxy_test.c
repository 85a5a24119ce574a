#include "net/proxy.h"
#include "tests/unit.h"

static struct proxy p;
static struct secret *password;
static struct err e;

static int parse(const char *text)
{
	if (!password)
		password = secret_new();
	e = (struct err){ 0 };
	return proxy_parse(span_str(text), &p, password, &e);
}

static void check(const char *text, const char *host, unsigned port, const char *user,
	const char *word)
{
	if (parse(text) < 0)
		FAIL("%s: %s", text, e.text);
	CHECK_STR(p.host, host);
	CHECK_INT(p.port, port);
	CHECK_STR(p.user, user);
	CHECK(span_is(secret_span(password), word));
}

TEST(every_form_of_a_proxy_is_read)
{
	check("http://proxy.example:3128", "proxy.example", 3128, "", "");
	check("HTTP://proxy.example/", "proxy.example", 80, "", "");
	check(" proxy:8080 ", "proxy", 8080, "", "");
	check("http://[fd00::1]:8080/", "fd00::1", 8080, "", "");
	check("http://u:p@proxy:1", "proxy", 1, "u", "p");
	check("u@proxy", "proxy", 80, "u", "");
	check("http://DOM%5cj%C3%B6rg:p%40s%3as%2f@proxy:1", "proxy", 1, "DOM\\j\xc3\xb6rg", "p@s:s/");
	check("http://u:p:q@10.0.0.1:1", "10.0.0.1", 1, "u", "p:q");
}

TEST(what_is_no_proxy_is_refused_without_telling_the_password)
{
	static const char *const bad[] = { "", "http://", "http://:80", "u:SECRET@", ":SECRET@host",
		"https://u:SECRET@host", "socks5://u:SECRET@host:1080", "http://u:SECRET%@host",
		"http://u:SECRET%4@host", "http://u:SECRET%00@host", "http://u:SECRET@host:0",
		"http://u:SECRET@host:99999", "http://u:SECRET@ho st", "http://u:SECRET@[::1" };
	char long_user[2000];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (parse(bad[i]) != E_USAGE)
			FAIL("%s was taken", bad[i]);
		CHECK(e.text[0] && !strstr(e.text, "SECRET"));
	}
	CHECK(parse("https://host") == E_USAGE && strstr(e.text, "'https' is not supported"));
	memset(long_user, 'u', sizeof(long_user));
	memcpy(long_user + 1500, ":p@host", 8);
	CHECK_INT(parse(long_user), E_USAGE);
	memcpy(long_user + 10, ":", 1);
	memcpy(long_user + 1500, "xx@host", 8);
	CHECK_INT(parse(long_user), E_USAGE);
}

static bool excluded(const char *list, const char *host, uint16_t port)
{
	return proxy_excluded(span_str(list), span_str(host), port);
}

TEST(hosts_of_no_proxy_go_without)
{
	CHECK(excluded("*", "any", 5985));
	CHECK(excluded("a,b.example c", "B.Example", 5985));
	CHECK(excluded("b.example", "x.b.example", 5985));
	CHECK(excluded(".b.example", "x.b.example", 5985));
	CHECK(excluded(".b.example", "b.example", 5985));
	CHECK(excluded("b:5985", "b", 5985));
	CHECK(excluded("127.0.0.1,::1", "::1", 5985));
	CHECK(excluded("[::1]:5985", "[::1]", 5985));
	CHECK(excluded("10.0.0.0/8", "10.9.8.7", 5985));
	CHECK(excluded("10.9.8.7/32, x", "10.9.8.7", 5985));
	CHECK(excluded("0.0.0.0/0", "1.2.3.4", 5985));
}

TEST(all_others_use_the_proxy)
{
	CHECK(!excluded("", "any", 5985));
	CHECK(!excluded(" ,, ", "any", 5985));
	CHECK(!excluded("b.example", "xb.example", 5985));
	CHECK(!excluded("x.b.example", "b.example", 5985));
	CHECK(!excluded("b:5986", "b", 5985));
	CHECK(!excluded("[::1]:5986", "::1", 5985));
	CHECK(!excluded("10.0.0.0/8", "11.0.0.1", 5985));
	CHECK(!excluded("10.0.0.0/33", "10.0.0.1", 5985));
	CHECK(!excluded("10.0.0.0/", "10.0.0.1", 5985));
	CHECK(!excluded("10.0.0.0/8", "10.example", 5985));
	CHECK(!excluded(".", "any", 5985));
}
