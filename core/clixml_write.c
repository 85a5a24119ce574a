#include "core/clixml.h"
#include <stdio.h>
#include "core/xml_write.h"
#include "lib/utf.h"

static const char *const tag_names[] = {
	[PS_NIL] = "Nil", [PS_S] = "S", [PS_C] = "C", [PS_B] = "B", [PS_DT] = "DT", [PS_TS] = "TS",
	[PS_BY] = "By", [PS_SB] = "SB", [PS_U16] = "U16", [PS_I16] = "I16", [PS_U32] = "U32",
	[PS_I32] = "I32", [PS_U64] = "U64", [PS_I64] = "I64", [PS_SG] = "Sg", [PS_DB] = "Db",
	[PS_D] = "D", [PS_BA] = "BA", [PS_G] = "G", [PS_URI] = "URI", [PS_VERSION] = "Version",
	[PS_XD] = "XD", [PS_SBK] = "SBK", [PS_SS] = "SS", [PS_PR] = "PR", [PS_OBJ] = "Obj",
};

const char *const clixml_box[BOX_DCT + 1] = { "", "LST", "IE", "QUE", "STK", "DCT" };

/* MS-PSRP 2.2.5.1.25; PowerShell reads them in this order. */
const struct clixml_pr clixml_pr[8] = {
	{ "AV", "Activity", PS_S }, { "AI", "ActivityId", PS_I32 }, { "S", "CurrentOperation", PS_S },
	{ "PI", "ParentActivityId", PS_I32 }, { "PC", "PercentComplete", PS_I32 },
	{ "T", "Type", PS_S }, { "SR", "SecondsRemaining", PS_I32 },
	{ "SD", "StatusDescription", PS_S },
};

int clixml_tag(struct span element)
{
	size_t i;

	for (i = 0; i < sizeof(tag_names) / sizeof(*tag_names); i++)
		if (span_is(element, tag_names[i]))
			return (int)i;
	return -1;
}

bool clixml_tag_escaped(enum ps_tag tag)
{
	return tag == PS_S || tag == PS_URI || tag == PS_XD || tag == PS_SBK;
}

static void put_unit(struct buf *out, uint32_t unit)
{
	buf_printf(out, "_x%04X_", (unsigned)unit);
}

/* MS-PSRP 2.2.5.3.2: controls and surrogates, unit by unit, so pairs as well; '_' only where a
 * reader would misread it. */
static bool put_escaped(struct buf *out, uint32_t c, bool before_x)
{
	if (c < 0x20 || (c >= 0x7f && c <= 0x9f) || (c >= 0xd800 && c <= 0xdfff) ||
	    c == 0xfffe || c == 0xffff || (c == '_' && before_x)) {
		put_unit(out, c);
		return true;
	}
	if (c >= 0x10000) {
		put_unit(out, 0xd800 + ((c - 0x10000) >> 10));
		put_unit(out, 0xdc00 + (c & 0x3ff));
		return true;
	}
	return false;
}

static bool is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '_';
}

void clixml_escape(struct span s, struct buf *out)
{
	uint32_t c;
	size_t n, plain = 0;

	while (plain < s.n) {
		if (is_plain(s.p[plain])) {
			plain++;
			continue;
		}
		xml_escape(span_sub(s, 0, plain), out);
		s = span_sub(s, plain, s.n);
		plain = 0;
		n = utf8_get_lax(s, &c);
		if (!put_escaped(out, c, s.n > 1 && (s.p[1] | 32) == 'x'))
			xml_escape(span_sub(s, 0, n), out);
		s = span_sub(s, n, s.n);
	}
	xml_escape(s, out);
}

/* type lists remembered for TNRef; more are written out again */
#define TYPES_MAX 256

struct writer {
	struct xml_write x;
	uint32_t objects;
	size_t type_n;
	const struct ps_types *types[TYPES_MAX];
};

static void put_id(struct writer *w, uint64_t id)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)id);
	xml_write_attr(&w->x, "RefId", span_str(text));
}

static bool same_types(const struct ps_types *a, const struct ps_types *b)
{
	size_t i;

	if (a == b)
		return true;
	for (i = 0; a->n == b->n && i < a->n; i++)
		if (!span_eq(a->name[i], b->name[i]))
			return false;
	return a->n == b->n;
}

static void put_types(struct writer *w, const struct ps_types *t)
{
	size_t i;

	for (i = 0; i < w->type_n; i++) {
		if (same_types(w->types[i], t)) {
			xml_write_start(&w->x, "TNRef");
			put_id(w, i);
			xml_write_end(&w->x);
			return;
		}
	}
	xml_write_start(&w->x, "TN");
	if (w->type_n < TYPES_MAX) {
		put_id(w, w->type_n);
		w->types[w->type_n++] = t;
	}
	for (i = 0; i < t->n; i++)
		xml_write_leaf(&w->x, "T", t->name[i]);
	xml_write_end(&w->x);
}

static void put_value(struct writer *w, const struct span *name, struct ps_val *v);

static void put_props(struct writer *w, const struct ps_prop *p)
{
	for (; p; p = p->next)
		put_value(w, &p->name, p->val);
	xml_write_end(&w->x);
}

static void put_items(struct writer *w, const struct ps_val *o)
{
	static const struct span key = SPAN("Key"), value = SPAN("Value");
	const struct ps_item *i;

	xml_write_start(&w->x, clixml_box[o->box]);
	for (i = o->items; i; i = i->next) {
		if (o->box != BOX_DCT) {
			put_value(w, NULL, i->val);
			continue;
		}
		xml_write_start(&w->x, "En");
		put_value(w, &key, i->key);
		put_value(w, &value, i->val);
		xml_write_end(&w->x);
	}
	xml_write_end(&w->x);
}

/* The order in which PowerShell writes the parts. */
static void put_object(struct writer *w, struct ps_val *o)
{
	put_id(w, w->objects);
	o->ref = ++w->objects;
	if (o->types)
		put_types(w, o->types);
	if (o->has_string)
		xml_write_leaf(&w->x, "ToString", o->string);
	if (o->base)
		put_value(w, NULL, o->base);
	if (o->has_adapted) {
		xml_write_start(&w->x, "Props");
		put_props(w, o->adapted);
	}
	if (o->box != BOX_NONE)
		put_items(w, o);
	if (o->has_extended) {
		xml_write_start(&w->x, "MS");
		put_props(w, o->extended);
	}
}

static void start(struct writer *w, const char *element, const struct span *name)
{
	xml_write_start(&w->x, element);
	if (name)
		xml_write_attr(&w->x, "N", *name);
}

static void put_progress(struct writer *w, const struct ps_val *v)
{
	const struct ps_val *field;
	size_t i;

	for (i = 0; i < sizeof(clixml_pr) / sizeof(*clixml_pr); i++) {
		field = ps_prop(v, clixml_pr[i].name);
		if (!field)
			continue;
		start(w, field->tag == PS_NIL ? "Nil" : clixml_pr[i].element, NULL);
		if (field->tag != PS_NIL)
			xml_write_text(&w->x, field->text);
		xml_write_end(&w->x);
	}
}

static void put_value(struct writer *w, const struct span *name, struct ps_val *v)
{
	if (buf_failed(w->x.out))       /* also ends the recursion of a tree that is too deep */
		return;
	if (v && v->member_set) {
		start(w, "MS", name);
		put_props(w, v->extended);
		return;
	}
	if (v && v->ref) {
		start(w, "Ref", name);
		put_id(w, v->ref - 1);
		xml_write_end(&w->x);
		return;
	}
	start(w, tag_names[v ? v->tag : PS_NIL], name);
	if (v && v->tag == PS_OBJ) {
		put_object(w, v);
	} else if (v && v->tag == PS_PR) {
		put_progress(w, v);
	} else if (v && v->tag != PS_NIL) {
		w->x.escape = clixml_tag_escaped(v->tag) ? clixml_escape : xml_escape;
		xml_write_text(&w->x, v->text);
		w->x.escape = clixml_escape;
	}
	xml_write_end(&w->x);
}

/* Takes the marks off again; only marked objects lead on, so it goes no deeper than the writing
 * did. */
static void unmark(struct ps_val *v)
{
	struct ps_prop *p;
	struct ps_item *i;

	if (!v || (!v->ref && !v->member_set))
		return;
	v->ref = 0;
	unmark(v->base);
	for (p = v->adapted; p; p = p->next)
		unmark(p->val);
	for (p = v->extended; p; p = p->next)
		unmark(p->val);
	for (i = v->items; i; i = i->next) {
		unmark(i->key);
		unmark(i->val);
	}
}

void clixml_write(const struct ps_val *v, struct buf *out)
{
	/* ref, the writer's own member, changes and changes back */
	struct ps_val *tree = (struct ps_val *)v;
	struct writer w = { .objects = 0 };

	xml_write_init(&w.x, out);
	w.x.escape = clixml_escape;
	put_value(&w, NULL, tree);
	unmark(tree);
}
