/* Passwords asked or read by the local side. */
#ifndef APPLETS_UI_CRED_H
#define APPLETS_UI_CRED_H
#include "lib/err.h"
#include "lib/secret.h"

/* Asks on /dev/tty without echo, as PowerShell words it ("PowerShell credential request", "Password
 * for user bob: "). E_AUTH with the way out when there is no terminal, E_INTR on Ctrl+C. */
int cred_ask(const char *user, struct secret *out, struct err *e) MUST_CHECK;
/* The same for the pass phrase of a key file. */
int cred_ask_phrase(const char *file, struct secret *out, struct err *e) MUST_CHECK;
/* Asks there, with echo: 1 for the whole word "yes", 0 for anything else or no terminal, E_INTR. */
int cred_yes(struct span question, struct err *e) MUST_CHECK;
/* First line of the file without its newline; "-" = stdin, of which not a byte more than that line
 * is read. Refuses files that others can read, unless others_ok. */
int cred_file(const char *path, bool others_ok, struct secret *out, struct err *e) MUST_CHECK;
/* The same from an open descriptor. */
int cred_fd(int fd, struct secret *out, struct err *e) MUST_CHECK;
/* First line that an askpass program prints; the question is its only argument. */
int cred_program(const char *program, const char *question, struct secret *out, struct err *e)
	MUST_CHECK;
#endif
