/* A file with a client certificate and its key. */
#include "net/tls_client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span file = span_of(data, size);
	struct tls_client c;
	struct err e = { 0 };

	tls_client_init(&c);
	if (tls_client_cert(&c, file, "x", &e) == 0)
		BUG_ON(tls_client_key(&c, file, NULL, "x", &e) == 0 && !c.type);
	tls_client_free(&c);
	return 0;
}
