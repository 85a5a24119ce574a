#include "lib/vis.h"
#include "tests/unit.h"

static struct vis filter;
static struct buf out;
static const char *want;
static bool no_sgr;

static void start(void)
{
	buf_free(&out);
	buf_init(&out, 10000);
	vis_init(&filter, no_sgr);
}

static void feed(const uint8_t *p, size_t n)
{
	vis_feed(&filter, span_of(p, n), &out);
}

static void finish(void)
{
	CHECK_STR(buf_cstr(&out), want);
}

static void becomes(const char *in, const char *w)
{
	want = w;
	each_split(in, strlen(in), start, feed, finish);
}

TEST(text_and_layout_controls_pass)
{
	becomes("h\xc3\xa9llo \xe2\x82\xac \xf0\x9f\x98\x80\ta\r\nb\bc\a",
		"h\xc3\xa9llo \xe2\x82\xac \xf0\x9f\x98\x80\ta\r\nb\bc\a");
}

TEST(colours_erasing_and_movement_pass)
{
	becomes("\x1b[31mred\x1b[0m \x1b[2K\x1b[1;2H\x1b[A\x1b[10D\x1b[m",
		"\x1b[31mred\x1b[0m \x1b[2K\x1b[1;2H\x1b[A\x1b[10D\x1b[m");
	becomes("\x1b[38;2;255;255;255;48;2;255;255;255mx", "\x1b[38;2;255;255;255;48;2;255;255;255mx");
	becomes("\x1b[4:3mx", "\x1b[4:3mx");
}

TEST(colours_are_dropped_when_unwanted)
{
	no_sgr = true;
	becomes("\x1b[31mred\x1b[0m\x1b[K", "red\x1b[K");
	no_sgr = false;
}

TEST(strings_to_the_terminal_are_dropped)
{
	becomes("a\x1b]0;title\ab", "ab");
	becomes("a\x1b]52;c;cGFzdGU=\x1b\\b", "ab");
	becomes("a\x1bP1$tx\x1b\\b", "ab");
	becomes("a\x1b_apc\x1b\\\x1b^pm\x1b\\\x1bXsos\x1b\\b", "ab");
	becomes("a\x1b]8;;http://x\xe2\x82\xac\x1b\\link\x1b]8;;\x1b\\b", "alinkb");
	becomes("a\x1b]never ended\nb", "a\nb");
	becomes("a\x1b]x\x18" "b", "ab");
}

TEST(queries_reports_and_modes_are_dropped)
{
	becomes("a\x1b[c\x1b[>c\x1b[6n\x1b[5n\x1b[?1049h\x1b[?25l\x1b[4h\x1b[20t\x1b[!p\x1b[?2J\x1b[1 "
		"q\x1b[5ib", "ab");
	becomes("a\x1b" "c\x1b(0\x1b#8\x1b" "7\x1b=\x1bZ\x1b%Gb", "ab");
}

TEST(controls_are_dropped)
{
	becomes("a\x01\x02\x05\x0e\x0f\x11\x13\x7f\vb\f", "ab");
}

TEST(c1_as_utf8_follows_the_rules_of_its_escape_form)
{
	becomes("a\xc2\x9b" "31mb", "a\x1b[31mb");
	becomes("a\xc2\x9b" "6nb", "ab");
	becomes("a\xc2\x9d" "0;t\ab", "ab");
	becomes("a\xc2\x85" "b\xc2\x90q\xc2\x9c\x1b\\c", "abc");
}

TEST(malformed_utf8_becomes_the_replacement_character)
{
	becomes("a\xff" "b", "a\xef\xbf\xbd" "b");
	becomes("a\x9b" "31m", "a\xef\xbf\xbd" "31m");
	becomes("a\xe2\x82" "b", "a\xef\xbf\xbd" "b");
	becomes("a\xc0\x80", "a\xef\xbf\xbd\xef\xbf\xbd");
	becomes("a\xed\xa0\x80" "b", "a\xef\xbf\xbd" "b");
	becomes("a\xe2\x1b[1mb", "a\xef\xbf\xbd\x1b[1mb");
	becomes("a\xf0\x9f\xf0\x9f\x98\x80", "a\xef\xbf\xbd\xf0\x9f\x98\x80");
}

TEST(an_escape_inside_a_sequence_starts_anew)
{
	becomes("a\x1b[3\x1b[1mb", "a\x1b[1mb");
	becomes("a\x1b\x1b\x1b[1mb", "a\x1b[1mb");
	becomes("a\x1b[3\x18" "1mb", "a1mb");
	becomes("a\x1b[3\xc3\xa9" "b", "a\xc3\xa9" "b");
	becomes("a\x1b[3\n1mb", "a\x1b[31mb");
	becomes("a\x1b\xc3\xa9" "b", "a\xc3\xa9" "b");
}

TEST(endless_parameters_are_dropped)
{
	char in[300];

	memset(in, '1', sizeof(in));
	memcpy(in, "a\x1b[", 3);
	memcpy(in + sizeof(in) - 3, "mb", 3);
	becomes(in, "ab");
}

TEST(nothing_of_an_unfinished_sequence_comes_out)
{
	becomes("a\x1b[31", "a");
	becomes("a\x1b", "a");
	becomes("a\xe2\x82", "a");
}

TEST(one_line_form_shows_controls)
{
	buf_free(&out);
	buf_init(&out, 1000);
	vis_line(SPAN("a\tb\nc\rd\x1b[31m\x7f\xc2\x9b\0\xff\xc3\xa9\xed\xa0\x80"), &out);
	CHECK_STR(buf_cstr(&out), "a b c d\\x1B[31m\\x7F\\x9B\\x00\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd");
}

TEST(what_turns_the_direction_of_text_is_dropped)
{
	becomes("a\xe2\x80\xae" "b\xe2\x80\xac" "c\xe2\x81\xa6" "d\xe2\x81\xa9"
		"e\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xad\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xaa", "abcde");
}

/* A family, a Persian word with U+200C */
#define LEGITIMATE "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa6\xef\xb8\x8f " \
	"\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae"

TEST(joiners_and_direction_marks_pass)
{
	becomes(LEGITIMATE "\xd7\x90\xe2\x80\x8f" "1\xe2\x80\x89\xe2\x80\xa5\xe2\x81\xa5",
		LEGITIMATE "\xd7\x90\xe2\x80\x8f" "1\xe2\x80\x89\xe2\x80\xa5\xe2\x81\xa5");
}

TEST(one_line_form_shows_what_is_invisible)
{
	buf_free(&out);
	buf_init(&out, 1000);
	vis_line(SPAN(LEGITIMATE "\xe2\x80\xaegpj.\xe2\x80\x8b\xd8\x9c\xc2\xad\xef\xbb\xbf"
		"\xe2\x80\xa8\xe2\x81\xa9"), &out);
	CHECK_STR(buf_cstr(&out), LEGITIMATE
		"\\u202Egpj.\\u200B\\u061C\\u00AD\\uFEFF\\u2028\\u2069");
}

static void feed_plain(const uint8_t *p, size_t n)
{
	vis_plain(&filter, span_of(p, n), &out);
}

static void finish_plain(void)
{
	vis_plain_end(&filter, &out);
	finish();
}

static void plainly_becomes(const char *in, const char *w)
{
	want = w;
	each_split(in, strlen(in), start, feed_plain, finish_plain);
}

TEST(output_that_is_no_terminal_loses_colours_alone)
{
	plainly_becomes("a\x1b[31mb\x1b[0mc\x1b[m\x1b[38;5;1md\x1b[38:2:1:2:3me", "abcde");
	plainly_becomes("\x1b]2;t\a\x1b[2K\x1b[?25l\x1b\x1b[1m\x1b[1\x1b[1mx\x9b\xff\x01",
		"\x1b]2;t\a\x1b[2K\x1b[?25l\x1b\x1b[1x\x9b\xff\x01");
}

TEST(what_never_became_a_colour_comes_out_at_the_end)
{
	plainly_becomes("a\x1b", "a\x1b");
	plainly_becomes("a\x1b[31", "a\x1b[31");
}
