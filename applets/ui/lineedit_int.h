/* What the parts of the line editor share. */
#ifndef APPLETS_UI_LINEEDIT_INT_H
#define APPLETS_UI_LINEEDIT_INT_H
#include "applets/ui/lineedit.h"

/* An action is what is done, and how far: */
enum motion {
	TO_PREV, TO_NEXT, TO_WORD_START, TO_WORD_END, TO_BLANK, TO_LINE_START, TO_LINE_END, TO_START,
	TO_END, MOTION_N
};
enum {
	MOVE = 0 * MOTION_N, DELETE = 1 * MOTION_N, KILL = 2 * MOTION_N,
	ACCEPT = 3 * MOTION_N, ABANDON, DELETE_OR_END, SUSPEND, COMPLETE, COMPLETE_BACK, /* as events */
	BREAK, YANK, YANK_OTHER, UNDO, TRANSPOSE, OLDER, NEWER, SEARCH_BACK, SEARCH_FORWARD, CLEAR,
	CANCEL, INSERT, NOTHING
};

/* lineedit_keys.c: the length of the first key of s, which is not empty; 0: the rest of it is yet
 * to come. */
size_t lineedit_key_at(struct span s, int *key);

/* lineedit_text.c */
void lineedit_set_text(struct lineedit *le, struct span text);    /* cursor at its end, no undo */
/* Where the motion leads from byte `at` of t. */
size_t lineedit_target(struct span t, size_t at, enum motion m);
void lineedit_travel(struct lineedit *le, int action);    /* MOVE, DELETE, KILL + a motion */
void lineedit_yank(struct lineedit *le, bool other);      /* other: what was killed before that */
void lineedit_undo(struct lineedit *le);
void lineedit_transpose(struct lineedit *le);

/* lineedit_recall.c */
/* Within the text as long as it goes, then through the history. */
void lineedit_vertical(struct lineedit *le, bool up);
void lineedit_search(struct lineedit *le, bool back);     /* begins one */
/* While one goes on; false: the key ends it, and does what it does. */
bool lineedit_search_key(struct lineedit *le, int key, int action);
void lineedit_search_end(struct lineedit *le);
/* The line that is suggested: the text, but for its case, and more; or nothing. */
struct span lineedit_suggested(struct lineedit *le);

/* lineedit_draw.c */
void lineedit_prompted(struct lineedit *le);              /* the prompt alone is on the screen */
void lineedit_forget(struct lineedit *le);                /* nothing is on the screen, column 0 */
void lineedit_below(struct lineedit *le);                 /* the cursor goes under what is shown */
/* Bytes of the character at `at` with what belongs to it (joiners, marks), or of the one before. 0
 * at the ends. */
size_t lineedit_next(struct span text, size_t at);
size_t lineedit_prev(struct span text, size_t at);
#endif
