#include "core/clixml.h"
#include "core/record.h"
#include "lib/buf.h"
#include "tests/unit.h"

static struct arena a;
static struct err err;
static struct ps_val *val;
static struct buf out;

static int get(struct span xml)
{
	arena_free(&a);
	arena_init(&a, 1 << 22);
	err = (struct err){ 0 };
	val = NULL;
	return clixml_read(xml, &a, &val, &err);
}

static const char *rewritten(void)
{
	buf_free(&out);
	buf_init(&out, 1 << 22);
	clixml_write(val, &out);
	return buf_cstr(&out);
}

#define READ(xml) CHECK_INT(get(SPAN(xml)), 0)
#define REFUSED(xml) CHECK_INT(get(SPAN(xml)), E_PEER)
#define SAME(xml) do { READ(xml); CHECK_STR(rewritten(), xml); } while (0)
#define BECOMES(xml, want) do { READ(xml); CHECK_STR(rewritten(), want); } while (0)

TEST(every_primitive_keeps_its_text)
{
	SAME("<Nil/>");
	SAME("<S>text</S>");
	SAME("<C>65535</C>");
	SAME("<B>true</B>");
	SAME("<DT>2020-02-29T12:00:00.1234567Z</DT>");
	SAME("<TS>-P1DT2H3M4.005S</TS>");
	SAME("<By>255</By>");
	SAME("<SB>-128</SB>");
	SAME("<U16>65535</U16>");
	SAME("<I16>-2</I16>");
	SAME("<U32>3</U32>");
	SAME("<I32>-3</I32>");
	SAME("<U64>18446744073709551615</U64>");
	SAME("<I64>-4</I64>");
	SAME("<Sg>1.5</Sg>");
	SAME("<Db>-INF</Db>");
	SAME("<D>1.10</D>");
	SAME("<BA>AAEC</BA>");
	SAME("<G>11111111-2222-3333-4444-555555555555</G>");
	SAME("<URI>http://x/y z?a&amp;b</URI>");
	SAME("<Version>1.2.3.4</Version>");
	SAME("<XD>&lt;a b=&quot;1&quot;/&gt;</XD>");
	SAME("<SBK> $x + 1 </SBK>");
	SAME("<SS>eAA=</SS>");
	SAME("<PR><AV>a</AV><AI>1</AI><Nil/><PI>-1</PI><PC>3</PC><T>Processing</T><SR>-1</SR><SD>"
		"s</SD></PR>");
}

TEST(strings_with_every_kind_of_escape)
{
	READ("<S>tab_x0009_nul_x0000__x005F_x0041__xD83E_ _xD83D__xDE00__x00e9__X000a_</S>");
	CHECK(span_eq(val->text, SPAN("tab\tnul\0_x0041_\xed\xa0\xbe \xf0\x9f\x98\x80\xc3\xa9\n")));
	CHECK_STR(rewritten(),
		"<S>tab_x0009_nul_x0000__x005F_x0041__xD83E_ _xD83D__xDE00_\xc3\xa9_x000A_</S>");
}

TEST(what_only_looks_like_an_escape_stays)
{
	BECOMES("<S>_x _xyz_ _x12_ _xGGGG_ _x00411_ _x0041</S>",
		"<S>_x005F_x _x005F_xyz_ _x005F_x12_ _x005F_xGGGG_ _x005F_x00411_ _x005F_x0041</S>");
	READ("<S>_x0001F600__x110000F0_</S>");
	CHECK(span_is(val->text, "\xf0\x9f\x98\x80_x110000F0_"));
	READ("<S>_xDE00__xD83D_x</S>");
	CHECK(span_is(val->text, "\xed\xb8\x80\xed\xa0\xbdx"));
	READ("<S>_xD83D__x0041_</S>");
	CHECK(span_is(val->text, "\xed\xa0\xbd" "A"));
	READ("<G>_x0041_</G>");
	CHECK(span_is(val->text, "_x0041_"));
}

TEST(escaping_controls_surrogates_and_underscores)
{
	static const struct { struct span in; const char *want; } v[] = {
		{ SPAN("a\x1f\x20\x7e\x7f"), "a_x001F_ ~_x007F_" },
		{ SPAN("\xc2\x80\xc2\x9f\xc2\xa0"), "_x0080__x009F_\xc2\xa0" },
		{ SPAN("\xed\xa4\x80"), "_xD900_" }, { SPAN("\xed\xaf\xbf"), "_xDBFF_" },
		{ SPAN("\xf0\x9f\x98\x80"), "_xD83D__xDE00_" }, { SPAN("_x"), "_x005F_x" },
		{ SPAN("_X"), "_x005F_X" }, { SPAN("_y_"), "_y_" }, { SPAN("__x"), "__x005F_x" },
		{ SPAN("<&>\"'"), "&lt;&amp;&gt;&quot;'" }, { SPAN("\xff"), "\xef\xbf\xbd" },
		{ SPAN("\xef\xbf\xbe"), "_xFFFE_" }, { SPAN(""), "" }, { SPAN("\r\n"), "_x000D__x000A_" },
	};
	struct span back;
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(*v); i++) {
		buf_free(&out);
		buf_init(&out, 1000);
		clixml_escape(v[i].in, &out);
		CHECK_STR(buf_cstr(&out), v[i].want);
	}
	arena_free(&a);
	arena_init(&a, 3);
	CHECK(clixml_unescape(SPAN("plain text"), &a, &back) && span_is(back, "plain text"));
	CHECK(!clixml_unescape(SPAN("_x0041_"), &a, &back));
}

TEST(all_parts_of_an_object_survive)
{
	SAME("<Obj RefId=\"0\"><TN RefId=\"0\"><T>A</T><T>B</T></TN><ToString>s</ToString><Props><I32 "
		"N=\"p\">1</I32><Nil N=\"q\"/></Props>"
		"<MS><S N=\"a b\">x</S><Obj N=\"o\" RefId=\"1\"><TNRef RefId=\"0\"/><LST><I32>1</I32>"
		"<Nil/></LST></Obj></MS></Obj>");
	SAME("<Obj RefId=\"0\"><S>x</S><MS><I32 N=\"n\">1</I32></MS></Obj>");
	SAME("<Obj RefId=\"0\"/>");
	SAME("<Obj RefId=\"0\"><TN RefId=\"0\"/><ToString></ToString><Props/><MS/></Obj>");
	SAME("<Obj RefId=\"0\"><QUE><I32>1</I32></QUE></Obj>");
	SAME("<Obj RefId=\"0\"><STK><I32>1</I32></STK></Obj>");
	SAME("<Obj RefId=\"0\"><IE><I32>1</I32></IE></Obj>");
	SAME("<Obj RefId=\"0\"><LST/></Obj>");
	SAME("<Obj RefId=\"0\"><DCT><En><S N=\"Key\">k</S><Obj N=\"Value\" RefId=\"1\"><DCT/></Obj>"
		"</En><En><I32 N=\"Key\">9</I32><Nil N=\"Value\"/></En></DCT></Obj>");
	SAME("<Obj RefId=\"0\"><Obj RefId=\"1\"><I32>1</I32></Obj></Obj>");
	SAME("<Obj RefId=\"0\"><MS><MS N=\"set\"><I32 N=\"n\">1</I32><MS N=\"deep\"/></MS></MS></Obj>");
	SAME("<Obj RefId=\"0\"><MS><S N=\"_x000A__x005F_x&lt;\">x</S></MS></Obj>");
}

TEST(references_keep_identity)
{
	SAME("<Obj RefId=\"0\"><LST><Obj RefId=\"1\"><LST/></Obj><Ref RefId=\"1\"/></LST><MS><Ref "
		"N=\"r\" RefId=\"1\"/></MS></Obj>");
	CHECK(ps_nth(val, 0) == ps_nth(val, 1) && ps_prop(val, "r") == ps_nth(val, 0));
	BECOMES("<Obj RefId=\"70\"><LST><Obj RefId=\"5\"/><Obj/><Ref RefId=\"5\"/></LST></Obj>",
		"<Obj RefId=\"0\"><LST><Obj RefId=\"1\"/><Obj RefId=\"2\"/><Ref RefId=\"1\"/></LST></Obj>");
	CHECK_STR(rewritten(),
		"<Obj RefId=\"0\"><LST><Obj RefId=\"1\"/><Obj RefId=\"2\"/><Ref RefId=\"1\"/></LST></Obj>");
}

TEST(cyclic_objects_survive)
{
	SAME("<Obj RefId=\"0\"><MS><Ref N=\"self\" RefId=\"0\"/></MS></Obj>");
	CHECK(ps_prop(val, "self") == val);
}

TEST(equal_type_lists_become_one)
{
	struct ps_val *l;

	arena_free(&a);
	arena_init(&a, 10000);
	l = ps_list(&a, "");
	l->types = NULL;
	ps_append(&a, l, ps_enum(&a, "E", "x", 1));
	ps_append(&a, l, ps_enum(&a, "E", "y", 2));
	val = l;
	CHECK_STR(rewritten(),
		"<Obj RefId=\"0\"><LST><Obj RefId=\"1\"><TN RefId=\"0\"><T>E</T><T>System.Enum</T><T>"
		"System.ValueType</T>"
		"<T>System.Object</T></TN><ToString>x</ToString><I32>1</I32></Obj><Obj RefId=\"2\"><TNRef "
		"RefId=\"0\"/><ToString>y</ToString>"
		"<I32>2</I32></Obj></LST></Obj>");
	val = NULL;
	CHECK_STR(rewritten(), "<Nil/>");
}

TEST(duplicate_ids_mean_the_latest)
{
	READ("<Obj RefId=\"0\"><LST><Obj RefId=\"1\"><I32>1</I32></Obj><Obj RefId=\"1\"><I32>2</I32>"
		"</Obj><Ref RefId=\"1\"/></LST></Obj>");
	CHECK(ps_nth(val, 2) == ps_nth(val, 1));
}

TEST(unknown_elements_are_skipped_inside_objects_only)
{
	BECOMES("<Obj RefId=\"0\"><Future><S>x</S></Future><I32>1</I32></Obj>",
		"<Obj RefId=\"0\"><I32>1</I32></Obj>");
	REFUSED("<Future/>");
	REFUSED("<Obj><MS><Future N=\"x\"/></MS></Obj>");
	REFUSED("<Obj><LST><Future/></LST></Obj>");
	REFUSED("<Obj><DCT><En><Future N=\"Key\"/><S N=\"Value\"/></En></DCT></Obj>");
}

TEST(documents_with_byte_order_mark_or_wrapper)
{
	BECOMES("\xef\xbb\xbf<I32>1</I32>", "<I32>1</I32>");
	BECOMES("<?xml version=\"1.0\"?>\n<Objs Version=\"1.1.0.1\" "
		"xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">\n  <Obj RefId=\"0\">\n"
		"    <I32>1</I32>\n  </Obj>\n  <S>second</S>\n</Objs>",
			"<Obj RefId=\"0\"><I32>1</I32></Obj>");
	REFUSED("<Objs/>");
	REFUSED("");
	REFUSED("<I32>1</I32><I32>2</I32>");
	REFUSED("<Objs><I32>1</I32><S></Objs>");
}

TEST(malformed_objects_are_refused)
{
	REFUSED("<S><b/></S>");
	REFUSED("<S>a<b/></S>");
	REFUSED("<Obj><LST><Ref RefId=\"3\"/></LST></Obj>");
	REFUSED("<Ref RefId=\"0\"/>");
	REFUSED("<Obj><LST><Ref/></LST></Obj>");
	REFUSED("<Obj><LST><Ref RefId=\"1\"/><Obj RefId=\"1\"/></LST></Obj>");
	REFUSED("<Obj RefId=\"x\"/>");
	REFUSED("<Obj RefId=\"-1\"/>");
	REFUSED("<Obj><TNRef RefId=\"0\"/></Obj>");
	REFUSED("<Obj RefId=\"0\"><TNRef RefId=\"0\"/></Obj>");
	REFUSED("<Obj><TN><S>x</S></TN></Obj>");
	REFUSED("<Obj><MS><S>no name</S></MS></Obj>");
	REFUSED("<Obj><LST/><LST/></Obj>");
	REFUSED("<Obj><DCT><S N=\"Key\"/></DCT></Obj>");
	REFUSED("<Obj><DCT><En/></DCT></Obj>");
	REFUSED("<Obj><DCT><En><S N=\"Key\"/></En></DCT></Obj>");
	REFUSED("<Obj><DCT><En><S N=\"Value\"/><S N=\"Key\"/></En></DCT></Obj>");
	REFUSED("<PR><AV><b/></AV></PR>");
	REFUSED("<PR><AV>a</AV><AV>b</AV></PR>");
	REFUSED("<PR><XX/></PR>");
	REFUSED("<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><S>&b;</S>");
	REFUSED("<S>&b;</S>");
}

TEST(truncated_anywhere_is_refused)
{
	static const char xml[] = "<Obj RefId=\"0\"><TN RefId=\"0\"><T>A</T></TN><ToString>"
		"_x0041_&amp;</ToString><Props><I32 N=\"p\">1</I32></Props>"
		"<DCT><En><S N=\"Key\">k</S><Obj N=\"Value\" RefId=\"1\"><TNRef RefId=\"0\"/><LST><Ref "
		"RefId=\"0\"/></LST></Obj></En></DCT>"
		"<MS><PR N=\"x\"><AV>a</AV></PR></MS></Obj>";
	size_t i, n = sizeof(xml) - 1;

	for (i = 0; i <= n; i++) {
		uint8_t *copy = malloc(i ? i : 1);
		int r;

		memcpy(copy, xml, i);
		r = get(span_of(copy, i));
		free(copy);
		CHECK_INT(r, i == n ? 0 : E_PEER);
	}
}

static int nested(const char *open, const char *close, size_t n)
{
	static struct buf b;
	size_t i;

	buf_free(&b);
	buf_init(&b, 1 << 22);
	for (i = 0; i < n; i++)
		buf_puts(&b, open);
	buf_puts(&b, "<I32 N=\"Value\">1</I32>");
	for (i = 0; i < n; i++)
		buf_puts(&b, close);
	return get(buf_span(&b));
}

TEST(depth_bombs_meet_the_cap)
{
	CHECK_INT(nested("<Obj>", "</Obj>", CLIXML_DEPTH_MAX), 0);
	CHECK_INT(nested("<Obj>", "</Obj>", CLIXML_DEPTH_MAX + 1), E_LIMIT);
	CHECK_INT(nested("<Obj><LST>", "</LST></Obj>", CLIXML_DEPTH_MAX), 0);
	CHECK_INT(nested("<Obj N=\"Value\"><DCT><En><S N=\"Key\"/>", "</En></DCT></Obj>",
		CLIXML_DEPTH_MAX), 0);
	CHECK(strlen(rewritten()) > CLIXML_DEPTH_MAX * 50);
	CHECK_INT(nested("<Obj N=\"Value\"><DCT><En><S N=\"Key\"/>", "</En></DCT></Obj>",
		CLIXML_DEPTH_MAX + 1), E_LIMIT);
	CHECK_INT(nested("<Obj N=\"a\"><MS><MS N=\"a\">", "</MS></MS></Obj>", CLIXML_DEPTH_MAX / 2), 0);
	CHECK_INT(nested("<Obj N=\"a\"><MS><MS N=\"a\">", "</MS></MS></Obj>", CLIXML_DEPTH_MAX),
		E_LIMIT);
	CHECK_INT(nested("<Obj N=\"a\"><MS>", "</MS></Obj>", 100000), E_LIMIT);
}

TEST(huge_counts_meet_the_arenas_cap)
{
	struct buf b;
	size_t i;

	buf_init(&b, 1 << 22);
	buf_puts(&b, "<Obj><LST>");
	for (i = 0; i < 100000; i++)
		buf_puts(&b, "<Nil/>");
	buf_puts(&b, "</LST></Obj>");
	CHECK_INT(get(buf_span(&b)), E_LIMIT);
	buf_free(&b);
}

TEST(many_references_stay_quick)
{
	struct buf b;
	size_t i;

	buf_init(&b, 1 << 22);
	buf_puts(&b, "<Obj RefId=\"0\"><LST>");
	for (i = 1; i < 5000; i++)
		buf_printf(&b, "<Obj RefId=\"%zu\"/>", i);
	for (i = 1; i < 5000; i++)
		buf_printf(&b, "<Ref RefId=\"%zu\"/>", i);
	buf_puts(&b, "</LST></Obj>");
	CHECK_INT(get(buf_span(&b)), 0);
	for (i = 1; i < 5000; i += 500)
		CHECK(ps_nth(val, i - 1) == ps_nth(val, 4999 + i - 1));
	CHECK_STR(rewritten(), buf_cstr(&b));
	buf_free(&b);
}

/* Ids that all hash to one place would make reading quadratic. */
TEST(chosen_collisions_are_refused)
{
	struct buf b;
	uint64_t inverse = 0x9e3779b97f4a7c15ull, i;
	int k;

	for (k = 0; k < 6; k++)         /* Newton: the hash's factor times this is 1 modulo 2^64 */
		inverse *= 2 - 0x9e3779b97f4a7c15ull * inverse;
	buf_init(&b, 1 << 22);
	buf_puts(&b, "<Obj><LST>");
	for (i = 0; i < 200; i++)
		buf_printf(&b, "<Obj RefId=\"%llu\"/>", (unsigned long long)(i * inverse));
	buf_puts(&b, "</LST></Obj>");
	CHECK_INT(get(buf_span(&b)), E_LIMIT);
	buf_free(&b);
}

TEST(writing_too_deep_or_too_much_fails_the_buffer_and_leaves_no_mark)
{
	struct ps_val *v[300];
	struct buf small;
	int i;

	arena_free(&a);
	arena_init(&a, 1 << 20);
	for (i = 0; i < 300; i++) {
		v[i] = ps_list(&a, "");
		if (i)
			ps_append(&a, v[i - 1], v[i]);
	}
	val = v[0];
	rewritten();
	CHECK(buf_failed(&out));
	for (i = 0; i < 300; i++)
		CHECK_INT(v[i]->ref, 0);
	buf_init(&small, 50);
	clixml_write(v[290], &small);
	CHECK(buf_failed(&small));
	CHECK_INT(v[291]->ref, 0);
	buf_free(&small);
}

TEST(progress_element_is_readable)
{
	struct record_progress p;

	SAME("<Obj RefId=\"0\"><MS><PR N=\"x\"><AV>a&lt;_x000A_</AV><AI>7</AI><S>op</S><PI>2</PI><PC>"
		"30</PC><T>Completed</T><SR>9</SR><SD>s</SD></PR></MS></Obj>");
	CHECK(record_progress(ps_prop(val, "x"), &p));
	CHECK(span_is(p.activity, "a<\n") && span_is(p.operation, "op") && span_is(p.status, "s"));
	CHECK(p.id == 7 && p.parent == 2 && p.percent == 30 && p.seconds == 9 && p.completed);
	READ("<PR><AV>a</AV><AI>0</AI><Nil/><PI>-1</PI><PC>-1</PC><T>Processing</T><SR>-1</SR><SD>"
		"</SD></PR>");
	CHECK(record_progress(val, &p) && !p.operation.n && !p.completed && p.percent == -1);
	SAME("<PR/>");
	CHECK(!record_progress(val, &p));
}
