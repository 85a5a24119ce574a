#include "core/record.h"
#include "core/clixml_test.h"

static struct arena arena;

static const struct ps_val *value(const char *xml)
{
	arena_free(&arena);
	arena_init(&arena, 1 << 20);
	return clixml_value(&arena, xml);
}

static void check(int width, const char *xml, const char *want)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	record_error(value(xml), width, &b);
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
	check(0, ERROR("<S N=\"ErrorCategory_Activity\">Get-Item</S>" MESSAGE("no")),
		"Get-Item: no");
}

TEST(an_error_without_a_command_names_its_category)
{
	check(0,
		ERROR("<S N=\"ErrorCategory_Activity\"></S><I32 N=\"ErrorCategory_Category"
			  "\">14</I32><S N=\"ErrorCategory_Message\">OperationStopped: (:) [], X</S>" MESSAGE(
				  "bad")),
		"OperationStopped: bad");
}

TEST(category_zero_gives_way_to_the_reason)
{
	check(0, ERROR("<I32 N=\"ErrorCategory_Category\">0</I32>"
		"<S N=\"ErrorCategory_Message\">NotSpecified: (:) [], X</S>"
		"<S N=\"ErrorCategory_Reason\">IOException</S>" MESSAGE("m")), "IOException: m");
}

TEST(an_error_with_nothing_in_it_is_its_string)
{
	check(0, ERROR(""), "Error: whole");
	check(0, "<S>text</S>", "Error: text");
}

TEST(details_and_recommendation_replace_and_follow_the_message)
{
	check(0, ERROR(MESSAGE("m") "<S N=\"ErrorDetails_Message\">better</S>"
		"<S N=\"ErrorDetails_RecommendedAction\">Try it.</S>"),
		"Error: better\n  Recommendation: Try it.");
}

TEST(what_a_native_command_wrote_to_stderr_has_no_prefix)
{
	check(0, ERROR("<S N=\"FullyQualifiedErrorId\">NativeCommandError</S>"
		MESSAGE("ls: no")), "ls: no");
}

TEST(a_parse_error_is_cut_out_of_its_position_and_wrapped)
{
	const char *xml = ERROR(PARSER MESSAGE("At line:1 char:4_x000A_+ 1 +_x000A_+    ~_x000A_"
		"You must give a_x000A_value._x000A__x000A_At line:2 char:1_x000A_+ ~_x000A_Other."));

	check(0, xml, "ParserError: You must give a value.");
	check(9, xml, "ParserError: You must\ngive a\nvalue.");
	check(3, ERROR(PARSER MESSAGE("abcdefg")), "ParserError: abc\ndef\ng");
}

TEST(progress_tells_where_it_is)
{
	struct record_progress p;

	CHECK(!record_progress(NULL, &p) && !record_progress(value("<S>x</S>"), &p));
	CHECK(!record_progress(value(ERROR("")), &p));
	CHECK(record_progress(value(ERROR("<I32 N=\"ActivityId\">4</I32>"
		"<S N=\"Activity\">Copying</S>")), &p));
	CHECK(p.id == 4 && p.parent == -1 && p.percent == -1 && p.seconds == -1 && !p.completed);
	CHECK(span_is(p.activity, "Copying") && !p.status.n && !p.operation.n);
	CHECK(record_progress(value(ERROR("<I32 N=\"ActivityId\">4</I32>"
		"<S N=\"StatusDescription\">file 1</S><S N=\"CurrentOperation\">op</S>"
		"<I32 N=\"ParentActivityId\">2</I32><I32 N=\"PercentComplete\">30</I32>"
		"<I32 N=\"SecondsRemaining\">9</I32><Obj N=\"Type\" RefId=\"1\"><TN RefId=\"0\">"
		"<T>System.Management.Automation.ProgressRecordType</T></TN>"
		"<ToString>Completed</ToString><I32>1</I32></Obj>")), &p));
	CHECK(p.completed && p.percent == 30 && p.seconds == 9 && p.parent == 2);
	CHECK(span_is(p.status, "file 1") && span_is(p.operation, "op"));
}

TEST(unfinished_text_is_recognised)
{
	CHECK(record_is_incomplete(
		value(ERROR("<S N=\"ErrorCategory_Reason\">IncompleteParseException</S>"))));
	CHECK(!record_is_incomplete(value(ERROR("<S N=\"ErrorCategory_Reason\">ParseException</S>"))));
	CHECK(!record_is_incomplete(NULL));
}
