/* XML writer that cannot emit malformed XML: elements are closed in order, values are escaped, and
 * what XML cannot carry (control characters, malformed UTF-8) becomes U+FFFD. Names are literals of
 * ours. The buffer's sticky maximum is the error state. */
#ifndef CORE_XML_WRITE_H
#define CORE_XML_WRITE_H
#include "lib/buf.h"

#define XML_WRITE_DEPTH 400               /* open elements; one more fails the buffer */

struct xml_write {
	struct buf *out;
	void (*escape)(struct span s, struct buf *out);   /* xml_escape; CLIXML sets its own */
	size_t n;
	bool in_tag;                      /* the last start tag still takes attributes */
	const char *open[XML_WRITE_DEPTH];
};

void xml_write_init(struct xml_write *w, struct buf *out);
void xml_write_start(struct xml_write *w, const char *name);                       /* "s:Body" */
/* right after start; "xmlns:s" too */
void xml_write_attr(struct xml_write *w, const char *name, struct span value);
void xml_write_text(struct xml_write *w, struct span text);
/* <a/> when there was nothing inside */
void xml_write_end(struct xml_write *w);
/* start, text, end */
void xml_write_leaf(struct xml_write *w, const char *name, struct span text);

/* fit for text and for "quoted" attributes */
void xml_escape(struct span s, struct buf *out);
#endif
