/* The escapes of a session, as ssh has them: "~." and the like, typed at the start of a line. */
#ifndef APPLETS_UI_ESCAPE_H
#define APPLETS_UI_ESCAPE_H
#include "lib/buf.h"

struct escape {
	int c;                          /* the character, -1 = none */
	bool in_line;                   /* not at the start of one */
	bool held;                      /* the character came, what it means is open */
	bool paste;                     /* pasted text holds no escapes; its marks come in one piece */
};
/* Moves *in to out up to an escape, whose second character is returned ('.', 'd', '?', Ctrl+Z);
 * 0: all was moved, but for a held character. */
int escape_feed(struct escape *e, struct span *in, struct buf *out);
#endif
