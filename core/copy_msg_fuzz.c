/* libFuzzer entry: whatever the far side says is a message or none, and a piece has an end. */
#include "core/copy_msg.h"
#include "lib/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ps_val text = { .tag = PS_S, .text = span_of(p, n) };
	struct ps_val bytes = { .tag = PS_BA, .text = span_of(p, n) };
	struct copy_msg m;
	struct buf plain;

	if (copy_msg_get(&text, &m))
		BUG_ON(!strchr("dfoexwkynr", m.kind) || m.text.n > n || m.ticks < 0);
	BUG_ON(!copy_msg_get(&bytes, &m) || m.kind != 'b');
	buf_init(&plain, COPY_PIECE);
	copy_plain(&m, &plain);
	BUG_ON(plain.n > COPY_PIECE);
	buf_free(&plain);
	return 0;
}
