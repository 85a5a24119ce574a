/* Everything the process says: results and host text on stdout, the rest on stderr. Peer text goes
 * through lib/vis. */
#ifndef APPLETS_UI_PRINT_H
#define APPLETS_UI_PRINT_H
#include "lib/err.h"
#include "lib/span.h"

/* Looks at the descriptors, NO_COLOR and TERM. What is buffered is written at exit. */
void print_init(void);
void print_as(const char *applet);                        /* who speaks; "pssession" until then */
void print_no_color(bool off);   /* -NoColor: as NO_COLOR */
bool print_err_colored(void);   /* stderr is a terminal that takes colours */

/* Peer text to stdout, as it comes; all bytes but colours stay when stdout is no terminal. */
void print_text(struct span s);
void print_line(struct span s);                           /* the same and a newline */
/* ConsoleColor 0..15 for what follows, -1 = the base; nothing when not coloured. */
void print_colors(int fg, int bg);
void print_base(int fg, int bg);                          /* the base; -1 = the terminal's own */
void print_base_now(int *fg, int *bg);
bool print_at_line_start(void); /* stdout's cursor is in column 0, as far as we wrote */
/* Before each wait of the loop. E_INTR when the reader of stdout left (nothing is said, as with any
 * filter); E_USAGE when it cannot be written (told). */
int print_flush(void);
/* A signal was heard that ends us: a reader who has stopped reading is not waited for. */
void print_ending(void);

enum print_kind { PRINT_ERROR, PRINT_WARNING, PRINT_VERBOSE, PRINT_DEBUG };
/* One record on stderr, in PowerShell's colour and with its prefix ("WARNING: "). */
void print_record(enum print_kind k, struct span s);
void print_words(enum print_kind k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Our own words, one line on stderr; arguments may be peer text. */
void print_own(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void print_err(const struct err *e);                      /* "applet: …", the same way */

/* A question to the person: on stdout when that is a terminal, else on stderr, so that results stay
 * clean. fg as print_colors. */
void print_ask(struct span s, int fg);
void print_ask_end(void);       /* nobody pressed Enter: ends the line of the question */
void print_typed(void);         /* the terminal echoed Enter: the cursor is in column 0 */
/* Somebody else had the terminal: what we wrote in the row of the cursor is written again. */
void print_again(void);
/* For the line editor. The cursor's row of a terminal, as far as we wrote it: its prompt. */
struct span print_row(void);
bool print_takes_control(void); /* stdout is a terminal that takes control sequences */
bool print_has_dim(void);       /* and shows dim text, which is no colour, as such */
void print_edit(struct span s); /* at once, as it is; the cursor is anywhere */
/* Calls hide(ctx) once, before anything else is written to the terminal; NULL: never. */
void print_guard(void (*hide)(void *ctx), void *ctx);
/* The prompt of a session, "[name]: prompt", in default colours. No name, no brackets. */
void print_prompt(const char *name, struct span prompt);
/* The terminal keeps its own title on a stack, and gets it back at exit. */
void print_title(struct span title);
const char *print_title_now(void);                        /* as set here, or "" */
void print_cursor(int x, int y);                          /* moves it; from 0 */
/* Our own control sequence to stdout; nothing unless that is a terminal that takes them. */
void print_control(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Changing lines on stderr, drawn in place; "\n" between them, each narrower than the screen; they
 * may hold our own SGR. Before anything else is written they are taken away and hidden(ctx) called;
 * the owner may draw them again later. false: not drawn, because stderr is no such terminal, text
 * stands in the row, or they are held. */
bool print_status(struct span lines, void (*hidden)(void *ctx), void *ctx);
void print_status_end(void);    /* takes them away without a call */
/* While somebody types an answer, nothing is drawn; what was drawn is taken away. */
void print_status_hold(bool on);
bool print_has_status(void);    /* stderr is a terminal where print_status works */
/* How much is done, -1 unknown: for terminals that show it in their tab or task bar. It is taken
 * away by print_status_end. */
void print_meter(int percent);
#endif
