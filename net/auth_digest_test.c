#include "net/auth_digest.h"
#include "tests/unit.h"

static struct secret *password;
static struct auth_cred cred;
static struct auth *a;
static struct buf out;
static struct err err;

static void start(const char *user, const char *domain, const char *word, const char *method,
	const char *uri)
{
	struct auth_target t = { .method = span_str(method), .uri = span_str(uri) };

	if (a)
		a->ops->free(a);
	if (!password)
		password = secret_new();
	CHECK(secret_set(password, span_str(word)));
	cred = (struct auth_cred){ span_str(user), span_str(domain), password };
	a = auth_digest_new(&cred, &t);
	buf_free(&out);
	buf_init(&out, 4096);
	err = (struct err){ 0 };
}

static int step(const char *in)
{
	struct buf copy;
	int r;

	buf_init(&copy, 1 << 16);       /* a block of its own, so that ASan sees a byte too many */
	buf_puts(&copy, in);
	buf_clear(&out);
	r = a->ops->step(a, buf_span(&copy), &out, &err);
	buf_free(&copy);
	return r;
}

/* Is the answer made with this client nonce? */
static void check_response(const char *cnonce, const char *want)
{
	struct auth_digest *d = (struct auth_digest *)a;

	snprintf(d->cnonce, sizeof(d->cnonce), "%s", cnonce);
	d->count = 0;
	CHECK_INT(step(""), 0);
	if (!strstr(buf_cstr(&out), want))
		FAIL("%s has no %s", buf_cstr(&out), want);
	CHECK(strstr(buf_cstr(&out), "nc=00000001"));
}

#define RFC7616 "realm=\"http-auth@example.org\", qop=\"auth, auth-int\", " \
	"nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", " \
	"opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""

TEST(the_examples_of_rfc_7616_come_out)       /* 3.9.1 */
{
	start("Mufasa", "", "Circle of Life", "GET", "/dir/index.html");
	CHECK_INT(step(RFC7616 ", algorithm=MD5"), 0);
	check_response("f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
		"response=\"8ca523f5e9506fed4657c9700eebdbec\"");
	CHECK(strstr(buf_cstr(&out), "username=\"Mufasa\", realm=\"http-auth@example.org\", "));
	CHECK(strstr(buf_cstr(&out), "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""));
	start("Mufasa", "", "Circle of Life", "GET", "/dir/index.html");
	CHECK_INT(step(RFC7616 ", algorithm=SHA-256"), 0);
	check_response("f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
		"response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\"");
}

TEST(the_example_of_rfc_2617_comes_out)       /* 3.5 */
{
	start("Mufasa", "", "Circle Of Life", "GET", "/dir/index.html");
	CHECK_INT(step("realm=\"testrealm@host.com\", qop=\"auth,auth-int\", "
		"nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
		"opaque=\"5ccc069c403ebaf9f0171e9517f40e41\""), 0);
	check_response("0a4f113b", "response=\"6629fae49393a05397450978507c4ef1\"");
}

#define SMITH "realm=\"biloxi.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", " \
	"opaque=\"5ccc069c403ebaf9f0171e9517f40e41\", qop=\"auth,auth-int\""

TEST(the_examples_of_draft_smith_sipping_auth_come_out)        /* 3.3 and 3.4 */
{
	start("bob", "", "zanzibar", "INVITE", "sip:bob@biloxi.com");
	CHECK_INT(step(SMITH), 0);
	check_response("0a4f113b", "response=\"89eb0059246c02b2f6ee02c7961d5ea3\"");
	start("bob", "", "zanzibar", "INVITE", "sip:bob@biloxi.com");
	CHECK_INT(step(SMITH ", algorithm=MD5-sess"), 0);
	check_response("0a4f113b", "response=\"e4e4ea61d186d07a92c9e1f6919902e9\"");
	CHECK(strstr(buf_cstr(&out), "algorithm=MD5-sess"));
}

#define CHALLENGE "realm=\"r\", nonce=\"n\", qop=auth"

TEST(there_is_nothing_to_say_before_the_challenge)
{
	start("u", "", "p", "POST", "/wsman");
	CHECK_INT(step(""), 1);
	CHECK(!out.n && !a->complete);
	CHECK_INT(step(CHALLENGE), 0);
	CHECK(out.n && a->complete);
}

TEST(each_request_counts)
{
	start("u", "", "p", "POST", "/wsman");
	CHECK_INT(step(CHALLENGE), 0);
	CHECK(strstr(buf_cstr(&out), "nc=00000001"));
	CHECK_INT(step(""), 0);
	CHECK(strstr(buf_cstr(&out), "nc=00000002"));
	((struct auth_digest *)a)->count = 0xfffffffe;
	CHECK_INT(step(""), 0);
	CHECK(strstr(buf_cstr(&out), "nc=ffffffff"));
}

TEST(a_stale_nonce_is_replaced_and_a_refusal_final)
{
	start("u", "", "p", "POST", "/wsman");
	CHECK_INT(step(CHALLENGE), 0);
	CHECK_INT(step("realm=r, nonce=\"n2\", qop=auth, stale=TRUE"), 0);
	CHECK(strstr(buf_cstr(&out), "nonce=\"n2\"") && strstr(buf_cstr(&out), "nc=00000001"));
	CHECK_INT(step("realm=r, nonce=\"n3\", qop=auth, stale=false"), E_AUTH);
	CHECK(!out.n);
}

TEST(names_are_quoted_and_hashed_as_they_are)
{
	start("J\xc3\xb6\"rg", "DOM", "p", "POST", "/wsman");
	CHECK_INT(step(CHALLENGE), 0);
	CHECK(strstr(buf_cstr(&out), "username=\"DOM\\\\J\xc3\xb6\\\"rg\""));
	check_response("c", "response=\"1783d689a2175651695aa234432e2e34\"");
}

TEST(client_nonces_are_new_each_time)
{
	char first[64];

	start("u", "", "p", "POST", "/wsman");
	CHECK_INT(step(CHALLENGE), 0);
	memcpy(first, ((struct auth_digest *)a)->cnonce, sizeof(first));
	CHECK_INT(step(CHALLENGE ", stale=true"), 0);
	CHECK(strcmp(first, ((struct auth_digest *)a)->cnonce) != 0);
	CHECK_INT(strlen(first), 32);
}

TEST(challenges_that_cannot_be_answered_are_refused)
{
	static const char *const bad[] = { "realm=r, nonce=n", "realm=r, nonce=n, qop=auth-int",
		"realm=r, nonce=n, qop=auth, algorithm=SHA-512-256", "realm=r, qop=auth",
		"nonce=n, qop=auth",
		"realm=\"r, nonce=n, qop=auth", "x",
		"realm=r, nonce=n, qop=auth, algorithm=MD5xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		start("u", "", "p", "POST", "/wsman");
		if (step(bad[i]) != E_PEER)
			FAIL("%s was taken", bad[i]);
		CHECK(!out.n);
	}
}

TEST(endless_values_are_refused)
{
	static const char *const names[] = { "realm", "nonce", "opaque" };
	static char text[8000];
	size_t i;
	int n;

	for (i = 0; i < 3; i++) {
		start("u", "", "p", "POST", "/wsman");
		n = snprintf(text, sizeof(text), "%s%s%s=\"", "qop=auth, ", i == 0 ? "nonce=n, " :
			i == 1 ? "realm=r, " : "realm=r, nonce=n, ", names[i]);
		memset(text + n, 'x', 2000);
		memcpy(text + n + 2000, "\"", 2);
		CHECK_INT(step(text), E_PEER);
	}
}

TEST(every_cut_of_a_challenge_is_survived)
{
	static const char all[] = RFC7616 ", algorithm=SHA-256-sess, stale=true";
	char cut[sizeof(all)];
	size_t i;

	for (i = 1; i < sizeof(all); i++) {
		start("u", "", "p", "POST", "/wsman");
		snprintf(cut, sizeof(cut), "%.*s", (int)i, all);
		if (step(cut) < 0)
			CHECK(!out.n);
	}
	CHECK(a->complete);
	a->ops->free(a);
	a = NULL;
	buf_free(&out);
}
