#include "core/complete.h"
#include "core/clixml_test.h"

static struct arena arena;
static struct complete found;

static void begin(void)
{
	arena_free(&arena);
	arena_init(&arena, 8 << 20);
	found = (struct complete){ .a = &arena };
}

#define ANSWER(index, length, matches) "<Obj RefId=\"0\"><Props><I32 N=\"CurrentMatchIndex\">-1" \
	"</I32><I32 N=\"ReplacementIndex\">" index "</I32><I32 N=\"ReplacementLength\">" length \
	"</I32><Obj N=\"CompletionMatches\" RefId=\"1\"><LST>" matches "</LST></Obj></Props></Obj>"
#define MATCH(text, list, tip) "<Obj><Props><S N=\"CompletionText\">" text "</S>" \
	"<S N=\"ListItemText\">" list "</S><S N=\"ResultType\">Command</S>" \
	"<S N=\"ToolTip\">" tip "</S></Props></Obj>"

static bool answered(const char *line, const char *xml)
{
	begin();
	return complete_read(clixml_value(&arena, xml), span_str(line), &found);
}

/* from-to, then text(list:tip) of each match */
static void check(const char *want)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	buf_printf(&b, "%zu-%zu", found.from, found.to);
	for (size_t i = 0; i < found.n; i++)
		buf_printf(&b, " %.*s(%.*s:%.*s)", SPAN_ARG(found.match[i].text),
			SPAN_ARG(found.match[i].list), SPAN_ARG(found.match[i].tip));
	CHECK_STR(buf_cstr(&b), want);
	buf_free(&b);
	arena_free(&arena);
}

TEST(matches_and_what_they_replace)
{
	CHECK(answered("Get-ChildI", ANSWER("0", "10", MATCH("Get-ChildItem", "Get-ChildItem",
		"_x000A_Get-ChildItem [x]_x000D__x000A_"))));
	check("0-10 Get-ChildItem(Get-ChildItem:Get-ChildItem [x])");
	CHECK(answered("cat '/tmp/a", ANSWER("4", "7", MATCH("'/tmp/a b'", "a b", "/tmp/a b"))));
	check("4-11 '/tmp/a b'(a b:/tmp/a b)");
	CHECK(answered("x", ANSWER("0", "1", "")));
	check("0-1");
}

TEST(columns_are_utf16_units)
{
	CHECK(answered("$\xc3\xa9='\xf0\x9f\x98\x80'; Get-Da",
		ANSWER("9", "6", MATCH("Get-Date", "", ""))));
	check("12-18 Get-Date(Get-Date:)");
	CHECK(!answered("\xf0\x9f\x98\x80", ANSWER("1", "1", "")));      /* half a character */
}

TEST(an_answer_beside_the_line_is_none)
{
	CHECK(!answered("abc", ANSWER("4", "0", "")));
	CHECK(!answered("abc", ANSWER("0", "4", "")));
	CHECK(!answered("abc", ANSWER("-1", "1", "")));
	CHECK(!answered("abc", ANSWER("1", "-1", "")));
	CHECK(!answered("abc", ANSWER("2147483647", "2147483647", "")));
	CHECK(!answered("abc", "<S>abc</S>"));
	CHECK(!answered("abc", "<Nil/>"));
}

TEST(what_a_terminal_would_not_show_as_it_is_is_left_out)
{
	CHECK(answered("a", ANSWER("0", "1", MATCH("a_x001B_[2J", "a", "") MATCH("a_x000A_b", "b", "")
		MATCH("a_x202E_", "c", "") MATCH("", "d", "") MATCH("ok", "o_x0007_", "")
		MATCH("abc", "abc", "t_x001B_]0;x_x0007_"))));
	check("0-1 abc(abc:t\\x1B]0;x\\x07)");
}

TEST(there_are_not_too_many)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	buf_puts(&b, "<Obj RefId=\"0\"><Props><I32 N=\"ReplacementIndex\">0</I32>"
		"<I32 N=\"ReplacementLength\">0</I32><Obj N=\"CompletionMatches\" RefId=\"1\"><LST>");
	for (int i = 0; i < COMPLETE_MAX + 5; i++)
		buf_printf(&b, MATCH("m%d", "m", ""), i);
	buf_puts(&b, "</LST></Obj></Props></Obj>");
	CHECK(answered("", buf_cstr(&b)));
	buf_free(&b);
	CHECK_INT(found.n, COMPLETE_MAX);
	arena_free(&arena);
}

TEST(what_all_matches_begin_with)
{
	static const struct { const char *matches, *want; } rows[] = {
		{ "", "" },
		{ MATCH("abc", "", ""), "abc" },
		{ MATCH("abc", "", "") MATCH("abd", "", "") MATCH("ABCD", "", ""), "ab" },
		{ MATCH("abc", "", "") MATCH("x", "", ""), "" },
		{ MATCH("a\xc3\xa9", "", "") MATCH("a\xc3\xa8", "", ""), "a" },
		{ MATCH("a", "", "") MATCH("ab", "", ""), "a" },
	};
	struct span s;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char xml[2000];

		snprintf(xml, sizeof(xml), ANSWER("0", "0", "%s"), rows[i].matches);
		CHECK(answered("", xml));
		s = complete_common(&found);
		CHECK_MEM(s.p, s.n, rows[i].want, strlen(rows[i].want));
	}
	arena_free(&arena);
}

static void check_ask(const char *line, size_t at, const char *want)
{
	struct span s;

	begin();
	s = complete_ask(span_str(line), at, &found);
	CHECK_MEM(s.p, s.n, want, strlen(want));
}

TEST(commands_that_are_asked_for)
{
	check_ask("Get-D", 5, "Get-D");
	check_ask("Get-Date", 5, "Get-D");
	check_ask("a | Get-D", 9, "Get-D");
	check_ask("  Get", 5, "Get");
	check_ask("Get-Date -Fo", 12, "Get-Date");
	check_ask("a|b x -", 7, "b");
	check_ask("Get-Date fo", 11, "");
	check_ask("Get-Date ", 9, "");
	arena_free(&arena);
}

#define COMMAND(name, params) "<Obj RefId=\"0\"><MS><S N=\"Name\">" name "</S>" \
	"<Obj N=\"Parameters\" RefId=\"1\"><DCT>" params "</DCT></Obj></MS></Obj>"
#define PARAM(name) "<En><S N=\"Key\">" name "</S><Nil N=\"Value\"/></En>"

TEST(names_of_commands_and_parameters)
{
	static const char about[] = COMMAND("Get-Date", PARAM("Format") PARAM("Day") PARAM("force"));

	check_ask("x | Get", 7, "Get");
	complete_command(clixml_value(&arena,
		"<Obj RefId=\"0\"><MS><I32 N=\"Count\">1</I32></MS></Obj>"), SPAN("x | Get"), &found);
	complete_command(clixml_value(&arena, about), SPAN("x | Get"), &found);
	check("4-7 Get-Date(Get-Date:)");
	check_ask("Get-Date -fo", 12, "Get-Date");
	complete_command(clixml_value(&arena, about), SPAN("Get-Date -fo"), &found);
	check("10-12 Format(Format:) force(force:)");
}
