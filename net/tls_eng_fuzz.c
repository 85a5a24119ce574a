/* What a server says from its first byte on. */
#include "net/tls_eng.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tls_eng eng;
	struct buf plain, out;
	int r;

	buf_init(&plain, 1 << 20);
	buf_init(&out, 1 << 20);
	tls_eng_init(&eng, "srv.example", NULL);
	r = tls_eng_token(&eng, span_of(data, size), &plain, &out);
	BUG_ON(plain.n);
	if (tls_eng_state(&eng) == TLS_ENG_CERT) {
		tls_eng_accept(&eng);
		r = tls_eng_token(&eng, SPAN_NONE, &plain, &out);
	}
	BUG_ON((r < 0) != (eng.err.code < 0));
	tls_eng_free(&eng);
	buf_free(&plain);
	buf_free(&out);
	return 0;
}
