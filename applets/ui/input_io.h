/* Lines typed by the user or read from a pipe, through the loop. Typed-ahead lines are kept. */
#ifndef APPLETS_UI_INPUT_IO_H
#define APPLETS_UI_INPUT_IO_H
#include "lib/buf.h"
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
enum input_kind {
	INPUT_LINE,
	INPUT_SECRET,           /* echo off, not even stars; wiped after use */
	INPUT_KEY,              /* no line but one character, or one escape sequence that a key sent */
};
/* Waits for one line (up to 16 MiB, a longer one ends the input). One wait at a time. */
void input_want(struct input *in, enum input_kind kind, input_line *got, void *ctx);
/* Whether the end was none: a read failed, or a line was too long. Said on stderr already. */
bool input_broken(const struct input *in);
bool input_waits(const struct input *in);                 /* somebody waits for a line */
/* The wait ends without a call; what was typed of an unfinished line is dropped. */
void input_cancel(struct input *in);
#endif
