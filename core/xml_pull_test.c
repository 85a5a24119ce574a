#include "core/xml_pull.h"
#include "lib/buf.h"
#include "tests/unit.h"

static struct xml_pull x;
static struct arena arena;
static struct err err;
static struct buf seen;

static void open_doc(struct span doc, size_t cap)
{
	arena_free(&arena);
	arena_init(&arena, cap);
	err = (struct err){ 0 };
	xml_init(&x, doc, &arena, &err);
}

/* All events as one line: <{ns}name attr=value>, "text", </{ns}name>. Returns the last result. */
static int events(struct span doc)
{
	size_t i;
	int r;

	open_doc(doc, 100000);
	buf_free(&seen);
	buf_init(&seen, 100000);
	while ((r = xml_next(&x)) > 0) {
		if (r == XML_TEXT) {
			buf_printf(&seen, "'%.*s'", SPAN_ARG(x.text));
			continue;
		}
		buf_printf(&seen, r == XML_START ? "<{%.*s}%.*s" : "</{%.*s}%.*s", SPAN_ARG(x.ns),
			SPAN_ARG(x.name));
		for (i = 0; i < x.attr_n; i++)
			buf_printf(&seen, " {%.*s}%.*s=%.*s", SPAN_ARG(x.attr[i].ns), SPAN_ARG(x.attr[i].name),
				SPAN_ARG(x.attr[i].value));
		buf_putc(&seen, '>');
	}
	return r;
}

#define GIVES(doc, want) do { \
	CHECK_INT(events(SPAN(doc)), XML_EOF); \
	CHECK_STR(buf_cstr(&seen), want); \
} while (0)
#define REFUSED(doc) CHECK_INT(events(SPAN(doc)), E_PEER)

TEST(elements_text_and_attributes)
{
	GIVES("<a b='1' c=\"2\">x<d/> y </a>", "<{}a {}b=1 {}c=2>'x'<{}d></{}d>' y '</{}a>");
	GIVES("<a></a>", "<{}a></{}a>");
	GIVES("<a\n b = '1'\t/>", "<{}a {}b=1></{}a>");
	GIVES("<a-1._\xc3\xa9 ></a-1._\xc3\xa9 >", "<{}a-1._\xc3\xa9></{}a-1._\xc3\xa9>");
}

TEST(byte_order_mark_declaration_comments_and_instructions_are_skipped)
{
	GIVES("\xef\xbb\xbf<?xml version='1.0'?>\n<!-- <x> --><a>1<!-- - -->2<?pi <b>?>3</a>\n<!----> ",
		"<{}a>'123'</{}a>");
	GIVES("<a><!--x--></a>", "<{}a></{}a>");
}

TEST(cdata_is_text)
{
	GIVES("<a>1<![CDATA[<b>&amp;]]]><![CDATA[]]>2</a>", "<{}a>'1<b>&amp;]2'</{}a>");
	GIVES("<a><![CDATA[x]]></a>", "<{}a>'x'</{}a>");
	GIVES("<a><![CDATA[]]></a>", "<{}a></{}a>");
}

TEST(references_are_undone)
{
	GIVES("<a b='&lt;&gt;&amp;&quot;&apos;'>&lt;&#65;&#x20aC;&#x1F600;&#10;&#x1;</a>",
		"<{}a {}b=<>&\"'>'<A\xe2\x82\xac\xf0\x9f\x98\x80\n\x01'</{}a>");
	REFUSED("<a>&nbsp;</a>");
	REFUSED("<a>&</a>");
	REFUSED("<a>&lt</a>");
	REFUSED("<a>&;</a>");
	REFUSED("<a>&#;</a>");
	REFUSED("<a>&#x;</a>");
	REFUSED("<a>&#x110000;</a>");
	REFUSED("<a>&#99999999999999999999999;</a>");
	REFUSED("<a b='&x;'/>");
}

TEST(a_document_type_is_refused)
{
	REFUSED("<!DOCTYPE a><a/>");
	REFUSED("<!DOCTYPE a [<!ENTITY b 'c'><!ENTITY d '&b;&b;&b;&b;&b;&b;'>]><a>&d;</a>");
	REFUSED("<a><!ENTITY b 'c'></a>");
}

TEST(line_ends_are_normalised_and_white_space_is_kept)
{
	GIVES("<a b='1\r\n2\t3\r4\n5'>1\r\n2\r3\n\t </a>", "<{}a {}b=1 2 3 4 5>'1\n2\n3\n\t '</{}a>");
	GIVES("<a b='&#10;&#9;'>&#13;\n</a>", "<{}a {}b=\n\t>'\r\n'</{}a>");
	GIVES("<a> <b/> </a>", "<{}a>' '<{}b></{}b>' '</{}a>");
}

TEST(namespaces_are_resolved_by_scope)
{
	GIVES("<p:a xmlns:p='u' p:x='1' x='2'><p:b xmlns:p='v'/><p:c/></p:a>",
		"<{u}a {u}x=1 {}x=2><{v}b></{v}b><{u}c></{u}c></{u}a>");
	GIVES("<a xmlns='u' b='1'><c xmlns=''><d/></c><e/></a>",
		"<{u}a {}b=1><{}c><{}d></{}d></{}c><{u}e></{u}e></{u}a>");
	GIVES("<a xml:lang='en'/>", "<{}a {http://www.w3.org/XML/1998/namespace}lang=en></{}a>");
	REFUSED("<p:a/>");
	REFUSED("<a p:b='1'/>");
	REFUSED("<a><b xmlns:p='u'/><p:c/></a>");
	REFUSED("<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>");
	REFUSED("<a xmlns:p=''/>");
	REFUSED("<a xmlns:='u'/>");
	REFUSED("<:a/>");
	REFUSED("<a:/>");
	REFUSED("<a xmlns:p='u'><p:b:c/></a>");
	REFUSED("<a xmlns:p='u'><p:1/></a>");
}

TEST(malformed_documents_are_refused)
{
	REFUSED("");
	REFUSED(" ");
	REFUSED("x");
	REFUSED("x<a/>");
	REFUSED("<a/>x");
	REFUSED("<a/><b/>");
	REFUSED("<![CDATA[x]]><a/>");
	REFUSED("<a>");
	REFUSED("</a>");
	REFUSED("<a></b>");
	REFUSED("<a></aa>");
	REFUSED("<a></a");
	REFUSED("<a/");
	REFUSED("<a / >");
	REFUSED("<a b></a>");
	REFUSED("<a b=1/>");
	REFUSED("<a b='1/>");
	REFUSED("<a b='<'/>");
	REFUSED("<a b='1'c='2'/>");
	REFUSED("<a b='1' b='2'/>");
	REFUSED("< a/>");
	REFUSED("<1/>");
	REFUSED("<a><!-- </a>");
	REFUSED("<a><![CDATA[ </a>");
	REFUSED("<?xml <a/>");
	REFUSED("<a>\x01</a>");
	REFUSED("<a>\0</a>");
	REFUSED("<a>\xff</a>");
	REFUSED("<a>\xc3</a>");
	REFUSED("<a>\xed\xa0\x80</a>");
	REFUSED("\xff\xfe<\0a\0/\0>\0");
	REFUSED("<html><body><p>Not a server<br></body></html>");
}

TEST(truncated_anywhere_is_refused_and_nothing_is_read_beyond)
{
	static const char doc[] = "\xef\xbb\xbf<?xml version='1.0'?><p:a xmlns:p='u' b='&lt;'>"
		"t&#65;<!--c--><![CDATA[d]]><e/>\xe2\x82\xac</p:a>";
	size_t i, n = sizeof(doc) - 1;

	for (i = 0; i <= n; i++) {
		uint8_t *copy = malloc(i ? i : 1);
		int r;

		memcpy(copy, doc, i);
		r = events(span_of(copy, i));
		free(copy);
		CHECK_INT(r, i == n ? XML_EOF : E_PEER);
	}
}

TEST(errors_are_sticky_and_located)
{
	open_doc(SPAN("<a><b></a>"), 1000);
	CHECK(xml_next(&x) == XML_START && xml_next(&x) == XML_START);
	CHECK_INT(xml_next(&x), E_PEER);
	CHECK_INT(xml_next(&x), E_PEER);
	CHECK_STR(err.spec, "XML 1.0");
	CHECK_INT(err.off, 10);
}

/* n times open, n times close. */
static struct span nested(struct buf *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		buf_puts(b, "<a>");
	for (i = 0; i < n; i++)
		buf_puts(b, "</a>");
	return buf_span(b);
}

TEST(caps_hold)
{
	struct buf b;
	size_t i;

	buf_init(&b, 1 << 20);
	CHECK_INT(events(nested(&b, XML_DEPTH_MAX)), XML_EOF);
	buf_clear(&b);
	CHECK_INT(events(nested(&b, XML_DEPTH_MAX + 1)), E_LIMIT);
	for (i = 0; i < 2; i++) {
		size_t k;

		buf_clear(&b);
		buf_puts(&b, "<a");
		for (k = 0; k < XML_ATTR_MAX + i; k++)
			buf_printf(&b, " b%zu=''", k);
		buf_puts(&b, "/>");
		CHECK_INT(events(buf_span(&b)), i ? E_LIMIT : XML_EOF);
		buf_clear(&b);
		buf_puts(&b, "<a");
		for (k = 0; k < XML_NS_MAX + i; k++)
			buf_printf(&b, " xmlns:b%zu='u'", k);
		buf_puts(&b, "/>");
		CHECK_INT(events(buf_span(&b)), i ? E_LIMIT : XML_EOF);
		buf_clear(&b);
		buf_putc(&b, '<');
		for (k = 0; k < XML_NAME_MAX + i; k++)
			buf_putc(&b, 'a');
		buf_puts(&b, "/>");
		CHECK_INT(events(buf_span(&b)), i ? E_LIMIT : XML_EOF);
	}
	open_doc(SPAN("<a>12345&lt;</a>"), 4);
	CHECK_INT(xml_next(&x), XML_START);
	CHECK_INT(xml_next(&x), E_LIMIT);
	open_doc(SPAN("<a b='12345&lt;'/>"), 4);
	CHECK_INT(xml_next(&x), E_LIMIT);
	buf_free(&b);
}

static const struct span soap = SPAN(
	"<s:Envelope xmlns:s='soap' xmlns:w='wsman'><s:Header><w:Id>1</w:Id></s:Header><s:Body> "
	"<w:Reply Name='x'>"
	"<w:Stream>AA<i/>A</w:Stream><w:Other><w:Stream>no</w:Stream></w:Other><w:Stream>"
	"B&amp;</w:Stream></w:Reply></s:Body></s:Envelope>");

TEST(reading_soap_by_enter_and_child)
{
	struct span text;
	size_t depth;
	int n = 0;

	open_doc(soap, 1000);
	CHECK_INT(xml_enter(&x, "soap", "Body"), 1);
	CHECK_INT(xml_enter(&x, "wsman", "Reply"), 1);
	CHECK(xml_attr(&x, "", "Name", &text) && span_is(text, "x"));
	CHECK(!xml_attr(&x, "wsman", "Name", &text) && xml_attr(&x, NULL, "Name", &text));
	depth = x.depth;
	while (xml_child(&x, depth) > 0) {
		if (!xml_is(&x, "wsman", "Stream"))
			continue;
		CHECK_INT(xml_text(&x, &text), 0);
		CHECK(span_is(text, n++ ? "B&" : "AAA"));
	}
	CHECK_INT(n, 2);
	CHECK(xml_is(&x, "wsman", "Reply") && x.depth == 2);
	CHECK_INT(xml_child(&x, depth), 0);
	CHECK_INT(xml_enter(&x, NULL, "Nothing"), 0);

	open_doc(soap, 1000);
	CHECK_INT(xml_child(&x, 0), 1);
	CHECK_INT(xml_child(&x, 1), 1);
	CHECK(xml_is(&x, "soap", "Header") && xml_skip(&x) == 0);
	CHECK_INT(xml_child(&x, 1), 1);
	CHECK(xml_is(&x, "soap", "Body") && xml_skip(&x) == 0);
	CHECK_INT(xml_child(&x, 1), 0);
	CHECK_INT(xml_child(&x, 0), 0);
	CHECK_INT(err.code, 0);
}

TEST(enter_stays_inside_the_current_element)
{
	open_doc(SPAN("<r><a><b/></a><c/></r>"), 1000);
	CHECK_INT(xml_enter(&x, NULL, "a"), 1);
	CHECK_INT(xml_enter(&x, NULL, "c"), 0);
	CHECK(xml_is(&x, NULL, "a") && x.depth == 1);
	CHECK_INT(xml_enter(&x, NULL, "c"), 1);
}

TEST(text_of_empty_elements)
{
	struct span s = SPAN("?");

	open_doc(SPAN("<a><b/><c></c></a>"), 1000);
	CHECK(xml_enter(&x, "", "b") == 1 && xml_text(&x, &s) == 0 && s.n == 0);
	CHECK(xml_enter(&x, "", "c") == 1 && xml_text(&x, &s) == 0 && s.n == 0);
	CHECK_INT(xml_next(&x), XML_END);
	CHECK_INT(xml_next(&x), XML_EOF);
}

TEST(helpers_pass_errors_on)
{
	struct span s;

	open_doc(SPAN("<a><b>"), 1000);
	CHECK_INT(xml_child(&x, 0), 1);
	CHECK_INT(xml_text(&x, &s), E_PEER);
	CHECK(xml_child(&x, 0) == E_PEER && xml_enter(&x, NULL, "q") == E_PEER &&
		xml_skip(&x) == E_PEER);
}
