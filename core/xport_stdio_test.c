#include "core/xport_stdio.h"
#include "lib/buf.h"
#include "tests/unit.h"

static struct loop *loop;
static struct xport *x;
static struct buf seen;
static struct err end;
static bool ended, ended_well, close_on_message, free_on_message;

static void on_message(void *ctx, const struct guid *pipe, struct span msg)
{
	(void)ctx, (void)pipe;
	buf_printf(&seen, "message %.*s\n", SPAN_ARG(msg));
	if (close_on_message)
		x->ops->close(x);
	if (free_on_message) {
		x->ops->free(x);
		x = NULL;
		ended = true;
	}
}

static void on_pipe_closed(void *ctx, const struct guid *pipe, const struct err *e)
{
	(void)ctx, (void)pipe, (void)e;
}

static void on_closed(void *ctx, const struct err *e)
{
	(void)ctx;
	CHECK(!ended);
	ended = true;
	ended_well = !e;
	if (e)
		end = *e;
}

static void on_room(void *ctx, const struct guid *pipe)
{
	(void)ctx, (void)pipe;
}

static void on_notice(void *ctx, struct span text)
{
	(void)ctx;
	buf_printf(&seen, "notice %.*s\n", SPAN_ARG(text));
}

static const struct xport_events events = { .message = on_message, .pipe_closed = on_pipe_closed,
	.closed = on_closed, .room = on_room, .notice = on_notice };

/* Runs a shell script as the child until the transport has ended. */
static void run(const char *script)
{
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	struct xport_stdio_cfg cfg = { .argv = argv, .close_ms = 500 };
	struct guid pool = guid_random();
	struct err e = { 0 };

	loop = loop_new();
	cfg.loop = loop;
	buf_free(&seen);
	buf_init(&seen, 100000);
	end = (struct err){ 0 };
	ended = ended_well = false;
	x = xport_stdio_new(&cfg);
	x->ev = &events;
	x->ops->open(x, &pool, SPAN("capability"), SPAN("init"));
	while (!ended)
		CHECK_INT(loop_turn(loop, &e), 0);
	if (x)
		x->ops->free(x);
	loop_free(loop);
	close_on_message = free_on_message = false;
}

/* A fragment with the message "hi" from a server. */
#define HI "<Data Stream=\"Default\" PSGuid=\"00000000-0000-0000-0000-000000000000\">" \
	"AAAAAAAAAAEAAAAAAAAAAAMAAAACaGk=</Data>"
#define CLOSE_ACK "<CloseAck PSGuid=\"00000000-0000-0000-0000-000000000000\" />"

TEST(a_child_that_fails_is_told_in_its_own_words)
{
	run("echo 'ssh: connect to host there port 22: Connection refused' >&2; exit 255");
	CHECK_INT(end.code, E_NET);
	CHECK(strstr(end.text, "Connection refused (sh: exit status 255)"));
	CHECK_STR(buf_cstr(&seen), "");
}

TEST(a_refused_login_is_one)
{
	run("echo 'first' >&2; echo 'me@there: Permission denied (publickey,password).' >&2; exit 255");
	CHECK_INT(end.code, E_AUTH);
	CHECK(strstr(end.text, "Permission denied"));
	CHECK_STR(buf_cstr(&seen), "notice first\n");
}

TEST(a_missing_subsystem_gets_its_way_out)
{
	run("echo 'subsystem request failed on channel 0' >&2; exit 1");
	CHECK(strstr(end.text, "sshd_config"));
}

TEST(a_silent_end_in_the_middle_is_a_broken_session)
{
	run("echo '" HI "'; exit 3");
	CHECK_INT(end.code, E_NET);
	CHECK(strstr(end.text, "exit status 3"));
	CHECK_STR(buf_cstr(&seen), "message hi\n");
}

TEST(banners_and_stderr_are_passed_on)
{
	run("echo Welcome; sleep 0.1; echo warning >&2; sleep 0.5; echo '" HI "'; "
		"echo 'the end' >&2; exit 1");
	CHECK_STR(buf_cstr(&seen), "notice Welcome\nnotice warning\nmessage hi\n");
	CHECK(strstr(end.text, "the end"));
}

TEST(another_program_is_noticed)
{
	run("yes 'no packets here'");
	CHECK_INT(end.code, E_PEER);
	CHECK(strstr(end.text, "pwsh -s"));
}

TEST(closing_waits_for_the_server_to_agree)
{
	close_on_message = true;
	run("read l; echo '" HI
		"'; echo '<DataAck PSGuid=\"00000000-0000-0000-0000-000000000000\" />'\n"
		"read l; id=${l#*\\'}; echo \"<CommandAck PSGuid=\\\"${id%%\\'*}\\\" />\"\n"
		"read l; case $l in '<Close '*) read l; echo '" CLOSE_ACK "';; esac; cat");
	CHECK(ended_well);
	CHECK_STR(buf_cstr(&seen), "message hi\n");
}

TEST(closing_does_not_wait_for_ever)
{
	close_on_message = true;
	run("echo '" HI "'; sleep 60");
	CHECK(ended_well);
}

TEST(the_transport_may_be_freed_inside_an_event)
{
	free_on_message = true;
	run("echo '" HI "'; echo '" HI "'; sleep 60");
	CHECK_STR(buf_cstr(&seen), "message hi\n");
}

static void let_go(void *ctx)
{
	(void)ctx;
	buf_puts(&seen, "let go\n");
	x->ops->hold(x, false);
}

TEST(a_held_transport_reads_nothing_until_it_is_let_go)
{
	const char *const argv[] = { "/bin/sh", "-c", "echo '" HI "'; exit 1", NULL };
	struct xport_stdio_cfg cfg = { .argv = argv };
	struct guid pool = guid_random();
	struct timer t = { 0 };
	struct err e = { 0 };

	loop = loop_new();
	cfg.loop = loop;
	buf_free(&seen);
	buf_init(&seen, 100000);
	ended = false;
	x = xport_stdio_new(&cfg);
	x->ev = &events;
	x->ops->open(x, &pool, SPAN("capability"), SPAN("init"));
	x->ops->hold(x, true);
	loop_arm(loop, &t, 100, let_go, NULL);
	while (!ended)
		CHECK_INT(loop_turn(loop, &e), 0);
	CHECK_STR(buf_cstr(&seen), "let go\nmessage hi\n");
	x->ops->free(x);
	loop_free(loop);
}

TEST(a_program_that_is_not_there_is_an_error)
{
	const char *const argv[] = { "/nonexistent/ssh", NULL };
	struct xport_stdio_cfg cfg = { .argv = argv };
	struct guid pool = guid_random();
	struct err e = { 0 };

	loop = loop_new();
	cfg.loop = loop;
	ended = ended_well = false;
	x = xport_stdio_new(&cfg);
	x->ev = &events;
	x->ops->open(x, &pool, SPAN("capability"), SPAN("init"));
	CHECK(!ended);
	while (!ended)
		CHECK_INT(loop_turn(loop, &e), 0);
	CHECK_INT(end.code, E_NET);
	CHECK(strstr(end.text, "/nonexistent/ssh"));
	x->ops->free(x);
	loop_free(loop);
}
