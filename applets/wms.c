/* The desktop sessions of a server: the cmdlets of its MultiPoint module by their own names. Where
 * it has no such module, its Remote Desktop sessions, by the programs that Windows has for them. */
#include <stdio.h>
#include "applets/applet.h"
#include "applets/choose.h"
#include "applets/invocation.h"
#include "applets/should.h"
#include "applets/ui/print.h"
#include "applets/wms_rows.h"

/* Each way to name the server; sets in which -Credential has no position. */
#define SETS SET_MORE(SET_COMPUTER | SET_HOST | SET_URI | SET_COMMAND | SET_SESSION)
#define LIST "quser"
/* As PowerShell says it of paths. */
#define UNKNOWN(id) "Cannot find", id, " because it does not exist"

enum { GIVEN_WHAT_IF = 1, GIVEN_CONFIRM = 2 };

struct wms_where {
	struct connect_args connect;
	struct str_list name;                   /* of the server or the kept session: one */
	struct int_list id;
	bool all;
};
struct wms_args {
	struct wms_where where;
	uint64_t given;                         /* of the two */
	struct should should;
	bool json;
};

#define ARGS struct wms_where
static const struct param server_params[] = {
	P_INTS(ARGS, id, "SessionId", TYPE_UINTS, 0, 32, .pos = 1),
	P_SWITCH(ARGS, all, "All"),
	P_WORD(ARGS, name, "Server\0ComputerName\0Cn", TYPE_STRING, .sets = SET_MORE(SET_COMPUTER)),
	P_WORD(ARGS, name, "HostName", TYPE_STRING, P_ONLY(SET_MORE(SET_HOST))),
	P_WORD(ARGS, name, "ConnectionUri\0URI\0CU", TYPE_URI, P_ONLY(SET_MORE(SET_URI))),
	P_WORD(ARGS, name, "Command", TYPE_STRING, P_ONLY(SET_MORE(SET_COMMAND))),
	P_WORD(ARGS, name, "Session", TYPE_SESSION, P_ONLY(SET_MORE(SET_SESSION))),
	CONNECT_PARAMS(ARGS, connect),
	P_END
};
#undef ARGS
#define ARGS struct wms_args
static const struct param lock_params[] = {
	P_GROUP(ARGS, where, server_params),
	P_END
};
static const struct param close_params[] = {
	P_GIVEN(ARGS, given),
	P_SWITCH(ARGS, should.what_if, "WhatIf\0wi"),
	P_SWITCH(ARGS, should.confirm, "Confirm\0cf"),
	P_GROUP(ARGS, where, server_params),
	P_END
};
static const struct param get_params[] = {
	P_SWITCH(ARGS, json, "Json"),
	P_GROUP(ARGS, where, server_params),
	P_END
};

static const struct kind {
	const char *cmdlet;
	const char *program;                    /* takes an id; NULL = there is none */
} closing = { "Close-WmsSession", "logoff" },
	disconnecting = { "Disconnect-WmsSession", "tsdiscon" },
	locking = { "Lock-WmsSession", NULL },
	unlocking = { "Unlock-WmsSession", NULL },
	getting = { "Get-WmsSession", LIST };

struct wms {
	struct invocation in;
	const struct kind *kind;
	struct wms_args *args;
	struct int_list id;                     /* none = all */
	/* The cmdlet; the same for each id by itself, when the first error ended it; quser; the program
	 * for one after the other. */
	enum { CMDLET, EACH, LISTING, PROGRAM } phase;
	size_t next, ended_at;                  /* of id: what is next, and where CMDLET ended */
	struct wms_rows rows;
	struct err err;
};

static const struct pipe_events events;

static void call(struct remote *r, const char *name, const struct pipe_param *param, size_t n)
{
	struct pipe_cmd cmd = { .text = span_str(name), .param = param, .param_n = n };
	struct pipe_stmt stmt = { &cmd, 1 };
	struct pipe_spec spec = { .stmt = &stmt, .stmt_n = 1, .no_input = true };

	r->pipe = session_run(r->session, &spec, &events, r);
}

static void call_cmdlet(struct wms *w, struct remote *r, const int64_t *id, size_t n)
{
	struct arena *a = w->in.arena;
	struct ps_val *list = ps_list(a, "System.UInt32[]\0System.Array\0System.Object\0");
	const struct should *should = &w->args->should;
	struct pipe_param param[3] = { { n ? "SessionId" : "All", n ? list : NULL } };
	size_t param_n = 1;

	for (size_t i = 0; i < n; i++) {
		struct ps_val *v = ps_i64(a, id[i]);
		if (v)
			v->tag = PS_U32;
		ps_append(a, list, v);
	}
	if (w->args->given & GIVEN_WHAT_IF)
		param[param_n++] = (struct pipe_param){ "WhatIf", ps_bool(a, should->what_if) };
	if (w->args->given & GIVEN_CONFIRM)
		param[param_n++] = (struct pipe_param){ "Confirm", ps_bool(a, should->confirm) };
	call(r, w->kind->cmdlet, param, param_n);
}

static void on_start(struct remote *r)
{
	struct wms *w = r->all->run_ctx;

	call_cmdlet(w, r, w->id.v, w->id.n);
}

static void on_output(void *ctx, const struct ps_val *v)
{
	struct wms *w = ((struct remote *)ctx)->all->run_ctx;
	struct buf text;

	buf_init(&text, SIZE_MAX);
	ps_text(v, &text);
	if (w->phase == LISTING)
		wms_rows_line(&w->rows, buf_span(&text));
	else if (w->kind == &getting)
		wms_rows_object(&w->rows, v);
	else
		print_line(buf_span(&text));
	buf_free(&text);
}

/* The command itself is not there; what it calls might be missing as well. */
static bool is_missing(const struct ps_val *error, const char *name)
{
	return span_is(ps_span(ps_prop(error, "FullyQualifiedErrorId")), "CommandNotFoundException") &&
		span_is_ci(ps_span(ps_prop(error, "ErrorCategory_TargetName")), name);
}

static bool is_unknown(const struct ps_val *error)
{
	return ps_is_type(ps_prop(error, "Exception"),
		"System.Management.Automation.ItemNotFoundException");
}

static void refuse(struct wms *w, struct remote *r, const char *cannot, int64_t id,
	const char *why)
{
	print_own("[%s] %s: %s session %lld%s.", remote_name(r), w->kind->cmdlet, cannot, (long long)id,
		why);
	remote_worse(r, 1);
}

/* Ids before the one that ended the call for all may be done already: that one of them is not there
 * any more is no news. */
static void tell(struct wms *w, struct remote *r, const struct ps_val *error)
{
	if (!(w->phase == EACH && w->ended_at < w->id.n &&
		w->next <= w->ended_at && is_unknown(error)))
		remote_record(r, RECORD_ERROR, error);
}

static void on_record(void *ctx, enum record_kind k, const struct ps_val *v)
{
	struct remote *r = ctx;

	if (k == RECORD_ERROR)
		tell(r->all->run_ctx, r, v);
}

/* The index of the id that an error is about; w->id.n when it does not say so. */
static size_t about(const struct wms *w, const struct ps_val *error)
{
	int64_t id;

	if (ps_get_i64(ps_prop(error, "TargetObject"), &id))
		for (size_t i = 0; i < w->id.n; i++)
			if (w->id.v[i] == id)
				return i;
	return w->id.n;
}

/* Each of these starts what is next to be run; false: nothing is. */
static bool run_each(struct wms *w, struct remote *r)
{
	if (w->next == w->ended_at)
		w->next++;
	if (w->next >= w->id.n)
		return false;
	call_cmdlet(w, r, &w->id.v[w->next++], 1);
	return true;
}

static bool run_program(struct wms *w, struct remote *r)
{
	while (w->next < w->id.n && !w->err.code) {
		int64_t id = w->id.v[w->next++];
		const struct wms_row *row = wms_rows_find(&w->rows, id);
		char text[200];

		if (!row) {
			refuse(w, r, UNKNOWN(id));
			continue;
		}
		if (row->own) {
			refuse(w, r, "the command itself runs in", id, "");
			continue;
		}
		snprintf(text, sizeof(text), "session %lld (%.*s) on %s", (long long)id,
			SPAN_ARG(row->user), remote_name(r));
		if (should(&w->args->should, w->kind->cmdlet, text, &w->err) <= 0)
			continue;
		snprintf(text, sizeof(text), "%lld", (long long)id);
		struct pipe_param param = { NULL, ps_str(w->in.arena, span_str(text)) };
		call(r, w->kind->program, &param, 1);
		return true;
	}
	return false;
}

static bool run_list(struct wms *w, struct remote *r)
{
	if (!w->kind->program) {
		print_own("[%s] There is no %s: the server has no MultiPoint Services, and nothing else "
			"does it. disconnect-wmssession leaves a session locked.", remote_name(r),
			w->kind->cmdlet);
		remote_worse(r, 1);
		return false;
	}
	print_own("[%s] There is no %s, as the server has no MultiPoint Services: its Remote Desktop "
		"sessions are meant (%s).", remote_name(r), w->kind->cmdlet, w->kind->program);
	w->phase = LISTING;
	call(r, LIST, NULL, 0);
	return true;
}

/* All but the one that cannot be. */
static void mean_all(struct wms *w)
{
	size_t n = 0;

	for (const struct wms_row *row = w->rows.first; row; row = row->next)
		n++;
	w->id.v = arena_alloc(w->in.arena, n * sizeof(*w->id.v) + 1);
	for (const struct wms_row *row = w->rows.first; w->id.v && row; row = row->next)
		if (!row->own)
			w->id.v[w->id.n++] = row->id;
}

static bool run_listed(struct wms *w, struct remote *r)
{
	if (w->kind == &getting) {
		wms_rows_keep(&w->rows, &w->id);
		for (size_t i = 0; i < w->id.n; i++)
			if (!wms_rows_find(&w->rows, w->id.v[i]))
				refuse(w, r, UNKNOWN(w->id.v[i]));
		return false;
	}
	if (!w->id.n)
		mean_all(w);
	w->phase = PROGRAM;
	return run_program(w, r);
}

/* Behind what has ended. *error: taken when it was said, or is none. */
static bool run_next(struct wms *w, struct remote *r, const struct ps_val **error)
{
	const struct ps_val *failed = *error;

	if (w->phase == CMDLET && is_missing(failed, w->kind->cmdlet)) {
		*error = NULL;
		return run_list(w, r);
	}
	if (w->phase == LISTING && is_missing(failed, LIST)) {
		*error = NULL;
		print_own("[%s] Nor is there %s: this is no Windows server.", remote_name(r), LIST);
		remote_worse(r, 1);
		return false;
	}
	if (failed)
		tell(w, r, failed);
	*error = NULL;
	if (w->phase == CMDLET && w->id.n > 1 && is_unknown(failed)) {
		w->phase = EACH;
		w->ended_at = about(w, failed);
	}
	return w->phase == EACH ? run_each(w, r) : w->phase == LISTING ? run_listed(w, r) :
		w->phase == PROGRAM && run_program(w, r);
}

static void on_ended(void *ctx, enum pipe_state st, const struct ps_val *error,
	const struct err *why)
{
	struct remote *r = ctx;
	struct wms *w = r->all->run_ctx;

	r->pipe = NULL;
	if (why || r->all->interrupted || st == PIPE_STOPPED || !run_next(w, r, &error))
		remote_ended(r, error ? st : PIPE_COMPLETED, error, why);
}

static const struct pipe_events events = { on_output, on_record, on_ended, NULL };

static void show(const struct wms *w, const char *name)
{
	struct buf text;
	struct json j = { &text, false };

	buf_init(&text, SIZE_MAX);
	if (!w->args->json)
		wms_rows_table(&w->rows, &text);
	for (const struct wms_row *row = w->rows.first; w->args->json && row; row = row->next) {
		j.comma = false;
		json_open(&j, '{');
		json_key(&j, SPAN("PSComputerName"));
		json_str(&j, span_str(name));
		wms_row_json(&j, row);
		json_close(&j, '}');
		buf_putc(&text, '\n');
	}
	print_text(buf_span(&text));
	buf_free(&text);
}

/* Which sessions: the parameter, or rows of get-wmssession that come down a pipe. */
static int find_ids(struct wms *w, struct chosen *c, struct err *e)
{
	w->id = w->args->where.id;
	if (w->id.n || w->args->where.all || w->kind == &getting)
		return 0;
	return choice_pipe(c, "SessionId", "SessionId", &w->id, e);
}

static void open_server(struct wms *w, uint32_t set, struct chosen *c, struct err *e)
{
	const struct wms_where *where = &w->args->where;
	struct choice choice = { .session = where->name };
	struct remote *r = invocation_room(&w->in, 1);

	r->typed = where->name.v[0];
	w->in.set = set;
	w->in.connect = &where->connect;
	if (set & SET_SESSION && !(r->kept = choose_one(c, &choice)))
		return;
	invocation_begin(&w->in);
	invocation_end(&w->in, e);
	if (w->kind == &getting)
		show(w, remote_name(r));
}

static int run(struct wms_args *args, uint32_t set, struct arena *arena, const struct kind *kind)
{
	struct wms w = { .in = { .loop = loop_new(), .arena = arena, .run = on_start,
		.run_ctx = &w }, .kind = kind, .args = args, .rows.arena = arena };
	struct chosen c = { .loop = w.in.loop, .arena = arena };
	struct accounts accounts = { .arena = arena };
	struct err e = { 0 };

	w.in.accounts = &accounts;
	set >>= SET_SHIFT;
	if (args->where.all && args->where.id.n)
		err_set(&e, E_USAGE,
			"Parameter set cannot be resolved using the specified named parameters.");
	else if (!args->where.name.n)
		err_set(&e, E_USAGE, "-Server is localhost unless it is given, and the sessions of this "
			"computer are not Windows': name a server with -Server, -HostName or -Session.");
	else if (find_ids(&w, &c, &e) == 0 && (w.id.n || args->where.all || kind == &getting))
		open_server(&w, set, &c, &e);
	err_copy(&e, &w.err);
	if (e.code)
		print_err(&e);
	accounts_wipe(&accounts);
	loop_free(w.in.loop);
	return e.code ? err_exit(e.code) : invocation_exit(&w.in, c.status);
}

#define DEFAULT SET_MORE(SET_COMPUTER)
APPLET(close_session, "close-session\0close-wmssession", close_params, wms_args, SETS, DEFAULT,
	NULL)
{
	return run(args, set, arena, &closing);
}

APPLET(disconnect_wmssession, "disconnect-wmssession", close_params, wms_args, SETS, DEFAULT,
	NULL)
{
	return run(args, set, arena, &disconnecting);
}

APPLET(lock_wmssession, "lock-wmssession", lock_params, wms_args, SETS, DEFAULT, NULL)
{
	return run(args, set, arena, &locking);
}

APPLET(unlock_wmssession, "unlock-wmssession", lock_params, wms_args, SETS, DEFAULT, NULL)
{
	return run(args, set, arena, &unlocking);
}

APPLET(get_wmssession, "get-wmssession", get_params, wms_args, SETS, DEFAULT, NULL)
{
	return run(args, set, arena, &getting);
}
