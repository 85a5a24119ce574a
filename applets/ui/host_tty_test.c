#include "applets/ui/ui_test.h"

#define S(s) "<S>" s "</S>"
#define FIELD(name, type, label, help) "<Obj RefId=\"9\"><MS><S N=\"name\">" name "</S>" \
	"<S N=\"label\">" label "</S><S N=\"parameterTypeFullName\">" type "</S>" \
	"<S N=\"helpMessage\">" help "</S></MS></Obj>"
#define LIST(items) "<Obj RefId=\"8\"><LST>" items "</LST></Obj>"
#define CHOICE(label, help) "<Obj RefId=\"7\"><MS><S N=\"label\">" label "</S>" \
	"<S N=\"helpMessage\">" help "</S></MS></Obj>"
#define ABC LIST(CHOICE("&amp;Apple", "round") CHOICE("&amp;Banana", "long") CHOICE("Cherry", ""))
#define INT(n) "<I32>" n "</I32>"
#define POINT(ref, x, y) "<Obj RefId=\"" ref "\"><MS><I32 N=\"x\">" x "</I32>" \
	"<I32 N=\"y\">" y "</I32></MS></Obj>"
#define TABLE "<Obj RefId=\"0\"><TN RefId=\"0\"><T>System.Collections.Hashtable</T>" \
	"<T>System.Object</T></TN><DCT>"
#define ARRAY_LIST "<Obj RefId=\"0\"><TN RefId=\"0\"><T>System.Collections.ArrayList</T>" \
	"<T>System.Object</T></TN>"
#define STRING(name) FIELD(name, "System.String", "", "")
#define CREDENTIAL "System.Management.Automation.PSCredential"

static void check_out(const char *want)
{
	CHECK_STR(buf_cstr(&ui.out), want);
}

static void check_answer(const char *want)
{
	if (ui.failures)
		FAIL("failed: %s", ui.failed);
	CHECK_STR(buf_cstr(&ui.answer), want);
	ui_free();
}

static void check_failure(const char *want)
{
	CHECK_INT(ui.answers, 0);
	CHECK_STR(ui.failed, want);
	ui_free();
}

TEST(host_text_goes_to_stdout_and_streams_to_stderr)
{
	ui_start(false);
	ui_host(HOST_WRITE1, S("a"));
	ui_host(HOST_WRITE_LINE2, S("b"));
	ui_host(HOST_WRITE_LINE1, "");
	ui_host(HOST_WRITE2, INT("12") INT("-1") S("red"));
	ui_host(HOST_WRITE_LINE3, INT("12") INT("1") S(" blue"));
	ui_host(HOST_WRITE_ERROR_LINE, S("bad"));
	ui_host(HOST_WRITE_ERROR_LINE, S(""));
	ui_host(HOST_WRITE_WARNING_LINE, S("careful"));
	ui_host(HOST_WRITE_VERBOSE_LINE, S("v"));
	ui_host(HOST_WRITE_DEBUG_LINE, S("d"));
	ui_stop();
	check_out("ab\n\nred blue\n");
	CHECK_STR(buf_cstr(&ui.err), "bad\nWARNING: careful\nVERBOSE: v\nDEBUG: d\n");
	ui_free();
}

TEST(text_before_an_error_comes_before_it)
{
	ui_start(true);
	ui_host(HOST_WRITE_LINE2, S("one"));
	ui_host(HOST_WRITE_ERROR_LINE, S("two"));
	ui_host(HOST_WRITE_LINE2, S("three"));
	ui_stop();
	check_out("one\ntwo\nthree\n");
	ui_free();
}

TEST(output_to_a_file_keeps_all_but_colours)
{
	ui_start(false);
	ui_host(HOST_WRITE1, S("_x001B_[31mred_x001B_[0m _x001B_]2;title_x0007_ _x0001_ _x001B_"));
	ui_host(HOST_WRITE1, S("[32mgreen_x001B_[2K"));
	ui_host(HOST_WRITE_ERROR_LINE, S("_x001B_[31mred_x001B_[0m_x001B_]2;title_x0007_."));
	ui_stop();
	check_out("red \x1b]2;title\a \x01 green\x1b[2K");
	CHECK_STR(buf_cstr(&ui.err), "red.\n");
	ui_free();
}

TEST(calls_of_the_shell_reach_the_front_end)
{
	ui_start(true);
	ui_host(HOST_SET_SHOULD_EXIT, INT("7"));
	ui_host(HOST_POP_RUNSPACE, "");
	ui_stop();
	CHECK_INT(ui.exit_code, 7);
	CHECK_INT(ui.popped, 1);
	check_out("");
	ui_free();
}

TEST(unknown_terminals_get_no_control_sequences)
{
	ui_start(true);
	ui_host(HOST_SET_WINDOW_TITLE, S("demo"));
	ui_host(HOST_SET_CURSOR_POSITION, POINT("1", "1", "2"));
	ui_host(HOST_SET_FOREGROUND_COLOR, INT("4"));
	ui_host(HOST_GET_WINDOW_TITLE, "");
	ui_stop();
	check_out("");
	check_answer("<S>demo</S>");
}

TEST(what_is_known_is_answered_at_once)
{
	static const struct { enum host_method m; const char *answer; } cases[] = {
		{ HOST_GET_NAME, "<S>pssession</S>" }, { HOST_GET_VERSION, "<Version>1.0</Version>" },
		{ HOST_GET_CURRENT_CULTURE, "<S>nl-BE</S>" },
		{ HOST_GET_FOREGROUND_COLOR, "<I32>-1</I32>" },
		{ HOST_GET_WINDOW_SIZE, "<Obj RefId=\"0\"><MS><I32 N=\"width\">100</I32>"
			"<I32 N=\"height\">40</I32></MS></Obj>" },
		{ HOST_GET_CURSOR_POSITION, POINT("0", "0", "0") },
		{ HOST_GET_KEY_AVAILABLE, "<B>false</B>" }, { HOST_GET_IS_RUNSPACE_PUSHED, "<B>true</B>" },
	};
	size_t i;

	setenv("LC_ALL", "nl_BE.UTF-8", 1);
	setenv("LINES", "40", 1);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ui_start(true);
		ui_host(cases[i].m, "");
		ui_stop();
		check_answer(cases[i].answer);
	}
	unsetenv("LC_ALL");
	unsetenv("LINES");
}

TEST(every_value_call_gets_exactly_one_answer)
{
	int m;

	for (m = 1; m < HOST_METHOD_END; m++) {
		if (host_is_void(m))
			continue;
		ui_start(true);
		ui_type_end();
		ui_host(m, "");
		ui_run(1);
		ui_stop();
		if (ui.answers + ui.failures != 1)
			FAIL("%s: %d answers", host_method_name(m), ui.answers + ui.failures);
		ui_free();
	}
}

TEST(reading_the_screen_is_refused_with_a_warning)
{
	ui_start(true);
	ui_host(HOST_GET_BUFFER_CONTENTS, "");
	ui_stop();
	CHECK(strstr(buf_cstr(&ui.out), "WARNING: A script or application on the remote computer "
		"SERVER01 is attempting to read the buffer contents"));
	check_failure("The host method GetBufferContents is not supported.");
}

TEST(a_line_is_read_as_it_stands)
{
	ui_question(HOST_READ_LINE, "", " L\303\266ve  \nnext\n");
	check_out("");
	check_answer("<S> L\303\266ve  </S>");
	ui_question(HOST_READ_LINE, "", "no newline");
	check_answer("<S>no newline</S>");
	ui_question(HOST_READ_LINE, "", "from Windows\r\n");
	check_answer("<S>from Windows</S>");
	ui_question(HOST_READ_LINE, "", "latin\344\n");
	check_answer("<S>latin\357\277\275</S>");
}

TEST(questions_without_input_fail_and_never_hang)
{
	ui_question(HOST_READ_LINE, "", "");
	check_failure("The prompt cannot be answered: standard input has ended.");
	ui_question(HOST_PROMPT, S("") S("") LIST(STRING("A") STRING("B")), "x\n");
	check_out("A: \nB: \n");
	check_failure("The prompt cannot be answered: standard input has ended.");
}

TEST(a_secret_line_comes_behind_a_warning)
{
	ui_question(HOST_READ_LINE_AS_SECURE_STRING, "", "p\n");
	check_out("WARNING: A script or application on the remote computer SERVER01 is asking to "
		"read a line securely. Enter sensitive information, such as your credentials, only if you "
		"trust the remote computer and the application or script that is requesting it.\n");
	check_answer("<SS>cAA=</SS>");
}

TEST(fields_are_asked_one_after_the_other)
{
	ui_question(HOST_PROMPT, S("Caption") S("Message") LIST(STRING("Name")
		FIELD("Count", "System.Int32", "", "")), "Ada\n7\n");
	check_out("\nCaption\nMessage\nName: \nCount: \n");
	check_answer(TABLE
		"<En><S N=\"Key\">Name</S><S N=\"Value\">Ada</S></En>"
		"<En><S N=\"Key\">Count</S><S N=\"Value\">7</S></En></DCT></Obj>");
}

TEST(an_array_ends_with_an_empty_line)
{
	ui_question(HOST_PROMPT, S("") S("") LIST(FIELD("Path", "System.String[]", "", "")),
		"/a\n/b\n\n");
	check_out("Path[0]: \nPath[1]: \nPath[2]: \n");
	check_answer(TABLE
		"<En><S N=\"Key\">Path</S><Obj N=\"Value\" RefId=\"1\"><TN RefId=\"1\">"
		"<T>System.String[]</T><T>System.Array</T><T>System.Object</T></TN>"
		"<LST><S>/a</S><S>/b</S></LST></Obj></En>"
		"</DCT></Obj>");
}

TEST(an_array_of_numbers_leaves_the_conversion_to_the_server)
{
	ui_question(HOST_PROMPT, S("") S("") LIST(FIELD("Id", "System.Int32[]", "", "")), "1\n\n");
	check_out("Id[0]: \nId[1]: \n");
	check_answer(TABLE
		"<En><S N=\"Key\">Id</S><Obj N=\"Value\" RefId=\"1\"><TN RefId=\"1\">"
		"<T>System.Collections.ArrayList</T><T>System.Object</T></TN><LST><S>1</S></LST></Obj></En>"
		"</DCT></Obj>");
}

TEST(commands_of_a_field_with_a_label)
{
	ui_question(HOST_PROMPT, S("cmdlet Get-X") S("Supply values") LIST(
		FIELD("Name", "System.String", "N", "Its name.") FIELD("More", "System.String", "M", "")),
		"!?\n!x\n!!a\n!?\n!$null\n");
	check_out("\ncmdlet Get-X\nSupply values\n(Type !? for Help.)\nName: \nIts name.\nName: \n"
		"\"!x\" cannot be recognized as a valid Prompt command.\nName: \nMore: \n"
		"No help is available for More.\nMore: \n");
	check_answer(TABLE
		"<En><S N=\"Key\">Name</S><S N=\"Value\">!a</S></En>"
		"<En><S N=\"Key\">More</S><Nil N=\"Value\"/></En></DCT></Obj>");
}

TEST(without_a_label_there_are_no_commands)
{
	ui_question(HOST_PROMPT, S("") S("") LIST(STRING("A")), "!?\n");
	check_out("A: \n");
	check_answer(TABLE
		"<En><S N=\"Key\">A</S><S N=\"Value\">!?</S></En></DCT></Obj>");
}

TEST(a_credential_names_the_computer_and_asks_for_the_user)
{
	ui_question(HOST_PROMPT_FOR_CREDENTIAL1, S("Log in") S("Please") S("") S("DOM"),
		"\nbob\npw\n");
	check_out("\nPowerShell Credential Request: Log in\n"
		"Warning: A script or application on the remote computer SERVER01 is requesting your "
		"credentials. \n"
		"Enter your credentials only if you trust the remote computer and the application or "
		"script that is \n"
		"requesting them.\n\nPlease\nUser: \nUser: \nPassword for user bob: \n\n");
	check_answer("<Obj RefId=\"0\"><TN RefId=\"0\"><T>System.Management.Automation.PSCredential</T>"
		"<T>System.Object</T></TN>"
		"<ToString>System.Management.Automation.PSCredential</ToString><Props>"
		"<S N=\"UserName\">DOM\\bob</S><SS N=\"Password\">cAB3AA==</SS></Props></Obj>");
}

TEST(a_credential_may_be_a_field)
{
	ui_question(HOST_PROMPT, S("cmdlet") S("Give") LIST(FIELD("Cred", CREDENTIAL, "", "")),
		"bob\npw\n");
	CHECK(strstr(buf_cstr(&ui.out), "\n\nGive\nCred\nUser: \nPassword for user bob: \n\n"));
	CHECK(strstr(buf_cstr(&ui.out), "PowerShell Credential Request: cmdlet\n"));
	CHECK(strstr(buf_cstr(&ui.answer), "<S N=\"UserName\">bob</S>"));
	ui_free();
}

TEST(a_choice_by_key_by_label_and_by_default)
{
	static const char *const typed[] = { "b\n", "BANANA\n", "\n", "x\n B \n", "cherry\n" };
	static const char *const want[] = { "1", "1", "1", "1", "2" };
	char answer[32];
	size_t i;

	for (i = 0; i < 5; i++) {
		ui_question(HOST_PROMPT_FOR_CHOICE, S("Title") S("Message") ABC INT("1"), typed[i]);
		CHECK(strstr(buf_cstr(&ui.out), "\nTitle\nMessage\n[A] Apple  [B] Banana  [] Cherry  "
			"[?] Help (default is \"B\"): \n"));
		snprintf(answer, sizeof(answer), "<I32>%s</I32>", want[i]);
		check_answer(answer);
	}
}

TEST(a_choice_without_default_asks_until_one_is_made)
{
	ui_question(HOST_PROMPT_FOR_CHOICE, S("") S("") ABC INT("-1"), "\na\n");
	check_out("[A] Apple  [B] Banana  [] Cherry  [?] Help \n"
		"[A] Apple  [B] Banana  [] Cherry  [?] Help \n");
	check_answer("<I32>0</I32>");
}

TEST(help_of_a_choice)
{
	ui_question(HOST_PROMPT_FOR_CHOICE, S("") S("") ABC INT("0"), "?\n\n");
	CHECK(strstr(buf_cstr(&ui.out), "\nA - round\nB - long\nCherry - \n[A] Apple"));
	check_answer("<I32>0</I32>");
}

TEST(several_choices)
{
	ui_question(HOST_PROMPT_FOR_CHOICE_MULTIPLE_SELECTION, S("T") S("M") ABC
		LIST(INT("0") INT("2")), "b\na\n\n");
	check_out("\nT\nM\n[A] Apple  \n[B] Banana  \n[] Cherry  \n[?] Help \n"
		"(default choices are A,Cherry)\n"
		"Choice[0]: \nChoice[1]: \nChoice[2]: \n");
	check_answer(ARRAY_LIST
		"<LST><I32>1</I32><I32>0</I32></LST></Obj>");
	ui_question(HOST_PROMPT_FOR_CHOICE_MULTIPLE_SELECTION, S("") S("") ABC LIST(INT("2")),
		"\n");
	check_answer(ARRAY_LIST
		"<LST><I32>2</I32></LST></Obj>");
}

TEST(choices_that_make_no_sense_fail)
{
	ui_question(HOST_PROMPT_FOR_CHOICE, S("") S("") LIST("") INT("0"), "a\n");
	check_failure("\"choices\" should have at least one element.");
	ui_question(HOST_PROMPT_FOR_CHOICE, S("") S("") ABC INT("3"), "a\n");
	check_failure("The default choice must be a valid index into \"choices\".");
	ui_question(HOST_PROMPT_FOR_CHOICE, S("") S("") LIST(CHOICE("&amp;?", "")) INT("0"), "a\n");
	check_failure("A question mark (\"?\") cannot be used as a hot key.");
	ui_question(HOST_PROMPT, S("") S("") LIST(""), "a\n");
	check_failure("The \"descriptions\" collection must have at least one element.");
}

TEST(a_key_is_read)
{
	ui_question(HOST_READ_KEY, INT("6"), "xy");
	check_out("");
	CHECK(strstr(buf_cstr(&ui.answer), "<I32 N=\"virtualKeyCode\">88</I32>"));
	CHECK(strstr(buf_cstr(&ui.answer), "<C N=\"character\">120</C>"));
	ui_free();
}

TEST(keys_have_the_numbers_of_windows)
{
	static const struct { const char *sent; int key, character; const char *state; } keys[] = {
		{ "a", 65, 97, "0" },
		{ "7", 55, 55, "0" },
		{ "%", 0, 37, "0" },
		{ " ", 32, 32, "0" },
		{ "\303\251", 0, 233, "0" },
		{ "\n", 13, 13, "0" },
		{ "\177", 8, 8, "0" },
		{ "\t", 9, 9, "0" },
		{ "\x1b", 27, 27, "0" },
		{ "\001", 65, 1, "8" },
		{ "\034", 0, 28, "8" },
		{ "\x1bx", 88, 120, "2" },
		{ "\x1b[A", 38, 0, "0" },
		{ "\x1bOH", 36, 0, "0" },
		{ "\x1bOQ", 113, 0, "0" },
		{ "\x1b[3~", 46, 0, "0" },
		{ "\x1b[15~", 116, 0, "0" },
		{ "\x1b[24~", 123, 0, "0" },
		{ "\x1b[1;2A", 38, 0, "16" },
		{ "\x1b[1;5D", 37, 0, "8" },
		{ "\x1b[3;7~", 46, 0, "10" },
		{ "\x1b[Z", 9, 0, "16" },
		{ "\x1b[99999999999999~", 0, 0, "0" },
	};
	char want[200];

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		ui_question(HOST_READ_KEY, INT("6"), keys[i].sent);
		snprintf(want, sizeof(want), "<I32 N=\"virtualKeyCode\">%d</I32>"
			"<I32 N=\"controlKeyState\">%s</I32><C N=\"character\">%d</C>", keys[i].key,
			keys[i].state, keys[i].character);
		if (!strstr(buf_cstr(&ui.answer), want))
			FAIL("%s: %s, not %s", keys[i].sent + 1, buf_cstr(&ui.answer), want);
		ui_free();
	}
}

TEST(questions_wait_for_one_another)
{
	int before;

	ui_start(true);
	ui_type("one\ntwo\n");
	ui_host(HOST_PROMPT, S("") S("") LIST(STRING("A")));
	ui_host(HOST_PROMPT, S("") S("") LIST(STRING("B")));
	before = ui.answers;
	ui_run(2);
	ui_stop();
	CHECK_INT(before, 0);
	check_out("A: \nB: \n");
	CHECK(strstr(buf_cstr(&ui.answer), ">two</S>"));
	ui_free();
}

static void cancel(struct host_call *c)
{
	host_tty_ops.cancel(ui.host, c);
	arena_free(&c->arena);
	free(c);
}

TEST(a_cancelled_question_makes_room_for_the_next)
{
	struct host_call *c;

	ui_start(true);
	c = ui_call(HOST_PROMPT, SPAN("<Obj RefId=\"0\"><LST><S></S><S></S>" LIST(STRING("A"))
		"</LST></Obj>"));
	host_tty_ops.call(ui.host, c);
	ui_host(HOST_PROMPT, S("") S("") LIST(STRING("B")));
	cancel(c);
	ui_type("x\n");
	ui_run(1);
	ui_stop();
	check_out("A: \nB: \n");
	CHECK(strstr(buf_cstr(&ui.answer), ">B</S>"));
	ui_free();
}

static void ignore_line(void *ctx, struct span line, bool end)
{
	(void)ctx;
	(void)line;
	(void)end;
}

TEST(a_question_fails_while_another_reads_the_input)
{
	ui_start(true);
	input_want(ui.input, INPUT_LINE, ignore_line, NULL);
	ui_host(HOST_READ_LINE, "");
	ui_stop();
	check_failure("The prompt cannot be answered: there is no terminal to ask on.");
}

#define PROGRESS(id, status, type) "<I64>0</I64><Obj RefId=\"3\"><MS>" \
	"<S N=\"Activity\">Copying</S>" \
	"<I32 N=\"ActivityId\">" id "</I32><S N=\"StatusDescription\">" status "</S>" \
	"<I32 N=\"ParentActivityId\">-1</I32><I32 N=\"PercentComplete\">30</I32>" \
	"<I32 N=\"Type\">" type "</I32><I32 N=\"SecondsRemaining\">9</I32></MS></Obj>"

TEST(progress_in_a_file_is_a_line_an_activity)
{
	ui_start(false);
	ui_host(HOST_WRITE_PROGRESS, PROGRESS("0", "file 1", "0"));
	ui_host(HOST_WRITE_PROGRESS, PROGRESS("0", "file 2", "0"));
	ui_host(HOST_WRITE_PROGRESS, PROGRESS("1", "part", "0"));
	ui_host(HOST_WRITE_PROGRESS, PROGRESS("1", "part", "1"));
	ui_host(HOST_WRITE_PROGRESS, PROGRESS("0", "file 2", "1"));
	ui_host(HOST_WRITE_PROGRESS, PROGRESS("0", "file 2", "1"));
	ui_stop();
	check_out("");
	CHECK_STR(buf_cstr(&ui.err), "Copying: file 1\nCopying: part\n");
	ui_free();
}

TEST(hostile_calls_do_no_harm)
{
	static const char *const args[] = {
		"", S(""), "<Nil/><Nil/><Nil/><Nil/>",
		LIST("<Nil/>") LIST("<Nil/>") LIST("<Nil/>") LIST("<Nil/>"),
		S("_xD800_") S("_xD800_") LIST(S("x") INT("1")) INT("99999999999"),
		"<I64>9223372036854775807</I64><I64>-9223372036854775808</I64>"
		LIST(LIST(LIST(""))) INT("-5"),
	};
	size_t i;
	int m;

	for (i = 0; i < sizeof(args) / sizeof(*args); i++) {
		for (m = 1; m < HOST_METHOD_END; m++) {
			ui_start(true);
			ui_type("a\nb\n\nc\n");
			ui_type_end();
			ui_host(m, args[i]);
			ui_run(host_is_void(m) ? 0 : 1);
			ui_stop();
			ui_free();
		}
	}
}
