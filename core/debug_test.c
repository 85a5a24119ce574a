#include "core/debug.h"
#include "core/clixml_test.h"

static struct arena arena;

static const struct ps_val *value(const char *xml)
{
	arena_free(&arena);
	arena_init(&arena, 1 << 20);
	return clixml_value(&arena, xml);
}

#define EVENT(source, args) "<Obj RefId=\"0\"><MS><S N=\"PSEventArgs.SourceIdentifier\">" source \
	"</S><Obj N=\"PSEventArgs.SourceArgs\" RefId=\"1\"><LST>" args "</LST></Obj></MS></Obj>"
#define STOP(hits) "<Obj RefId=\"2\"><Props><Obj N=\"Breakpoints\" RefId=\"3\"><LST>" hits \
	"</LST></Obj></Props><MS><Obj N=\"SerializedInvocationInfo\" RefId=\"5\"><MS>" \
	"<S N=\"InvocationInfo_PositionMessage\">At line:1 char:2</S></MS></Obj></MS></Obj>"

static void check_stop(const char *xml, const char *want)
{
	struct buf b;
	bool stopped;

	buf_init(&b, 1 << 16);
	stopped = debug_stopped(value(xml), &b);
	CHECK_STR(stopped ? buf_cstr(&b) : "(none)", want);
	buf_free(&b);
	arena_free(&arena);
}

#define STOPPED "PSInternalRemoteDebuggerStopEvent"

TEST(a_stop_shows_breakpoints_and_place)
{
	check_stop(EVENT(STOPPED, STOP("")), "At line:1 char:2");
	check_stop(EVENT(STOPPED, STOP("<Obj RefId=\"4\"><ToString>Command breakpoint on 'a'"
		"</ToString></Obj><Obj RefId=\"6\"><ToString>b</ToString></Obj>")),
		"Hit Command breakpoint on 'a'\nHit b\n\nAt line:1 char:2");
}

TEST(a_stop_without_more_is_one_and_other_events_are_none)
{
	check_stop(EVENT(STOPPED, ""), "");
	check_stop(EVENT("PSInternalRemoteDebuggerBreakpointUpdatedEvent", STOP("")), "(none)");
	check_stop("<S>text</S>", "(none)");
	check_stop("<Nil/>", "(none)");
}

static void check_command(const char *xml, bool want, int action)
{
	int resume = 99;

	CHECK_INT(debug_command(value(xml), &resume), want);
	CHECK_INT(resume, action);
	arena_free(&arena);
}

#define COMMAND(action) "<Obj RefId=\"0\"><TN RefId=\"0\"><T>System.Management.Automation." \
	"DebuggerCommand</T></TN><Props>" action "<S N=\"Command\">x</S></Props></Obj>"

TEST(commands_of_the_debugger)
{
	check_command(COMMAND("<Nil N=\"ResumeAction\"/>"), true, -1);
	check_command(COMMAND("<S N=\"ResumeAction\">Nonsense</S>"), true, -1);
	check_command(COMMAND("<S N=\"ResumeAction\">Continue</S>"), true, 0);
	check_command(COMMAND("<S N=\"ResumeAction\">StepInto</S>"), true, 1);
	check_command(COMMAND("<S N=\"ResumeAction\">StepOut</S>"), true, 2);
	check_command(COMMAND("<S N=\"ResumeAction\">StepOver</S>"), true, 3);
	check_command(COMMAND("<S N=\"ResumeAction\">Stop</S>"), true, 4);
	check_command("<S>Stop</S>", false, 99);
}
