/* libFuzzer entry: what is taken for a line of commands has no part outside the caps, and is the
 * same when parsed again. */
#include "core/simple_line.h"
#include "core/clixml.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void parse(struct span line, struct buf *out)
{
	struct simple_line l;
	struct err e = { 0 };
	struct arena a;

	arena_init(&a, 1 << 20);
	if (simple_line_parse(line, &a, &l, &e) < 0)
		buf_puts(out, e.text);
	BUG_ON(l.n > SIMPLE_LINE_CMDS);
	for (size_t i = 0; !e.code && i < l.n; i++) {
		BUG_ON(!l.cmd[i].text.n || l.cmd[i].param_n > SIMPLE_LINE_PARAMS);
		buf_put(out, l.cmd[i].text);
		for (size_t j = 0; j < l.cmd[i].param_n; j++) {
			BUG_ON(!l.cmd[i].param[j].val);
			clixml_write(l.cmd[i].param[j].val, out);
		}
	}
	arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf once, twice;

	buf_init(&once, 1 << 20);
	buf_init(&twice, 1 << 20);
	parse(span_of(p, n), &once);
	parse(span_of(p, n), &twice);
	BUG_ON(!span_eq(buf_span(&once), buf_span(&twice)));
	buf_free(&once);
	buf_free(&twice);
	return 0;
}
