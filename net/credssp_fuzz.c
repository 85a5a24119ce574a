/* Up to three answers of a server, each behind its length (2 bytes, big-endian). Sealed and known
 * to whoever has the right key, as the mechanism inside is a sham: what must hold is the order. */
#include "net/credssp_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct secret *password;
	struct auth_cred cred = { SPAN("user"), SPAN("domain"), NULL };
	struct span rest = span_of(data, size), in;
	struct test_inner inner;
	struct err e = { 0 };
	struct credssp c;
	struct buf out;
	int r;

	if (!password)
		password = secret_new();
	cred.password = password;
	test_begin(&c, &inner, &cred);
	buf_init(&out, 1 << 20);
	r = credssp_step(&c, SPAN_NONE, &out, &e);
	while (r == 1 && rest.n >= 2 && field_in(rest, 2, get_u16be(rest.p), &in)) {
		rest = span_sub(rest, 2 + in.n, rest.n);
		buf_clear(&out);
		r = credssp_step(&c, in, &out, &e);
		BUG_ON(r < 0 && (out.n || !e.code));
		BUG_ON(c.state >= CREDSSP_GIVEN && c.state != CREDSSP_BROKEN && !inner.a.complete);
	}
	BUG_ON((r == 0) != (c.state == CREDSSP_DONE));
	buf_free(&out);
	return 0;
}
