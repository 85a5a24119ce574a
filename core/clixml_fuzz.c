/* libFuzzer entry: whatever the reader accepts must come out of the writer in a form that is read
 * again and written the same. */
#include "core/clixml.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* Reads xml and writes it to out; false when it was refused. */
static bool rewrite(struct span xml, struct buf *out)
{
	struct ps_val *v = NULL;
	struct err e = { 0 };
	struct arena a;
	int r;

	arena_init(&a, 1 << 22);
	r = clixml_read(xml, &a, &v, &e);
	BUG_ON(r != e.code);
	if (r == 0) {
		ps_text(v, out);
		ps_lookup(v, "a");
		buf_clear(out);
		clixml_write(v, out);
	}
	arena_free(&a);
	return r == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf once, twice;

	buf_init(&once, 1 << 22);
	buf_init(&twice, 1 << 22);
	if (rewrite(span_of(p, n), &once) && !buf_failed(&once)) {
		BUG_ON(!rewrite(buf_span(&once), &twice));
		BUG_ON(!span_eq(buf_span(&once), buf_span(&twice)));
	}
	buf_free(&once);
	buf_free(&twice);
	return 0;
}
