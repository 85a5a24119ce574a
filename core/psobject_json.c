#include "core/psobject_json.h"
#include <stdio.h>
#include "lib/utf.h"

#define DEPTH_MAX 32

/* The object under way and those that it lies in. */
struct inside { const struct ps_val *v; const struct inside *up; int depth; };

static void put(struct json *j, const struct ps_val *v, const struct inside *up);

/* Without "System.", in the order of enum ps_tag. */
static const char type_names[] = "String|Char|Boolean|DateTime|TimeSpan|Byte|SByte|UInt16|Int16|"
	"UInt32|Int32|UInt64|Int64|Single|Double|Decimal|Byte[]|Guid|Uri|Version|Xml.XmlDocument|"
	"Management.Automation.ScriptBlock|Security.SecureString|Management.Automation.ProgressRecord";

static void put_type(struct json *j, enum ps_tag tag)
{
	struct span rest = span_str(type_names), one = SPAN_NONE;
	char name[64];

	while (tag-- > PS_NIL)
		one = span_cut(&rest, '|');
	snprintf(name, sizeof(name), "System.%.*s", SPAN_ARG(one));
	json_str(j, span_str(name));
}

void psobject_json_type(struct json *j, const struct ps_val *v)
{
	static const char gone[] = "Deserialized.";
	struct span s = SPAN_NONE;
	int depth = 0;

	while (v && v->tag == PS_OBJ && !v->types && v->base && depth++ < DEPTH_MAX)
		v = v->base;
	if (v && v->types && v->types->n)
		s = v->types->name[0];
	if (span_starts(s, gone))
		s = span_sub(s, sizeof(gone) - 1, s.n);
	if (s.n)
		json_str(j, s);
	else if (v && v->tag != PS_NIL && v->tag != PS_OBJ)
		put_type(j, v->tag);
	else
		json_raw(j, SPAN("null"));
}

static void put_text(struct json *j, const struct ps_val *v)
{
	struct buf text;

	buf_init(&text, j->out->max);
	ps_text(v, &text);
	json_str(j, buf_span(&text));
	buf_free(&text);
}

/* Numbers as they stand, so that none loses digits; Infinity and what is no number are strings. */
static void put_primitive(struct json *j, const struct ps_val *v)
{
	struct span s = span_trim(v->text);
	bool yes;

	switch (v->tag) {
	case PS_NIL:
		json_raw(j, SPAN("null"));
		break;
	case PS_B:
		if (ps_get_bool(v, &yes))
			json_raw(j, yes ? SPAN("true") : SPAN("false"));
		else
			json_str(j, s);
		break;
	case PS_BY: case PS_SB: case PS_U16: case PS_I16: case PS_U32: case PS_I32: case PS_U64:
	case PS_I64: case PS_SG: case PS_DB: case PS_D:
		if (json_is_number(s))
			json_raw(j, s);
		else
			json_str(j, s);
		break;
	case PS_C: case PS_SS:
		put_text(j, v);
		break;
	default:
		json_str(j, v->text);
	}
}

static void put_items(struct json *j, const struct ps_val *v, const struct inside *in)
{
	bool dict = v->box == BOX_DCT;
	struct buf key;

	json_open(j, dict ? '{' : '[');
	for (const struct ps_item *i = v->items; i && !buf_failed(j->out); i = i->next) {
		if (dict) {
			buf_init(&key, j->out->max);
			ps_text(i->key, &key);
			json_key(j, buf_span(&key));
			buf_free(&key);
		}
		put(j, i->val, in);
	}
	json_close(j, dict ? '}' : ']');
}

static bool is_among(const struct ps_prop *p, struct span name)
{
	while (p && !span_eq_ci(p->name, name))
		p = p->next;
	return p;
}

/* An extended property hides an adapted one of its name. */
static void put_props(struct json *j, const struct ps_val *v, const struct inside *in)
{
	const struct ps_prop *const lists[] = { v->adapted, v->extended };

	json_open(j, '{');
	for (size_t i = 0; i < 2; i++) {
		for (const struct ps_prop *p = lists[i]; p && !buf_failed(j->out); p = p->next) {
			if (p->val && (p->val->member_set || (!i && is_among(v->extended, p->name))))
				continue;
			json_key(j, p->name);
			put(j, p->val, in);
		}
	}
	json_close(j, '}');
}

static bool has_props(const struct ps_val *v)
{
	const struct ps_prop *p = v->extended;

	while (p && p->val && p->val->member_set)
		p = p->next;
	return v->adapted || p;
}

static bool is_enum(const struct ps_val *v)
{
	return v->base && v->base->tag != PS_OBJ && v->has_string && ps_is_type(v, "System.Enum");
}

/* A number too large for a primitive comes as an object that says it. */
static bool is_big(const struct ps_val *v)
{
	return json_is_number(v->string) && ps_is_type(v, "System.Numerics.BigInteger");
}

static void put_object(struct json *j, const struct ps_val *v, const struct inside *in)
{
	if (is_enum(v))
		json_str(j, v->string);
	else if (is_big(v))
		json_raw(j, v->string);
	else if (v->box != BOX_NONE)
		put_items(j, v, in);
	else if (v->base)
		put(j, v->base, in);
	else if (has_props(v))
		put_props(j, v, in);
	else if (v->has_string)
		json_str(j, v->string);
	else
		put_props(j, v, in);
}

static void put(struct json *j, const struct ps_val *v, const struct inside *up)
{
	struct inside in = { v, up, up ? up->depth + 1 : 0 };

	while (up && up->v != v)
		up = up->up;
	if (!v)
		json_raw(j, SPAN("null"));
	else if (v->tag != PS_OBJ && v->tag != PS_PR)
		put_primitive(j, v);
	else if (up || in.depth == DEPTH_MAX)
		put_text(j, v);
	else if (v->tag == PS_PR)
		put_props(j, v, &in);
	else
		put_object(j, v, &in);
}

void psobject_json(struct json *j, const struct ps_val *v)
{
	put(j, v, NULL);
}
