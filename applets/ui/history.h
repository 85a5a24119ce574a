/* Lines in the order they were typed: the history, and what the line editor has killed. */
#ifndef APPLETS_UI_HISTORY_H
#define APPLETS_UI_HISTORY_H
#include "lib/buf.h"

struct history { struct buf all; };     /* each line with a NUL behind it */

/* size: bytes it may take; the oldest lines make room. */
void history_init(struct history *h, size_t size);
void history_free(struct history *h);
/* Lines are text without NUL. The same as the last one is not added again. */
void history_add(struct history *h, struct span line);
/* A position stands before a line; the end is h->all.n. The line before *pos, which goes there;
 * false at the start. */
bool history_prev(const struct history *h, size_t *pos, struct span *line);
/* The line after the one at *pos; false, and *pos at the end, when there is none. */
bool history_next(const struct history *h, size_t *pos, struct span *line);
/* Where the word stands in it, ASCII case ignored, or line.n. */
size_t history_match(struct span line, const char *word);
/* Whether a line looks as if it held a secret: such lines are never written to a file. */
bool history_is_secret(struct span line);

/* history_io.c: the file. Loads it, lines that were typed to other hosts before those of this one,
 * and adds each line of history_save at its end. Without a file (PSSESSION_HISTORY empty, no home,
 * not ours, not writable) the history is in memory alone; nothing is said. */
void history_load(struct history *h, const char *host);
void history_save(const char *host, struct span line);
#endif
