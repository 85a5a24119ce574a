/* exit-pssession: ends the interactive session of this terminal, from outside of it. */
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/choose.h"
#include "applets/ui/term_io.h"
#include "core/keeper_dir_io.h"

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

static void wait_until_gone(struct chosen *c, struct stream *stream)
{
	struct leaver l = { .loop = c->loop, .stream = stream };
	struct err e = { 0 };

	stream->ready = on_ready;
	stream->ctx = &l;
	loop_arm(c->loop, &l.patience, PATIENCE_MS, too_late, &l);
	while (!l.over && loop_turn(c->loop, &e) == 0)
		;
	loop_disarm(c->loop, &l.patience);
	stream_close(stream);
	if (l.late)
		err_set(&e, E_REMOTE, "The interactive session has not ended yet. If it was suspended "
			"with Ctrl+Z, fg lets it go on.");
	if (e.code)
		chosen_fail(c, &e);
}

/* Where somebody has entered the session PSSESSION_ID. */
static int32_t terminal_of(struct chosen *c, const char *id)
{
	char *words[] = { (char *)id };
	struct choice choice = { .session = { words, 1 } };
	struct kept *k = choose_one(c, &choice, false);
	const char *on = k && k->front_end ? strstr(k->front_end, " on ") : NULL;
	struct stat st;

	return on && stat(on + 4, &st) == 0 ? (int32_t)st.st_rdev : 0;
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
APPLET(exit_pssession, "exit-pssession", "exsn", exit_params, exit_args, 1, 1, NULL)
{
	struct chosen c = { .applet = "exit-pssession", .loop = loop_new(), .arena = arena };
	const char *id = getenv("PSSESSION_ID");
	int32_t dev = id && *id ? terminal_of(&c, id) : own_terminal();
	struct err e = { 0 };
	struct stream *stream = dev ? keeper_dial(c.loop, -dev, &e) : NULL;

	(void)args;
	(void)set;
	if (stream)
		wait_until_gone(&c, stream);
	loop_free(c.loop);
	return c.status;
}
