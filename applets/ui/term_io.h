/* The terminal: size, echo, and its state restored on every way out, signals included. */
#ifndef APPLETS_UI_TERM_IO_H
#define APPLETS_UI_TERM_IO_H
#include <stdbool.h>

/* From here on the state is restored at exit, on fatal signals and while stopped by Ctrl+Z. Call before loop_signal. */
void term_init(void);
bool term_is_tty(int fd);
void term_size(int *width, int *height);          /* of the terminal behind stdout, else 120 x 30; COLUMNS and LINES win */
enum term_mode { TERM_NORMAL, TERM_QUIET /* what is typed is not shown, but Enter is */, TERM_KEY /* not shown, and read key by key */ };
void term_mode(int fd, enum term_mode mode);      /* one terminal at a time; normal restores the one that was changed */
int term_open(void);                              /* /dev/tty, CLOEXEC, or -1 */
#endif
