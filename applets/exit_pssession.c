/* exit-pssession: ends the interactive session of this terminal, from outside of it. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/choose.h"
#include "applets/ui/term_io.h"
#include "core/keeper_dir_io.h"
#include "lib/file_io.h"

#define PATIENCE_MS 10000

struct exit_args { bool none; };
static const struct param exit_params[] = { P_END };

struct leaver {
	struct loop *loop;
	struct stream *stream;          /* ends with the one that was asked */
	struct timer patience;
	bool over, late;
};

static void on_ready(void *ctx)
{
	struct leaver *l = ctx;
	uint8_t byte;

	while (!l->over) {
		long n = stream_read(l->stream, &byte, 1);
		if (n == E_AGAIN)
			return;
		l->over = n <= 0;
	}
}

static void too_late(void *ctx)
{
	struct leaver *l = ctx;

	l->over = l->late = true;
}

static void wait_until_gone(struct chosen *c, struct stream *stream, struct err *e)
{
	struct leaver l = { .loop = c->loop, .stream = stream };

	stream->ready = on_ready;
	stream->ctx = &l;
	loop_arm(c->loop, &l.patience, PATIENCE_MS, too_late, &l);
	while (!l.over && loop_turn(c->loop, e) == 0)
		;
	loop_disarm(c->loop, &l.patience);
	stream_close(stream);
	if (l.late)
		err_set(e, E_REMOTE, "The interactive session has not ended yet.");
}

/* Where somebody has entered the session PSSESSION_ID; 0 = nowhere. */
static int32_t terminal_of(struct chosen *c, const char *id, struct err *e)
{
	char *words[] = { (char *)id };
	struct choice choice = { .session = { words, 1 } };
	int32_t dev = 0;
	struct stat st;

	if (roster_read(c->loop, c->arena, &c->all, e) < 0)
		return 0;
	for (size_t i = 0; i < c->all.n; i++) {
		const struct kept *k = c->all.v[i];
		const char *on = k->front_end ? strstr(k->front_end, " on ") : NULL;

		if (on && choice_fits(&choice, k) && stat(on + 4, &st) == 0)
			dev = (int32_t)st.st_rdev;
	}
	return dev;
}

/* Stopped processes do not leave. */
static bool is_suspended(int32_t pid)
{
	struct err none = { 0 };
	char path[32];
	struct buf text;
	bool r;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	buf_init(&text, 4096);
	r = file_read(path, &text, &none) == 0 &&
		span_search(buf_span(&text), SPAN(") T ")) < text.n;
	buf_free(&text);
	return r;
}

static int32_t own_terminal(void)
{
	int fd = term_open();
	unsigned dev = 0;
	struct stat st;

	/* Old kernels and emulators do not know the call. */
	if (fd >= 0 && ioctl(fd, TIOCGDEV, &dev) < 0)
		dev = isatty(STDIN_FILENO) && fstat(STDIN_FILENO, &st) == 0 ? (unsigned)st.st_rdev : 0;
	close(fd);
	return (int32_t)dev;
}

/* Nobody there is what was wanted. */
APPLET(exit_pssession, "exit-pssession\0exsn", exit_params, exit_args, 1, 1, NULL)
{
	struct chosen c = { .loop = loop_new(), .arena = arena };
	const char *id = getenv("PSSESSION_ID");
	struct err e = { 0 }, none = { 0 };
	int32_t dev = id && *id ? terminal_of(&c, id, &e) : own_terminal(), pid;
	struct stream *stream = dev ? keeper_dial_pid(c.loop, -dev, &pid, &none) : NULL;

	(void)args;
	(void)set;
	if (stream && is_suspended(pid)) {
		stream_close(stream);           /* it is in the queue all the same */
		err_set(&e, E_REMOTE, "The interactive session is suspended (Ctrl+Z): fg lets it end.");
	} else if (stream) {
		wait_until_gone(&c, stream, &e);
	}
	if (e.code)
		chosen_fail(&c, &e);
	loop_free(c.loop);
	return c.status;
}
