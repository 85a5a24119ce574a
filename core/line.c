#include "core/line.h"

struct pipeline *session_run_line(struct session *s, struct span line, const struct pipe_events *ev,
	void *ctx)
{
	struct pipe_cmd cmd[] = {
		{ .text = line, .is_script = true, .merge_error = true },
		{ .text = SPAN("Out-Default"), .takes_errors = true },
		/* A script, so that a prompt function which the line makes is used at once, and one that
		 * is missing or fails costs no more than itself: "PS>" is what PowerShell shows then. */
		{ .text = SPAN("try{prompt}catch{'PS>'}"), .is_script = true },
	};
	struct pipe_stmt stmt = { cmd, sizeof(cmd) / sizeof(*cmd) };
	struct pipe_spec spec = { .stmt = &stmt, .stmt_n = 1, .no_input = true, .interactive = true,
		.add_history = true, .history = line };

	return session_run(s, &spec, ev, ctx);
}

struct pipeline *session_run_prompt(struct session *s, const struct pipe_events *ev, void *ctx)
{
	struct pipe_cmd cmd = { .text = SPAN("prompt") };
	struct pipe_stmt stmt = { &cmd, 1 };
	struct pipe_spec spec = { .stmt = &stmt, .stmt_n = 1, .no_input = true, .interactive = true,
		.history = cmd.text };

	return session_run(s, &spec, ev, ctx);
}
