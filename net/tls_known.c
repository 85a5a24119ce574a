#include "net/tls_known.h"

/* host:port in lower case, IPv6 in brackets: what a line begins with */
static void put_place(struct buf *out, const char *host, uint16_t port)
{
	bool bare6 = strchr(host, ':') && host[0] != '[';
	size_t at = out->n;

	buf_printf(out, bare6 ? "[%s]:%u" : "%s:%u", host, port);
	for (; at < out->n; at++)
		if (out->p[at] >= 'A' && out->p[at] <= 'Z')
			out->p[at] += 32;
}

enum tls_known tls_known_find(struct span file, const char *host, uint16_t port,
	const uint8_t print[TLS_PRINT_LEN], unsigned *line)
{
	enum tls_known found = TLS_KNOWN_NEW;
	struct span text, first;
	uint8_t other[TLS_PRINT_LEN];
	struct buf place;
	unsigned n;

	buf_init(&place, 1024);
	put_place(&place, host, port);
	for (n = 1; file.n && found != TLS_KNOWN_SAME; n++) {
		text = span_trim(span_cut(&file, '\n'));
		first = span_cut(&text, ' ');
		if (!span_eq(first, buf_span(&place)))
			continue;
		if (tls_print_get(text, other) && memcmp(other, print, TLS_PRINT_LEN) == 0) {
			found = TLS_KNOWN_SAME;
		} else if (found == TLS_KNOWN_NEW) {
			found = TLS_KNOWN_CHANGED;
			*line = n;
		}
	}
	buf_free(&place);
	return found;
}

void tls_known_put(struct buf *file, const char *host, uint16_t port,
	const uint8_t print[TLS_PRINT_LEN])
{
	if (file->n && file->p[file->n - 1] != '\n')
		buf_putc(file, '\n');
	put_place(file, host, port);
	buf_putc(file, ' ');
	tls_print_put(print, file);
	buf_putc(file, '\n');
}
