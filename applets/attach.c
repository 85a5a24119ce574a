#include "applets/attach.h"
#include <stdio.h>
#include "applets/ui/print.h"

int attach_check(const struct kept *k, struct err *why)
{
	if (k->state == KEPT_DISCONNECTED && k->avail == KEPT_NONE)
		return 0;
	return err_set(why, E_REMOTE, "Cannot connect PSSession \"%s\", either because it is not in "
		"the Disconnected state, or it is not available for connection.%s", k->name,
		k->state == KEPT_DISCONNECTED ? " Another client has it, or had until it died: servers "
		"notice that after some minutes." : "");
}

void attach_failed(const struct kept *k, struct err *why)
{
	err_prefix(why, "The connect operation failed for session %s with the following error "
		"message: ", k->name);
}

const struct kept *attach_ready(struct chosen *c, const struct kept *k)
{
	struct asked asked = { .was = k };
	struct err e = { 0 };

	if (k->state != KEPT_DISCONNECTED)
		return k;
	if (roster_ask(c->loop, c->arena, &asked, 1, ASK_CONNECT, NULL, 1, &e) == 0)
		err_copy(&e, &asked.why);
	if (!e.code)
		return asked.kept;
	attach_failed(k, &e);
	chosen_fail(c, &e);
	return NULL;
}

void attach_waiting(void *ctx, struct span who)
{
	(void)ctx;
	print_words(PRINT_WARNING, "The session is busy: %.*s uses it. You will be connected to the "
		"session as soon as it is available. To cancel, press Ctrl-C.", SPAN_ARG(who));
}
