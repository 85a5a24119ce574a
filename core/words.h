/* Command lines without a shell: words apart by blanks, as sh quotes them, nothing expanded. */
#ifndef CORE_WORDS_H
#define CORE_WORDS_H
#include "lib/arena.h"
#include "lib/err.h"

/* argv ends with NULL and has one word at least; it lies in the arena. '…' keeps all, "…" all but
 * \" and \\; elsewhere \ keeps the next character. E_USAGE: no word, a quote that does not end, too
 * long for the arena. */
int words_split(const char *text, struct arena *a, const char *const **argv, struct err *e)
	MUST_CHECK;
#endif
