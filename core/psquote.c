#include "core/psquote.h"
#include "lib/utf.h"

/* PowerShell ends a single-quoted string at any of these: ' and U+2018 to U+201B. Doubled, it
 * stands for itself. */
static bool is_quote(uint32_t cp)
{
	return cp == '\'' || (cp >= 0x2018 && cp <= 0x201b);
}

void psquote(struct span s, struct buf *out)
{
	uint32_t cp;
	size_t n;

	buf_putc(out, '\'');
	for (; (n = utf8_get_lax(s, &cp)) > 0; s = span_sub(s, n, s.n - n)) {
		if (is_quote(cp))
			utf8_put(out, cp);
		utf8_put(out, cp);
	}
	buf_putc(out, '\'');
}
