/* Accounts: asked for once each and used for every target that names them; wiped at the end. */
#ifndef APPLETS_ACCOUNT_H
#define APPLETS_ACCOUNT_H
#include "applets/connect.h"
#include "net/auth.h"
#include "net/krb5_io.h"

struct account {
	struct auth_cred cred;
	struct krb5_client *krb5;           /* NULL: not asked for yet */
	struct secret *password;            /* empty if none is needed */
	struct connect_args from;
	struct account *next;
};
struct trust;
struct accounts { struct arena *arena; struct account *first; struct trust *trust; };

/* The account that the parameters name; its password from -PasswordFile, -PasswordFd,
 * $PSSESSION_ASKPASS or the terminal. Without -Credential an empty one. E_AUTH or E_USAGE with the
 * way out, E_INTR. */
int account_find(struct accounts *all, const struct connect_args *c, bool needs_password,
	struct account **out, struct err *e) MUST_CHECK;
/* One with an empty password slot, to be filled by the caller. NULL when there are too many. */
struct account *account_new(struct accounts *all);
void accounts_wipe(struct accounts *all);
#endif
