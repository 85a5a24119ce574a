#include "core/line.h"
#include "lib/utf.h"

struct pipeline *session_run_line(struct session *s, struct span line, bool nested,
	const struct pipe_events *ev, void *ctx)
{
	struct pipe_cmd cmd[] = {
		{ .text = line, .is_script = true, .merge_error = true },
		{ .text = SPAN("Out-Default"), .takes_errors = true },
		{ .text = SPAN(LINE_PROMPT), .is_script = true },
	};
	struct pipe_stmt stmt = { cmd, sizeof(cmd) / sizeof(*cmd) };
	struct pipe_spec spec = { .stmt = &stmt, .stmt_n = 1, .no_input = true, .interactive = true,
		.add_history = true, .history = line, .nested = nested };

	return session_run(s, &spec, ev, ctx);
}

struct pipeline *session_run_prompt(struct session *s, bool nested, const struct pipe_events *ev,
	void *ctx)
{
	struct pipe_cmd cmd = { .text = SPAN("prompt") };
	struct pipe_stmt stmt = { &cmd, 1 };
	struct pipe_spec spec = { .stmt = &stmt, .stmt_n = 1, .no_input = true, .interactive = true,
		.history = cmd.text, .nested = nested };

	return session_run(s, &spec, ev, ctx);
}

struct pipeline *session_run_simple(struct session *s, struct span line, struct simple_line *simple,
	const struct pipe_events *ev, void *ctx)
{
	struct pipe_stmt stmt = { simple->cmd, simple->n + 1 };
	struct pipe_spec spec = { .stmt = &stmt, .stmt_n = 1, .no_input = true, .interactive = true,
		.add_history = true, .history = line };

	simple->cmd[0].merge_error = simple->n == 1;   /* else they would be the next one's input */
	simple->cmd[simple->n] = (struct pipe_cmd){ .text = SPAN("Out-Default"), .takes_errors = true };
	return session_run(s, &spec, ev, ctx);
}

static struct pipeline *run_one(struct session *s, const char *name, struct pipe_param *param,
	size_t n, bool nested, const struct pipe_events *ev, void *ctx)
{
	struct pipe_cmd cmd = { .text = span_str(name), .param = param, .param_n = n };
	struct pipe_stmt stmt = { &cmd, 1 };
	struct pipe_spec spec = { .stmt = &stmt, .stmt_n = 1, .no_input = true, .nested = nested };

	return session_run(s, &spec, ev, ctx);
}

void session_resume(struct session *s, int action)
{
	static const struct pipe_events unheard;
	struct arena a;

	arena_init(&a, SIZE_MAX);
	struct pipe_param param = { "ResumeAction",
		ps_enum(&a, "System.Management.Automation.DebuggerResumeAction", "", action) };
	run_one(s, "__Set-PSDebuggerAction", &param, 1, true, &unheard, NULL);
	arena_free(&a);
}

struct pipeline *session_complete(struct session *s, struct span line, size_t at, bool nested,
	const struct pipe_events *ev, void *ctx)
{
	struct pipeline *p;
	struct arena a;

	arena_init(&a, SIZE_MAX);
	struct pipe_param param[] = {
		{ "inputScript", ps_str(&a, line) },
		{ "cursorColumn", ps_i32(&a, (int32_t)utf16_len(span_sub(line, 0, at))) },
	};
	p = run_one(s, "TabExpansion2", param, 2, nested, ev, ctx);
	arena_free(&a);
	return p;
}

struct pipeline *session_commands(struct session *s, struct span name, bool begin,
	const struct pipe_events *ev, void *ctx)
{
	struct pipeline *p;
	struct arena a;
	struct buf b;

	arena_init(&a, SIZE_MAX);
	buf_init(&b, SIZE_MAX);
	buf_put(&b, name);
	buf_puts(&b, begin ? "*" : "");
	struct pipe_param param = { "Name", ps_str(&a, buf_span(&b)) };
	p = run_one(s, "Get-Command", &param, 1, false, ev, ctx);
	buf_free(&b);
	arena_free(&a);
	return p;
}
