/* The host on a real terminal: colours, echo, progress, title. */
#include "applets/ui/pty_test.h"
#include "applets/ui/ui_test.h"
#include "applets/ui/progress.h"
#include "applets/ui/term_io.h"

#define S(s) "<S>" s "</S>"
#define INT(n) "<I32>" n "</I32>"
#define FIELD(name, type) "<Obj RefId=\"8\"><LST><Obj RefId=\"9\"><MS><S N=\"name\">" name "</S>" \
	"<S N=\"parameterTypeFullName\">" type "</S></MS></Obj></LST></Obj>"

#define CELL(c, fg) "<MS><C N=\"character\">" c "</C><I32 N=\"foregroundColor\">" fg "</I32>" \
	"<I32 N=\"backgroundColor\">0</I32><I32 N=\"bufferCellType\">0</I32></MS></Obj>"
#define AREA(l, t, r, b) "<Obj RefId=\"1\"><MS><I32 N=\"left\">" l "</I32><I32 N=\"top\">" t \
	"</I32><I32 N=\"right\">" r "</I32><I32 N=\"bottom\">" b "</I32></MS></Obj>"
#define AT(x, y) "<Obj RefId=\"2\"><MS><I32 N=\"x\">" x "</I32><I32 N=\"y\">" y "</I32></MS></Obj>"

/* The fixture without its pipe and files: everything is the terminal. */
static void on_tty(const char *term)
{
	struct host_tty_cfg cfg = { .computer = "server01", .pop = ui_pop, .should_exit = ui_exit };

	setenv("TERM", term, 1);
	term_init();
	print_init();
	buf_init(&ui.answer, 1 << 20);
	ui.loop = cfg.loop = loop_new();
	ui.input = cfg.input = input_new(ui.loop, STDIN_FILENO);
	ui.host = host_tty_new(&cfg);
	ui.saved_err = STDERR_FILENO;
}

static void done(const char *mark)
{
	print_flush();
	dprintf(STDOUT_FILENO, "%s", mark);
	host_tty_free(ui.host);
	input_free(ui.input);
	loop_free(ui.loop);
	print_flush();
}

static void colors_child(void)
{
	on_tty("xterm-256color");
	ui_host(HOST_WRITE2, INT("12") INT("-1") S("red"));
	ui_host(HOST_WRITE_LINE3, INT("0") INT("14") S(" x"));
	ui_host(HOST_WRITE_LINE2, S("_x001B_[32mgreen_x001B_[0m _x001B_]0;t_x0007_ _x001B_[6n."));
	ui_host(HOST_WRITE_WARNING_LINE, S("careful"));
	ui_host(HOST_WRITE_ERROR_LINE, S("bad"));
	ui_host(HOST_SET_WINDOW_TITLE, S("de_x001B_mo"));
	ui_host(HOST_SET_BUFFER_CONTENTS1, AREA("-1", "-1", "-1", "-1"));
	done("|");
	exit(0);                                /* what is left on the screen is undone */
}

TEST(colours_and_titles_of_a_terminal)
{
	pty_start(colors_child);
	CHECK_INT(pty_end(), 0);
	CHECK_STR(pty.seen, "\x1b[91;49mred\x1b[39;49m\x1b[30;103m x\x1b[39;49m\r\n"
		"\x1b[32mgreen\x1b[0m  .\r\n"
		"\x1b[33;1mWARNING: careful\x1b[0m\r\n\x1b[31;1mbad\x1b[0m\r\n"
		"\x1b[22;2t\x1b]2;de\\x1Bmo\a\x1b[1;1H\x1b[2J|\x1b[23;2t\x1b[0m");
}

static void screen_child(void)
{
	setenv("LINES", "24", 1);
	on_tty("xterm");
	ui_host(HOST_SET_CURSOR_POSITION, AT("9", "1"));
	ui_host(HOST_SET_CURSOR_POSITION, AT("-9", "1"));
	ui_host(HOST_SET_BUFFER_CONTENTS1, AREA("77", "22", "900", "900")
		"<Obj RefId=\"2\">" CELL("120", "12"));
	ui_host(HOST_SET_BUFFER_CONTENTS1, AREA("-1", "2", "-1", "3") "<Obj RefId=\"2\">"
		CELL("27", "12"));
	ui_host(HOST_SET_BUFFER_CONTENTS2, AT("78", "23") "<Obj RefId=\"8\"><MS>"
		"<Obj N=\"mae\" RefId=\"3\"><LST><Obj RefId=\"4\">" CELL("27", "1") "<Obj RefId=\"5\">"
		CELL("233", "-1") "<Obj RefId=\"6\">" CELL("67", "1") "<Obj RefId=\"7\">" CELL("68", "1")
		"</LST></Obj><Obj N=\"mal\" RefId=\"9\"><LST><I32>1</I32><I32>3</I32></LST></Obj></MS>"
		"</Obj>");
	ui_host(HOST_SCROLL_BUFFER_CONTENTS, AREA("0", "5", "79", "10") AT("0", "2"));
	ui_host(HOST_SCROLL_BUFFER_CONTENTS, AREA("0", "5", "79", "10") AT("0", "7"));
	ui_host(HOST_SCROLL_BUFFER_CONTENTS, AREA("5", "5", "9", "10") AT("0", "2"));
	print_prompt("", SPAN("|"));
	print_flush();
}

#define SAVED(text) "\x1b" "7" text "\x1b[39;49m\x1b" "8"

TEST(cells_of_the_screen)
{
	pty_start(screen_child);
	CHECK_INT(pty_end(), 0);
	CHECK_STR(pty.seen, "\x1b[2;10H"
		SAVED("\x1b[23;78H\x1b[91;40mxxx\x1b[24;78H\x1b[91;40mxxx")
		SAVED("")
		SAVED("\x1b[24;79H\x1b[34;40m \x1b[24;80H\x1b[39;40m\303\251")
		SAVED("\x1b[3;11r\x1b[3;1H\x1b[3M\x1b[r")
		SAVED("\x1b[6;13r\x1b[6;1H\x1b[2L\x1b[r")
		SAVED("") "\x1b[0m|");
}

static void base_child(void)
{
	on_tty("xterm");
	ui_host(HOST_SET_FOREGROUND_COLOR, INT("14"));
	ui_host(HOST_SET_BACKGROUND_COLOR, INT("1"));
	ui_host(HOST_WRITE2, INT("12") INT("-1") S("red"));
	print_prompt("", SPAN("|"));
	CHECK_INT(host_tty_info().fg, 14);
	CHECK_INT(host_tty_info().bg, 1);
	print_flush();
}

TEST(colours_that_a_script_sets_stay)
{
	pty_start(base_child);
	CHECK_INT(pty_end(), 0);
	CHECK_STR(pty.seen, "\x1b[93;49m\x1b[93;44m\x1b[91;44mred\x1b[93;44m\x1b[0m\x1b[93;44m|");
}

static void no_color_child(void)
{
	setenv("NO_COLOR", "1", 1);
	on_tty("xterm");
	ui_host(HOST_WRITE2, INT("12") INT("-1") S("red"));
	ui_host(HOST_WRITE_LINE2, S("_x001B_[32mgreen_x001B_[0m"));
	ui_host(HOST_WRITE_WARNING_LINE, S("_x001B_[1mcareful"));
	done("|");
}

TEST(no_color_is_obeyed)
{
	pty_start(no_color_child);
	CHECK_INT(pty_end(), 0);
	CHECK_STR(pty.seen, "redgreen\r\nWARNING: careful\r\n|");
}

static void dumb_child(void)
{
	on_tty("dumb");
	ui_host(HOST_WRITE_LINE3, INT("12") INT("-1") S("red"));
	ui_host(HOST_SET_WINDOW_TITLE, S("demo"));
	ui_host(HOST_WRITE_LINE2, S("_x001B_[32mgreen_x001B_]2;x_x0007_"));
	done("|");
}

TEST(a_dumb_terminal_gets_plain_text)
{
	pty_start(dumb_child);
	CHECK_INT(pty_end(), 0);
	CHECK_STR(pty.seen, "red\r\ngreen\r\n|");
}

static void questions_child(void)
{
	on_tty("xterm");
	ui_host(HOST_PROMPT, S("") S("") FIELD("Name", "System.String"));
	ui_run(1);
	ui_host(HOST_PROMPT, S("") S("") FIELD("Secret", "System.Security.SecureString"));
	ui_run(2);
	ui_host(HOST_READ_KEY, INT("0"));
	ui_run(3);
	ui_host(HOST_PROMPT, S("") S("") FIELD("Last", "System.String"));
	ui_run(4);
	dprintf(STDOUT_FILENO, "[%.*s]", (int)ui.answer.n, ui.answer.p);
	done("|");
}

TEST(secrets_are_not_echoed_and_lines_are)
{
	pty_start(questions_child);
	pty_expect("Name: ");
	pty_type("Ada\n");
	pty_expect("Ada\r\n");
	pty_expect("remote computer SERVER01 is sending a prompt request.");
	pty_expect("Secret: ");
	pty_expect_echo(false);
	pty_type("hush\nahead\n");
	pty_expect("\r\n");
	pty_expect("a");                        /* the key, shown by us */
	CHECK(!strstr(pty.seen, "hush"));
	pty_expect("head\r\n");
	pty_expect(">head</S>");
	CHECK_INT(pty_end(), 0);
}

static void any_key_child(void)
{
	on_tty("xterm");
	ui_host(HOST_READ_KEY, INT("7"));
	dprintf(STDOUT_FILENO, "?");
	ui_run(1);
	dprintf(STDOUT_FILENO, "[%.*s]", (int)ui.answer.n, ui.answer.p);
	done("|");
}

TEST(ctrl_c_is_a_key_to_who_wants_it)
{
	pty_start(any_key_child);
	pty_expect("?");
	pty_type("\x03");
	pty_expect("<I32 N=\"virtualKeyCode\">67</I32><I32 N=\"controlKeyState\">8</I32>"
		"<C N=\"character\">3</C>");
	CHECK_INT(pty_end(), 0);
}

static struct host_call *asked;

/* As when the server has stopped the command. */
static void interrupted(void *ctx, int signo)
{
	(void)ctx;
	(void)signo;
	host_tty_ops.cancel(ui.host, asked);
	arena_free(&asked->arena);
	free(asked);
	ui_host(HOST_PROMPT, S("") S("") FIELD("Next", "System.String"));
}

static void ctrl_c_child(void)
{
	on_tty("xterm");
	loop_signal(ui.loop, SIGINT, interrupted, NULL);
	asked = ui_host(HOST_PROMPT, S("") S("") FIELD("Secret", "System.Security.SecureString"));
	ui_run(1);
	dprintf(STDOUT_FILENO, "%.*s", (int)ui.answer.n, ui.answer.p);
	done("|");
}

TEST(ctrl_c_in_a_question_drops_it)
{
	pty_start(ctrl_c_child);
	pty_expect("Secret: ");
	pty_expect_echo(false);
	pty_type("hus\x03");
	pty_expect("Next: ");
	pty_type("x\n");
	pty_expect("x\r\n");
	pty_expect(">x</S>");
	CHECK_INT(pty_end(), 0);
}

#define ACTIVITY(name, id, parent, status, percent, seconds, type) "<I64>0</I64>" \
	"<Obj RefId=\"3\"><MS><S N=\"Activity\">" name "</S><I32 N=\"ActivityId\">" id "</I32>" \
	"<S N=\"StatusDescription\">" status "</S><I32 N=\"ParentActivityId\">" parent "</I32>" \
	"<I32 N=\"PercentComplete\">" percent "</I32><I32 N=\"Type\">" type "</I32>" \
	"<I32 N=\"SecondsRemaining\">" seconds "</I32></MS></Obj>"
#define PROGRESS(status, type) ACTIVITY("Copying", "0", "-1", status, "50", "9", type)

static bool woken;

static void wake(void *ctx)
{
	(void)ctx;
	woken = true;
}

/* Turns the loop for so long. */
static void idle(uint32_t ms)
{
	struct timer t = { 0 };
	struct err e = { 0 };

	woken = false;
	loop_arm(ui.loop, &t, ms, wake, NULL);
	while (!woken && loop_turn(ui.loop, &e) == 0)
		print_flush();
}

static void progress_child(void)
{
	int i;

	on_tty("xterm");
	for (i = 0; i < 100; i++)       /* drawn once, not a hundred times */
		ui_host(HOST_WRITE_PROGRESS, PROGRESS("file 1", "0"));
	idle(50);
	ui_host(HOST_WRITE_LINE2, S("text"));
	print_flush();
	idle(300);
	ui_host(HOST_WRITE1, S("half"));
	print_flush();
	idle(300);                              /* not drawn over the text in this row */
	ui_host(HOST_WRITE_LINE1, "");
	ui_host(HOST_WRITE_PROGRESS, PROGRESS("file 2", "0"));
	idle(300);
	ui_host(HOST_WRITE_PROGRESS, PROGRESS("file 2", "1"));
	idle(300);
	done("|");
}

#define BAR "\r\x1b[33;1m"
#define HIDDEN "\r\x1b[K"
#define NEXT "\x1b[K\r\r\n"            /* the terminal adds a CR */
#define END "\x1b[K\r"

/* The bar is 80 - 5 - 7 cells, half of them done. */
static void put_bar(char *out, size_t size, int file, const char *after)
{
	size_t n = strlen(out);

	snprintf(out + n, size - n, BAR "Copying [\x1b[7mfile %d%28s\x1b[27m%34s]\x1b[0m\x1b[K\r"
		HIDDEN "%s", file, "", "9s", after);
}

TEST(progress_is_one_line_that_leaves_no_trace)
{
	char want[2048] = "";

	pty_start(progress_child);
	CHECK_INT(pty_end(), 0);
	put_bar(want, sizeof(want), 1, "text\r\n");
	put_bar(want, sizeof(want), 1, "half\r\n");
	put_bar(want, sizeof(want), 2, "|");
	CHECK_STR(pty.seen, want);
}

static void row_child(void)
{
	on_tty("xterm");
	ui_host(HOST_WRITE1, S("abc"));
	ui_host(HOST_WRITE_WARNING_LINE, S("x"));
	dprintf(STDOUT_FILENO, "%d", print_at_line_start());
	ui_host(HOST_WRITE_PROGRESS, PROGRESS("file 1", "0"));
	idle(20);
	done("|");
}

TEST(a_warning_ends_the_row_that_it_stands_in)
{
	pty_start(row_child);
	CHECK_INT(pty_end(), 0);
	CHECK(strstr(pty.seen, "abc\x1b[33;1mWARNING: x\x1b[0m\r\n1\r\x1b[33;1mCopying ["));
}

static void narrow(const char *columns, const char *term, const char *lines)
{
	setenv("COLUMNS", columns, 1);
	setenv("LINES", lines, 1);
	setenv("NO_COLOR", "1", 1);
	on_tty(term);
}

/* No parent that is not there, none that is itself; a parent that ends hands its children on. */
static void children_child(void)
{
	narrow("40", "vt100", "24");
	ui_host(HOST_WRITE_PROGRESS, ACTIVITY("Outer", "1", "-1", "one", "50", "100", "0"));
	ui_host(HOST_WRITE_PROGRESS, ACTIVITY("Other", "3", "3", "", "-1", "-1", "0"));
	ui_host(HOST_WRITE_PROGRESS, ACTIVITY("Inner with a long name", "2", "1", "two", "200", "-1",
		"0"));
	ui_host(HOST_WRITE_PROGRESS, ACTIVITY("Last", "4", "2", "a longer status that is cut off here",
		"-5", "-1", "0"));
	idle(20);
	ui_host(HOST_WRITE_PROGRESS, ACTIVITY("", "2", "1", "", "-1", "-1", "1"));
	idle(200);
	setenv("COLUMNS", "20", 1);
	ui_host(HOST_WRITE_PROGRESS, ACTIVITY("Outer", "1", "9", "one", "50", "100", "0"));
	idle(200);
	done("|");
}

TEST(activities_stand_below_their_parents)
{
	pty_start(children_child);
	CHECK_INT(pty_end(), 0);
	CHECK_STR(pty.seen, "\r"
		"Outer [one                   50% 100s]" NEXT
		"  Inner with a long \342\200\246 [two      100% ]" NEXT
		"    Last [a longer status that is cu\342\200\246]" NEXT
		"Other [                              ]" END "\x1b[3A"
		"\rOuter [one                   50% 100s]" NEXT
		"  Last [a longer status that is cut \342\200\246]" NEXT
		"Other [                              ]" NEXT END "\x1b[3A"
		"\r\x1b[JOuter [o\342\200\24650% 100s]" NEXT
		"  Last [a longer\342\200\246]" NEXT
		"Other [          ]" END "\x1b[2A|"
		"\r" NEXT NEXT END "\x1b[2A");
}

/* What there is no room for is what was not heard of for longest; with more than can be kept. */
static void many_child(void)
{
	char id[12], text[600];
	int i;

	narrow("30", "linux", "4");
	for (i = 0; i < 2 * PROGRESS_MAX; i++) {
		snprintf(id, sizeof(id), "%d", i);
		snprintf(text, sizeof(text), ACTIVITY("A%s", "%s", "-1", "", "-1", "-1", "0"), id, id);
		ui_host(HOST_WRITE_PROGRESS, text);
	}
	ui_host(HOST_WRITE_PROGRESS, ACTIVITY("again", "17", "-1", "", "-1", "-1", "0"));
	idle(20);
	done("|");
}

TEST(a_small_screen_shows_the_newest_activities)
{
	pty_start(many_child);
	CHECK_INT(pty_end(), 0);
	CHECK_STR(pty.seen, "\ragain [                    ]" NEXT "A30 [                      ]" NEXT
		"A31 [                      ]" END "\x1b[2A|\r" NEXT NEXT END "\x1b[2A");
}

static void asking_child(void)
{
	setenv("WT_SESSION", "x", 1);
	narrow("30", "xterm", "9");
	ui_host(HOST_WRITE_PROGRESS, ACTIVITY("A", "1", "-1", "", "40", "-1", "0"));
	idle(20);
	ui_host(HOST_READ_LINE, "");
	idle(200);
	ui_host(HOST_WRITE_PROGRESS, ACTIVITY("A", "1", "-1", "", "60", "-1", "0"));
	idle(200);
	dprintf(STDOUT_FILENO, "?");
	ui_run(1);
	host_tty_progress_end(ui.host);
	done("|");
}

TEST(nothing_is_drawn_where_somebody_types)
{
	pty_start(asking_child);
	pty_expect("\rA [                    40% ]" END "\x1b]9;4;1;40\x1b\\" HIDDEN "\x1b[?2004h"
		"\x1b]9;4;1;40\x1b\\\x1b]9;4;1;60\x1b\\?");
	pty_type("x\n");
	CHECK_INT(pty_end(), 0);
	CHECK_STR(pty.seen, "x\r\n\x1b[?2004l\x1b]9;4;0\x1b\\|");
}
