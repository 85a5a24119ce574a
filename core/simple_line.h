/* A line as commands, parameters and constants, for servers that run no scripts (NoLanguage, as JEA
 * has it). What PowerShell's own client makes of a line there, and in its shapes: a parameter is
 * "-Name" without a value, its value an argument behind it, as only the server knows switches. */
#ifndef CORE_SIMPLE_LINE_H
#define CORE_SIMPLE_LINE_H
#include "core/psrp_body.h"
#include "lib/err.h"

#define SIMPLE_LINE_CMDS 16               /* a pipeline's commands */
#define SIMPLE_LINE_PARAMS 64             /* a command's parameters and arguments */

struct simple_line { struct pipe_cmd cmd[SIMPLE_LINE_CMDS + 1]; size_t n; };
/* Everything of out lies in the arena. n is 0 for a line with nothing in it. E_USAGE: it needs what
 * only a script has; the text says what ("variables", to go before "cannot be used"). */
int simple_line_parse(struct span line, struct arena *a, struct simple_line *out,
	struct err *e) MUST_CHECK;
#endif
