#include "core/xml_write.h"
#include "lib/err.h"
#include "lib/utf.h"

void xml_write_init(struct xml_write *w, struct buf *out)
{
	w->out = out;
	w->escape = xml_escape;
	w->n = 0;
	w->in_tag = false;
}

static void close_tag(struct xml_write *w)
{
	if (w->in_tag)
		buf_putc(w->out, '>');
	w->in_tag = false;
}

void xml_write_start(struct xml_write *w, const char *name)
{
	close_tag(w);
	if (w->n < XML_WRITE_DEPTH)
		w->open[w->n] = name;
	else
		w->out->failed = true;
	w->n++;
	buf_putc(w->out, '<');
	buf_puts(w->out, name);
	w->in_tag = true;
}

void xml_write_attr(struct xml_write *w, const char *name, struct span value)
{
	BUG_ON(!w->in_tag);
	buf_putc(w->out, ' ');
	buf_puts(w->out, name);
	buf_puts(w->out, "=\"");
	w->escape(value, w->out);
	buf_putc(w->out, '"');
}

void xml_write_text(struct xml_write *w, struct span text)
{
	BUG_ON(!w->n);
	close_tag(w);
	w->escape(text, w->out);
}

void xml_write_end(struct xml_write *w)
{
	BUG_ON(!w->n);
	w->n--;
	if (w->in_tag) {
		buf_puts(w->out, "/>");
		w->in_tag = false;
	} else if (w->n < XML_WRITE_DEPTH) {
		buf_puts(w->out, "</");
		buf_puts(w->out, w->open[w->n]);
		buf_putc(w->out, '>');
	}
}

void xml_write_leaf(struct xml_write *w, const char *name, struct span text)
{
	xml_write_start(w, name);
	xml_write_text(w, text);
	xml_write_end(w);
}

/* What stands for c in a document, or NULL for itself. Line ends and tabs as references: readers
 * change bare ones. */
static const char *reference(uint32_t c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\t': return "&#9;";
	case '\n': return "&#10;";
	case '\r': return "&#13;";
	case 0xfffe: case 0xffff: return "\xef\xbf\xbd";
	}
	return c < 0x20 || (c >= 0xd800 && c <= 0xdfff) ? "\xef\xbf\xbd" : NULL;
}

void xml_escape(struct span s, struct buf *out)
{
	const char *ref;
	uint32_t c;
	size_t n, plain = 0;

	while (plain < s.n) {
		n = utf8_get_lax(span_sub(s, plain, s.n), &c);
		ref = c == 0xfffd ? "\xef\xbf\xbd" : reference(c);
		if (!ref) {
			plain += n;
			continue;
		}
		buf_put(out, span_sub(s, 0, plain));
		buf_puts(out, ref);
		s = span_sub(s, plain + n, s.n);
		plain = 0;
	}
	buf_put(out, s);
}
