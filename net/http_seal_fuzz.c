/* A multipart/encrypted body, of signatures and of TLS records; any holds, so that all of the
 * parser is reached. */
#include "net/http_seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int unwrap(struct auth *a, struct span sig, struct span sealed, struct buf *plain,
	struct err *e)
{
	(void)a;
	(void)e;
	buf_put(plain, sig);
	buf_put(plain, sealed);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct auth_ops ops = { .unwrap = unwrap };
	struct auth a = { .ops = &ops }, records = { .ops = &ops, .piece = 16384 };
	struct span type = http_seal_type(span_of(data, size));
	struct err e = { 0 };
	struct buf plain;

	BUG_ON(type.n && (type.p < data || type.p + type.n > data + size));
	buf_init(&plain, 1 << 20);
	BUG_ON(http_seal_get(&a, span_of(data, size), &plain, &e) == 0 && plain.n > size);
	buf_clear(&plain);
	e = (struct err){ 0 };
	BUG_ON(http_seal_get(&records, span_of(data, size), &plain, &e) == 0 && plain.n > size);
	http_seal_is(span_of(data, size));
	buf_free(&plain);
	return 0;
}
