#include "net/http_auth.h"
#include "tests/unit.h"

static struct http_offer o;
static struct err e;
static const struct auth_cred account;
static const struct krb5_cred ticket;

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
	struct http_auth_want w = { .schemes = allowed, .clear_ok = clear_ok,
		.cred = &account };
	const struct http_auth_row *row;
	unsigned tried = 0;

	e = (struct err){ 0 };
	row = http_auth_choose(&w, from, &tried, &e);
	CHECK_INT(e.code, row ? 0 : E_AUTH);
	return row ? row->scheme : 0;
}

static const struct http_auth_row *row_of(unsigned scheme)
{
	struct http_auth_want w = { .schemes = scheme, .tls = true, .cred = &account,
		.ticket = &ticket };
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
	struct http_auth_want w = { .schemes = HTTP_NEGOTIATE | HTTP_NTLM,
		.cred = &account };
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

/* The scheme and its name on the wire, for who has a ticket, an account, neither. */
static const char *chosen(unsigned allowed, const char *offered, bool has_ticket, bool has_account,
	const struct err *no_ticket)
{
	struct http_auth_want w = { .schemes = allowed, .ticket = has_ticket ? &ticket : NULL,
		.cred = has_account ? &account : NULL, .no_ticket = no_ticket };
	const struct http_auth_row *row;
	unsigned tried = 0;

	e = (struct err){ 0 };
	offer_only(offered);
	row = http_auth_choose(&w, &o, &tried, &e);
	return row ? row->name : "";
}

#define DEFAULT (HTTP_NEGOTIATE | HTTP_KERBEROS | HTTP_NTLM)

TEST(kerberos_takes_whatever_name_the_server_has_for_it)
{
	CHECK_STR(chosen(HTTP_KERBEROS, "Negotiate, Kerberos", true, true, NULL), "Kerberos");
	CHECK_STR(chosen(HTTP_KERBEROS, "Negotiate, NTLM", true, true, NULL), "Negotiate");
	CHECK_STR(chosen(HTTP_KERBEROS, "NTLM, Basic", true, true, NULL), "");
	CHECK(strstr(e.text, "the server offers NTLM, Basic, not Kerberos: try -Authentication NTLM"));
	CHECK_STR(chosen(DEFAULT, "Negotiate, Kerberos", true, true, NULL), "Negotiate");
	CHECK_STR(chosen(DEFAULT, "Kerberos", true, true, NULL), "Kerberos");
}

TEST(without_a_ticket_kerberos_is_no_choice)
{
	static const struct err no_kdc = { .code = E_NET, .text = "no KDC" };

	CHECK_STR(chosen(HTTP_KERBEROS, "Negotiate, Kerberos", false, true, &no_kdc), "");
	CHECK_STR(e.text, "no Kerberos ticket: no KDC");
	CHECK_INT(e.code, E_NET);
	CHECK_STR(chosen(HTTP_KERBEROS, "Kerberos", false, true, NULL), "");
	CHECK_STR(chosen(DEFAULT, "Negotiate, NTLM", false, true, &no_kdc), "Negotiate");
	CHECK_STR(chosen(DEFAULT, "Kerberos, NTLM", false, true, &no_kdc), "NTLM");
}

TEST(a_user_whom_the_kdc_refused_is_not_tried_with_ntlm)
{
	static const struct err refused = { .code = E_AUTH, .text = "wrong password" };

	CHECK_STR(chosen(DEFAULT, "Negotiate, NTLM", false, true, &refused), "");
	CHECK_STR(e.text, "no Kerberos ticket: wrong password");
	CHECK_STR(chosen(HTTP_CREDSSP, "CredSSP", false, true, &refused), "");
	CHECK_STR(chosen(HTTP_NTLM, "NTLM", false, true, &refused), "NTLM");
}

TEST(without_an_account_only_a_ticket_serves)
{
	static const struct err none = { .code = E_AUTH, .text = "run kinit" };

	CHECK_STR(chosen(HTTP_NEGOTIATE, "Negotiate", true, false, NULL), "Negotiate");
	CHECK_STR(chosen(HTTP_NEGOTIATE, "Negotiate", false, false, &none), "");
	CHECK_STR(e.text, "no Kerberos ticket: run kinit");
	CHECK_STR(chosen(HTTP_NTLM, "NTLM", true, false, NULL), "");
	CHECK(strstr(e.text, "give -Credential"));
	CHECK_STR(chosen(HTTP_CREDSSP, "CredSSP", true, false, NULL), "");
}

TEST(a_ticket_is_asked_for_where_it_is_of_use)
{
	static const struct { unsigned schemes; bool account; enum http_ticket_use use; } all[] = {
		{ DEFAULT, true, HTTP_TICKET_MAY }, { DEFAULT, false, HTTP_TICKET_MUST },
		{ HTTP_KERBEROS, true, HTTP_TICKET_MUST }, { HTTP_CREDSSP, true, HTTP_TICKET_MAY },
		{ HTTP_NTLM, true, HTTP_TICKET_NONE }, { HTTP_BASIC, true, HTTP_TICKET_NONE },
		{ HTTP_CERTIFICATE, false, HTTP_TICKET_NONE },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct http_auth_want w = { .schemes = all[i].schemes,
			.cred = all[i].account ? &account : NULL };

		CHECK_INT(http_auth_ticket(&w, NULL), all[i].use);
	}
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
