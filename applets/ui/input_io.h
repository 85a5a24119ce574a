/* Lines typed by the user or read from a pipe, through the loop. Typed-ahead lines are kept. */
#ifndef APPLETS_UI_INPUT_IO_H
#define APPLETS_UI_INPUT_IO_H
#include "applets/ui/lineedit.h"
#include "net/loop_io.h"

struct input;
/* line: without its newline, valid UTF-8 (a pipe may also hold UTF-16 behind its byte order mark),
 * gone after the call; end: no more input (line is empty
 * then). Called once per input_want, from the loop. */
typedef void input_line(void *ctx, struct span line, bool end);

struct input *input_new(struct loop *l, int fd);
/* Echo is restored. May be called from the callback. */
void input_free(struct input *in);
bool input_is_tty(const struct input *in);
bool input_edits(const struct input *in); /* a terminal whose lines are edited by us */
enum input_kind {
	INPUT_LINE,
	INPUT_SECRET,           /* stars where lines are edited by us, else no echo; wiped after use */
	INPUT_KEY,              /* no line but one character, or one escape sequence that a key sent */
	INPUT_ANY_KEY,          /* the same; Ctrl+C and Ctrl+Z are keys, too */
	INPUT_COMMAND,          /* a line; on a terminal with history, completion and line breaks */
};
/* Waits for one line (up to 16 MiB, a longer one ends the input). One wait at a time. */
void input_want(struct input *in, enum input_kind kind, input_line *got, void *ctx);
/* Whether the end was none: a read failed, or a line was too long. Said on stderr already. */
bool input_broken(const struct input *in);
bool input_waits(const struct input *in);                 /* somebody waits for a line */

/* The console of an interactive session: what is typed is read all the time, kept while nobody
 * waits for it, and watched for escapes. Only on a terminal. */
struct input_console {
	struct history *history;
	int escape;                     /* the character, -1 = none */
	/* COMPLETE, COMPLETE_BACK or KEY, of a wait for INPUT_COMMAND: may change the editor's text,
	 * below and grab, at once or later (input_redraw, input_hold). A KEY that is not wanted is
	 * given back with input_key. ABANDON: Ctrl+C is among what is held. */
	void (*edit)(void *ctx, enum lineedit_event ev);
	/* After the escape character at the start of a line: '.', 'd' or '?'. */
	void (*escaped)(void *ctx, int c);
	void *ctx;
};
void input_console(struct input *in, const struct input_console *c);
/* NULL unless a line is being edited. */
struct lineedit *input_editor(struct input *in);
void input_redraw(struct input *in);                      /* somebody has changed it */
void input_key(struct input *in, int key);                /* lineedit_key, its event included */
void input_hold(struct input *in, bool on);               /* what is typed waits, until it is off */
/* Goes on editing the line that was handed over last, which is text, in a new line of its own; got
 * as with input_want, and gets all of it. false: not on this terminal. */
bool input_resume(struct input *in, struct span text, input_line *got, void *ctx);
void input_drop(struct input *in);      /* what was typed and nobody has waited for */
/* The wait ends without a call; what was typed of an unfinished line is dropped, the cursor stands
 * below it. */
void input_cancel(struct input *in);
#endif
