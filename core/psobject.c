#include "core/psobject.h"
#include <stdio.h>
#include "lib/b64.h"
#include "lib/utf.h"

/* Makers */

struct ps_val *ps_new(struct arena *a, enum ps_tag tag, struct span text)
{
	struct ps_val *v = arena_alloc(a, sizeof(*v));

	if (v) {
		v->tag = tag;
		v->text = text;
	}
	return v;
}

static struct ps_val *new_copy(struct arena *a, enum ps_tag tag, struct span text)
{
	struct span copy;

	return arena_dup(a, text, &copy) ? ps_new(a, tag, copy) : NULL;
}

struct ps_val *ps_str(struct arena *a, struct span utf8)
{
	return new_copy(a, PS_S, utf8);
}

static struct ps_val *new_int(struct arena *a, enum ps_tag tag, int64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)v);
	return new_copy(a, tag, span_str(text));
}

struct ps_val *ps_i32(struct arena *a, int32_t v)
{
	return new_int(a, PS_I32, v);
}

struct ps_val *ps_i64(struct arena *a, int64_t v)
{
	return new_int(a, PS_I64, v);
}

struct ps_val *ps_bool(struct arena *a, bool v)
{
	return ps_new(a, PS_B, span_str(v ? "true" : "false"));
}

struct ps_val *ps_nil(struct arena *a)
{
	return ps_new(a, PS_NIL, SPAN_NONE);
}

struct ps_val *ps_obj(struct arena *a)
{
	return ps_new(a, PS_OBJ, SPAN_NONE);
}

/* first (or NULL) and the names of the list. */
static struct ps_types *new_types(struct arena *a, const char *first, const char *names)
{
	struct ps_types *t = arena_alloc(a, sizeof(*t));
	size_t n = first != NULL;
	const char *s;

	for (s = names; *s; s += strlen(s) + 1)
		n++;
	if (t)
		t->name = arena_alloc(a, n * sizeof(*t->name));
	if (!t || !t->name)
		return NULL;
	if (first)
		t->name[t->n++] = span_str(first);
	for (s = names; *s; s += strlen(s) + 1)
		t->name[t->n++] = span_str(s);
	return t;
}

void ps_set_types(struct arena *a, struct ps_val *o, const char *names)
{
	if (o)
		o->types = new_types(a, NULL, names);
}

struct ps_val *ps_enum(struct arena *a, const char *type, const char *string, int32_t v)
{
	struct ps_val *o = ps_obj(a);

	if (!o || !arena_dup(a, span_str(string), &o->string))
		return NULL;
	o->types = new_types(a, type, "System.Enum\0System.ValueType\0System.Object\0");
	o->has_string = true;
	o->base = ps_i32(a, v);
	return o;
}

struct ps_val *ps_list(struct arena *a, const char *types)
{
	struct ps_val *o = ps_obj(a);

	ps_set_types(a, o, types);
	if (o)
		o->box = BOX_LST;
	return o;
}

static void append_item(struct arena *a, struct ps_val *o, struct ps_val *key, struct ps_val *v)
{
	struct ps_item *item = o && v ? arena_alloc(a, sizeof(*item)) : NULL;

	if (!item)
		return;
	item->key = key;
	item->val = v;
	if (!o->items_tail)
		o->items_tail = &o->items;
	*o->items_tail = item;
	o->items_tail = &item->next;
}

void ps_append(struct arena *a, struct ps_val *list, struct ps_val *v)
{
	append_item(a, list, NULL, v);
}

void ps_put(struct arena *a, struct ps_val *dict, struct ps_val *key, struct ps_val *v)
{
	if (key)
		append_item(a, dict, key, v);
}

void ps_add(struct arena *a, struct ps_val *o, const char *name, struct ps_val *v)
{
	struct ps_prop *p = o && v ? arena_alloc(a, sizeof(*p)) : NULL;

	if (!p || !arena_dup(a, span_str(name), &p->name))
		return;
	p->val = v;
	if (!o->extended_tail)
		o->extended_tail = &o->extended;
	*o->extended_tail = p;
	o->extended_tail = &p->next;
	o->has_extended = true;
}

/* Readers */

/* The primitive that v is or boxes; NULL when there is none. Objects may box objects, but not
 * without end. */
static const struct ps_val *primitive(const struct ps_val *v)
{
	int depth = 0;

	while (v && v->tag == PS_OBJ && depth++ < 8)
		v = v->base;
	return v && v->tag != PS_OBJ ? v : NULL;
}

/* The object that holds the items: containers may be boxed as well. */
static const struct ps_val *container(const struct ps_val *v)
{
	int depth = 0;

	while (v && v->box == BOX_NONE && depth++ < 8)
		v = v->base;
	return v && v->box != BOX_NONE ? v : NULL;
}

static struct ps_val *find_prop(const struct ps_prop *p, const char *name)
{
	for (; p; p = p->next)
		if (span_is_ci(p->name, name))
			return p->val;
	return NULL;
}

struct ps_val *ps_prop(const struct ps_val *o, const char *name)
{
	struct ps_val *v = NULL;
	int depth = 0;

	for (; o && !v && depth++ < 8; o = o->base) {
		v = find_prop(o->extended, name);
		if (!v)
			v = find_prop(o->adapted, name);
	}
	return v;
}

struct ps_val *ps_lookup(const struct ps_val *dict, const char *key)
{
	const struct ps_val *c = container(dict), *k;
	const struct ps_item *i;

	for (i = c ? c->items : NULL; i; i = i->next) {
		k = primitive(i->key);
		if (k && span_is_ci(k->text, key))
			return i->val;
	}
	return NULL;
}

struct ps_val *ps_nth(const struct ps_val *list, size_t i)
{
	const struct ps_val *c = container(list);
	const struct ps_item *item = c ? c->items : NULL;

	while (item && i--)
		item = item->next;
	return item ? item->val : NULL;
}

size_t ps_count(const struct ps_val *list)
{
	const struct ps_val *c = container(list);
	const struct ps_item *item = c ? c->items : NULL;
	size_t n = 0;

	for (; item; item = item->next)
		n++;
	return n;
}

bool ps_get_i64(const struct ps_val *v, int64_t *out)
{
	v = primitive(v);
	if (!v)
		return false;
	switch (v->tag) {
	case PS_C: case PS_BY: case PS_SB: case PS_U16: case PS_I16:
	case PS_U32: case PS_I32: case PS_U64: case PS_I64:
		return num_i64(span_trim(v->text), out);
	default:
		return false;
	}
}

bool ps_get_bool(const struct ps_val *v, bool *out)
{
	struct span s;

	v = primitive(v);
	if (!v || v->tag != PS_B)
		return false;
	s = span_trim(v->text);
	*out = span_is(s, "true") || span_is(s, "1");
	return *out || span_is(s, "false") || span_is(s, "0");
}

bool ps_get_str(const struct ps_val *v, struct span *out)
{
	v = primitive(v);
	if (!v)
		return false;
	switch (v->tag) {
	case PS_S: case PS_SBK: case PS_XD: case PS_URI: case PS_G: case PS_VERSION:
	case PS_DT: case PS_TS: case PS_BA: case PS_SS:
		*out = v->text;
		return true;
	default:
		return false;
	}
}

struct span ps_span(const struct ps_val *v)
{
	struct span s = SPAN_NONE;

	ps_get_str(v, &s);
	return s;
}

bool ps_is_type(const struct ps_val *v, const char *name)
{
	static const char prefix[] = "Deserialized.";
	const struct ps_types *t = v ? v->types : NULL;
	struct span s;
	size_t i;

	for (i = 0; t && i < t->n; i++) {
		s = t->name[i];
		if (span_starts(s, prefix))
			s = span_sub(s, sizeof(prefix) - 1, s.n);
		if (span_is(s, name))
			return true;
	}
	return false;
}

/* As text */

static void put_char(struct span s, struct buf *out)
{
	uint64_t unit;

	if (num_u64(span_trim(s), &unit) && unit <= 0xffff)
		utf8_put(out, (uint32_t)unit);
}

/* The invariant culture's form: 02/29/2020 12:00:00. */
static void put_date(struct span s, struct buf *out)
{
	const uint8_t *t = s.p;
	struct date d;

	if (num_date(s, &d))
		buf_printf(out, "%.2s/%.2s/%.4s %.8s", t + 5, t + 8, t, t + 11);
	else
		buf_put(out, s);
}

/* [-][d.]hh:mm:ss[.fffffff] */
static void put_timespan(struct span s, struct buf *out)
{
	int64_t ticks;
	uint64_t left, sec;

	if (!num_duration(span_trim(s), &ticks)) {
		buf_put(out, s);
		return;
	}
	left = ticks < 0 ? 0 - (uint64_t)ticks : (uint64_t)ticks;
	sec = left / TICKS_PER_SEC;
	buf_puts(out, ticks < 0 ? "-" : "");
	if (sec >= 86400)
		buf_printf(out, "%u.", (unsigned)(sec / 86400));
	buf_printf(out, "%02u:%02u:%02u", (unsigned)(sec / 3600 % 24), (unsigned)(sec / 60 % 60),
		(unsigned)(sec % 60));
	if (left % TICKS_PER_SEC)
		buf_printf(out, ".%07u", (unsigned)(left % TICKS_PER_SEC));
}

static void put_bytes(struct span s, struct buf *out)
{
	struct buf raw;
	size_t i;

	buf_init(&raw, s.n);
	if (b64_get(&raw, s))
		for (i = 0; i < raw.n; i++)
			buf_printf(out, "%s%u", i ? " " : "", raw.p[i]);
	buf_free(&raw);
}

static void put_primitive(const struct ps_val *v, struct buf *out)
{
	bool yes;

	switch (v->tag) {
	case PS_NIL:
		break;
	case PS_C:
		put_char(v->text, out);
		break;
	case PS_B:
		buf_puts(out, ps_get_bool(v, &yes) && yes ? "True" : "False");
		break;
	case PS_DT:
		put_date(v->text, out);
		break;
	case PS_TS:
		put_timespan(v->text, out);
		break;
	case PS_BA:
		put_bytes(v->text, out);
		break;
	case PS_SS:
		buf_puts(out, "System.Security.SecureString");
		break;
	case PS_PR:
		buf_put(out, ps_span(ps_prop(v, "Activity")));
		break;
	case PS_SG: case PS_DB:
		buf_puts(out, span_is(v->text, "-INF") ? "-" : "");
		if (span_is(v->text, "INF") || span_is(v->text, "-INF"))
			buf_puts(out, "\xe2\x88\x9e");
		else
			buf_put(out, v->text);
		break;
	default:
		buf_put(out, v->text);
	}
}

static void put_text(const struct ps_val *v, struct buf *out, int depth)
{
	const struct ps_val *c = container(v);
	const struct ps_item *i;

	if (!v || depth > 4)            /* trees may be cyclic */
		return;
	if (v->has_string) {
		buf_put(out, v->string);
	} else if (primitive(v)) {
		put_primitive(primitive(v), out);
	} else if (c && c->box == BOX_DCT) {
		buf_put(out, v->types && v->types->n ? v->types->name[0] : SPAN_NONE);
	} else {
		for (i = c ? c->items : NULL; i; i = i->next) {
			put_text(i->val, out, depth + 1);
			if (i->next)
				buf_putc(out, ' ');
		}
	}
}

void ps_text(const struct ps_val *v, struct buf *out)
{
	put_text(v, out, 0);
}
