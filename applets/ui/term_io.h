/* The terminal: size, echo, and its state restored on every way out, signals included. */
#ifndef APPLETS_UI_TERM_IO_H
#define APPLETS_UI_TERM_IO_H
#include <stdbool.h>

void term_init(void);                             /* remembers the state; restores it at exit and on fatal signals */
bool term_is_tty(int fd);
void term_size(int *width, int *height);          /* of the terminal behind stdout, else 120 x 30; COLUMNS and LINES win */
void term_echo(int fd, bool on);
int term_open(void);                              /* /dev/tty, CLOEXEC, or -1 */
#endif
