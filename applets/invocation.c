#include "applets/invocation_int.h"
#include <signal.h>
#include <unistd.h>
#include "applets/attach.h"
#include "applets/results.h"
#include "applets/ui/print.h"
#include "lib/file_io.h"

#define INPUT_HIGH (256u << 10)           /* queued pipeline input above which stdin is not read */
#define FILES_EACH 4
#define FILES_SPARE 24
#define TOLD_MAX 5u                       /* failures that the summary names */

/* Lines of stdin become strings of the pipeline, no faster than every server takes them. */
static void got_line(void *ctx, struct span line, bool end)
{
	struct invocation *in = ctx;
	struct arena a;

	in->reading = false;
	arena_init(&a, SIZE_MAX);
	for (size_t i = 0; i < in->remote_n; i++) {
		struct pipeline *p = in->remote[i].pipe;
		if (p && !end)
			pipe_input(p, ps_str(&a, line));
		if (p && end)
			pipe_end_input(p);
	}
	arena_free(&a);
	if (end)
		in->feeding = false;
	invocation_feed(in);
}

void invocation_feed(struct invocation *in)
{
	if (!in->feeding || in->reading)
		return;
	for (size_t i = 0; i < in->remote_n; i++) {
		const struct remote *r = &in->remote[i];
		if (r->pipe ? pipe_queued(r->pipe) > INPUT_HIGH : !r->session && !r->done)
			return;
	}
	in->reading = true;
	input_want(in->input, INPUT_LINE, got_line, in);
}

static void still_stopping(void *ctx)
{
	struct invocation *in = ctx;

	for (size_t i = 0; i < in->remote_n; i++) {
		if (!in->remote[i].pipe || !in->remote[i].open || in->remote[i].done)
			continue;
		print_own(STILL_STOPPING);
		return;
	}
}

/* The servers had their time to take the farewell. */
static void give_up(void *ctx)
{
	struct invocation *in = ctx;

	for (size_t i = 0; i < in->remote_n; i++)
		remote_finish(&in->remote[i]);
}

/* Ctrl+C stops the script everywhere; a second one does not wait for the servers. */
static void on_interrupt(void *ctx, int signo)
{
	struct invocation *in = ctx;
	bool again = in->interrupted;

	(void)signo;
	print_ending();
	in->interrupted = true;
	in->exit = 130;
	for (size_t i = 0; i < in->remote_n; i++) {
		struct remote *r = &in->remote[i];
		if (r->done)
			continue;
		if (r->pipe && r->open && !again) {
			session_hold(r->session, false);
			pipe_stop(r->pipe);
		} else if (again && in->closing) {
			remote_finish(r);
		} else {
			remote_end(r);
		}
	}
	in->closing |= again;
	loop_arm(in->loop, &in->grace, again ? FAREWELL_MS : STOP_PATIENCE_MS,
		again ? give_up : still_stopping, in);
}

/* The shells on the servers go with us. */
static void close_all(struct invocation *in)
{
	in->interrupted = in->closing = true;
	for (size_t i = 0; i < in->remote_n; i++)
		if (!in->remote[i].done)
			remote_end(&in->remote[i]);
}

static void on_terminate(void *ctx, int signo)
{
	struct invocation *in = ctx;

	print_ending();
	in->exit = 128 + signo;
	close_all(in);
}

void invocation_begin(struct invocation *in)
{
	in->input = input_new(in->loop, STDIN_FILENO);
	loop_signal(in->loop, SIGINT, on_interrupt, in);
	loop_signal(in->loop, SIGTERM, on_terminate, in);
	loop_signal(in->loop, SIGHUP, on_terminate, in);
	loop_signal(in->loop, SIGQUIT, on_terminate, in);
}

struct remote *invocation_room(struct invocation *in, size_t n)
{
	in->remote = arena_alloc(in->arena, n * sizeof(*in->remote) + 1);
	in->remote_n = in->left = in->remote ? n : 0;
	for (size_t i = 0; i < in->remote_n; i++)
		in->remote[i].all = in;
	return in->remote;
}

/* As many as may run at a time. Each that is over was begun, until all end before their time. */
static void begin_some(struct invocation *in)
{
	size_t running;

	while (!in->interrupted && in->next < in->remote_n) {
		running = in->next - (in->remote_n - in->left);
		if (running >= in->files || running - in->slow >= in->most)
			return;
		remote_begin(&in->remote[in->next++]);
	}
}

/* Each takes up to so many open files: three connections, or a child's pipes, and one to spare. */
static int limit_files(struct invocation *in, struct err *e)
{
	in->files = file_limit(in->remote_n * FILES_EACH + FILES_SPARE);
	in->files = in->files > FILES_SPARE + FILES_EACH ? (in->files - FILES_SPARE) / FILES_EACH : 1;
	in->most = in->feeding ? in->remote_n : in->limit > 0 ? (size_t)in->limit : THROTTLE;
	if (in->files >= in->most || in->files >= in->remote_n)
		return 0;
	if (in->feeding)
		return err_set(e, E_USAGE, "The limit of open files (ulimit -n) is enough for %zu "
			"computers, and with -InputObject all %zu run at once.", in->files, in->remote_n);
	print_own("%zu computers at a time: ulimit -n allows no more.", in->files);
	return 0;
}

/* Memory and files are for those that run. */
static void release_over(struct invocation *in)
{
	struct remote *r;

	while ((r = in->over)) {
		in->over = r->over;
		results_done(r);
		remote_free(r);
	}
}

/* How it went with many, and why not with some. */
static void sum_up(struct invocation *in)
{
	size_t failed = 0, told = 0;
	struct buf text;

	buf_init(&text, 1 << 16);
	for (size_t i = 0; i < in->remote_n; i++) {
		const struct remote *r = &in->remote[i];
		if (!r->status || failed++ >= TOLD_MAX)
			continue;
		buf_printf(&text, "%s%s (%s)", told++ ? ", " : " ", remote_name(r),
			r->cause ? r->cause : "its exit status");
	}
	if (failed && in->remote_n > 1 && !in->exit) {
		print_own("%zu of %zu computers failed:%s%s", failed, in->remote_n, buf_cstr(&text),
			failed > TOLD_MAX ? ", …" : ".");
		in->status = 1;
	}
	buf_free(&text);
}

int invocation_exit(const struct invocation *in, int other)
{
	return in->exit ? in->exit : in->status > other ? in->status : other;
}

void invocation_end(struct invocation *in, struct err *e)
{
	results_begin(in);
	if (limit_files(in, e) == 0) {
		begin_some(in);
		invocation_feed(in);
	}
	while (in->left && !e->code && loop_turn(in->loop, e) == 0) {
		release_over(in);
		if (print_flush() < 0 && !in->closing && !loop_signal_waits())
			close_all(in);          /* nobody reads any more */
		begin_some(in);
	}
	release_over(in);
	for (size_t i = 0; i < in->remote_n; i++)
		remote_free(&in->remote[i]);
	results_end(in);
	sum_up(in);
	if (input_broken(in->input) && in->status < 2)
		in->status = 2;
	input_free(in->input);
}
