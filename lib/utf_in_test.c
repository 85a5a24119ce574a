#include "lib/utf_in.h"
#include "tests/unit.h"

static struct utf_in in;
static struct buf out;
static struct span want;
static bool whole;

static void start(void)
{
	buf_free(&out);
	buf_init(&out, 1000);
	in = (struct utf_in){ 0 };
}

static void feed(const uint8_t *p, size_t n)
{
	utf_in_feed(&in, span_of(p, n), &out);
}

static void finish(void)
{
	CHECK_INT(utf_in_end(&in, &out), whole);
	CHECK_MEM(out.p, out.n, want.p, want.n);
}

static void becomes(struct span text, struct span w, bool is_whole)
{
	want = w;
	whole = is_whole;
	each_split(text.p, text.n, start, feed, finish);
}

TEST(text_without_a_mark_stays_what_it_is)
{
	becomes(SPAN(""), SPAN(""), true);
	becomes(SPAN("h\xc3\xa9\n\0x"), SPAN("h\xc3\xa9\n\0x"), true);
	becomes(SPAN("\xef\xbb-\xff\xfe"), SPAN("\xef\xbb-\xff\xfe"), true);
	becomes(SPAN("\xef\xbc\xa1"), SPAN("\xef\xbc\xa1"), true);
	becomes(SPAN("\xff"), SPAN("\xff"), true);
	becomes(SPAN("\xef\xbb"), SPAN("\xef\xbb"), true);
}

TEST(the_mark_of_utf8_goes_once)
{
	becomes(SPAN("\xef\xbb\xbf" "a\xef\xbb\xbf"), SPAN("a\xef\xbb\xbf"), true);
}

TEST(utf16_is_decoded_in_both_orders)
{
	becomes(SPAN("\xff\xfe" "h\0\xe9\0\x3d\xd8\0\xde\n\0"), SPAN("h\xc3\xa9\xf0\x9f\x98\x80\n"),
		true);
	becomes(SPAN("\xfe\xff\0h\0\xe9\xd8\x3d\xde\0\0\n"), SPAN("h\xc3\xa9\xf0\x9f\x98\x80\n"), true);
	becomes(SPAN("\xff\xfe"), SPAN(""), true);
}

TEST(a_lone_half_keeps_its_form_and_half_a_unit_is_an_error)
{
	becomes(SPAN("\xff\xfe\x3d\xd8x\0"), SPAN("\xed\xa0\xbdx"), true);
	becomes(SPAN("\xfe\xff\0a\xd8\x3d"), SPAN("a\xed\xa0\xbd"), true);
	becomes(SPAN("\xff\xfe" "a\0b"), SPAN("a"), false);
}
