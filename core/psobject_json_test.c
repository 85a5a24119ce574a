#include "core/clixml.h"
#include "core/psobject_json.h"
#include "tests/unit.h"

static struct arena a;

static const char *json_of(const struct ps_val *v, size_t max)
{
	static struct buf out;
	struct json j = { &out, false };

	buf_free(&out);
	buf_init(&out, max);
	psobject_json(&j, v);
	return buf_failed(&out) ? "too large" : buf_cstr(&out);
}

/* Without its quotes; "" for null. */
static const char *type_of(const struct ps_val *v)
{
	static struct buf out;
	struct json j = { &out, false };

	buf_free(&out);
	buf_init(&out, 1000);
	psobject_json_type(&j, v);
	if (!strcmp(buf_cstr(&out), "null"))
		return "";
	out.n--;
	buf_cstr(&out);
	return (const char *)out.p + 1;
}

static struct ps_val *read_xml(const char *xml)
{
	struct err e = { 0 };
	struct ps_val *v;

	arena_free(&a);
	arena_init(&a, 1 << 20);
	if (clixml_read(span_str(xml), &a, &v, &e) < 0)
		FAIL("%s: %s", xml, e.text);
	return v;
}

static const struct { const char *xml, *type, *json; } values[] = {
	{ "<Nil/>", "", "null" },
	{ "<S>a_x000A_\"b\" _xD83D__xDE00_ _xD800_</S>", "System.String",
		"\"a\\u000a\\\"b\\\" \xf0\x9f\x98\x80 \\ud800\"" },
	{ "<C>65</C>", "System.Char", "\"A\"" },
	{ "<C>55296</C>", "System.Char", "\"\\ud800\"" },
	{ "<B>true</B>", "System.Boolean", "true" },
	{ "<B>maybe</B>", "System.Boolean", "\"maybe\"" },
	{ "<DT>2020-02-29T12:00:00.1234567Z</DT>", "System.DateTime",
		"\"2020-02-29T12:00:00.1234567Z\"" },
	{ "<TS>P1DT2H</TS>", "System.TimeSpan", "\"P1DT2H\"" },
	{ "<By>255</By>", "System.Byte", "255" },
	{ "<SB>-1</SB>", "System.SByte", "-1" },
	{ "<U16>65535</U16>", "System.UInt16", "65535" },
	{ "<I16>-5</I16>", "System.Int16", "-5" },
	{ "<U32>4294967295</U32>", "System.UInt32", "4294967295" },
	{ "<I32>-7</I32>", "System.Int32", "-7" },
	{ "<U64>18446744073709551615</U64>", "System.UInt64", "18446744073709551615" },
	{ "<I64>9007199254740993</I64>", "System.Int64", "9007199254740993" },
	{ "<Sg>1.5</Sg>", "System.Single", "1.5" },
	{ "<Db>1E+300</Db>", "System.Double", "1E+300" },
	{ "<Db>NaN</Db>", "System.Double", "\"NaN\"" },
	{ "<Db>-INF</Db>", "System.Double", "\"-INF\"" },
	{ "<D>79228162514264337593543950335</D>", "System.Decimal",
		"79228162514264337593543950335" },
	{ "<D>1.10</D>", "System.Decimal", "1.10" },
	{ "<BA>AQID</BA>", "System.Byte[]", "\"AQID\"" },
	{ "<G>792e5b37-4505-47ef-b7d2-8711bb7affa8</G>", "System.Guid",
		"\"792e5b37-4505-47ef-b7d2-8711bb7affa8\"" },
	{ "<URI>http://a/</URI>", "System.Uri", "\"http://a/\"" },
	{ "<Version>6.2.1.3</Version>", "System.Version", "\"6.2.1.3\"" },
	{ "<XD>&lt;a/&gt;</XD>", "System.Xml.XmlDocument", "\"<a/>\"" },
	{ "<SBK>Get-Date</SBK>", "System.Management.Automation.ScriptBlock", "\"Get-Date\"" },
	{ "<SS>00ff</SS>", "System.Security.SecureString", "\"System.Security.SecureString\"" },
	{ "<Obj RefId='0'><TN RefId='0'><T>System.DayOfWeek</T><T>System.Enum</T></TN>"
		"<ToString>Monday</ToString><I32>1</I32></Obj>", "System.DayOfWeek", "\"Monday\"" },
	{ "<Obj RefId='0'><TN RefId='0'><T>Deserialized.System.Numerics.BigInteger</T></TN>"
		"<ToString>123456789012345678901234567890</ToString><Props><B N='IsOne'>false</B></Props>"
		"</Obj>", "System.Numerics.BigInteger", "123456789012345678901234567890" },
	{ "<Obj RefId='0'><S>line</S><MS><S N='PSPath'>C:\\</S></MS></Obj>", "System.String",
		"\"line\"" },
	{ "<Obj RefId='0'><TN RefId='0'><T>System.Object[]</T></TN><LST><I32>1</I32><Nil/>"
		"<Obj RefId='1'><IE/></Obj></LST></Obj>", "System.Object[]", "[1,null,[]]" },
	{ "<Obj RefId='0'><QUE><S>x</S></QUE></Obj>", "", "[\"x\"]" },
	{ "<Obj RefId='0'><TN RefId='0'><T>System.Collections.Hashtable</T></TN><DCT>"
		"<En><S N='Key'>a</S><I32 N='Value'>1</I32></En>"
		"<En><I32 N='Key'>2</I32><Nil N='Value'/></En></DCT></Obj>",
		"System.Collections.Hashtable", "{\"a\":1,\"2\":null}" },
	{ "<Obj RefId='0'><TN RefId='0'><T>Deserialized.A.B</T></TN><ToString>str</ToString>"
		"<Props><S N='x'>1</S><S N='y'>2</S></Props><MS><S N='Y'>3</S>"
		"<MS N='PSStandardMembers'><S N='z'>4</S></MS></MS></Obj>", "A.B",
		"{\"x\":\"1\",\"Y\":\"3\"}" },
	{ "<Obj RefId='0'><ToString>only text</ToString></Obj>", "", "\"only text\"" },
	{ "<Obj RefId='0'/>", "", "{}" },
	{ "<Obj RefId='0'><ToString>me</ToString><MS><Ref RefId='0' N='self'/></MS></Obj>", "",
		"{\"self\":\"me\"}" },
	{ "<Obj RefId='0'><MS><Obj RefId='1' N='a'><LST/></Obj><Ref RefId='1' N='b'/></MS></Obj>", "",
		"{\"a\":[],\"b\":[]}" },
};

TEST(each_value_has_its_json)
{
	struct ps_val *v;

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		v = read_xml(values[i].xml);
		CHECK_STR(json_of(v, 10000), values[i].json);
		CHECK_STR(type_of(v), values[i].type);
	}
	CHECK_STR(json_of(NULL, 10), "null");
}

TEST(what_is_nested_too_deeply_is_text)
{
	struct ps_val *v, *in;

	arena_free(&a);
	arena_init(&a, 1 << 20);
	v = ps_i32(&a, 7);
	for (int i = 0; i < 50; i++) {
		in = ps_list(&a, "System.Object[]\0");
		ps_append(&a, in, v);
		v = in;
	}
	CHECK(strstr(json_of(v, 1000), "[\"") && !strstr(json_of(v, 1000), "[7]"));
}

/* 40 levels, at each the same one twice: 2^40 values. */
TEST(a_tree_of_shared_values_ends_at_the_maximum)
{
	struct ps_val *v, *in;

	arena_free(&a);
	arena_init(&a, 1 << 20);
	v = ps_i32(&a, 7);
	for (int i = 0; i < 30; i++) {
		in = ps_list(&a, "System.Object[]\0");
		ps_append(&a, in, v);
		ps_append(&a, in, v);
		v = in;
	}
	CHECK_STR(json_of(v, 100000), "too large");
}
