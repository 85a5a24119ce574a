/* Host calls (core/host.h) on a terminal or on pipes. */
#ifndef APPLETS_UI_HOST_TTY_H
#define APPLETS_UI_HOST_TTY_H
#include "applets/ui/input_io.h"
#include "core/host.h"

struct host_tty;
struct host_tty_cfg {
	struct loop *loop;
	/* Where answers are typed. NULL = nowhere: questions fail. While somebody else waits for a line
	 * of it, they fail, too. */
	struct input *input;
	const char *computer;           /* named in warnings before secrets; "user@" is left out */
	void (*pop)(void *ctx);         /* PopRunspace: Exit-PSSession ran */
	void (*should_exit)(void *ctx, int code);         /* SetShouldExit */
	void *ctx;
};
extern const struct host_ops host_tty_ops;                /* ctx = the struct host_tty */
struct host_tty *host_tty_new(const struct host_tty_cfg *cfg);
void host_tty_free(struct host_tty *h);                   /* after its session */
bool host_tty_asking(const struct host_tty *h);           /* a prompt is open */
/* Ctrl+C: ends the open prompt with an error to the server. */
void host_tty_abort(struct host_tty *h);
/* Progress records of a pipeline; the same record as HOST_WRITE_PROGRESS does no harm. One line is
 * drawn on a terminal, else each new activity is a line on stderr. */
void host_tty_progress(struct host_tty *h, const struct ps_val *record);
void host_tty_progress_end(struct host_tty *h);           /* the command is over */
#endif
