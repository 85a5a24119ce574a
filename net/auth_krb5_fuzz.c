/* A server's answer to the first token, then a sealed message: the first byte says where the one
 * ends, and which tokens are meant (bit 7: RC4). */
#include "net/auth_krb5.h"
#include "net/krb5_gss.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void open_message(int32_t etype, struct span in)
{
	struct krb5_gss g = { 0 };
	struct buf plain;
	size_t cut;

	krb5_key_random(&g.key, etype);
	buf_init(&plain, 1 << 20);
	for (cut = 0; cut <= in.n; cut += in.n / 4 + 1)
		BUG_ON(krb5_gss_unwrap(&g, span_sub(in, 0, cut), span_sub(in, cut, in.n), &plain));
	BUG_ON(krb5_gss_check_mic(&g, SPAN("text"), in) || plain.n);
	buf_free(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct auth_target t = { .host = SPAN("host"), .service = SPAN("HTTP") };
	const struct krb5_options o = { 1795266926000042, NULL };
	struct krb5_cred cred = { .client = { 1, 1, SPAN("R"), { SPAN("user") } },
		.server = { 2, 2, SPAN("R"), { SPAN("HTTP"), SPAN("host") } },
		.ticket = SPAN("\x61\4tick") };
	struct span in = span_of(data, size), answer;
	struct err e = { 0 };
	struct auth *a;
	struct buf out;
	int32_t etype;

	if (!size)
		return 0;
	etype = in.p[0] & 0x80 ? KRB5_RC4 : KRB5_AES256_SHA1;
	answer = span_sub(in, 1, in.p[0] & 0x7f);
	in = span_sub(in, 1 + answer.n, in.n);
	krb5_key_random(&cred.key, etype);
	a = auth_krb5_new(&cred, &t, &o);
	buf_init(&out, 1 << 20);
	BUG_ON(a->ops->step(a, SPAN_NONE, &out, &e) != 1);
	BUG_ON(a->ops->step(a, answer, &out, &e) >= 0 || a->complete);
	a->ops->free(a);
	open_message(etype, in);
	buf_free(&out);
	return 0;
}
