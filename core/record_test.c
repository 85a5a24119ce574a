#include "core/record.h"
#include "core/clixml.h"
#include "tests/unit.h"

static struct arena arena;

static const struct ps_val *value(const char *xml)
{
	struct ps_val *v = NULL;
	struct err e = { 0 };

	arena_free(&arena);
	arena_init(&arena, 1 << 20);
	CHECK_INT(clixml_read(span_str(xml), &arena, &v, &e), 0);
	return v;
}

static void check(enum record_kind kind, int width, const char *xml, const char *want)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	record_text(kind, value(xml), width, &b);
	CHECK_STR(buf_cstr(&b), want);
	buf_free(&b);
}

#define ERROR(props) "<Obj RefId=\"0\"><ToString>whole</ToString><MS>" props "</MS></Obj>"
#define MESSAGE(text) \
	"<Obj N=\"Exception\" RefId=\"1\"><MS><S N=\"Message\">" text "</S></MS></Obj>"
#define PARSER "<I32 N=\"ErrorCategory_Category\">17</I32><S N=\"ErrorCategory_Activity\"></S>" \
	"<S N=\"ErrorCategory_Message\">ParserError: (:) [], ParseException</S>"

TEST(an_error_names_its_command)
{
	check(RECORD_ERROR, 0, ERROR("<S N=\"ErrorCategory_Activity\">Get-Item</S>" MESSAGE("no")),
		"Get-Item: no");
}

TEST(an_error_without_a_command_names_its_category)
{
	check(RECORD_ERROR, 0,
		ERROR("<S N=\"ErrorCategory_Activity\"></S><I32 N=\"ErrorCategory_Category"
			  "\">14</I32><S N=\"ErrorCategory_Message\">OperationStopped: (:) [], X</S>" MESSAGE(
				  "bad")),
		"OperationStopped: bad");
}

TEST(category_zero_gives_way_to_the_reason)
{
	check(RECORD_ERROR, 0, ERROR("<I32 N=\"ErrorCategory_Category\">0</I32>"
		"<S N=\"ErrorCategory_Message\">NotSpecified: (:) [], X</S>"
		"<S N=\"ErrorCategory_Reason\">IOException</S>" MESSAGE("m")), "IOException: m");
}

TEST(an_error_with_nothing_in_it_is_its_string)
{
	check(RECORD_ERROR, 0, ERROR(""), "Error: whole");
	check(RECORD_ERROR, 0, "<S>text</S>", "Error: text");
}

TEST(details_and_recommendation_replace_and_follow_the_message)
{
	check(RECORD_ERROR, 0, ERROR(MESSAGE("m") "<S N=\"ErrorDetails_Message\">better</S>"
		"<S N=\"ErrorDetails_RecommendedAction\">Try it.</S>"),
		"Error: better\n  Recommendation: Try it.");
}

TEST(what_a_native_command_wrote_to_stderr_has_no_prefix)
{
	check(RECORD_ERROR, 0, ERROR("<S N=\"FullyQualifiedErrorId\">NativeCommandError</S>"
		MESSAGE("ls: no")), "ls: no");
}

TEST(a_parse_error_is_cut_out_of_its_position_and_wrapped)
{
	const char *xml = ERROR(PARSER MESSAGE("At line:1 char:4_x000A_+ 1 +_x000A_+    ~_x000A_"
		"You must give a_x000A_value._x000A__x000A_At line:2 char:1_x000A_+ ~_x000A_Other."));

	check(RECORD_ERROR, 0, xml, "ParserError: You must give a value.");
	check(RECORD_ERROR, 9, xml, "ParserError: You must\ngive a\nvalue.");
	check(RECORD_ERROR, 3, ERROR(PARSER MESSAGE("abcdefg")), "ParserError: abc\ndef\ng");
}

TEST(streams_have_their_prefix)
{
	check(RECORD_WARNING, 0, ERROR("<S N=\"InformationalRecord_Message\">w</S>"), "WARNING: w");
	check(RECORD_VERBOSE, 0, "<S>v</S>", "VERBOSE: v");
	check(RECORD_DEBUG, 0, ERROR(""), "DEBUG: whole");
	check(RECORD_INFORMATION, 0, ERROR("<S N=\"MessageData\">i</S>"), "i");
}

TEST(progress_tells_where_it_is)
{
	check(RECORD_PROGRESS, 0, ERROR("<I32 N=\"ActivityId\">1</I32><S N=\"Activity\">Copy</S>"
		"<S N=\"StatusDescription\">file</S><I32 N=\"PercentComplete\">40</I32>"),
		"Copy: file [40%]");
	check(RECORD_PROGRESS, 0, ERROR("<I32 N=\"ActivityId\">1</I32><S N=\"Activity\">Copy</S>"
		"<S N=\"StatusDescription\">file</S><I32 N=\"Type\">1</I32>"), "Copy: completed");
	check(RECORD_PROGRESS, 0, "<S>x</S>", "");
}

TEST(write_host_is_told_from_other_information)
{
	struct record_info info;

	record_information(
		value(ERROR(
			"<Obj N=\"Tags\" RefId=\"3\"><LST><S>PSHOST</S></LST></Obj>"
			"<Obj N=\"MessageData\" RefId=\"4\"><Props><B N=\"NoNewLine\">true</B></Props></Obj>")),
		&info);
	CHECK(info.is_host && info.no_newline);
	record_information(value("<S>x</S>"), &info);
	CHECK(!info.is_host && !info.no_newline);
}

TEST(unfinished_text_is_recognised)
{
	CHECK(record_is_incomplete(
		value(ERROR("<S N=\"ErrorCategory_Reason\">IncompleteParseException</S>"))));
	CHECK(!record_is_incomplete(value(ERROR("<S N=\"ErrorCategory_Reason\">ParseException</S>"))));
	CHECK(!record_is_incomplete(NULL));
}
