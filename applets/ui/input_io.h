/* Lines typed by the user or read from a pipe, through the loop. Typed-ahead lines are kept. */
#ifndef APPLETS_UI_INPUT_IO_H
#define APPLETS_UI_INPUT_IO_H
#include "lib/buf.h"
#include "net/loop_io.h"

struct input;
/* line: without its newline, valid UTF-8, gone after the call; end: no more input (line is empty then). Called once per input_want, from the loop. */
typedef void input_line(void *ctx, struct span line, bool end);

struct input *input_new(struct loop *l, int fd);
void input_free(struct input *in);                /* echo restored; may be called from the callback */
bool input_is_tty(const struct input *in);
/* Waits for one line. secret: echo off; PowerShell shows a star a key, we show nothing. What was read is wiped after use. One wait at a time. */
void input_want(struct input *in, bool secret, input_line *got, void *ctx);
bool input_waits(const struct input *in);         /* somebody waits for a line */
void input_cancel(struct input *in);              /* the wait ends without a call; what was typed of an unfinished line is dropped */
#endif
