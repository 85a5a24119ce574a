/* copy-item: files and folders to a remote computer or from it, through a session. */
#include "applets/copy.h"
#include <stdio.h>
#include "applets/applet.h"
#include "applets/attach.h"
#include "applets/should.h"
#include "applets/ui/print.h"
#include "lib/tree_io.h"
#include "lib/wild.h"

#define SET_TO SET_SESSION
#define SET_FROM SET_NAME
#define ANY (SET_WHERE | SET_TO | SET_FROM)
#define ARGS struct copy_args
#define PATHS_MAX (64u << 20)

struct copy_args {
	struct connect_args connect;
	struct str_list where, path, literal;
	const char *to, *from, *destination;
	struct should should;
	uint64_t given;                     /* bit 0: container, which is true if not */
	bool download, recurse, force, container, pass_thru, resume;
};
/* -Path stands before the computer, which has the same position, as with PowerShell's Copy-Item. */
static const struct param copy_params[] = {
	P_STRS(ARGS, path, "Path", TYPE_STRINGS, P_ONLY(ANY), .pos = 1),
	P_STRS(ARGS, literal, "LiteralPath\0PSPath\0LP", TYPE_STRINGS, P_ONLY(SET_MORE(ANY))),
	P_STR(ARGS, destination, "Destination", .mandatory = SET_ANY(ANY), .pos = 2),
	P_TYPED(ARGS, to, "ToSession", TYPE_SESSION, P_ONLY(SET_ANY(SET_TO))),
	P_TYPED(ARGS, from, "FromSession", TYPE_SESSION, P_ONLY(SET_ANY(SET_FROM))),
	WHERE_PARAMS(ARGS, where),
	P_SWITCH(ARGS, download, "Download", .sets = SET_ANY(SET_WHERE)),
	P_SWITCH(ARGS, recurse, "Recurse"),
	P_SWITCH(ARGS, force, "Force"),
	P_SWITCH(ARGS, pass_thru, "PassThru"),
	P_SWITCH(ARGS, resume, "Resume"),
	P_GIVEN(ARGS, given),
	P_SWITCH(ARGS, container, "Container"),
	SHOULD_PARAMS(ARGS, should),
	CONNECT_PARAMS(ARGS, connect),
	P_END
};

void copy_failed(struct copy *c, const struct err *e)
{
	print_err(e);
	remote_worse(c->remote, 1);
}

void copy_disorder(struct err *e)
{
	err_set(e, E_PEER, "the far side does not keep to the protocol of copy-item");
}

struct span copy_leaf(struct span name)
{
	while (span_find(name, '/') < name.n)
		span_cut(&name, '/');
	return name;
}

size_t copy_send(struct copy *c)
{
	size_t n = c->line.n;
	struct arena a;

	arena_init(&a, SIZE_MAX);
	if (c->remote->pipe)
		pipe_input(c->remote->pipe, ps_str(&a, buf_span(&c->line)));
	arena_free(&a);
	buf_clear(&c->line);
	return n;
}

void copy_meter_begin(struct copy *c, struct span name)
{
	arena_reset(&c->names);
	arena_dup(&c->names, name, &c->name);
	if (!c->begun_ms)
		c->begun_ms = loop_now(c->in.loop);
}

/* "3.1 MB" */
static void put_bytes(struct buf *out, uint64_t n)
{
	static const char unit[] = "kMGT";
	int u = 0;

	for (n = n * 10 / 1024; n >= 10240 && u < 3; u++)
		n /= 1024;
	buf_printf(out, "%u.%u %cB", (unsigned)(n / 10), (unsigned)(n % 10), unit[u]);
}

void copy_meter(struct copy *c, uint64_t n)
{
	uint64_t ms = loop_now(c->in.loop) - c->begun_ms, sent = c->sent += n;
	uint64_t now = c->there + sent, total = now < c->total ? c->total : now;
	uint64_t rate = ms > 500 ? sent * 1000 / ms : 0;
	struct record_progress r = { .activity = SPAN("Copying"), .percent = -1, .seconds = -1 };
	struct buf status;

	if (!print_has_status())
		return;
	buf_init(&status, 4096);
	buf_printf(&status, "%.*s ", SPAN_ARG(span_sub(c->name, 0, 1000)));
	put_bytes(&status, now);
	buf_puts(&status, " of ");
	put_bytes(&status, total);
	if (rate) {
		buf_puts(&status, ", ");
		put_bytes(&status, rate);
		buf_puts(&status, "/s");
		r.seconds = (int64_t)((total - now) / rate);
	}
	if (total)
		r.percent = (int64_t)(now >= total ? 100 : now / (total / 100 + 1));
	r.status = buf_span(&status);
	progress_show(&c->progress, &r);
	buf_free(&status);
}

void copy_start(struct copy *c, const char *name, struct arena *a, struct ps_val *what,
	bool no_input, const struct pipe_events *ev)
{
	struct pipe_param param[] = { { NULL, what }, { NULL, ps_str(a, span_str(c->options)) } };
	struct buf script;

	buf_init(&script, 1 << 20);
	help_script(name, &script);
	struct pipe_cmd cmd = { .text = buf_span(&script), .is_script = true, .local_scope = true,
		.param = param, .param_n = 2 };
	struct pipe_stmt stmt = { &cmd, 1 };
	struct pipe_spec spec = { .stmt = &stmt, .stmt_n = 1, .no_input = no_input };

	c->remote->pipe = session_run(c->remote->session, &spec, ev, c->remote);
	buf_free(&script);
	arena_free(a);
}

/* PowerShell's words for what it does not let us do say little of that. */
void copy_ended(struct remote *r, enum pipe_state st, const struct ps_val *error,
	const struct err *why)
{
	static const char *const ids[] = { "ScriptsNotAllowed", "ConstrainedLanguage" };
	struct span id = ps_span(ps_prop(error, "FullyQualifiedErrorId"));
	bool limited = false;

	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++)
		limited = limited || span_search(id, span_str(ids[i])) < id.n;
	remote_ended(r, st, error, why);
	if (limited)
		print_own("copy-item: this endpoint allows only some commands (its language mode is not "
			"FullLanguage), and copying takes a script. Another -ConfigurationName may allow it.");
}

/* What -WhatIf and -Confirm leave of the sources. */
static int ask(struct copy *c, const struct buf *found, struct should *s, struct err *e)
{
	const char *path = (const char *)found->p, *end = path + found->n;
	struct buf target;
	int r = 0;

	for (size_t n; path < end && r >= 0; path += n) {
		n = strlen(path) + 1;
		buf_init(&target, 1 << 16);
		buf_printf(&target, "Item: %s Destination: %s", path, c->destination);
		r = should(s, "Copy", buf_cstr(&target), e);
		buf_free(&target);
		if (r > 0)
			buf_put(&c->path, span_of(path, n));
	}
	return r;
}

/* Patterns that the far side is to match stay as they are. */
static void find(struct copy *c, const struct str_list *path, bool here, struct chosen *chosen,
	struct buf *found)
{
	for (size_t i = 0; i < path->n; i++) {
		size_t before = found->n;
		bool wild = !c->literal && wild_is(span_str(path->v[i]));
		struct err e = { 0 };

		c->many |= wild;
		if (wild && here)
			tree_match(path->v[i], c->force, found);
		else
			buf_put(found, span_of(path->v[i], strlen(path->v[i]) + 1));
		if (found->n > before)
			continue;
		err_set(&e, E_REMOTE, "Cannot find anything that fits '%s'.", path->v[i]);
		chosen_fail(chosen, &e);
	}
}

static void run(struct copy *c, const struct copy_args *args, uint32_t set, struct chosen *chosen,
	struct err *e)
{
	struct accounts accounts = { .arena = c->in.arena };
	const char *session = set == SET_TO ? args->to : args->from;
	struct choice choice = { .session = { (char **)&session, 1 } };
	const struct kept *kept = NULL;

	if (args->where.n > 1) {
		err_set(e, E_USAGE, "Files go to or come from one computer at a time.");
		return;
	}
	if (!(set & SET_WHERE) && (!(kept = choose_one(chosen, &choice)) ||
		!(kept = attach_ready(chosen, kept))))
		return;
	invocation_begin(&c->in);
	c->remote = invocation_room(&c->in, 1);
	c->remote->kept = kept;
	c->remote->typed = kept ? NULL : args->where.v[0];
	c->in.set = set;
	c->in.connect = &args->connect;
	c->in.accounts = &accounts;
	invocation_end(&c->in, e);
	accounts_wipe(&accounts);
}

APPLET(copy_item, "copy-item\0cpi", copy_params, copy_args, SET_ANY(ANY),
	SET_COMPUTER, NULL)
{
	bool literal = set & SET_MORE(ANY), get;
	const struct str_list *path = literal ? &args->literal : &args->path;
	struct buf found;

	set >>= literal ? SET_SHIFT : 0;
	get = set == SET_FROM || args->download;
	struct copy c = {
		.in = { .loop = loop_new(), .arena = arena, .run = get ? copy_get_run : copy_put_run,
			.run_ctx = &c },
		.destination = args->destination,
		.literal = literal,
		.recurse = args->recurse,
		.force = args->force,
		.flat = (args->given & 1) && !args->container,
		.pass_thru = args->pass_thru,
		.resume = args->resume,
	};
	struct chosen chosen = { .loop = c.in.loop, .arena = arena };
	struct err e = { 0 };

	arena_init(&c.names, 1 << 16);
	buf_init(&c.line, 1 << 16);
	progress_init(&c.progress, c.in.loop);
	buf_init(&c.path, PATHS_MAX);
	buf_init(&found, PATHS_MAX);
	c.many = path->n > 1 || c.flat;
	find(&c, path, !get, &chosen, &found);
	snprintf(c.options, sizeof(c.options), "%s%s%s%s%s%s", c.many ? "many " : "",
		c.force ? "force " : "", c.resume ? "resume " : "", literal ? "literal " : "",
		args->recurse ? "recurse " : "", print_has_status() ? "total" : "");
	if (ask(&c, &found, &args->should, &e) >= 0 && c.path.n)
		run(&c, args, set, &chosen, &e);
	progress_end(&c.progress);
	if (get)
		copy_get_end(&c);
	else
		copy_put_end(&c);
	if (e.code)
		chosen_fail(&chosen, &e);
	arena_free(&c.names);
	buf_free(&found);
	buf_free(&c.path);
	buf_free(&c.line);
	loop_free(c.in.loop);
	return invocation_exit(&c.in, chosen.status);
}
