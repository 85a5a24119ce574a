#include "core/xml_write.h"
#include <sys/wait.h>
#include <unistd.h>
#include "tests/unit.h"

static struct buf out;
static struct xml_write w;

static void start(size_t max)
{
	buf_free(&out);
	buf_init(&out, max);
	xml_write_init(&w, &out);
}

TEST(elements_nest_and_empty_ones_are_short)
{
	start(1000);
	xml_write_start(&w, "s:Envelope");
	xml_write_attr(&w, "xmlns:s", SPAN("urn:x"));
	xml_write_start(&w, "s:Header");
	xml_write_end(&w);
	xml_write_leaf(&w, "a", SPAN("t"));
	xml_write_leaf(&w, "b", SPAN(""));
	xml_write_end(&w);
	CHECK(!buf_failed(&out));
	CHECK_STR(buf_cstr(&out),
		"<s:Envelope xmlns:s=\"urn:x\"><s:Header/><a>t</a><b></b></s:Envelope>");
}

TEST(what_xml_cannot_carry_is_escaped_or_replaced)
{
	start(1000);
	xml_write_start(&w, "a");
	xml_write_attr(&w, "n", SPAN("\"<>&'\t\n\r"));
	xml_write_text(&w,
		SPAN("]]>\x01\0\x1b\xff\xed\xa0\x80\xef\xbf\xbe\xef\xbf\xbf\xc3\xa9\xf0\x9f\x98\x80<"));
	xml_write_end(&w);
#define R "\xef\xbf\xbd"
	CHECK_STR(buf_cstr(&out), "<a n=\"&quot;&lt;&gt;&amp;'&#9;&#10;&#13;\">]]&gt;" R R R R R R R
		"\xc3\xa9\xf0\x9f\x98\x80&lt;</a>");
}

TEST(too_deep_or_too_long_fails)
{
	size_t i;

	start(100000);
	for (i = 0; i < XML_WRITE_DEPTH; i++)
		xml_write_start(&w, "a");
	CHECK(!buf_failed(&out));
	xml_write_start(&w, "a");
	CHECK(buf_failed(&out));
	for (i = 0; i <= XML_WRITE_DEPTH; i++)
		xml_write_end(&w);
	CHECK(buf_failed(&out));
	start(10);
	xml_write_leaf(&w, "abc", SPAN("long text"));
	CHECK(buf_failed(&out));
}

static bool dies(void (*f)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		close(2);
		f();
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status);
}

static void end_without_start(void)
{
	start(10);
	xml_write_end(&w);
}

static void attribute_after_text(void)
{
	start(100);
	xml_write_start(&w, "a");
	xml_write_text(&w, SPAN("x"));
	xml_write_attr(&w, "b", SPAN(""));
}

static void text_outside(void)
{
	start(100);
	xml_write_text(&w, SPAN("x"));
}

TEST(calls_out_of_order_are_bugs)
{
	CHECK(dies(end_without_start));
	CHECK(dies(attribute_after_text));
	CHECK(dies(text_outside));
}
