/* libFuzzer entry: any bytes, read event by event and then through the helpers. */
#include "core/xml_pull.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static volatile uint8_t seen;

/* Looks at every byte, so that the sanitizers do. */
static void touch(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		seen ^= s.p[i];
}

static void by_events(struct xml_pull *x)
{
	struct span value;
	int r;

	while ((r = xml_next(x)) > 0) {
		touch(r == XML_TEXT ? x->text : x->name);
		touch(x->ns);
		if (r == XML_START && xml_attr(x, NULL, "a", &value))
			touch(value);
	}
	BUG_ON(r == XML_EOF && x->pos != x->doc.n);
	BUG_ON(r < 0 && x->err->code != r);
}

static void by_helpers(struct xml_pull *x)
{
	struct span text;
	int r = xml_child(x, 0);

	while (r > 0 && (r = xml_child(x, 1)) > 0) {
		if (xml_is(x, NULL, "a") && xml_text(x, &text) == 0)
			touch(text);
		else if (xml_is(x, NULL, "b") && xml_skip(x) < 0)
			return;
		else if (xml_is(x, NULL, "d") && xml_enter(x, NULL, "c") < 0)
			return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static void (*const ways[])(struct xml_pull *) = { by_events, by_helpers };
	static struct xml_pull x;
	struct arena a;
	struct err e;
	size_t i;

	for (i = 0; i < 2; i++) {
		e = (struct err){ 0 };
		arena_init(&a, 1 << 20);
		xml_init(&x, span_of(p, n), &a, &e);
		ways[i](&x);
		arena_free(&a);
	}
	return 0;
}
