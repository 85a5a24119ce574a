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
struct host_info host_tty_info(void);                     /* the terminal as it is now */
struct host_tty *host_tty_new(const struct host_tty_cfg *cfg);
void host_tty_free(struct host_tty *h);                   /* after its session */
void host_tty_progress_end(struct host_tty *h);           /* the command is over */
#endif
