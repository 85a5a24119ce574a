/* libFuzzer entry: answers of WS-Management, and the sentence a fault becomes. */
#include "core/wsman_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct wsman_stream *s;
	struct wsman_reply r;
	struct err e = { 0 };
	struct arena a;

	arena_init(&a, 1 << 22);
	if (wsman_reply_read(span_of(p, n), &a, &r, &e) == 0) {
		for (s = r.streams; s; s = s->next)
			BUG_ON(s->data.n && !s->data.p);
		if (r.kind == WSMAN_IS_FAULT)
			BUG_ON(wsman_fault_err(&r, "host", &e) >= 0);
	} else {
		BUG_ON(!e.code);
	}
	arena_free(&a);
	return 0;
}
