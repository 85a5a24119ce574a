#include "applets/ui/escape.h"

static bool is_command(uint8_t c)
{
	return c == '.' || c == 'd' || c == '?' || c == 26;
}

int escape_feed(struct escape *e, struct span *in, struct buf *out)
{
	uint8_t c;

	while (in->n) {
		c = *in->p;
		*in = span_sub(*in, 1, in->n);
		if (e->held) {
			e->held = false;
			if (is_command(c))
				return c;
			buf_putc(out, (uint8_t)e->c);
			e->in_line = true;
			if (c == e->c)
				continue;
		} else if (c == e->c && !e->in_line && !e->paste) {
			e->held = true;
			continue;
		}
		if (c == 27 && (span_starts(*in, "[200~") || span_starts(*in, "[201~")))
			e->paste = in->p[3] == '0';
		e->paste &= c != 3;
		e->in_line = c != '\r' && c != '\n' && c != 3;
		buf_putc(out, c);
	}
	return 0;
}
