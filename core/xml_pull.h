/* Engine: pull parser for whole XML documents in memory (XML 1.0, Namespaces 1.0; UTF-8, a leading
 * BOM is accepted). Comments and processing instructions are skipped, CDATA is text, white space is
 * kept, a document type is refused. Values point into the document, or into the arena when they had
 * to be unescaped: both must live as long as the values.
 *
 *	xml_init(&x, doc, &arena, &err);
 *	r = xml_enter(&x, NS_SOAP, "Envelope");
 *	depth = x.depth;
 *	while (r > 0 && (r = xml_child(&x, depth)) > 0)
 *		if (xml_is(&x, NS_SOAP, "Body")) ...
 *
 * Functions that return int: positive or 0 as said, or the sticky E_PEER (malformed) or E_LIMIT
 * (over a cap, also the arena's). */
#ifndef CORE_XML_PULL_H
#define CORE_XML_PULL_H
#include "lib/arena.h"
#include "lib/err.h"

#define XML_DEPTH_MAX 400                 /* open elements */
#define XML_ATTR_MAX 32                   /* per element */
#define XML_NS_MAX 64                     /* namespace declarations in scope */
#define XML_NAME_MAX 512                  /* bytes of a name */
#define XML_DOC_MAX 0x10000000u           /* bytes of a document */

enum xml_event { XML_EOF, XML_START, XML_TEXT, XML_END };

struct xml_attr { struct span ns, name, value; };            /* ns: URI, empty without a prefix */
struct xml_ns { struct span prefix, uri; };
/* name as written; declarations in scope outside of it */
struct xml_level { uint32_t off; uint16_t len; uint16_t ns_n; };

struct xml_pull {
	struct span ns, name;             /* of the last START or END: URI and local name */
	struct span text;                 /* of the last TEXT: all up to the next tag */
	/* in the document: where the last event starts, and what is behind it */
	size_t at, pos;
	size_t depth;                     /* open elements; START counts its own, END no longer */
	/* own business */
	struct span doc;
	struct arena *arena;
	struct err *err;
	size_t attr_n, ns_n;
	bool empty, seen_root;            /* empty: END of <a/> is still to come */
	struct xml_attr attr[XML_ATTR_MAX];
	struct xml_ns bound[XML_NS_MAX];
	struct xml_level level[XML_DEPTH_MAX];
};

void xml_init(struct xml_pull *x, struct span doc, struct arena *a, struct err *e);
/* The next event; XML_EOF only behind a complete root element. */
int xml_next(struct xml_pull *x) MUST_CHECK;
/* Is the last START or END this element? ns NULL = in any namespace; "" = in none. */
bool xml_is(const struct xml_pull *x, const char *ns, const char *name);
/* Attribute of the last START; ns as in xml_is ("" for the usual ones). */
bool xml_attr(const struct xml_pull *x, const char *ns, const char *name, struct span *value);

/* Goes to the next START of that name, at any depth below the current element: 1, or 0 when there
 * is none (then at the END of the current element, or at the end of the document). */
int xml_enter(struct xml_pull *x, const char *ns, const char *name) MUST_CHECK;
/* Next child of the element open at depth (what is left of the child before is skipped, text too):
 * 1 = at its START; 0 = at the parent's END. */
int xml_child(struct xml_pull *x, size_t depth) MUST_CHECK;
/* After START: goes to the matching END. */
int xml_skip(struct xml_pull *x) MUST_CHECK;
/* The same, and gives all text inside, also that of elements inside. */
int xml_text(struct xml_pull *x, struct span *text) MUST_CHECK;
#endif
