#include "net/spawn_io.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/unit.h"

static struct loop *loop;
static struct stream *child;
static struct buf out, diag;
static int status;
static bool reading;
static struct err e;

static void on_ready(void *ctx)
{
	uint8_t bytes[1000];
	long n;

	(void)ctx;
	while (reading && (n = stream_read(child, bytes, sizeof(bytes))) > 0)
		buf_put(&out, span_of(bytes, (size_t)n));
}

static void on_diag(void *ctx, struct span text)
{
	(void)ctx;
	buf_put(&diag, text);
}

static void on_ended(void *ctx, int got)
{
	(void)ctx;
	CHECK_INT(status, -1);
	status = got;
}

static void run(const char *const *argv)
{
	e.code = 0;
	loop = loop_new();
	buf_init(&out, 1 << 24);
	buf_init(&diag, 1 << 20);
	status = -1;
	reading = true;
	child = spawn_start(loop,
		&(struct spawn_cfg){ .argv = argv, .diag = on_diag, .ended = on_ended }, &e);
	if (child)
		child->ready = on_ready;
}

static void sh(const char *script)
{
	run((const char *const[]){ "sh", "-c", script, NULL });
	CHECK(child);
	CHECK(child->open);
}

static void nothing(void *ctx)
{
	*(bool *)ctx = true;
}

static void turns(uint32_t ms)
{
	bool over = false;
	struct timer t = { 0 };

	loop_arm(loop, &t, ms, nothing, &over);
	while (!over)
		CHECK_INT(loop_turn(loop, &e), 0);
}

static void until_ended(void)
{
	struct timer t = { 0 };
	bool over = false;

	loop_arm(loop, &t, 20000, nothing, &over);
	while (status < 0 && !over)
		CHECK_INT(loop_turn(loop, &e), 0);
	loop_disarm(loop, &t);
	CHECK(!over);
}

static void done(void)
{
	stream_close(child);
	loop_free(loop);
	buf_free(&out);
	buf_free(&diag);
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
}

TEST(output_errors_and_exit_code_all_arrive)
{
	sh("echo out; echo err >&2; exit 3");
	until_ended();
	CHECK_INT(status, 3);
	CHECK_STR(buf_cstr(&out), "out\n");
	CHECK_STR(buf_cstr(&diag), "err\n");
	done();
}

TEST(input_goes_in_until_it_is_shut)
{
	sh("cat; echo end");
	CHECK_INT(stream_write(child, SPAN("hello\n")), 6);
	stream_shut(child);
	until_ended();
	CHECK_INT(status, 0);
	CHECK_STR(buf_cstr(&out), "hello\nend\n");
	done();
}

TEST(a_signal_counts_as_128_more)
{
	sh("kill -9 $$");
	until_ended();
	CHECK_INT(status, 128 + SIGKILL);
	done();
}

TEST(output_that_nobody_reads_holds_the_child_back)
{
	sh("head -c 1000000 /dev/zero");
	reading = false;
	turns(200);
	CHECK_INT(status, -1);
	reading = true;
	on_ready(NULL);
	until_ended();
	CHECK_INT(out.n, 1000000);
	done();
}

TEST(writing_to_a_child_that_is_gone_is_no_failure)
{
	struct span zeros = span_of(calloc(1, 1 << 20), 1 << 20);
	int i;

	sh("exec <&-; echo bye; sleep 0.1");
	turns(50);
	for (i = 0; i < 3; i++)
		CHECK_INT(stream_write(child, zeros), zeros.n);
	until_ended();
	CHECK_STR(buf_cstr(&out), "bye\n");
	free((void *)zeros.p);
	done();
}

TEST(a_full_pipe_says_later)
{
	struct span zeros = span_of(calloc(1, 1 << 20), 1 << 20);
	long n = 0;

	sh("sleep 0.1; cat >/dev/null; echo all");
	while (n >= 0)
		n = stream_write(child, zeros);
	CHECK_INT(n, E_AGAIN);
	stream_shut(child);
	until_ended();
	CHECK_STR(buf_cstr(&out), "all\n");
	free((void *)zeros.p);
	done();
}

/* As ssh's ControlPersist does: the process left behind holds stdout and stderr open. */
TEST(what_the_child_leaves_behind_is_not_waited_for)
{
	uint64_t began;

	sh("echo out; echo err >&2; sleep 3 & exit 4");
	began = loop_now(loop);
	until_ended();
	CHECK_INT(status, 4);
	CHECK_STR(buf_cstr(&out), "out\n");
	CHECK_STR(buf_cstr(&diag), "err\n");
	CHECK(loop_now(loop) - began < 2000);
	done();
}

TEST(much_on_stderr_is_read_to_its_end)
{
	sh("exec >&-; head -c 60000 /dev/zero | tr '\\0' x >&2");
	until_ended();
	CHECK_INT(diag.n, 60000);
	done();
}

TEST(a_missing_program_is_named_with_the_way_out)
{
	run((const char *const[]){ "no-such-program", NULL });
	CHECK(!child);
	CHECK_INT(e.code, E_NET);
	CHECK_STR(e.text, "program 'no-such-program' not found on PATH: install it, or give its full "
		"path");
	done();
	run((const char *const[]){ "/etc/passwd", NULL });
	CHECK(!child);
	CHECK(strstr(e.text, "'/etc/passwd'"));
	done();
}

TEST(closing_ends_a_child_that_goes_on)
{
	struct err none = { 0 };
	pid_t pid;
	int i;

	sh("trap '' TERM; echo $$; while :; do sleep 0.1; done");
	while (!out.n)
		CHECK_INT(loop_turn(loop, &none), 0);
	pid = (pid_t)strtol(buf_cstr(&out), NULL, 10);
	stream_close(child);
	child = NULL;
	for (i = 0; i < 30 && kill(pid, 0) == 0; i++)
		turns(100);
	CHECK(i > 15 && i < 30);
	done();
}

TEST(the_child_has_our_descriptors_closed_and_ctrl_c_ignored)
{
	char other[32];
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	snprintf(other, sizeof(other), "[ -e /proc/$$/fd/%d ]", fd);
	sh(other);
	until_ended();
	CHECK_INT(status, 1);
	done();
	close(fd);
	sh("kill -INT $$; kill -QUIT $$; echo here");
	until_ended();
	CHECK_STR(buf_cstr(&out), "here\n");
	done();
	sh("kill -PIPE $$; echo here");
	until_ended();
	CHECK_INT(status, 128 + SIGPIPE);
	done();
}

static void close_in_ready(void *ctx)
{
	(void)ctx;
	stream_close(child);
	child = NULL;
	status = 0;
}

static void close_in_ended(void *ctx, int got)
{
	(void)ctx;
	(void)got;
	close_in_ready(NULL);
}

TEST(callbacks_may_close_the_stream)
{
	sh("echo x; sleep 5");
	child->ready = close_in_ready;
	until_ended();
	done();
	sh("exit 0");
	stream_close(child);
	child = spawn_start(loop, &(struct spawn_cfg){ .argv = (const char *const[]){ "true", NULL },
		.ended = close_in_ended }, &e);
	child->ready = on_ready;
	until_ended();
	CHECK(!child);
	done();
}

TEST(only_absolute_folders_of_the_path_are_searched)
{
	struct buf path;
	const char *was = strdup(getenv("PATH"));

	buf_init(&path, 1000);
	CHECK(spawn_find("sh", &path) && path.p[0] == '/');
	CHECK(!spawn_find("", &path) && !spawn_find("bin/sh", &path) && !spawn_find("no-such", &path));
	setenv("PATH", "::.:tests:/usr:/bin", 1);
	CHECK(spawn_find("sh", &path));
	CHECK_STR(buf_cstr(&path), "/bin/sh");
	CHECK(!spawn_find("no-such", &path));
	setenv("PATH", was, 1);
	free((char *)was);
	buf_free(&path);
}
