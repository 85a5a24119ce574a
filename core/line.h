/* What an interactive session runs: the user's line and the next prompt, in one pipeline and so
 * in one round trip. */
#ifndef CORE_LINE_H
#define CORE_LINE_H
#include "core/session.h"
#include "core/simple_line.h"

/* A script, so that a prompt function which a line makes is used at once, and one that is missing
 * or fails costs no more than itself: "PS>" is what PowerShell shows then. */
#define LINE_PROMPT "try{prompt}catch{'PS>'}"
/* Runs "line | Out-Default | prompt": text comes as host calls, the prompt as the first output (a
 * string), errors merged into the text. A prompt function that is missing or fails gives "PS>".
 * Measured against PowerShell 7.6.5:
 * - The line is in the history once. (As two statements, ExtraCmds, each statement adds an entry,
 *   and an incomplete line is reported as ParentContainsErrorRecordException instead of
 *   IncompleteParseException.)
 * - $? and $LASTEXITCODE are the line's when prompt runs; Get-History in a prompt function does
 *   not show the line yet.
 * - No prompt comes, and session_run_prompt must follow: FAILED (throw, -ErrorAction Stop, parse
 *   errors; the error is in ended()), STOPPED (Ctrl+C), and COMPLETED without output (break, exit).
 *   Incomplete text: FAILED and record_is_incomplete(error); nothing ran.
 * - exit N: host call SetShouldExit(N), then COMPLETED. Exit-PSSession: host call PopRunspace, the
 *   prompt, COMPLETED.
 * - nested: the same while the debugger has stopped a pipeline; it runs inside that one. A command
 *   of the debugger itself (s, c, k, l, ?) says so in an output object (core/debug.h); what it has
 *   to say besides are strings before that, and except for k no prompt follows.
 * - A stop during an open host call: the call need not be answered, STOPPED follows at once. */
struct pipeline *session_run_line(struct session *s, struct span line, bool nested,
	const struct pipe_events *ev, void *ctx);
struct pipeline *session_run_prompt(struct session *s, bool nested, const struct pipe_events *ev,
	void *ctx);
/* "commands | Out-Default", for a server that runs no scripts: no prompt comes. line: for the
 * history. */
struct pipeline *session_run_simple(struct session *s, struct span line, struct simple_line *simple,
	const struct pipe_events *ev, void *ctx);
/* Lets the pipeline go on that the debugger has stopped: the action of debug_command(). */
void session_resume(struct session *s, int action);
/* TabExpansion2 for the cursor at byte `at`; its output is for complete_read(). */
struct pipeline *session_complete(struct session *s, struct span line, size_t at, bool nested,
	const struct pipe_events *ev, void *ctx);
/* Get-Command for a name, or for all that begin with it; its outputs are for complete_command(). */
struct pipeline *session_commands(struct session *s, struct span name, bool begin,
	const struct pipe_events *ev, void *ctx);
#endif
