/* invoke-command: one script on one or several servers, or in sessions that are there; the server
 * formats, errors go to stderr. */
#include "applets/applet.h"
#include "applets/arguments.h"
#include "applets/hosts.h"
#include "applets/invocation.h"
#include "applets/keep.h"
#include "applets/ui/print.h"
#include "lib/file_io.h"

#define SCRIPT_MAX (16u << 20)

/* Each way to name the far side, with -ScriptBlock or with -FilePath. */
#define WITH_SCRIPT(set) (set)
#define WITH_FILE(set) SET_MORE(set)
#define WITH_EITHER(set) SET_ANY(set)

#define SERVERS WITH_EITHER(SET_COMPUTER | SET_URI)
#define ANYWHERE (SET_WHERE | SET_KEPT)
#define ARGS struct invoke_args

struct invoke_args {
	struct connect_args connect;
	struct str_list where, session_name;
	struct choice choice;
	const char *script, *file, *arguments, *input, *job_name;
	int32_t limit, form;
	bool disconnected, as_job, no_color, hide_names, ordered, json;
};
static const struct param invoke_params[] = {
	WHERE_PARAMS(ARGS, where),
	P_STRS(ARGS, choice.session, "Session", TYPE_SESSIONS, P_ONLY(WITH_EITHER(SET_SESSION)),
		.pos = 1),
	P_STRS(ARGS, choice.name, "Name", TYPE_STRINGS, P_ONLY(WITH_EITHER(SET_NAME))),
	P_GUIDS(ARGS, choice.instance, "InstanceId", TYPE_GUIDS, P_ONLY(WITH_EITHER(SET_INSTANCE))),
	P_INTS(ARGS, choice.id, "Id", TYPE_INTS, 1, 31, P_ONLY(WITH_EITHER(SET_ID)), .pos = 1),
	P_TYPED(ARGS, script, "ScriptBlock\0Command", TYPE_SCRIPT, P_ONLY(WITH_SCRIPT(ANYWHERE)),
		.pos = 2),
	P_STR(ARGS, file, "FilePath\0PSPath", P_ONLY(WITH_FILE(ANYWHERE)), .pos = 2),
	P_TYPED(ARGS, arguments, "ArgumentList\0Args", TYPE_OBJECTS),
	P_TYPED(ARGS, input, "InputObject", TYPE_OBJECT),
	P_SWITCH(ARGS, disconnected, "InDisconnectedSession\0Disconnected", .sets = SERVERS),
	P_STRS(ARGS, session_name, "SessionName", TYPE_STRINGS, .sets = SERVERS),
	P_INT(ARGS, limit, "ThrottleLimit", 0, 31),
	P_SWITCH(ARGS, hide_names, "HideComputerName\0HCN"),
	P_SWITCH(ARGS, ordered, "Ordered"),
	P_SWITCH(ARGS, json, "Json"),
	P_ENUM(ARGS, form, "OutputFormat", TYPE_FORMAT, "text|json|clixml"),
	P_SWITCH(ARGS, as_job, "AsJob"),
	P_SWITCH(ARGS, no_color, "NoColor"),
	P_STR(ARGS, job_name, "JobName"),
	CONNECT_PARAMS(ARGS, connect),
	P_END
};

/* PowerShell would run what is not UTF-8 with other characters in its place. */
static int read_script(const struct invoke_args *args, struct buf *script, struct err *e)
{
	struct span s;

	if (args->script) {
		s = span_trim(span_str(args->script));
		if (s.n > 1 && s.p[0] == '{' && s.p[s.n - 1] == '}')    /* as PowerShell has them */
			s = span_sub(s, 1, s.n - 2);
		buf_put(script, s);
		return 0;
	}
	return file_read_text(args->file, script, e);
}

static void list_servers(struct invocation *in, const struct invoke_args *args, uint32_t set,
	struct accounts *accounts, struct err *e)
{
	const struct str_list *names = &args->where;
	struct remote *r = invocation_room(in, names->n);

	if (!r)
		err_many(e, "servers");
	for (size_t i = 0; r && i < names->n; i++)
		r[i].typed = names->v[i];
	in->set = set;
	in->connect = &args->connect;
	in->accounts = accounts;
}

/* PowerShell's words for those that can run nothing. */
static bool is_opened(struct chosen *c, const struct kept *k)
{
	bool left = k->state == KEPT_DISCONNECTED;
	struct err e = { 0 };

	if (k->state == KEPT_OPENED)
		return true;
	err_set(&e, E_REMOTE, "Because the session state for session %s, %s, %s is not equal to Open, "
		"you cannot run a command in the session.  The session state is %s.  %s-pssession %d %s "
		"it.", k->name, guid_fmt(&k->instance).s, k->computer, kept_state_name[k->state],
		left ? "connect" : "remove", (int)k->id, left ? "connects" : "forgets");
	chosen_fail(c, &e);
	return false;
}

static void list_sessions(struct invocation *in, struct chosen *c, bool leave, struct err *e)
{
	struct remote *r = invocation_room(in, c->meant.n);
	size_t n = 0;

	for (size_t i = 0; r && i < c->meant.n; i++) {
		if (!is_opened(c, c->meant.v[i]))
			continue;
		r[n].kept = c->meant.v[i];
		r[n++].leave = leave;
	}
	in->remote_n = in->left = n;
	if (!n && !c->status)
		err_set(e, E_USAGE, "No valid sessions were specified.");
}

static bool is_stdin(const char *file)
{
	return file && !strcmp(file, "-");
}

static int check(const struct invoke_args *args, struct err *e)
{
	if (args->as_job || args->job_name)
		return err_set(e, E_USAGE, "There are no jobs here: let your shell run invoke-command in "
			"the background (&), or use -InDisconnectedSession and receive-pssession.");
	if (args->session_name.n && !args->disconnected)
		return err_set(e, E_USAGE,
			"The SessionName parameter can only be used with -InDisconnectedSession.");
	if (args->disconnected && args->input)
		return err_set(e, E_USAGE, "-InDisconnectedSession takes no -InputObject.");
	if (args->input && !is_stdin(args->input))
		return err_set(e, E_USAGE,
			"-InputObject takes '-': the lines of standard input become the pipeline's input.");
	if (is_stdin(args->file) + is_stdin(args->input) + is_stdin(args->connect.password_file) +
		hosts_need_stdin(&args->where) > 1)
		return err_set(e, E_USAGE, "Only one of -FilePath, -InputObject, -PasswordFile and the "
			"list of computers can be '-' (standard input).");
	return 0;
}

/* Sessions of their own, which are left to their servers when the script has begun; rows say where
 * it runs. */
static void run_disconnected(struct invocation *in, const struct invoke_args *args, uint32_t set,
	struct chosen *c, struct accounts *accounts, struct err *e)
{
	const struct str_list *names = &args->where;
	struct keep *v = keep_list(c->arena, names, set, &args->session_name);

	if (!v) {
		err_many(e, "servers");
		return;
	}
	keep_all(v, names->n, &args->connect, accounts, in->loop, args->limit);
	if (keep_find(c, v, names->n, e) < 0)
		return;
	invocation_begin(in);
	if (c->meant.n)
		list_sessions(in, c, true, e);
	invocation_end(in, e);
	if (!e->code && keep_find(c, v, names->n, e) == 0)
		chosen_show(&c->meant, TABLE_ROWS);
}

static void run(struct invocation *in, const struct invoke_args *args, uint32_t set,
	struct chosen *c, struct err *e)
{
	struct accounts accounts = { .arena = in->arena };

	if (args->disconnected) {
		run_disconnected(in, args, set, c, &accounts, e);
	} else if (!(set & SET_KEPT)) {
		invocation_begin(in);
		list_servers(in, args, set, &accounts, e);
		invocation_end(in, e);
	} else if (choose(c, &args->choice, false, e) == 0) {
		invocation_begin(in);
		list_sessions(in, c, false, e);
		invocation_end(in, e);
	}
	accounts_wipe(&accounts);
}

APPLET(invoke_command, "invoke-command\0icm", invoke_params, invoke_args, WITH_EITHER(ANYWHERE),
	WITH_SCRIPT(SET_COMPUTER), NULL)
{
	struct invocation in = { .loop = loop_new(), .arena = arena };
	struct chosen c = { .loop = in.loop, .arena = arena };
	struct buf script;
	struct err e = { 0 };

	set |= set >> SET_SHIFT;
	print_no_color(args->no_color);
	buf_init(&script, 2 * SCRIPT_MAX);
	if (check(args, &e) == 0 &&
		(set & (SET_KEPT | SET_COMMAND) || hosts_expand(&args->where, arena, &e) == 0) &&
		arguments_parse(args->arguments, arena, &in.param, &in.param_n, &e) == 0 &&
		read_script(args, &script, &e) == 0) {
		in.script = buf_span(&script);
		in.feeding = args->input != NULL;
		in.limit = args->limit;
		in.form = args->json ? RESULTS_JSON : args->form;
		in.hide_names = args->hide_names;
		in.ordered = args->ordered;
		run(&in, args, set, &c, &e);
	}
	if (e.code)
		print_err(&e);
	buf_free(&script);
	loop_free(in.loop);
	return e.code ? err_exit(e.code) : invocation_exit(&in, c.status);
}
