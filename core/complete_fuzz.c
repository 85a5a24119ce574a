/* libFuzzer entry: a line (its length first), then what a server says of it. Matches replace whole
 * characters of the line, and can be shown. */
#include "core/complete.h"
#include "core/clixml.h"
#include "core/debug.h"
#include "lib/utf.h"
#include "lib/vis.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check(const struct complete *c, struct span line)
{
	struct span common = complete_common(c);
	struct buf b;

	BUG_ON(c->from > c->to || c->to > line.n || c->n > COMPLETE_MAX);
	BUG_ON(!utf8_valid(span_sub(line, c->from, c->to - c->from)));
	buf_init(&b, SIZE_MAX);
	for (size_t i = 0; i < c->n; i++) {
		BUG_ON(!span_eq_ci(common, span_sub(c->match[i].text, 0, common.n)));
		buf_clear(&b);
		vis_line(c->match[i].text, &b);
		BUG_ON(!c->match[i].text.n || !span_eq(buf_span(&b), c->match[i].text));
	}
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct span in = span_of(p + !!n, n - !!n), line = span_sub(in, 0, n ? p[0] : 0);
	struct ps_val *v = NULL;
	struct arena a;
	struct err e = { 0 };
	struct complete c = { .a = &a };
	struct buf text;
	int resume;

	arena_init(&a, 1 << 20);
	buf_init(&text, 1 << 20);
	if (utf8_valid(line) && clixml_read(span_sub(in, line.n, in.n), &a, &v, &e) == 0) {
		if (complete_read(v, line, &c))
			check(&c, line);
		c = (struct complete){ .a = &a };
		if (complete_ask(line, line.n, &c).n) {
			complete_command(v, line, &c);
			check(&c, line);
		}
		debug_stopped(v, &text);
		debug_command(v, &resume);
	}
	buf_free(&text);
	arena_free(&a);
	return 0;
}
