/* A file of certificates or keys; the same in two parts. */
#include "lib/err.h"
#include "net/tls_pem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t run(struct span a, struct span b)
{
	struct tls_pem p;
	size_t sum = 0;

	tls_pem_init(&p);
	while (tls_pem_next(&p, &a))
		sum += p.der.n + p.label.n + 1;
	while (tls_pem_next(&p, &b))
		sum += p.der.n + p.label.n + 1;
	if (tls_pem_end(&p))
		sum += p.der.n + p.label.n + 1;
	tls_pem_free(&p);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size), head = span_sub(in, 0, size / 2);

	BUG_ON(run(in, SPAN_NONE) != run(head, span_sub(in, head.n, size)));
	return 0;
}
