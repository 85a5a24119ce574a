/* A CHALLENGE_MESSAGE from anyone; then a sealed message, whose signature must not hold. */
#include "net/auth_ntlm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct secret *password;
	struct auth_cred cred = { SPAN("user"), SPAN("."), NULL };
	const struct auth_target target = { .host = SPAN("host"), .service = SPAN("HTTP") };
	struct span in = span_of(data, size);
	struct err e = { 0 };
	struct auth *a;
	struct buf out;

	if (!password)
		password = secret_new();
	cred.password = password;
	a = auth_ntlm_new(&cred, &target);
	buf_init(&out, 1 << 20);
	BUG_ON(a->ops->step(a, SPAN_NONE, &out, &e) != 1);
	if (a->ops->step(a, in, &out, &e) == 0)
		BUG_ON(a->ops->unwrap(a, span_sub(in, 0, 16), span_sub(in, 16, size), &out, &e) == 0);
	a->ops->free(a);
	buf_free(&out);
	return 0;
}
