/* libFuzzer entry: any CLIXML, as JSON in brackets that match. */
#include "core/clixml.h"
#include "core/psobject_json.h"
#include "lib/utf.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* Outside of strings nothing but brackets, commas and words; inside no control, and valid UTF-8. */
static void check(struct span s)
{
	size_t open = 0;
	bool quoted = false;

	BUG_ON(!utf8_valid(s));
	for (size_t i = 0; i < s.n; i++) {
		BUG_ON(s.p[i] < ' ');
		if (quoted && s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			quoted = !quoted;
		else if (!quoted && strchr("{[", s.p[i]))
			open++;
		else if (!quoted && strchr("}]", s.p[i]))
			BUG_ON(!open--);
	}
	BUG_ON(quoted || open || !s.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ps_val *v;
	struct err e = { 0 };
	struct arena a;
	struct buf out;
	struct json j = { &out, false };

	arena_init(&a, 1 << 20);
	buf_init(&out, 1 << 20);
	if (clixml_read(span_of(p, n), &a, &v, &e) == 0) {
		psobject_json(&j, v);
		if (!buf_failed(&out))
			check(buf_span(&out));
	}
	buf_free(&out);
	arena_free(&a);
	return 0;
}
