#include "core/simple_line.h"
#include "core/clixml.h"
#include "tests/unit.h"

/* What the line becomes: commands with | between, names as they are, values as CLIXML. */
static void check(const char *line, const char *want)
{
	struct simple_line l;
	struct err e = { 0 };
	struct arena a;
	struct buf b;

	arena_init(&a, 1 << 20);
	buf_init(&b, 1 << 16);
	if (simple_line_parse(span_str(line), &a, &l, &e) < 0) {
		CHECK_INT(e.code, E_USAGE);
		buf_printf(&b, "no %s", e.text);
	}
	for (size_t i = 0; !e.code && i < l.n; i++) {
		buf_printf(&b, "%s%.*s", i ? " | " : "", SPAN_ARG(l.cmd[i].text));
		for (size_t j = 0; j < l.cmd[i].param_n; j++) {
			if (l.cmd[i].param[j].name)
				buf_printf(&b, " %s", l.cmd[i].param[j].name);
			if (!l.cmd[i].param[j].name || l.cmd[i].param[j].val->tag != PS_NIL) {
				buf_putc(&b, ' ');
				clixml_write(l.cmd[i].param[j].val, &b);
			}
		}
	}
	CHECK_STR(buf_cstr(&b), want);
	buf_free(&b);
	arena_free(&a);
}

TEST(commands_and_parameters)
{
	check("", "");
	check("  # nothing", "");
	check("Get-Date", "Get-Date");
	check(" gci -Recurse /tmp ", "gci -Recurse <S>/tmp</S>");
	check("gci -Path:/tmp -Depth: 2", "gci -Path: <S>/tmp</S> -Depth: <I32>2</I32>");
	check("a|b -x | ? Name -eq 5", "a | b -x | ? <S>Name</S> -eq <I32>5</I32>");
	check("a b # c | d", "a <S>b</S>");
	check("a b#c -", "a <S>b#c</S> <S>-</S>");
	check("./run.exe --long", "./run.exe <S>--long</S>");
}

TEST(strings)
{
	check("a 'it''s $x; y'", "a <S>it's $x; y</S>");
	check("a \"x `$y `\"z`\" \"\"q\"\" | t`tt\"", "a <S>x $y &quot;z&quot; &quot;q&quot; "
		"| t_x0009_t</S>");
	check("a b'c d'\"e\"f", "a <S>bc def</S>");
	check("a x` y `$z ''", "a <S>x y</S> <S>$z</S> <S></S>");
	check("a '-x' '5' \"\xc3\xa9\"", "a <S>-x</S> <S>5</S> <S>\xc3\xa9</S>");
}

TEST(other_constants)
{
	check("a 5 -5 0 2147483648 007 +5 1.5 0x10 1kb", "a <I32>5</I32> <I32>-5</I32> <I32>0</I32> "
		"<I64>2147483648</I64> <S>007</S> <S>+5</S> <S>1.5</S> <S>0x10</S> <S>1kb</S>");
	check("a 99999999999999999999", "a <S>99999999999999999999</S>");
	check("a $true $FALSE $null", "a <B>true</B> <B>false</B> <Nil/>");
	check("a -x:$false", "a -x: <B>false</B>");
#define ARRAY(items) "<Obj RefId=\"0\"><TN RefId=\"0\"><T>System.Object[]</T><T>System.Array</T>" \
	"<T>System.Object</T></TN><LST>" items "</LST></Obj>"
	check("a 1,b , 'c' d", "a " ARRAY("<I32>1</I32><S>b</S><S>c</S>") " <S>d</S>");
	check("a -x: $true,2", "a -x: " ARRAY("<B>true</B><I32>2</I32>"));
}

TEST(what_needs_a_script_is_refused_with_the_reason)
{
	static const char variables[] = "no variables ('…' and ` keep a $ as it is)";

	check("a $x", variables);
	check("a $truex", variables);
	check("a \"b $x\"", variables);
	check("a b$", variables);
	check("$x = 5", variables);
	check("a (b)", "no expressions");
	check("a b)", "no expressions");
	check("1 + 2", "no expressions");
	check("'text'", "no expressions");
	check("[int]5", "no expressions");
	check(". ./x.ps1", "no expressions");
	check("a { b }", "no script blocks");
	check("a; b", "no several statements");
	check("a\nb", "no several statements");
	check("a &", "no call operators and jobs");
	check("& a", "no call operators and jobs");
	check("a && b", "no call operators and jobs");
	check("a > b", "no redirections");
	check("a 2>&1", "no redirections");
	check("a @x", "no arrays in @(), hash tables and splatting");
	check("a @{x=1}", "no arrays in @(), hash tables and splatting");
	check("a 'b", "no strings without an end");
	check("a \"b`\"", "no strings without an end");
	check("a |", "no empty commands");
	check("a || b", "no empty commands");
	check("| a", "no empty commands");
	check("a 1,", "no commas without a value, or parameters without theirs");
	check("a -x:", "no commas without a value, or parameters without theirs");
}

TEST(there_is_an_end_to_everything)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	buf_puts(&b, "a");
	for (int i = 0; i < SIMPLE_LINE_PARAMS + 1; i++)
		buf_puts(&b, " b");
	check(buf_cstr(&b), "no that many arguments");
	buf_clear(&b);
	for (int i = 0; i < SIMPLE_LINE_CMDS; i++)
		buf_puts(&b, "a|");
	buf_puts(&b, "a");
	check(buf_cstr(&b), "no that many commands");
	buf_free(&b);
}
