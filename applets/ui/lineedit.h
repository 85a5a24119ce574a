/* The line editor: keys in, lines out. It makes no system call and never asks the terminal
 * anything: the owner (input_io.c) feeds what was typed, draws when nothing more waits, and writes
 * `out`. Keys as in emacs; the table in lineedit.c. */
#ifndef APPLETS_UI_LINEEDIT_H
#define APPLETS_UI_LINEEDIT_H
#include "applets/ui/history.h"

enum lineedit_event {
	LINEEDIT_MORE,                  /* everything was eaten */
	LINEEDIT_LINE,                  /* Enter: `text` is the line, the cursor stands below it */
	LINEEDIT_ABANDON,               /* Ctrl+C: the same, but the text is to be forgotten */
	LINEEDIT_END,                   /* Ctrl+D on an empty line */
	LINEEDIT_SUSPEND,               /* Ctrl+Z: hidden; text and cursor stay */
	LINEEDIT_COMPLETE,              /* Tab */
	LINEEDIT_COMPLETE_BACK,         /* Shift+Tab */
	LINEEDIT_KEY,                   /* `grab` is set: `key` was pressed, nothing was done yet */
};

/* A key is a code point, a control character (Ctrl+A is 1, Enter '\r' or '\n', Backspace 8 or 127),
 * or one of these. */
#define CTRL_KEY(c) ((c) & 31)
enum {
	KEY_ALT = 0x200000,             /* | the character: Alt+f is KEY_ALT | 'f' */
	KEY_CSI = 0x400000,             /* | the letter with which xterm ends its sequence */
	KEY_WORD = 0x800000,            /* | those of KEY_CSI: with Ctrl or Alt */
	KEY_UP = KEY_CSI | 'A',
	KEY_DOWN = KEY_CSI | 'B',
	KEY_RIGHT = KEY_CSI | 'C',
	KEY_LEFT = KEY_CSI | 'D',
	KEY_END = KEY_CSI | 'F',
	KEY_HOME = KEY_CSI | 'H',
	KEY_BACKTAB = KEY_CSI | 'Z',
	KEY_ENTER = KEY_CSI | 'M',      /* of the keypad */
	KEY_INSERT = KEY_CSI | '2',
	KEY_DELETE = KEY_CSI | '3',
	KEY_PAGE_UP = KEY_CSI | '5',
	KEY_PAGE_DOWN = KEY_CSI | '6',
	KEY_NEWLINE = KEY_CSI | 13,     /* Shift+Enter, Alt+Enter: a line break inside the text */
	KEY_PASTE = KEY_CSI | 200,      /* what is pasted comes next, as text and never as keys */
	KEY_PASTED,
	KEY_ESC = 27,                   /* alone: told by lineedit_pause */
};

/* What is used most stands first, which makes for short instructions. */
struct lineedit {
	/* To be read: */
	struct buf text;                /* valid UTF-8 without NUL; lines separated by '\n' */
	size_t at;                      /* the cursor: byte offset into text, before a character */
	/* The owner's, to be set before lineedit_begin: */
	int width, height;              /* of the screen; later by lineedit_resize */
	struct history *history;        /* NULL: no recall, no search, no line breaks, no Tab */
	bool dumb;                      /* only text, BS, CR, LF and spaces go out */
	bool secret;                    /* shown as stars; no undo, kill, history */
	bool suggests;                  /* from the history; dim, so never when dumb */
	bool grab;                      /* at any time: a menu is up, every key is a LINEEDIT_KEY */
	int8_t searching;               /* -1 back, 1 forward, 0 not */
	uint8_t did;                    /* the action before this one */
	int key;                        /* to be read */
	int row, col;                   /* where the cursor is in the rows shown; col = width: behind
	                                 * a full row */
	int top;                        /* first row of the layout that is shown; dumb: first column */
	struct buf out;                 /* for the terminal, where LF is CR LF: the owner clears it */
	/* Rows drawn below the text: the owner's at any time, empty when dumb. '\n' between them, SGR
	 * allowed, controls not; cut to the width, and to what the screen has room for. */
	struct buf below;
	/* Its own: */
	struct buf shown;               /* rows on the screen, '\n' behind each */
	struct buf prompt;
	struct buf pasted;              /* so far */
	struct buf undo;
	struct buf draft;               /* the line itself, while another one is shown */
	struct buf needle;              /* what is searched */
	struct history kills;
	size_t recall;                  /* position in the history; its end: the line itself */
	size_t yank_at, yank_n;         /* what Alt+y replaces */
	size_t kill_pos;
	size_t goal;                    /* column that Up and Down go to */
	bool paste, was_cr;             /* what comes is pasted */
};
void lineedit_init(struct lineedit *le);
void lineedit_free(struct lineedit *le);
/* A new, empty line. The prompt (SGR allowed) stands on the screen already, in a row that it began,
 * with the cursor behind it. */
void lineedit_begin(struct lineedit *le, struct span prompt);
/* After LINEEDIT_LINE, with nothing printed since: the text, which was the line, goes on in a new
 * line of its own. */
void lineedit_resume(struct lineedit *le, struct span text);
/* Eats *in up to the first event. After MORE what is left of it is the beginning of a key: it is
 * fed again with what follows it, or after 100 ms told by lineedit_pause. LINE, ABANDON, END and
 * SUSPEND have drawn what was due. After LINE, ABANDON, END nothing is fed before begin or
 * resume. */
enum lineedit_event lineedit_feed(struct lineedit *le, struct span *in);
/* Does what the key does when nobody grabs it: for what a menu does not want. Never KEY, MORE if
 * nothing else. */
enum lineedit_event lineedit_key(struct lineedit *le, int key);
/* What was left is no sequence: an ESC in front of it was the key. */
enum lineedit_event lineedit_pause(struct lineedit *le, struct span *in);
/* text[from, to) becomes `with`; the cursor stands behind it. One step of undo. */
void lineedit_replace(struct lineedit *le, size_t from, size_t to, struct span with);
/* Brings the screen up to date: whatever differs is put into out. Cheap when nothing does. Not
 * while a paste is coming in. */
void lineedit_draw(struct lineedit *le);
/* Takes the line away, prompt included, the cursor in column 0 where it began; the next draw shows
 * all of it there, whatever was printed between. (Dumb: begins a new line.) */
void lineedit_hide(struct lineedit *le);
void lineedit_resize(struct lineedit *le, int width, int height);
#endif
