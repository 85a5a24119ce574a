#include "applets/ui/print.h"
#include "applets/ui/pty_test.h"
#include "applets/ui/ui_test.h"

TEST(own_words_are_one_line_whatever_the_peer_says)
{
	struct err e = { 0 };

	ui_start(false);
	print_own("host %s", "a\x1b[31m\nb");
	err_set(&e, E_NET, "cannot reach %s", "x\ry");
	print_err(&e);
	ui_stop();
	CHECK_STR(buf_cstr(&ui.out), "");
	CHECK_STR(buf_cstr(&ui.err), "host a\\x1B[31m b\npssession: cannot reach x y\n");
	ui_free();
}

TEST(the_column_is_known)
{
	bool start, text, line, colored;

	ui_start(true);
	start = print_at_line_start();
	print_text(SPAN("a\x1b[0m"));
	text = print_at_line_start();
	print_text(SPAN("\n"));
	line = print_at_line_start();
	print_text(SPAN("\x1b[0m"));
	colored = print_at_line_start();
	ui_stop();
	CHECK(start && !text && line && colored);
	ui_free();
}

TEST(much_text_comes_out_whole_and_in_order)
{
	static char line[100];
	int i;

	ui_start(true);
	for (i = 0; i < 100000; i++) {
		snprintf(line, sizeof(line), "%099d", i);
		print_line(span_of(line, 99));
		if (i == 50000)
			print_record(PRINT_WARNING, SPAN("half"));
	}
	ui_stop();
	CHECK_INT(ui.out.n, 100000 * 100 + 14);
	CHECK_MEM(ui.out.p + 50001 * 100, 14, "WARNING: half\n", 14);
	ui_free();
}

TEST(a_reader_that_left_is_no_message)
{
	int fd[2], first, second;

	ui_start(false);
	if (pipe(fd) < 0)
		abort();
	close(fd[0]);
	dup2(fd[1], STDOUT_FILENO);
	close(fd[1]);
	print_line(SPAN("x"));
	first = print_flush();
	print_line(SPAN("y"));
	second = print_flush();
	ui_stop();
	CHECK_INT(first, E_INTR);
	CHECK_INT(second, E_INTR);
	CHECK_INT(ui.err.n, 0);
	ui_free();
}

TEST(a_full_disk_is_told_once)
{
	int fd = open("/dev/full", O_WRONLY), r;

	ui_start(false);
	dup2(fd, STDOUT_FILENO);
	close(fd);
	print_line(SPAN("x"));
	r = print_flush();
	print_line(SPAN("y"));
	print_flush();
	ui_stop();
	CHECK_INT(r, E_USAGE);
	CHECK_STR(buf_cstr(&ui.err),
		"pssession: cannot write to standard output: No space left on device\n");
	ui_free();
}

static void prompt_child(void)
{
	setenv("TERM", "xterm", 1);
	print_init();
	print_line(SPAN("\x1b[31mred"));
	print_prompt("srv\x1b]2;x\a", SPAN("PS /> "));
	print_flush();
	_exit(print_at_line_start());
}

TEST(a_prompt_ends_the_colours_of_what_came_before)
{
	pty_start(prompt_child);
	CHECK_INT(pty_end(), 0);
	CHECK_STR(pty.seen, "\x1b[31mred\r\n\x1b[0m[srv]: PS /> ");
}

TEST(what_is_buffered_is_written_at_exit)
{
	char got[16] = "";
	int fd[2], status;
	pid_t pid;

	if (pipe(fd) < 0 || (pid = fork()) < 0)
		abort();
	if (!pid) {
		dup2(fd[1], STDOUT_FILENO);
		print_init();
		print_text(SPAN("tail\x1b[3"));
		exit(0);
	}
	close(fd[1]);
	waitpid(pid, &status, 0);
	CHECK_INT(read(fd[0], got, sizeof(got) - 1), 7);
	CHECK_STR(got, "tail\x1b[3");
	close(fd[0]);
}
