/* Completion on the screen: the choice among what core/complete.h found, over a line editor. It
 * writes nothing itself. */
#ifndef APPLETS_UI_COMPLETE_H
#define APPLETS_UI_COMPLETE_H
#include "applets/ui/lineedit.h"
#include "core/complete.h"

struct complete_menu {
	struct complete found;            /* of the text when it was asked for; its arena outlives us */
	struct buf typed;                 /* what stood in the place of a match */
	size_t to, chosen;                /* end of what stands there now */
};
/* Completes the text of le with what was found, as far as it goes, or else grabs le: its keys go to
 * complete_key. False: le is dumb, and complete_list is to be printed. */
bool complete_start(struct complete_menu *m, struct lineedit *le, bool back);
/* A key of the menu. False: it has closed, the choice stays, and the key is for le. */
bool complete_key(struct complete_menu *m, struct lineedit *le);
/* All that was found, in columns. */
void complete_list(const struct complete_menu *m, int width, struct buf *out);
void complete_free(struct complete_menu *m);
#endif
