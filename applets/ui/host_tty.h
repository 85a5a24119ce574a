/* Host calls (core/host.h) on a terminal or on pipes. */
#ifndef APPLETS_UI_HOST_TTY_H
#define APPLETS_UI_HOST_TTY_H
#include "applets/ui/input_io.h"
#include "core/host.h"

struct host_tty;
struct host_tty_cfg {
	struct loop *loop;
	struct input *input;                      /* where answers are typed */
	const char *computer;                     /* named in the warnings before secrets */
	void (*pop)(void *ctx);                   /* PopRunspace: Exit-PSSession ran */
	void (*should_exit)(void *ctx, int code); /* SetShouldExit */
	void *ctx;
};
extern const struct host_ops host_tty_ops;        /* ctx = the struct host_tty */
struct host_tty *host_tty_new(const struct host_tty_cfg *cfg);
void host_tty_free(struct host_tty *h);
bool host_tty_asking(const struct host_tty *h);   /* a prompt is open */
void host_tty_abort(struct host_tty *h);          /* Ctrl+C: ends the open prompt with an error to the server */
/* Progress records of a pipeline (also HOST_WRITE_PROGRESS): text on stderr, only when it is a terminal or the activity is new. */
void host_tty_progress(struct host_tty *h, const struct ps_val *record);
#endif
