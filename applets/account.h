/* Accounts: asked for once each and used for every target that names them; wiped at the end. */
#ifndef APPLETS_ACCOUNT_H
#define APPLETS_ACCOUNT_H
#include "applets/connect.h"
#include "net/auth.h"
#include "net/krb5_io.h"

struct account {
	struct auth_cred cred;
	struct account_krb5 *krb5;          /* for each domain of servers that was asked for */
	struct secret *password;            /* empty if none is needed */
	struct connect_args from;
	bool known;                         /* from says whose it is */
	struct account *next;
};
struct account_krb5 {
	struct krb5_client *client;
	struct span domain;                 /* ".corp.example", or nothing where it does not matter */
	bool warned;
	struct account_krb5 *next;
};
struct accounts {
	struct arena *arena;
	struct account *first;
	struct trust *trust;
	struct proxies *proxies;
	bool told_credssp;                  /* what that means */
	bool several;                       /* sessions are opened at a time, in this process */
};

/* The account that the parameters name; its password from -PasswordFile, -PasswordFd,
 * $PSSESSION_ASKPASS or the terminal. Without -Credential an empty one. E_AUTH or E_USAGE with the
 * way out, E_INTR. */
int account_find(struct accounts *all, const struct connect_args *c, bool needs_password,
	struct account **out, struct err *e) MUST_CHECK;
/* One with an empty password slot, to be filled by the caller. NULL when there are too many. */
struct account *account_new(struct accounts *all);
/* The account's Kerberos client for cfg->host, a text as long-lived as the account. NULL when there
 * are too many. */
struct account_krb5 *account_krb5(struct accounts *all, struct account *acc,
	const struct krb5_client_cfg *cfg);
/* Once, if the KDC's clock is another than ours. */
void account_warn_of_clock(struct account_krb5 *k);
/* Their loop ends before they do: what belongs to it will be made anew. */
void accounts_leave_loop(struct accounts *all);
void accounts_wipe(struct accounts *all);
#endif
