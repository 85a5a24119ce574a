#include "core/psobject.h"
#include "lib/buf.h"
#include "tests/unit.h"

static struct arena a;

static void fresh(size_t cap)
{
	arena_free(&a);
	arena_init(&a, cap);
}

static const char *text_of(const struct ps_val *v)
{
	static struct buf b;

	buf_free(&b);
	buf_init(&b, 1000);
	ps_text(v, &b);
	return buf_cstr(&b);
}

static struct ps_val *prim(enum ps_tag tag, const char *text)
{
	return ps_new(&a, tag, span_str(text));
}

TEST(primitives_are_made_and_read)
{
	struct span s;
	int64_t i;
	bool b;

	fresh(10000);
	CHECK(ps_get_i64(ps_i32(&a, INT32_MIN), &i) && i == INT32_MIN);
	CHECK(ps_get_i64(ps_i64(&a, INT64_MIN), &i) && i == INT64_MIN);
	CHECK(ps_get_i64(prim(PS_C, "65"), &i) && i == 65);
	CHECK(ps_get_i64(prim(PS_BY, " 7 "), &i) && i == 7);
	CHECK(!ps_get_i64(prim(PS_S, "7"), &i) && !ps_get_i64(prim(PS_I32, "x"), &i) &&
		!ps_get_i64(NULL, &i));
	CHECK(!ps_get_i64(prim(PS_U64, "18446744073709551615"), &i));
	CHECK(ps_get_bool(ps_bool(&a, true), &b) && b && ps_get_bool(ps_bool(&a, false), &b) && !b);
	CHECK(!ps_get_bool(prim(PS_B, "maybe"), &b) && !ps_get_bool(prim(PS_S, "true"), &b));
	CHECK(ps_get_str(ps_str(&a, SPAN("x")), &s) && span_is(s, "x"));
	CHECK(!ps_get_str(ps_nil(&a), &s) && !ps_get_str(ps_obj(&a), &s));
	CHECK(!ps_get_str(prim(PS_I32, "1"), &s));
	CHECK(ps_get_str(ps_new(&a, PS_BA, SPAN("Zm9v")), &s) && span_is(s, "Zm9v"));
}

TEST(texts_and_names_are_copied)
{
	struct ps_val *o, *v;
	char text[] = "abc";

	fresh(10000);
	o = ps_obj(&a);
	v = ps_str(&a, span_str(text));
	ps_add(&a, o, text, v);
	memset(text, 'x', 3);
	CHECK(ps_prop(o, "abc") == v && span_is(v->text, "abc"));
}

TEST(enums_box_their_number)
{
	struct ps_val *e;
	int64_t i;

	fresh(10000);
	e = ps_enum(&a, "My.Enum", "Two", 2);
	CHECK(ps_get_i64(e, &i) && i == 2);
	CHECK(ps_is_type(e, "My.Enum") && ps_is_type(e, "System.Enum"));
	CHECK(ps_is_type(e, "System.Object") && e->types->n == 4);
	CHECK_STR(text_of(e), "Two");
}

TEST(containers_keep_their_order)
{
	struct ps_val *l, *d, *box;
	int64_t i;

	fresh(10000);
	l = ps_list(&a, "T1\0T2\0");
	CHECK(ps_count(l) == 0 && !ps_nth(l, 0) && l->types->n == 2);
	ps_append(&a, l, ps_i32(&a, 1));
	ps_append(&a, l, ps_i32(&a, 2));
	CHECK(ps_count(l) == 2 && ps_get_i64(ps_nth(l, 1), &i) && i == 2 && !ps_nth(l, 2));
	d = ps_obj(&a);
	d->box = BOX_DCT;
	ps_put(&a, d, ps_str(&a, SPAN("Key")), l);
	ps_put(&a, d, ps_i32(&a, 9), ps_nil(&a));
	CHECK(ps_lookup(d, "key") == l && ps_lookup(d, "9")->tag == PS_NIL && !ps_lookup(d, "none"));
	box = ps_obj(&a);
	box->base = d;
	CHECK(ps_lookup(box, "Key") == l && ps_count(box) == 2);
	CHECK(!ps_lookup(l, "key") && !ps_count(ps_nil(&a)));
	CHECK(!ps_count(NULL) && !ps_lookup(NULL, "x") && !ps_nth(NULL, 0));
}

TEST(properties_are_found_extended_first_and_in_any_case)
{
	struct ps_prop adapted = { SPAN("both"), NULL, NULL };
	struct ps_val *o;
	struct span s;

	fresh(10000);
	o = ps_obj(&a);
	adapted.val = ps_str(&a, SPAN("adapted"));
	o->adapted = &adapted;
	CHECK(ps_get_str(ps_prop(o, "BOTH"), &s) && span_is(s, "adapted"));
	ps_add(&a, o, "Both", ps_str(&a, SPAN("extended")));
	CHECK(ps_get_str(ps_prop(o, "both"), &s) && span_is(s, "extended"));
	CHECK(!ps_prop(o, "bot") && !ps_prop(NULL, "x") && !ps_prop(ps_nil(&a), "x"));
	CHECK(o->has_extended && !o->has_adapted);
}

TEST(deserialized_in_front_of_a_type_is_ignored)
{
	struct ps_val *o;

	fresh(10000);
	o = ps_obj(&a);
	CHECK(!ps_is_type(o, "X") && !ps_is_type(NULL, "X"));
	ps_set_types(&a, o, "Deserialized.A.B\0C\0");
	CHECK(ps_is_type(o, "A.B") && ps_is_type(o, "C"));
	CHECK(!ps_is_type(o, "B") && !ps_is_type(o, "Deserialized.A.B"));
}

TEST(builders_fail_once_and_for_all_at_the_cap)
{
	struct ps_val *o, *l;
	size_t cap;

	for (cap = 0; cap < 3000; cap += 8) {
		fresh(cap);
		o = ps_obj(&a);
		l = ps_list(&a, "A\0B\0");
		ps_append(&a, l, ps_enum(&a, "E", "x", 1));
		ps_put(&a, l, ps_i32(&a, 1), ps_str(&a, SPAN("x")));
		ps_add(&a, o, "list", l);
		ps_add(&a, o, "end", ps_bool(&a, true));
		CHECK(arena_failed(&a) == !ps_prop(o, "end"));
		if (!arena_failed(&a))
			return;
	}
	CHECK(!"3000 bytes suffice");
}

TEST(text_as_powershell_shows_it)
{
	static const struct { enum ps_tag tag; const char *in, *out; } v[] = {
		{ PS_NIL, "", "" }, { PS_S, "a b", "a b" }, { PS_B, "true", "True" },
		{ PS_B, "false", "False" }, { PS_C, "8364", "\xe2\x82\xac" }, { PS_I32, "-3", "-3" },
		{ PS_DB, "NaN", "NaN" }, { PS_DB, "INF", "\xe2\x88\x9e" },
		{ PS_SG, "-INF", "-\xe2\x88\x9e" }, { PS_D, "1.10", "1.10" },
		{ PS_DT, "2020-02-29T12:34:56.5Z", "02/29/2020 12:34:56" },
		{ PS_TS, "-P1DT2H3M4.005S", "-1.02:03:04.0050000" }, { PS_TS, "PT10S", "00:00:10" },
		{ PS_TS, "soon", "soon" }, { PS_DT, "now", "now" }, { PS_BA, "AAEC/w==", "0 1 2 255" },
		{ PS_G, "11111111-2222-3333-4444-555555555555", "11111111-2222-3333-4444-555555555555" },
		{ PS_SS, "eAA=", "System.Security.SecureString" },
	};
	struct ps_val *o, *l;
	size_t i;

	fresh(10000);
	for (i = 0; i < sizeof(v) / sizeof(*v); i++)
		CHECK_STR(text_of(prim(v[i].tag, v[i].in)), v[i].out);
	CHECK_STR(text_of(NULL), "");
	o = ps_obj(&a);
	CHECK_STR(text_of(o), "");
	l = ps_list(&a, "");
	ps_append(&a, l, ps_i32(&a, 1));
	ps_append(&a, l, ps_str(&a, SPAN("x")));
	CHECK_STR(text_of(l), "1 x");
	ps_append(&a, l, l);
	CHECK(strlen(text_of(l)) < 100);
	l->box = BOX_DCT;
	ps_set_types(&a, l, "System.Collections.Hashtable\0");
	CHECK_STR(text_of(l), "System.Collections.Hashtable");
	o->has_string = true;
	o->string = SPAN("str");
	CHECK_STR(text_of(o), "str");
}

TEST(readers_survive_objects_that_box_themselves)
{
	struct ps_val *o;
	struct span s;
	int64_t i;

	fresh(10000);
	o = ps_obj(&a);
	o->base = o;
	CHECK(!ps_get_i64(o, &i) && !ps_get_str(o, &s) && !ps_prop(o, "x") && !ps_count(o) &&
		!ps_lookup(o, "x"));
	CHECK_STR(text_of(o), "");
}
