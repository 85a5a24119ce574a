/* libFuzzer entry: the packet reader, fed in two pieces cut where the first byte says. */
#include "core/oop_packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void eat(struct oop_in *o, struct span in)
{
	struct oop_packet k;
	int r;

	while ((r = oop_in_feed(o, &in, &k)) > 0) {
		BUG_ON(k.kind == OOP_DATA && !k.text.n);
		BUG_ON(k.kind == OOP_TEXT && !k.text.n);
	}
	BUG_ON(r != o->err.code);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	size_t cut = n ? p[0] % n : 0;
	struct oop_in o;

	oop_in_init(&o);
	eat(&o, span_of(p, cut));
	eat(&o, span_of(p + cut, n - cut));
	oop_in_free(&o);
	return 0;
}
