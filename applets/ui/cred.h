/* Passwords asked or read by the local side. */
#ifndef APPLETS_UI_CRED_H
#define APPLETS_UI_CRED_H
#include "lib/err.h"
#include "lib/secret.h"

/* Asks on /dev/tty without echo, as PowerShell words it ("Password for user bob: "). E_AUTH with
 * the way out (-PasswordFile) when there is no terminal, E_INTR on Ctrl+C. */
int cred_ask(const char *user, struct secret *out, struct err *e) MUST_CHECK;
/* First line of the file without its newline; "-" = stdin, of which not a byte more than that line
 * is read. E_USAGE for files that others can read, E_AUTH for an empty one. */
int cred_file(const char *path, struct secret *out, struct err *e) MUST_CHECK;
#endif
