#include "core/xml_pull.h"
#include "lib/num.h"
#include "lib/utf.h"

static int bad(struct xml_pull *x)
{
	return err_peer(x->err, "XML 1.0", x->pos);
}

static int limit(struct xml_pull *x, const char *what)
{
	return err_set(x->err, E_LIMIT, "the server's answer is too large (%s)", what);
}

static bool is_white(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Once for the whole document, so that the parser need not look again: UTF-8, and no bare control
 * characters (2.2). */
static bool chars_valid(struct span s, size_t *at)
{
	uint32_t cp;
	size_t i, n = 1;

	for (i = 0; i < s.n && n; i += n) {
		*at = i;
		n = 1;
		if (s.p[i] < 0x20 && !is_white(s.p[i]))
			return false;
		if (s.p[i] >= 0x80)
			n = utf8_get(span_sub(s, i, 4), &cp);
		if (s.p[i] == 0xed && n && cp >= 0xd800 && cp <= 0xdfff)
			return false;
	}
	return n > 0;
}

void xml_init(struct xml_pull *x, struct span doc, struct arena *a, struct err *e)
{
	x->at = x->pos = x->depth = x->attr_n = x->ns_n = 0;
	x->ns = x->name = x->text = SPAN_NONE;
	x->doc = span_starts(doc, "\xef\xbb\xbf") ? span_sub(doc, 3, doc.n) : doc;
	x->arena = a;
	x->err = e;
	x->empty = x->seen_root = false;
	if (doc.n > XML_DOC_MAX)
		limit(x, "XML document");
	else if (!chars_valid(x->doc, &x->pos))
		bad(x);
	else
		x->pos = 0;
}

static bool looking_at(const struct xml_pull *x, size_t pos, const char *lit)
{
	return span_starts(span_sub(x->doc, pos, strlen(lit)), lit);
}

static bool take(struct xml_pull *x, char c)
{
	if (x->pos >= x->doc.n || x->doc.p[x->pos] != (uint8_t)c)
		return false;
	x->pos++;
	return true;
}

static bool skip_white(struct xml_pull *x)
{
	size_t from = x->pos;

	while (x->pos < x->doc.n && is_white(x->doc.p[x->pos]))
		x->pos++;
	return x->pos > from;
}

/* Text, references and CDATA */

/* Decodes "lt;", "#10;" …: bytes taken behind the '&', or 0. Any code point is taken: .NET writes
 * controls this way. */
static size_t reference(struct span s, uint32_t *cp)
{
	static const struct { const char *name; char c; } known[] = {
		{ "lt", '<' }, { "gt", '>' }, { "amp", '&' }, { "quot", '"' }, { "apos", '\'' },
	};
	struct span name = span_sub(s, 0, span_find(span_sub(s, 0, 12), ';'));
	uint64_t v = UINT64_MAX;
	size_t i;

	if (name.n >= s.n || name.n == 12)
		return 0;
	if (span_starts(name, "#x") ? num_hex(span_sub(name, 2, name.n), &v) :
	    span_starts(name, "#") && num_u64(span_sub(name, 1, name.n), &v)) {
		*cp = (uint32_t)v;
		return v <= 0x10ffff ? name.n + 1 : 0;
	}
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (span_is(name, known[i].name)) {
			*cp = (uint8_t)known[i].c;
			return name.n + 1;
		}
	}
	return 0;
}

enum flavour { CHARS, CDATA, ATTR };

static bool needs_decoding(struct span raw, enum flavour f)
{
	if (f != CDATA && span_find(raw, '&') < raw.n)
		return true;
	if (f == ATTR && (span_find(raw, '\n') < raw.n || span_find(raw, '\t') < raw.n))
		return true;
	return span_find(raw, '\r') < raw.n;
}

/* Undoes references, and normalises line ends (2.11) and white space in attributes (3.3.3). Never
 * grows: the shortest reference to a character is longer than its UTF-8. False for an unknown
 * reference. */
static bool decode(struct span raw, enum flavour f, uint8_t *out, size_t *n)
{
	uint32_t cp;
	size_t i, used;
	uint8_t c;

	for (i = 0; i < raw.n; i++) {
		c = raw.p[i];
		if (c == '&' && f != CDATA) {
			used = reference(span_sub(raw, i + 1, raw.n), &cp);
			if (!used)
				return false;
			*n += utf8_encode(cp, out + *n);
			i += used;
			continue;
		}
		if (c == '\r') {
			i += i + 1 < raw.n && raw.p[i + 1] == '\n';
			c = '\n';
		}
		out[(*n)++] = f == ATTR && is_white(c) ? ' ' : c;
	}
	return true;
}

enum piece { P_TAG, P_SKIP, P_CHARS, P_CDATA, P_BROKEN };

/* What stands at *pos; behind all but a tag it moves on. raw: the text in it. */
static enum piece next_piece(const struct xml_pull *x, size_t *pos, struct span *raw)
{
	static const struct { const char *open, *close; enum piece kind; } marks[] = {
		{ "<!--", "-->", P_SKIP }, { "<?", "?>", P_SKIP }, { "<![CDATA[", "]]>", P_CDATA },
	};
	struct span rest = span_sub(x->doc, *pos, x->doc.n);
	size_t i, end, skip;

	if (!rest.n)
		return P_TAG;
	if (rest.p[0] != '<') {
		*raw = span_sub(rest, 0, span_find(rest, '<'));
		*pos += raw->n;
		return P_CHARS;
	}
	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (!span_starts(rest, marks[i].open))
			continue;
		skip = strlen(marks[i].open);
		*raw = span_sub(rest, skip, rest.n);
		end = span_search(*raw, span_str(marks[i].close));
		if (end == raw->n)
			return P_BROKEN;
		*raw = span_sub(*raw, 0, end);
		*pos += skip + end + strlen(marks[i].close);
		return marks[i].kind;
	}
	return P_TAG;
}

/* Joins the pieces between x->pos and end. */
static int join_text(struct xml_pull *x, size_t total, size_t end)
{
	uint8_t *out = arena_alloc(x->arena, total);
	struct span raw;
	enum piece k;
	size_t n = 0;

	if (!out)
		return limit(x, "XML text");
	while (x->pos < end) {
		k = next_piece(x, &x->pos, &raw);
		if (k != P_SKIP && !decode(raw, k == P_CDATA ? CDATA : CHARS, out, &n))
			return bad(x);
	}
	x->text = span_of(out, n);
	return XML_TEXT;
}

/* All up to the next tag: XML_TEXT, or 0 when there was none but comments (or white space outside
 * the root). */
static int text(struct xml_pull *x)
{
	size_t end = x->pos, total = 0, pieces = 0;
	bool plain = true;
	struct span raw;
	enum piece k;

	while ((k = next_piece(x, &end, &raw)) != P_TAG) {
		if (k == P_BROKEN)
			return bad(x);
		if (k == P_SKIP || (x->depth && !raw.n))
			continue;
		if (!x->depth && (k == P_CDATA || span_trim(raw).n))
			return bad(x);
		plain = plain && !needs_decoding(raw, k == P_CDATA ? CDATA : CHARS);
		total += raw.n;
		x->text = raw;
		pieces++;
	}
	if (x->depth && pieces && (pieces > 1 || !plain))
		return join_text(x, total, end);
	x->pos = end;
	return x->depth && pieces ? XML_TEXT : 0;
}

/* Names and namespaces */

static bool name_byte(uint8_t c, bool first)
{
	uint8_t l = c | 32;

	return c >= 0x80 || (l >= 'a' && l <= 'z') || c == '_' || c == ':' ||
		(!first && ((c >= '0' && c <= '9') || c == '-' || c == '.'));
}

static int take_name(struct xml_pull *x, struct span *name)
{
	size_t from = x->pos;

	while (x->pos < x->doc.n && name_byte(x->doc.p[x->pos], x->pos == from))
		x->pos++;
	*name = span_sub(x->doc, from, x->pos - from);
	if (name->n > XML_NAME_MAX)
		return limit(x, "XML name");
	return name->n ? 0 : bad(x);
}

/* "p:local" to URI and local name. Attributes without a prefix have no namespace, elements the
 * default one. */
static bool resolve(const struct xml_pull *x, struct span qname, bool is_attr, struct span *ns,
	struct span *name)
{
	struct span prefix = SPAN_NONE;
	size_t i;

	*name = qname;
	*ns = SPAN_NONE;
	if (span_find(qname, ':') < qname.n) {
		prefix = span_cut(name, ':');
		if (!prefix.n || !name->n || !name_byte(name->p[0], true) ||
		    span_find(*name, ':') < name->n)
			return false;
	} else if (is_attr) {
		return true;
	}
	for (i = x->ns_n; i-- > 0; ) {
		if (span_eq(x->bound[i].prefix, prefix)) {
			*ns = x->bound[i].uri;
			return true;
		}
	}
	if (span_is(prefix, "xml"))
		*ns = SPAN("http://www.w3.org/XML/1998/namespace");
	return !prefix.n || ns->n;
}

static int bind(struct xml_pull *x, struct span prefix, struct span uri)
{
	if (x->ns_n == XML_NS_MAX)
		return limit(x, "XML namespaces");
	if (prefix.n && !uri.n)         /* Namespaces 1.0, section 5: only the default can be undone */
		return bad(x);
	x->bound[x->ns_n++] = (struct xml_ns){ prefix, uri };
	return 0;
}

/* Tags */

static int take_value(struct xml_pull *x, struct span *value)
{
	struct span rest;
	uint8_t *out;
	size_t n = 0;
	char quote;

	skip_white(x);
	if (!take(x, '='))
		return bad(x);
	skip_white(x);
	quote = looking_at(x, x->pos, "'") ? '\'' : '"';
	if (!take(x, quote))
		return bad(x);
	rest = span_sub(x->doc, x->pos, x->doc.n);
	*value = span_sub(rest, 0, span_find(rest, (uint8_t)quote));
	if (value->n == rest.n || span_find(*value, '<') < value->n)
		return bad(x);
	x->pos += value->n + 1;
	if (!needs_decoding(*value, ATTR))
		return 0;
	out = arena_alloc(x->arena, value->n);
	if (!out)
		return limit(x, "XML text");
	if (!decode(*value, ATTR, out, &n))
		return bad(x);
	*value = span_of(out, n);
	return 0;
}

static int take_attr(struct xml_pull *x)
{
	struct span name, value;
	int r = take_name(x, &name);

	if (r == 0)
		r = take_value(x, &value);
	if (r < 0)
		return r;
	if (span_is(name, "xmlns"))
		return bind(x, SPAN_NONE, value);
	if (span_starts(name, "xmlns:"))
		return name.n > 6 ? bind(x, span_sub(name, 6, name.n), value) : bad(x);
	if (x->attr_n == XML_ATTR_MAX)
		return limit(x, "XML attributes");
	x->attr[x->attr_n++] = (struct xml_attr){ .name = name, .value = value };
	return 0;
}

/* After the whole tag was read, because declarations count wherever they stand in it. */
static int resolve_all(struct xml_pull *x, struct span qname)
{
	struct xml_attr *a;
	size_t i, k;

	if (!resolve(x, qname, false, &x->ns, &x->name))
		return bad(x);
	for (i = 0; i < x->attr_n; i++) {
		a = &x->attr[i];
		if (!resolve(x, a->name, true, &a->ns, &a->name))
			return bad(x);
		for (k = 0; k < i; k++)
			if (span_eq(x->attr[k].name, a->name) && span_eq(x->attr[k].ns, a->ns))
				return bad(x);
	}
	return XML_START;
}

static int start_tag(struct xml_pull *x)
{
	struct xml_level level = { .ns_n = (uint16_t)x->ns_n };
	struct span qname;
	bool white;
	int r;

	if (!x->depth && x->seen_root)
		return bad(x);
	if (x->depth == XML_DEPTH_MAX)
		return limit(x, "XML nesting");
	x->pos++;
	level.off = (uint32_t)x->pos;
	r = take_name(x, &qname);
	level.len = (uint16_t)qname.n;
	x->attr_n = 0;
	while (r == 0) {
		white = skip_white(x);
		if (take(x, '>'))
			break;
		if (take(x, '/')) {
			if (!take(x, '>'))
				return bad(x);
			x->empty = true;
			break;
		}
		r = white ? take_attr(x) : bad(x);
	}
	if (r < 0)
		return r;
	x->level[x->depth++] = level;
	x->seen_root = true;
	return resolve_all(x, qname);
}

static int pop(struct xml_pull *x)
{
	x->ns_n = x->level[--x->depth].ns_n;
	x->attr_n = 0;
	return XML_END;
}

static int end_tag(struct xml_pull *x)
{
	const struct xml_level *top = x->depth ? &x->level[x->depth - 1] : NULL;
	struct span qname;
	int r;

	x->pos += 2;
	r = take_name(x, &qname);
	if (r < 0)
		return r;
	skip_white(x);
	if (!take(x, '>') || !top || !span_eq(qname, span_sub(x->doc, top->off, top->len)) ||
	    !resolve(x, qname, false, &x->ns, &x->name))
		return bad(x);
	return pop(x);
}

int xml_next(struct xml_pull *x)
{
	int r;

	if (x->err->code)
		return x->err->code;
	x->at = x->pos;
	if (x->empty) {
		x->empty = false;
		return pop(x);
	}
	r = text(x);
	if (r)
		return r;
	x->at = x->pos;
	if (x->pos == x->doc.n)
		return x->depth || !x->seen_root ? bad(x) : XML_EOF;
	return looking_at(x, x->pos, "</") ? end_tag(x) : start_tag(x);
}

/* Convenience */

bool xml_is(const struct xml_pull *x, const char *ns, const char *name)
{
	return span_is(x->name, name) && (!ns || span_is(x->ns, ns));
}

bool xml_attr(const struct xml_pull *x, const char *ns, const char *name, struct span *value)
{
	size_t i;

	for (i = 0; i < x->attr_n; i++) {
		if (span_is(x->attr[i].name, name) && (!ns || span_is(x->attr[i].ns, ns))) {
			*value = x->attr[i].value;
			return true;
		}
	}
	return false;
}

int xml_enter(struct xml_pull *x, const char *ns, const char *name)
{
	size_t depth = x->depth;
	int r;

	while ((r = xml_next(x)) > 0) {
		if (r == XML_START && xml_is(x, ns, name))
			return 1;
		if (r == XML_END && x->depth < depth)
			return 0;
	}
	return r;
}

int xml_child(struct xml_pull *x, size_t depth)
{
	int r = 0;

	while (x->depth >= depth && (r = xml_next(x)) > 0)
		if (r == XML_START && x->depth == depth + 1)
			return 1;
	return r < 0 ? r : 0;
}

int xml_text(struct xml_pull *x, struct span *out)
{
	size_t depth = x->depth;
	uint8_t *joined;
	int r;

	*out = SPAN_NONE;
	while (x->depth >= depth) {
		r = xml_next(x);
		if (r < 0)
			return r;
		if (r != XML_TEXT)
			continue;
		if (!out->n) {
			*out = x->text;
			continue;
		}
		joined = arena_alloc(x->arena, out->n + x->text.n);
		if (!joined)
			return limit(x, "XML text");
		memcpy(joined, out->p, out->n);
		memcpy(joined + out->n, x->text.p, x->text.n);
		*out = span_of(joined, out->n + x->text.n);
	}
	return 0;
}

int xml_skip(struct xml_pull *x)
{
	size_t depth = x->depth;
	int r;

	while (x->depth >= depth) {
		r = xml_next(x);
		if (r < 0)
			return r;
	}
	return 0;
}
