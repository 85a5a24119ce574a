#include "applets/account.h"
#include <stdio.h>
#include <stdlib.h>
#include "applets/trust.h"
#include "applets/ui/cred.h"

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static int get_password(const struct connect_args *c, struct secret *out, struct err *e)
{
	const char *program = getenv("PSSESSION_ASKPASS");
	char question[300];

	if (c->password_file)
		return cred_file(c->password_file, c->readable_password, out, e);
	if (c->password_fd >= 0)
		return cred_fd(c->password_fd, out, e);
	if (program && *program) {
		snprintf(question, sizeof(question), "Password for user %s: ", c->credential);
		return cred_program(program, question, out, e);
	}
	return cred_ask(c->credential, out, e);
}

struct account *account_new(struct accounts *all)
{
	struct account *acc = arena_alloc(all->arena, sizeof(*acc));

	if (!acc)
		return NULL;
	acc->password = secret_new();
	acc->cred.password = acc->password;
	acc->from.password_fd = -2; /* nobody's: account_find does not take it for one of its own */
	acc->next = all->first;
	all->first = acc;
	return acc;
}

int account_find(struct accounts *all, const struct connect_args *c, bool needs_password,
	struct account **out, struct err *e)
{
	struct account *acc;

	for (acc = all->first; acc; acc = acc->next) {
		if (same(acc->from.credential, c->credential) &&
			same(acc->from.password_file, c->password_file) &&
			same(acc->from.key_tab, c->key_tab) && same(acc->from.kdc, c->kdc) &&
			acc->from.password_fd == c->password_fd) {
			*out = acc;
			return 0;
		}
	}
	if (!(acc = account_new(all)))
		return err_set(e, E_USAGE, "too many accounts");
	if ((c->credential && auth_split_user(span_str(c->credential), &acc->cred, e) < 0) ||
		(needs_password && get_password(c, acc->password, e) < 0))
		return e->code;             /* not found again: its password would be empty */
	acc->from = *c;
	*out = acc;
	return 0;
}

void accounts_wipe(struct accounts *all)
{
	for (struct account *acc = all->first; acc; acc = acc->next) {
		krb5_client_free(acc->krb5);
		secret_free(acc->password);
	}
	trust_wipe(all->trust);
	all->first = NULL;
	all->trust = NULL;
}
