/* Two answers of a server, the first as long as the first byte says; NTLM inside. */
#include "net/auth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct secret *password;
	struct auth_cred cred = { SPAN("user"), SPAN("."), NULL };
	const struct auth_target target = { .host = SPAN("host"), .service = SPAN("HTTP") };
	struct span in = span_of(data, size), first;
	struct err e = { 0 };
	struct auth *a;
	struct buf out;

	if (!size)
		return 0;
	if (!password)
		password = secret_new();
	cred.password = password;
	first = span_sub(in, 1, in.p[0]);
	in = span_sub(in, 1 + first.n, in.n);
	a = auth_spnego_new(auth_ntlm_new(&cred, &target), AUTH_OID_NTLM);
	buf_init(&out, 1 << 20);
	BUG_ON(a->ops->step(a, SPAN_NONE, &out, &e) != 1);
	if (a->ops->step(a, first, &out, &e) == 1)
		a->ops->step(a, in, &out, &e);
	BUG_ON(a->complete && !a->can_wrap);
	a->ops->free(a);
	buf_free(&out);
	return 0;
}
