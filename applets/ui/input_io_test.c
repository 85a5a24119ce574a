#include "applets/ui/ui_test.h"

static struct buf got;
static size_t lines, last_len;
static bool ended;
static int wanted;              /* lines still to ask for from within the callback */

static void on_line(void *ctx, struct span line, bool end)
{
	(void)ctx;
	lines++;
	last_len = line.n;
	ended = end;
	if (line.n < 1000)
		buf_put(&got, line);
	buf_puts(&got, end ? "$" : "|");
	if (!end && wanted-- > 0)
		input_want(ui.input, INPUT_LINE, on_line, NULL);
}

static void start(void)
{
	buf_init(&got, 1 << 20);
	lines = last_len = 0;
	ended = false;
	wanted = 0;
	ui_start(true);
}

static void until(size_t n)
{
	struct err e = { 0 };

	while (lines < n && loop_turn(ui.loop, &e) == 0)
		;
}

static void stop(const char *want)
{
	ui_stop();
	CHECK_STR(buf_cstr(&got), want);
	buf_free(&got);
	ui_free();
}

TEST(lines_come_one_a_wait_and_those_ahead_are_kept)
{
	start();
	ui_type("one\ntwo\nthree\n");
	input_want(ui.input, INPUT_LINE, on_line, NULL);
	CHECK(input_waits(ui.input));
	until(1);
	CHECK(!input_waits(ui.input));
	input_want(ui.input, INPUT_SECRET, on_line, NULL);
	until(2);
	input_want(ui.input, INPUT_LINE, on_line, NULL);
	until(3);
	stop("one|two|three|");
}

TEST(a_line_in_pieces_is_one_line)
{
	struct err e = { 0 };
	const char *s;
	char one[2] = "";

	start();
	input_want(ui.input, INPUT_LINE, on_line, NULL);
	for (s = "pieces\n"; *s; s++) {
		one[0] = *s;
		ui_type(one);
		if (loop_turn(ui.loop, &e) < 0)
			abort();
	}
	until(1);
	stop("pieces|");
}

TEST(the_last_line_needs_no_newline_and_the_end_stays_the_end)
{
	start();
	ui_type("one\nlast");
	ui_type_end();
	wanted = 100;
	input_want(ui.input, INPUT_LINE, on_line, NULL);
	until(3);
	input_want(ui.input, INPUT_LINE, on_line, NULL);
	until(4);
	stop("one|last|$$");
}

TEST(a_cancelled_wait_is_never_called)
{
	struct err e = { 0 };

	start();
	input_want(ui.input, INPUT_LINE, on_line, NULL);
	input_cancel(ui.input);
	ui_type("x\n");
	input_want(ui.input, INPUT_LINE, on_line, NULL);
	until(1);
	input_want(ui.input, INPUT_LINE, on_line, NULL);
	if (loop_turn(ui.loop, &e) < 0)
		abort();
	input_cancel(ui.input);
	stop("x|");
}

static void free_in_callback(void *ctx, struct span line, bool end)
{
	(void)ctx;
	(void)end;
	buf_put(&got, line);
	lines++;
	input_free(ui.input);
	ui.input = NULL;
}

TEST(the_callback_may_free_the_input)
{
	start();
	ui_type("bye\nmore\n");
	input_want(ui.input, INPUT_SECRET, free_in_callback, NULL);
	until(1);
	stop("bye");
}

/* A file of n bytes x, ended by text, as input. */
static void big_input(size_t n, const char *text)
{
	static char block[1 << 16];
	int fd = memfd_create("big", MFD_CLOEXEC);

	memset(block, 'x', sizeof(block));
	for (; n; n -= n < sizeof(block) ? n : sizeof(block))
		if (write(fd, block, n < sizeof(block) ? n : sizeof(block)) < 0)
			abort();
	if (write(fd, text, strlen(text)) < 0)
		abort();
	lseek(fd, 0, SEEK_SET);
	input_free(ui.input);
	ui.input = input_new(ui.loop, fd);
}

TEST(a_line_of_a_megabyte_is_fine)
{
	start();
	big_input(1 << 20, "\nnext\n");
	wanted = 1;
	input_want(ui.input, INPUT_LINE, on_line, NULL);
	until(1);
	CHECK_INT(last_len, 1 << 20);
	until(2);
	stop("|next|");
}

TEST(a_line_beyond_the_cap_ends_the_input)
{
	start();
	big_input((16 << 20) + 1000, "\nnext\n");
	input_want(ui.input, INPUT_LINE, on_line, NULL);
	until(1);
	stop("$");
	CHECK(ended);
}

TEST(no_input_at_all_is_the_end)
{
	start();
	input_free(ui.input);
	ui.input = input_new(ui.loop, 900);
	input_want(ui.input, INPUT_LINE, on_line, NULL);
	until(1);
	stop("$");
}

TEST(keys_are_characters_or_sequences)
{
	static const char *const keys[] = {
		"a", "\303\266", "\x1b[15~", "\x1b[A", "\x1bOP", "\x1bx", "\n", "z"
	};
	size_t i;

	start();
	for (i = 0; i < 8; i++)
		ui_type(keys[i]);
	for (i = 0; i < 8; i++) {
		input_want(ui.input, INPUT_KEY, on_line, NULL);
		until(i + 1);
	}
	stop("a|\303\266|\x1b[15~|\x1b[A|\x1bOP|\x1bx|\n|z|");
}
