/* What the parts of the input share: input_io.c (lines of a pipe, of a terminal that edits them
 * itself) and input_tty_io.c (those of a terminal that we edit). */
#ifndef APPLETS_UI_INPUT_INT_H
#define APPLETS_UI_INPUT_INT_H
#include "applets/ui/escape.h"
#include "applets/ui/input_io.h"
#include "applets/ui/lineedit_int.h"
#include "lib/utf_in.h"

struct input {
	struct loop *loop;
	struct watch watch;
	struct timer later;             /* what is here already is handed over from the loop, too */
	struct utf_in text;
	struct buf buf;                 /* secret: any line may be a password */
	size_t taken;                   /* bytes of it handed over */
	size_t seen;                    /* bytes behind those known to hold no newline */
	int fd;
	bool tty, over, broken;         /* over: no more will come */
	enum input_kind kind;
	input_line *got;
	void *ctx;
	bool *freed;                    /* set by input_free when a callback runs */
	/* Where stdout is a terminal, too: */
	bool edits, editing;            /* editing: le has a line on the screen */
	bool held;                      /* nothing is fed to it */
	struct lineedit le;
	struct timer soon;
	struct input_console console;
	struct escape escape;
	bool has_console;
};

void input_hand(struct input *in, struct span line, bool end);    /* calls who waits */
void input_watch(struct input *in);
void input_later(struct input *in);     /* hands over what is here, from the loop */

/* input_tty_io.c */
void input_tty_init(struct input *in);
void input_tty_free(struct input *in);
void input_tty_begin(struct input *in);                   /* somebody waits */
void input_tty_stop(struct input *in);                    /* nobody does any more */
/* Bytes that were typed go to in->buf, escapes out of them. */
void input_tty_typed(struct input *in, struct span bytes);
/* Feeds the editor what is in in->buf. Whether somebody was called, or nobody wants more. */
bool input_tty_deliver(struct input *in);
#endif
