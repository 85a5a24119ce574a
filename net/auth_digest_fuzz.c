/* A server's challenge: what answers it stays one header line, and holds no password. */
#include "net/auth_digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct secret *password;
	struct auth_cred cred = { SPAN("user"), SPAN("DOM"), NULL };
	const struct auth_target target = { .method = SPAN("POST"), .uri = SPAN("/wsman") };
	struct span in = span_of(data, size);
	struct err e = { 0 };
	struct auth *a;
	struct buf out;

	if (!password)
		password = secret_new();
	BUG_ON(!secret_set(password, SPAN("Secret-12345")));
	cred.password = password;
	a = auth_digest_new(&cred, &target);
	buf_init(&out, 1 << 16);
	if (size && a->ops->step(a, in, &out, &e) == 0) {
		BUG_ON(!auth_digest_usable(in) || !out.n);
		BUG_ON(span_search(buf_span(&out), SPAN("Secret-12345")) < out.n);
		BUG_ON(a->ops->step(a, SPAN_NONE, &out, &e) != 0);
	}
	a->ops->free(a);
	buf_free(&out);
	return 0;
}
