/* What can stand at the cursor, as the server says: TabExpansion2, or, where that is not to be had
 * (JEA), the commands that can be seen and their parameters. */
#ifndef CORE_COMPLETE_H
#define CORE_COMPLETE_H
#include "core/psobject.h"

#define COMPLETE_MAX 1000                 /* further matches are left out */

/* Texts are as the server gave them, quotes included; one that a terminal does not show as it is,
 * in one line, is left out. tip: one line, may be empty. */
struct complete_match { struct span text, list, tip; };
struct complete {
	size_t from, to;                  /* bytes of the line that a match replaces */
	struct complete_match *match; size_t n;
	struct arena *a;                  /* of all of it */
	bool parameters;                  /* complete_command wants these of a command, not its name */
};
/* Reads what TabExpansion2 said of line (UTF-8). False when it is something else, or beside it. */
bool complete_read(const struct ps_val *answer, struct span line, struct complete *c);
/* Instead: the command of which Get-Command is to tell, or, if not c->parameters, what its name
 * begins with; empty when neither a name nor a parameter stands at byte `at`. Then each output of
 * Get-Command goes to complete_command. */
struct span complete_ask(struct span line, size_t at, struct complete *c);
void complete_command(const struct ps_val *output, struct span line, struct complete *c);
/* What all matches begin with, ASCII case ignored, whole characters. */
struct span complete_common(const struct complete *c);
#endif
