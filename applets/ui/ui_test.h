/* Fixture of the tests of the terminal side: what is printed is caught, what is typed comes from a
 * pipe, and the session below is three functions that keep the answers. */
#ifndef APPLETS_UI_UI_TEST_H
#define APPLETS_UI_UI_TEST_H
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
#include "applets/ui/host_tty.h"
#include "applets/ui/print.h"
#include "core/clixml.h"
#include "lib/b64.h"
#include "lib/utf.h"
#include "tests/unit.h"

static struct {
	struct loop *loop;
	struct input *input;
	struct host_tty *host;
	int type_fd;                    /* written: what the person types */
	int out_fd, err_fd;             /* what was printed; the same when together */
	int saved_out, saved_err;
	struct buf out, err;
	struct buf answer;              /* CLIXML of the last reply */
	char failed[256];               /* the message of the last failure */
	int answers, failures;
	int popped, exit_code;
} ui;

void host_reply(struct host_call *c, struct ps_val *result)
{
	buf_clear(&ui.answer);
	clixml_write(result, &ui.answer);
	ui.answers++;
	arena_free(&c->arena);
	free(c);
}

void host_fail(struct host_call *c, const char *message)
{
	snprintf(ui.failed, sizeof(ui.failed), "%s", message);
	ui.failures++;
	arena_free(&c->arena);
	free(c);
}

/* As protocol 2.4 has it: UTF-16LE in base64, no key. */
struct ps_val *host_secure_string(struct host_call *c, struct span utf8)
{
	struct buf wide, text;
	struct ps_val *v;

	buf_init(&wide, 1 << 16);
	buf_init(&text, 1 << 16);
	if (!utf16le_put(&wide, utf8))
		abort();
	b64_put(&text, buf_span(&wide));
	v = ps_str(&c->arena, buf_span(&text));
	v->tag = PS_SS;
	buf_free(&wide);
	buf_free(&text);
	return v;
}

static void ui_pop(void *ctx)
{
	(void)ctx;
	ui.popped++;
}

static void ui_exit(void *ctx, int code)
{
	(void)ctx;
	ui.exit_code = code;
}

static inline void ui_type(const char *text)
{
	size_t n = strlen(text);

	if (write(ui.type_fd, text, n) != (ssize_t)n)
		abort();
}

static inline void ui_type_end(void)
{
	close(ui.type_fd);
	ui.type_fd = -1;
}

/* Starts over. together: stdout and stderr into one file, as on a terminal. */
static inline void ui_start(bool together)
{
	struct host_tty_cfg cfg = {
		.computer = "alice@server01", .pop = ui_pop, .should_exit = ui_exit
	};
	int fd[2];

	memset(&ui, 0, sizeof(ui));
	buf_init(&ui.out, 1 << 24);
	buf_init(&ui.err, 1 << 24);
	buf_init(&ui.answer, 1 << 24);
	fflush(stdout);
	alarm(60);
	if (pipe2(fd, O_CLOEXEC) < 0)
		abort();
	ui.type_fd = fd[1];
	ui.out_fd = memfd_create("out", MFD_CLOEXEC);
	ui.err_fd = together ? dup(ui.out_fd) : memfd_create("err", MFD_CLOEXEC);
	ui.saved_out = dup(STDOUT_FILENO);
	ui.saved_err = dup(STDERR_FILENO);
	dup2(ui.out_fd, STDOUT_FILENO);
	dup2(ui.err_fd, STDERR_FILENO);
	setenv("COLUMNS", "100", 1);
	print_init();
	ui.loop = cfg.loop = loop_new();
	ui.input = cfg.input = input_new(ui.loop, fd[0]);
	ui.host = host_tty_new(&cfg);
}

static inline void ui_slurp(int fd, struct buf *b)
{
	uint8_t piece[4096];
	ssize_t n;

	lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, piece, sizeof(piece))) > 0)
		buf_put(b, span_of(piece, (size_t)n));
	close(fd);
}

/* Ends it, prints go where they went before; ui.out and ui.err hold what came. */
static inline void ui_stop(void)
{
	host_tty_free(ui.host);
	input_free(ui.input);
	loop_free(ui.loop);
	print_flush();
	dup2(ui.saved_out, STDOUT_FILENO);
	dup2(ui.saved_err, STDERR_FILENO);
	close(ui.saved_out);
	close(ui.saved_err);
	ui_slurp(ui.out_fd, &ui.out);
	ui_slurp(ui.err_fd, &ui.err);
	if (ui.type_fd >= 0)
		close(ui.type_fd);
	alarm(0);
}

static inline void ui_free(void)
{
	buf_free(&ui.out);
	buf_free(&ui.err);
	buf_free(&ui.answer);
}

/* A call whose list of arguments is the CLIXML. */
static inline struct host_call *ui_call(enum host_method m, struct span args)
{
	struct host_call *c = calloc(1, sizeof(*c));
	struct ps_val *v = NULL;
	struct err e = { 0 };
	struct span copy;

	c->method = m;
	arena_init(&c->arena, 1 << 24);
	if (!arena_dup(&c->arena, args, &copy) || clixml_read(copy, &c->arena, &v, &e) < 0) {
		dprintf(ui.saved_err, "bad CLIXML: %s\n", e.text);
		abort();
	}
	c->args = v;
	return c;
}

/* Makes the call; void ones are over when it returns (NULL), the others when answered. */
static inline struct host_call *ui_host(enum host_method m, const char *items)
{
	struct host_call *c;
	struct buf xml;

	buf_init(&xml, 1 << 20);
	buf_printf(&xml, "<Obj RefId=\"0\"><LST>%s</LST></Obj>", items);
	c = ui_call(m, buf_span(&xml));
	buf_free(&xml);
	host_tty_ops.call(ui.host, c);
	if (!host_is_void(m))
		return c;
	arena_free(&c->arena);
	free(c);
	return NULL;
}

/* Turns the loop until so many calls are answered or failed. */
static inline void ui_run(int calls)
{
	struct err e = { 0 };

	while (ui.answers + ui.failures < calls) {
		print_flush();
		if (loop_turn(ui.loop, &e) < 0)
			abort();
	}
	print_flush();
}

/* One question from start to end: what was printed is in ui.out (stderr goes there, too). */
static inline void ui_question(enum host_method m, const char *items, const char *typed)
{
	ui_start(true);
	ui_type(typed);
	ui_type_end();
	ui_host(m, items);
	ui_run(1);
	ui_stop();
}
#endif
