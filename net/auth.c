#include "net/auth.h"

int auth_split_user(struct span typed, struct auth_cred *c, struct err *e)
{
	struct span user = typed, domain = span_cut(&user, '\\');

	if (domain.n == typed.n) {      /* no backslash: nothing was cut off */
		user = typed;
		domain = SPAN_NONE;
	}
	if (!user.n)
		return err_set(e, E_USAGE, "the user name is empty");
	c->user = user;
	c->domain = domain;
	return 0;
}
