/* -WhatIf and -Confirm, PowerShell's ShouldProcess. */
#ifndef APPLETS_SHOULD_H
#define APPLETS_SHOULD_H
#include "core/params.h"

struct should {
	bool what_if, confirm;
	enum { SHOULD_ASK, SHOULD_ALL, SHOULD_NONE } answer;    /* after "to All" */
};
extern const struct param should_params[];
#define SHOULD_PARAMS(type, field) P_GROUP(type, field, should_params)

/* Whether to do it. -WhatIf says what would be done, on stderr; -Confirm asks on the terminal:
 * E_USAGE when there is none, E_INTR on its end. */
int should(struct should *s, const char *verb, const char *target, struct err *e) MUST_CHECK;
#endif
