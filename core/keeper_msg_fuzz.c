/* libFuzzer entry: what was read is written again as it was. */
#include "core/keeper_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = span_of(p, n), before = in;
	struct keeper_msg m;
	struct err e = { 0 };
	struct buf out;

	buf_init(&out, 1 << 20);
	while (keeper_msg_get(&in, &m, &e) == 1) {
		buf_clear(&out);
		if ((m.type && m.type <= KEEPER_CLOSE) ||
			(m.type >= KEEPER_HELLO_BACK && m.type <= KEEPER_ERROR)) {
			keeper_msg_put(&m, &out);
			BUG_ON(!span_eq(buf_span(&out), span_sub(before, 0, before.n - in.n)));
		}
		before = in;
	}
	buf_free(&out);
	return 0;
}
