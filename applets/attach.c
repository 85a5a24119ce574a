#include "applets/attach.h"
#include <stdio.h>
#include "applets/ui/print.h"

static void warn_running(const struct kept *k)
{
	char text[300];

	snprintf(text, sizeof(text), "A command runs in session %d; what you run waits until it has "
		"ended. receive-pssession %d shows what it prints.", (int)k->id, (int)k->id);
	print_record(PRINT_WARNING, span_str(text));
}

bool attach_ready(struct chosen *c, const struct kept *k)
{
	struct asked asked = { .was = k };
	struct err e = { 0 };

	if (k->state == KEPT_DISCONNECTED) {
		if (roster_ask(c->loop, c->arena, &asked, 1, ASK_CONNECT, NULL, 1, &e) == 0 &&
			asked.why.code) {
			e = asked.why;
			err_prefix(&e, "The connect operation failed for session %s with the following error "
				"message: ", k->name);
		}
	} else if (k->state != KEPT_OPENED) {
		err_set(&e, E_REMOTE, "Cannot enter session %s because it is not in the disconnected state "
			"or is not available for connection. Retrieve the remote session using Get-PSSession "
			"-ComputerName %s -InstanceId %s.", k->name, k->computer, guid_fmt(&k->instance).s);
	}
	if (e.code)
		chosen_fail(c, &e);
	else if (k->command_n && !k->front_end)
		warn_running(k);
	return !e.code;
}

void attach_waiting(void *ctx, struct span who)
{
	char text[500];

	(void)ctx;
	snprintf(text, sizeof(text), "The session is busy: %.*s uses it. You will be connected to the "
		"session as soon as it is available. To cancel, press Ctrl-C.", SPAN_ARG(who));
	print_record(PRINT_WARNING, span_str(text));
}
