/* The script debugger of a server (DebuggerStop events, its commands), as PowerShell's client shows
 * and drives it. A stopped pipeline waits; what is run meanwhile is nested in it. */
#ifndef CORE_DEBUG_H
#define CORE_DEBUG_H
#include "core/psobject.h"

#define DEBUG_CONTINUE 0

/* Whether a USER_EVENT (MS-PSRP 2.2.2.12) says that a pipeline is stopped. Appends what to show:
 * breakpoints and place, lines separated by LF, none at the end. out may be NULL. */
bool debug_stopped(const struct ps_val *event, struct buf *out);
/* Whether an output object of a nested pipeline says that the line was the debugger's own command.
 * *resume: what the stopped pipeline is to do now (DebuggerResumeAction), or -1. */
bool debug_command(const struct ps_val *output, int *resume);
#endif
