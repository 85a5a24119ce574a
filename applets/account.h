/* Accounts: asked for once each and used for every target that names them; wiped at the end. */
#ifndef APPLETS_ACCOUNT_H
#define APPLETS_ACCOUNT_H
#include "applets/connect.h"
#include "net/auth.h"

struct account {
	struct auth_cred cred;
	struct secret *password;            /* NULL: none was given, the scheme must do without */
	struct connect_args from;
	struct account *next;
};
struct accounts { struct arena *arena; struct account *first; };

/* The account that the parameters name; its password from -PasswordFile, -PasswordFd,
 * $PSSESSION_ASKPASS or the terminal. Without -Credential an empty one. E_AUTH or E_USAGE with the
 * way out, E_INTR. */
int account_find(struct accounts *all, const struct connect_args *c, bool needs_password,
	struct account **out, struct err *e) MUST_CHECK;
void accounts_wipe(struct accounts *all);
#endif
