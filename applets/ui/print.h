/* Everything the process says: results and host text on stdout, the rest on stderr. Peer text goes through lib/vis. */
#ifndef APPLETS_UI_PRINT_H
#define APPLETS_UI_PRINT_H
#include "lib/err.h"
#include "lib/span.h"

enum print_kind { PRINT_ERROR, PRINT_WARNING, PRINT_VERBOSE, PRINT_DEBUG, PRINT_INFO };

void print_init(void);                            /* looks at the descriptors, NO_COLOR, TERM */
bool print_colored(void);                         /* stdout is a terminal that takes colours */
void print_text(struct span s);                   /* peer text to stdout, as it comes; bytes stay what they are when stdout is no terminal */
void print_line(struct span s);                   /* the same and a newline */
void print_colors(int fg, int bg);                /* ConsoleColor 0..15 for what follows, -1 = default; nothing when not coloured */
/* One record on stderr, in PowerShell's colour and with its prefix ("WARNING: "). */
void print_record(enum print_kind k, struct span s);
void print_own(const char *fmt, ...) __attribute__((format(printf, 1, 2)));   /* our own words, one line on stderr; arguments may be peer text */
void print_err(const struct err *e);              /* "pssession: …" one line on stderr */
bool print_at_line_start(void);                   /* stdout's cursor is in column 0, as far as we wrote */
int print_flush(void);                            /* before each wait of the loop; E_USAGE when stdout is gone */
#endif
