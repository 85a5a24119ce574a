/* The terminal: size, echo, and its state restored on every way out, signals included. */
#ifndef APPLETS_UI_TERM_IO_H
#define APPLETS_UI_TERM_IO_H
#include <stdbool.h>

/* From here on the state is restored at exit, on fatal signals and while stopped by Ctrl+Z. Call it
 * before loop_signal, whose handlers replace these. */
void term_init(void);
/* What a fatal signal writes to stdout besides; it must stay there. NULL: nothing. */
void term_undo(const char *sequences);
bool term_is_tty(int fd);
/* Of the terminal behind stdout (80 x 24 if it does not know), else 120 x 30; COLUMNS and LINES
 * win. */
void term_size(int *width, int *height);
enum term_mode {
	TERM_NORMAL,
	TERM_QUIET,                     /* what is typed is not shown, but Enter is */
	TERM_KEY,                       /* not shown, and read key by key */
	TERM_RUN,                       /* the same; Enter is CR, pastes are marked if term_pastes */
	TERM_EDIT,                      /* the same; Ctrl+C, Ctrl+Z and Ctrl+S are keys, too */
};
/* Whether stdout's terminal is asked to mark what is pasted while it is in the last two modes. */
void term_pastes(bool on);
bool term_in_foreground(int fd);
/* One terminal at a time is changed; TERM_NORMAL restores it. */
void term_mode(int fd, enum term_mode mode);
/* For who catches SIGCONT instead: sets the mode again. false: still in the background. */
bool term_continue(int fd);
/* From here to the end Ctrl+C leaves no "^C" on the screen. */
void term_hide_signals(int fd);
int term_open(void);                    /* /dev/tty, else stdin if that is one; CLOEXEC; or -1 */
bool term_is_there(void);               /* whether that would find one */
#endif
