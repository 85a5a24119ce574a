/* What the parts of the line editor share. */
#ifndef APPLETS_UI_LINEEDIT_INT_H
#define APPLETS_UI_LINEEDIT_INT_H
#include "applets/ui/lineedit.h"

/* lineedit_keys.c: the length of the first key of s, which is not empty; 0: the rest of it is yet
 * to come. */
size_t lineedit_key_at(struct span s, int *key);

/* lineedit_draw.c */
void lineedit_prompted(struct lineedit *le);              /* the prompt alone is on the screen */
void lineedit_forget(struct lineedit *le);                /* nothing is on the screen, column 0 */
void lineedit_below(struct lineedit *le);                 /* the cursor goes under what is shown */
/* Bytes of the character at `at` with what belongs to it (joiners, marks), or of the one before. 0
 * at the ends. */
size_t lineedit_next(struct span text, size_t at);
size_t lineedit_prev(struct span text, size_t at);
#endif
