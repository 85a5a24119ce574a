#include "net/http_auth.h"
#include "tests/unit.h"

static struct http_challenge c;
static struct err e;

static void offer(struct http_offer *o, const char *value)
{
	http_auth_offer(o, span_str(value));
}

TEST(several_schemes_in_one_value_are_told_apart)
{
	struct span v = SPAN("Basic realm=\"a, b=\\\"c\\\"\", charset=UTF-8,, Negotiate abc/+-._~==, "
		"Kerberos ,NTLM");

	CHECK(http_auth_next(&v, &c) && span_is(c.scheme, "Basic"));
	CHECK(span_is(c.params, "realm=\"a, b=\\\"c\\\"\", charset=UTF-8") && !c.token.n);
	CHECK(http_auth_next(&v, &c) && span_is(c.scheme, "Negotiate"));
	CHECK(span_is(c.token, "abc/+-._~==") && !c.params.n);
	CHECK(http_auth_next(&v, &c) && span_is(c.scheme, "Kerberos") && !c.token.n);
	CHECK(http_auth_next(&v, &c) && span_is(c.scheme, "NTLM") && !c.token.n);
	CHECK(!http_auth_next(&v, &c));
}

TEST(a_parameter_is_no_token_and_a_token_no_parameter)
{
	struct span v = SPAN("Digest qop=auth, nonce = \"x\", Negotiate a=");

	CHECK(http_auth_next(&v, &c) && span_is(c.params, "qop=auth, nonce = \"x\""));
	CHECK(http_auth_next(&v, &c) && span_is(c.scheme, "Negotiate") && span_is(c.token, "a="));
}

TEST(malformed_challenges_end_the_value)
{
	static const char *const bad[] = { "", " , ", "=x", "\"x\"", "Basic\"x\"", "a/b" };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct span v = span_str(bad[i]);

		if (http_auth_next(&v, &c))
			FAIL("%s was taken", bad[i]);
	}
}

TEST(every_cut_of_a_challenge_is_survived)
{
	static const char all[] = "Basic realm=\"a\\\"b\", x = y, Negotiate abc==, NTLM \\ \"";
	size_t i, n;

	for (i = 0; i < sizeof(all); i++) {
		char *copy = malloc(i + 1);
		struct span v = span_of(memcpy(copy, all, i), i);

		for (n = 0; http_auth_next(&v, &c); n++)
			CHECK(n < 10);
		free(copy);
	}
}

TEST(the_token_of_a_scheme_is_found_in_any_case)
{
	struct span token;

	CHECK(http_auth_token(SPAN("NTLM, negotiate YII="), "Negotiate", &token));
	CHECK(span_is(token, "YII="));
	CHECK(http_auth_token(SPAN("NTLM, Negotiate"), "Negotiate", &token) && !token.n);
	CHECK(!http_auth_token(SPAN("NTLM, Basic realm=Negotiate"), "Negotiate", &token));
}

TEST(negotiate_comes_before_ntlm_and_ntlm_before_basic)
{
	struct http_offer o = { 0 };
	unsigned all = HTTP_NEGOTIATE | HTTP_NTLM | HTTP_BASIC;

	offer(&o, "Basic realm=x");
	offer(&o, "Negotiate, NTLM");
	CHECK_INT(http_auth_choose(all, NULL, false, &e)->scheme, HTTP_NEGOTIATE);
	CHECK_INT(http_auth_choose(all, &o, false, &e)->scheme, HTTP_NEGOTIATE);
	CHECK_INT(http_auth_choose(HTTP_NTLM | HTTP_BASIC, &o, true, &e)->scheme, HTTP_NTLM);
	CHECK_INT(http_auth_choose(HTTP_BASIC, &o, true, &e)->scheme, HTTP_BASIC);
}

TEST(a_scheme_that_was_not_named_is_never_chosen)
{
	struct http_offer o = { 0 };

	offer(&o, "Basic realm=\"WSMAN\", Kerberos, evil");
	e.code = 0;
	CHECK(!http_auth_choose(HTTP_NEGOTIATE, &o, true, &e));
	CHECK_INT(e.code, E_AUTH);
	CHECK_STR(e.text, "the server offers Basic, Kerberos, evil, not Negotiate: try "
		"-Authentication Basic");
}

TEST(what_is_offered_and_not_known_is_named)
{
	struct http_offer o = { 0 };

	offer(&o, "Kerberos");
	e.code = 0;
	CHECK(!http_auth_choose(HTTP_NEGOTIATE, &o, false, &e));
	CHECK_STR(e.text, "the server offers only Kerberos, which is not supported: enable Negotiate "
		"there");
	o = (struct http_offer){ 0 };
	e.code = 0;
	CHECK(!http_auth_choose(HTTP_NEGOTIATE, &o, false, &e));
	CHECK_STR(e.text, "the server asks for a login but offers no way to log in");
}

TEST(basic_needs_leave_to_go_in_clear)
{
	struct http_offer o = { 0 };

	offer(&o, "Basic");
	e.code = 0;
	CHECK(!http_auth_choose(HTTP_BASIC, NULL, false, &e));
	CHECK(strstr(e.text, "NoEncryption"));
	e.code = 0;
	CHECK(!http_auth_choose(HTTP_BASIC | HTTP_NEGOTIATE, &o, false, &e));
	CHECK_INT(e.code, E_AUTH);
}

TEST(names_of_an_endless_offer_are_cut)
{
	struct http_offer o = { 0 };
	char long_name[300];
	int i;

	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = 0;
	for (i = 0; i < 100; i++)
		offer(&o, i % 3 ? "scheme" : long_name);
	CHECK(strlen(o.names) < sizeof(o.names));
}
