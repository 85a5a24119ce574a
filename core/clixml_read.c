#include "core/clixml.h"
#include "core/xml_pull.h"
#include "lib/utf.h"

/* What an id refers to. Open addressing, doubled in the arena; ids are mostly 0, 1, 2 … */
struct ref { uint64_t id; void *to; };
struct refs { struct ref *slot; size_t n, cap; };

#define PROBES_MAX 64                     /* more only happens when ids were chosen to collide */

struct reader {
	struct xml_pull x;
	struct arena *a;
	struct err *e;
	struct refs objects, types;
	unsigned depth;
};

static int bad(struct reader *r)
{
	return err_peer(r->e, "MS-PSRP 2.2.5", r->x.at);
}

static int too_large(struct reader *r)
{
	return err_set(r->e, E_LIMIT, "an object from the server is too large or nested too deeply");
}

/* The place of id: its own or a free one; NULL when the probes run out. */
static struct ref *probe(const struct refs *t, uint64_t id)
{
	size_t at = (size_t)(id * 0x9e3779b97f4a7c15ull >> 20), i;
	struct ref *s;

	for (i = 0; i < PROBES_MAX && i < t->cap; i++) {
		s = &t->slot[(at + i) & (t->cap - 1)];
		if (!s->to || s->id == id)
			return s;
	}
	return NULL;
}

static int grow(struct reader *r, struct refs *t)
{
	struct refs bigger = { .n = t->n, .cap = t->cap ? t->cap * 2 : 16 };
	struct ref *s;
	size_t i;

	bigger.slot = arena_alloc(r->a, bigger.cap * sizeof(*bigger.slot));
	if (!bigger.slot)
		return too_large(r);
	for (i = 0; i < t->cap; i++) {
		if (!t->slot[i].to)
			continue;
		s = probe(&bigger, t->slot[i].id);
		if (!s)
			return too_large(r);
		*s = t->slot[i];
	}
	*t = bigger;
	return 0;
}

/* Notes the RefId of the element just started, if it has one. A later one of the same number
 * replaces it, as PowerShell does. */
static int define(struct reader *r, struct refs *t, void *to)
{
	struct span text;
	struct ref *s;
	uint64_t id;

	if (!xml_attr(&r->x, NULL, "RefId", &text))
		return 0;
	if (!num_u64(text, &id))
		return bad(r);
	if (t->n >= t->cap / 2 && grow(r, t) < 0)
		return r->e->code;
	s = probe(t, id);
	if (!s)
		return too_large(r);
	t->n += !s->to;
	*s = (struct ref){ id, to };
	return 0;
}

/* What the RefId of the element just started points to; NULL: nothing seen before. */
static void *resolve(struct reader *r, const struct refs *t)
{
	struct span text;
	struct ref *s = NULL;
	uint64_t id;

	if (xml_attr(&r->x, NULL, "RefId", &text) && num_u64(text, &id))
		s = probe(t, id);
	return s ? s->to : NULL;
}

/* _xHHHH_ (section 2.2.5.3.2): an UTF-16 unit each, halves of a pair next to each other. */

static size_t escape_at(struct span s, uint64_t *unit)
{
	size_t n;

	if (s.n < 7 || s.p[0] != '_' || (s.p[1] | 32) != 'x')
		return 0;
	for (n = 4; n <= 8; n += 4)
		if (n + 3 <= s.n && s.p[n + 2] == '_' && num_hex(span_sub(s, 2, n), unit) &&
		    *unit <= 0x10ffff)
			return n + 3;
	return 0;
}

bool clixml_unescape(struct span s, struct arena *a, struct span *out)
{
	size_t i, used, n = 0, low_used;
	uint64_t unit, low;
	uint8_t *p;

	*out = s;
	if (span_find(s, '_') == s.n)
		return true;
	p = arena_alloc(a, s.n);
	if (!p)
		return false;
	for (i = 0; i < s.n; i += used) {
		used = escape_at(span_sub(s, i, s.n), &unit);
		if (!used) {
			p[n++] = s.p[i];
			used = 1;
			continue;
		}
		low_used = unit >> 10 == 0x36 ? escape_at(span_sub(s, i + used, s.n), &low) : 0;
		if (low_used && low >> 10 == 0x37) {
			unit = 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
			used += low_used;
		}
		n += utf8_encode((uint32_t)unit, p + n);
	}
	*out = span_of(p, n);
	return true;
}

static int unescape(struct reader *r, struct span *s)
{
	return clixml_unescape(*s, r->a, s) ? 0 : too_large(r);
}

/* Text of the element just started; elements inside are an error. */
static int read_text(struct reader *r, bool escaped, struct span *out)
{
	int ev = xml_next(&r->x);

	*out = SPAN_NONE;
	if (ev == XML_TEXT) {
		*out = r->x.text;
		ev = xml_next(&r->x);
	}
	if (ev < 0)
		return ev;
	if (ev != XML_END)
		return bad(r);
	return escaped ? unescape(r, out) : 0;
}

static int read_types(struct reader *r, struct ps_val *o)
{
	struct ps_types *t = arena_alloc(r->a, sizeof(*t));
	size_t depth = r->x.depth, cap = 0;
	struct span *more;
	int ev;

	if (!t)
		return too_large(r);
	if (define(r, &r->types, t) < 0)
		return r->e->code;
	while ((ev = xml_child(&r->x, depth)) > 0) {
		if (!xml_is(&r->x, NULL, "T"))
			return bad(r);
		if (t->n == cap) {
			cap = cap ? cap * 2 : 4;
			more = arena_alloc(r->a, cap * sizeof(*more));
			if (!more)
				return too_large(r);
			if (t->n)
				memcpy(more, t->name, t->n * sizeof(*more));
			t->name = more;
		}
		if (read_text(r, true, &t->name[t->n]) < 0)
			return r->e->code;
		t->n++;
	}
	o->types = t;
	return ev;
}

static int read_value(struct reader *r, struct ps_val **out);

/* Props and MS: values with names; an MS may hold another one. */
static int read_props(struct reader *r, struct ps_prop **tail)
{
	size_t depth = r->x.depth;
	struct ps_prop *p;
	int ev, s;

	while ((ev = xml_child(&r->x, depth)) > 0) {
		p = arena_alloc(r->a, sizeof(*p));
		if (!p)
			return too_large(r);
		if (!xml_attr(&r->x, NULL, "N", &p->name))
			return bad(r);
		if (unescape(r, &p->name) < 0)
			return r->e->code;
		if (xml_is(&r->x, NULL, "MS")) {
			if (++r->depth > CLIXML_DEPTH_MAX || !(p->val = ps_obj(r->a)))
				return too_large(r);
			p->val->member_set = p->val->has_extended = true;
			s = read_props(r, &p->val->extended);
			r->depth--;
		} else {
			s = read_value(r, &p->val);
		}
		if (s < 0)
			return s;
		*tail = p;
		tail = &p->next;
	}
	return ev;
}

static int read_items(struct reader *r, struct ps_val *o)
{
	size_t depth = r->x.depth;
	struct ps_val *v;
	int ev, s;

	while ((ev = xml_child(&r->x, depth)) > 0) {
		s = read_value(r, &v);
		if (s < 0)
			return s;
		ps_append(r->a, o, v);
	}
	return arena_failed(r->a) ? too_large(r) : ev;
}

static int read_named(struct reader *r, size_t depth, const char *name, struct ps_val **out)
{
	struct span n;
	int ev = xml_child(&r->x, depth);

	if (ev < 0)
		return ev;
	if (!ev || !xml_attr(&r->x, NULL, "N", &n) || !span_is_ci(n, name))
		return bad(r);
	return read_value(r, out);
}

static int read_dict(struct reader *r, struct ps_val *o)
{
	size_t depth = r->x.depth;
	struct ps_val *k, *v;
	int ev, s;

	while ((ev = xml_child(&r->x, depth)) > 0) {
		if (!xml_is(&r->x, NULL, "En"))
			return bad(r);
		s = read_named(r, depth + 1, "Key", &k);
		if (s == 0)
			s = read_named(r, depth + 1, "Value", &v);
		if (s < 0)
			return s;
		ps_put(r->a, o, k, v);
	}
	return arena_failed(r->a) ? too_large(r) : ev;
}

static int read_box(struct reader *r, struct ps_val *o)
{
	enum ps_box b;

	for (b = BOX_LST; b <= BOX_DCT; b++) {
		if (!xml_is(&r->x, NULL, clixml_box[b]))
			continue;
		if (o->box != BOX_NONE)
			return bad(r);
		o->box = b;
		return b == BOX_DCT ? read_dict(r, o) : read_items(r, o);
	}
	return xml_skip(&r->x);         /* a later version's: PowerShell skips it here, and only here */
}

static struct ps_prop **last(struct ps_prop **p)
{
	while (*p)
		p = &(*p)->next;
	return p;
}

static int read_member(struct reader *r, struct ps_val *o)
{
	if (xml_is(&r->x, NULL, "TN"))
		return read_types(r, o);
	if (xml_is(&r->x, NULL, "TNRef")) {
		o->types = resolve(r, &r->types);
		return o->types ? xml_skip(&r->x) : bad(r);
	}
	if (xml_is(&r->x, NULL, "ToString")) {
		o->has_string = true;
		return read_text(r, true, &o->string);
	}
	if (xml_is(&r->x, NULL, "Props")) {
		o->has_adapted = true;
		return read_props(r, last(&o->adapted));
	}
	if (xml_is(&r->x, NULL, "MS")) {
		o->has_extended = true;
		return read_props(r, last(&o->extended));
	}
	if (xml_is(&r->x, NULL, "Obj") || clixml_tag(r->x.name) >= 0)
		return read_value(r, &o->base);
	return read_box(r, o);
}

static int read_object(struct reader *r, struct ps_val *o)
{
	size_t depth = r->x.depth;
	int ev;

	if (++r->depth > CLIXML_DEPTH_MAX)
		return too_large(r);
	if (define(r, &r->objects, o) < 0)
		return r->e->code;
	while ((ev = xml_child(&r->x, depth)) > 0) {
		ev = read_member(r, o);
		if (ev < 0)
			return ev;
	}
	r->depth--;
	o->adapted_tail = last(&o->adapted);
	o->extended_tail = last(&o->extended);
	return ev;
}

/* One of the own elements of PR (section 2.2.5.1.25), as the property a progress object has. */
static int read_progress_field(struct reader *r, struct ps_val *v)
{
	const struct clixml_pr *f = clixml_pr;
	struct span text;

	if (xml_is(&r->x, NULL, "Nil")) {
		ps_add(r->a, v, "CurrentOperation", ps_nil(r->a));
		return xml_skip(&r->x);
	}
	while (f < clixml_pr + sizeof(clixml_pr) / sizeof(*f) && !xml_is(&r->x, NULL, f->element))
		f++;
	if (f == clixml_pr + sizeof(clixml_pr) / sizeof(*f) || ps_prop(v, f->name))
		return bad(r);
	if (read_text(r, true, &text) < 0)
		return r->e->code;
	ps_add(r->a, v, f->name, ps_new(r->a, f->tag, text));
	return 0;
}

static int read_progress(struct reader *r, struct ps_val *v)
{
	size_t depth = r->x.depth;
	int ev, s;

	while ((ev = xml_child(&r->x, depth)) > 0) {
		s = read_progress_field(r, v);
		if (s < 0)
			return s;
	}
	return arena_failed(r->a) ? too_large(r) : ev;
}

/* The value whose element was just started, up to its end. Unknown elements are an error here. */
static int read_value(struct reader *r, struct ps_val **out)
{
	struct ps_val *v;
	int tag = clixml_tag(r->x.name);

	if (xml_is(&r->x, NULL, "Ref")) {
		*out = resolve(r, &r->objects);
		return *out ? xml_skip(&r->x) : bad(r);
	}
	if (tag < 0)
		return bad(r);
	v = ps_new(r->a, (enum ps_tag)tag, SPAN_NONE);
	if (!v)
		return too_large(r);
	*out = v;
	switch (tag) {
	case PS_NIL:
		return xml_skip(&r->x);
	case PS_OBJ:
		return read_object(r, v);
	case PS_PR:
		return read_progress(r, v);
	default:
		return read_text(r, clixml_tag_escaped(v->tag), &v->text);
	}
}

int clixml_read(struct span xml, struct arena *a, struct ps_val **out, struct err *e)
{
	struct reader r;                /* large: only what counts is set */
	int s;

	r.a = a;
	r.e = e;
	r.objects = r.types = (struct refs){ 0 };
	r.depth = 0;
	xml_init(&r.x, xml, a, e);
	s = xml_next(&r.x);
	if (s == XML_START && xml_is(&r.x, NULL, "Objs"))
		s = xml_child(&r.x, r.x.depth);
	if (s == 0)
		s = bad(&r);
	if (s > 0)
		s = read_value(&r, out);
	/* To the end, so that a message that is not whole is refused; and of Objs, the rest. */
	while (s == 0 && (s = xml_next(&r.x)) != XML_EOF)
		s = s < 0 ? s : 0;
	return s;
}
