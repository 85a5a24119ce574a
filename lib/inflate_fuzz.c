/* libFuzzer entry: nothing is written beyond the room there is, and what was unpacked survives
 * being packed. */
#include "lib/deflate.h"
#include "lib/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf plain, packed, again;

	buf_init(&plain, 1 << 18);
	buf_init(&packed, 1 << 20);
	buf_init(&again, 1 << 18);
	if (inflate_get(&plain, span_of(p, n))) {
		deflate_put(&packed, buf_span(&plain));
		BUG_ON(!inflate_get(&again, buf_span(&packed)));
		BUG_ON(!span_eq(buf_span(&again), buf_span(&plain)));
	}
	buf_free(&plain);
	buf_free(&packed);
	buf_free(&again);
	return 0;
}
