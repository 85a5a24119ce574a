/* TLS inside is tested against OpenSSL by tests/credssp_test.py; here is what ends before it is. */
#include "net/auth_credssp.h"
#include "net/auth_test.h"
#include "net/tls_eng.h"

static struct auth *a;
static struct buf out;
static struct err err;
static unsigned made;

static struct auth *make(const void *ctx, struct span binding)
{
	CHECK(ctx == &made);
	CHECK_INT(binding.n, 16);
	made++;
	return auth_ntlm_new(&test_cred, &test_target);
}

static void begin(void)
{
	test_cred_set("u", "D", "p");
	made = 0;
	a = auth_credssp_new(&test_cred, false, make, &made);
	buf_init(&out, 1 << 20);
	err = (struct err){ 0 };
	CHECK_INT(a->ops->step(a, SPAN_NONE, &out, &err), 1);
	CHECK(out.n > 100 && out.p[0] == 22);   /* a handshake's record: ClientHello */
}

static void end(void)
{
	CHECK(!a->can_wrap && !a->complete);
	CHECK_INT(made, 0);
	a->ops->free(a);
	buf_free(&out);
}

static void refused(struct span token, int code)
{
	begin();
	CHECK_INT(a->ops->step(a, token, &out, &err), code);
	CHECK(err.text[0]);
	CHECK(a->ops->step(a, SPAN_NONE, &out, &err) < 0);
	end();
}

TEST(what_is_not_tls_is_refused)
{
	refused(SPAN_NONE, E_AUTH);
	refused(SPAN("NTLMSSP\0\2\0\0\0"), E_TLS);
	refused(SPAN("HTTP/1.1 200 OK\r\n\r\n"), E_TLS);
	refused(SPAN("\x15\3\3\0\2\2\x28"), E_TLS);               /* alert: handshake_failure */
	refused(SPAN("\x15\3\3\0\2\1\0"), E_AUTH);                /* close_notify */
	refused(SPAN("\x17\3\3\0\1x"), E_TLS);
}

TEST(it_is_no_way_to_seal_before_the_login_is_done)
{
	begin();
	CHECK_INT(a->ops->unwrap(a, SPAN_NONE, SPAN("\x17\3\3\0\1x"), &out, &err), E_PEER);
	end();
}
