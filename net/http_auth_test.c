#include "net/http_auth.h"
#include "tests/unit.h"

static struct http_offer o;
static struct err e;

static void offer(const char *value)
{
	http_auth_offer(&o, span_str(value));
}

static void offer_only(const char *value)
{
	o = (struct http_offer){ 0 };
	offer(value);
}

/* The scheme chosen, 0 for none; clear_ok. */
static unsigned choose(unsigned allowed, const struct http_offer *from, bool clear_ok)
{
	struct http_auth_want w = { .schemes = allowed, .clear_ok = clear_ok };
	const struct http_auth_row *row;
	unsigned tried = 0;

	e = (struct err){ 0 };
	row = http_auth_choose(&w, from, &tried, &e);
	CHECK_INT(e.code, row ? 0 : E_AUTH);
	return row ? row->scheme : 0;
}

static const struct http_auth_row *row_of(unsigned scheme)
{
	struct http_auth_want w = { .schemes = scheme, .tls = true };
	unsigned tried = 0;

	return http_auth_choose(&w, NULL, &tried, &e);
}

TEST(the_token_of_a_scheme_is_found_in_any_case)
{
	const struct http_auth_row *negotiate = row_of(HTTP_NEGOTIATE);
	struct span token;

	CHECK(http_auth_find(SPAN("NTLM, negotiate YII="), negotiate, &token));
	CHECK(span_is(token, "YII="));
	CHECK(http_auth_find(SPAN("NTLM, Negotiate"), negotiate, &token) && !token.n);
	CHECK(!http_auth_find(SPAN("NTLM, Basic realm=Negotiate"), negotiate, &token));
}

TEST(of_several_digests_the_one_that_can_be_answered_is_found)
{
	const struct http_auth_row *digest = row_of(HTTP_DIGEST);
	struct span params;

	CHECK(http_auth_find(SPAN("Digest algorithm=SHA-512-256, qop=auth, nonce=1, "
		"Digest qop=auth-int, nonce=2, Digest nonce=3, "
		"Digest qop=\"auth-int, auth\", nonce=4, algorithm=sha-256"), digest, &params));
	CHECK(span_starts(params, "qop=\"auth-int, auth\", nonce=4"));
	CHECK(!http_auth_find(SPAN("Digest algorithm=MD5, nonce=1, qop=auth-int"), digest, &params));
	offer_only("Digest algorithm=MD5, nonce=1, qop=auth-int");
	CHECK_INT(choose(HTTP_DIGEST, &o, true), 0);
	CHECK(strstr(e.text, "the server offers only Digest, which is not supported"));
}

TEST(what_seals_comes_before_what_does_not)
{
	unsigned all = HTTP_NEGOTIATE | HTTP_NTLM | HTTP_BASIC | HTTP_DIGEST;

	offer_only("Basic realm=x");
	offer("Digest realm=x, qop=auth, nonce=n, Negotiate, NTLM");
	CHECK_INT(choose(all, NULL, false), HTTP_NEGOTIATE);
	CHECK_INT(choose(all, &o, false), HTTP_NEGOTIATE);
	CHECK_INT(choose(HTTP_NTLM | HTTP_BASIC, &o, true), HTTP_NTLM);
	CHECK_INT(choose(HTTP_BASIC | HTTP_DIGEST, &o, true), HTTP_DIGEST);
	CHECK_INT(choose(HTTP_BASIC, &o, true), HTTP_BASIC);
}

TEST(a_scheme_that_was_not_named_is_never_chosen)
{
	offer_only("Basic realm=\"WSMAN\", Odd, evil");
	CHECK_INT(choose(HTTP_NEGOTIATE, &o, true), 0);
	CHECK_STR(e.text, "the server offers Basic, Odd, evil, not Negotiate: try "
		"-Authentication Basic");
}

TEST(what_was_tried_is_not_chosen_again)
{
	struct http_auth_want w = { .schemes = HTTP_NEGOTIATE | HTTP_NTLM };
	unsigned tried = 0;

	offer_only("Negotiate, NTLM");
	CHECK_INT(http_auth_choose(&w, &o, &tried, &e)->scheme, HTTP_NEGOTIATE);
	CHECK_INT(http_auth_choose(&w, &o, &tried, &e)->scheme, HTTP_NTLM);
	CHECK(!http_auth_choose(&w, &o, &tried, &e));
}

TEST(what_is_offered_and_not_known_is_named)
{
	offer_only("Odd");
	CHECK_INT(choose(HTTP_NEGOTIATE, &o, false), 0);
	CHECK_STR(e.text, "the server offers only Odd, which is not supported: enable Negotiate there");
	offer_only("");
	CHECK_INT(choose(HTTP_NEGOTIATE, &o, false), 0);
	CHECK_STR(e.text, "the server asks for a login but offers no way to log in");
}

TEST(what_protects_nothing_needs_leave_to_go_in_clear)
{
	static const unsigned open[] = { HTTP_BASIC, HTTP_DIGEST };
	size_t i;

	offer_only("Basic, Digest nonce=n, realm=r, qop=auth");
	for (i = 0; i < 2; i++) {
		CHECK_INT(choose(open[i], NULL, false), 0);
		CHECK(strstr(e.text, "NoEncryption"));
		CHECK_INT(choose(open[i], NULL, true), open[i]);
		CHECK_INT(choose(open[i] | HTTP_NEGOTIATE, &o, false), 0);
	}
}

TEST(a_certificate_needs_tls_whatever_is_allowed)
{
	CHECK_INT(choose(HTTP_CERTIFICATE, NULL, true), 0);
	CHECK(strstr(e.text, "use HTTPS"));
	CHECK_INT(row_of(HTTP_CERTIFICATE)->scheme, HTTP_CERTIFICATE);
}

TEST(names_of_an_endless_offer_are_cut)
{
	char long_name[300];
	int i;

	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = 0;
	offer_only("");
	for (i = 0; i < 100; i++)
		offer(i % 3 ? "scheme" : long_name);
	CHECK(strlen(o.names) < sizeof(o.names));
}
