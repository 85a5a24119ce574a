#include "core/debug.h"

bool debug_stopped(const struct ps_val *event, struct buf *out)
{
	const struct ps_val *args, *hit;

	if (!span_is(ps_span(ps_prop(event, "PSEventArgs.SourceIdentifier")),
		"PSInternalRemoteDebuggerStopEvent"))
		return false;
	if (!out)
		return true;
	args = ps_nth(ps_prop(event, "PSEventArgs.SourceArgs"), 0);
	hit = ps_prop(args, "Breakpoints");
	for (size_t i = 0; i < ps_count(hit); i++) {
		buf_puts(out, "Hit ");
		ps_text(ps_nth(hit, i), out);
		buf_puts(out, i + 1 < ps_count(hit) ? "\n" : "\n\n");
	}
	ps_text(ps_prop(ps_prop(args, "SerializedInvocationInfo"), "InvocationInfo_PositionMessage"),
		out);
	return true;
}

bool debug_command(const struct ps_val *output, int *resume)
{
	static const char *const actions[] = { "Continue", "StepInto", "StepOut", "StepOver", "Stop" };
	struct span action;

	if (!ps_is_type(output, "System.Management.Automation.DebuggerCommand"))
		return false;
	action = ps_span(ps_prop(output, "ResumeAction"));
	*resume = (int)(sizeof(actions) / sizeof(*actions)) - 1;
	while (*resume >= 0 && !span_is(action, actions[*resume]))
		--*resume;
	return true;
}
