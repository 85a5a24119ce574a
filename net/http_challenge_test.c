#include "net/http_challenge.h"
#include "tests/unit.h"

static struct http_challenge c;

TEST(several_schemes_in_one_value_are_told_apart)
{
	struct span v = SPAN("Basic realm=\"a, b=\\\"c\\\"\", charset=UTF-8,, Negotiate abc/+-._~==, "
		"Kerberos ,NTLM");

	CHECK(http_challenge_next(&v, &c) && span_is(c.scheme, "Basic"));
	CHECK(span_is(c.params, "realm=\"a, b=\\\"c\\\"\", charset=UTF-8") && !c.token.n);
	CHECK(http_challenge_next(&v, &c) && span_is(c.scheme, "Negotiate"));
	CHECK(span_is(c.token, "abc/+-._~==") && !c.params.n);
	CHECK(http_challenge_next(&v, &c) && span_is(c.scheme, "Kerberos") && !c.token.n);
	CHECK(http_challenge_next(&v, &c) && span_is(c.scheme, "NTLM") && !c.token.n);
	CHECK(!http_challenge_next(&v, &c));
}

TEST(a_parameter_is_no_token_and_a_token_no_parameter)
{
	struct span v = SPAN("Digest qop=auth, nonce = \"x\", Negotiate a=");

	CHECK(http_challenge_next(&v, &c) && span_is(c.params, "qop=auth, nonce = \"x\""));
	CHECK(http_challenge_next(&v, &c) && span_is(c.scheme, "Negotiate") && span_is(c.token, "a="));
}

TEST(malformed_challenges_end_the_value)
{
	static const char *const bad[] = { "", " , ", "=x", "\"x\"", "Basic\"x\"", "a/b" };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct span v = span_str(bad[i]);

		if (http_challenge_next(&v, &c))
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

		for (n = 0; http_challenge_next(&v, &c); n++)
			CHECK(n < 10);
		free(copy);
	}
}

static bool param(const char *params, const char *name, size_t max, const char *want)
{
	struct buf b;
	bool has, same;

	buf_init(&b, max);
	has = http_challenge_param(span_str(params), name, &b);
	same = !buf_failed(&b) && span_is(buf_span(&b), want);
	buf_free(&b);
	return has && same;
}

TEST(parameters_are_found_and_unquoted)
{
	static const char all[] = "realm = \"a \\\"b\\\\\" ,, nonce=abc, empty=\"\", Nonce=second";

	CHECK(param(all, "realm", 100, "a \"b\\"));
	CHECK(param(all, "NONCE", 100, "abc"));
	CHECK(param(all, "empty", 100, ""));
	CHECK(!param(all, "missing", 100, ""));
	CHECK(!param(all, "nonce", 2, "abc"));
	CHECK(!param("a=\"b", "a", 100, "b"));
	CHECK(!param("a=", "a", 100, ""));
	CHECK(!param("", "a", 100, ""));
}
