#include "core/psrp_body.h"

#ifndef PSSESSION_VERSION
#define PSSESSION_VERSION "0"
#endif
#define NET_LIST \
	"System.Collections.Generic.List`1[[System.Management.Automation.PSObject, " \
	"System.Management.Automation, Version=7.6.5.0, Culture=neutral, " \
	"PublicKeyToken=31bf3856ad364e35]]\0System.Object\0"
#define APARTMENT "System.Threading.ApartmentState"
#define RESULT_TYPES "System.Management.Automation.Runspaces.PipelineResultTypes"

static struct ps_val *text(struct arena *a, const char *s)
{
	return ps_str(a, span_str(s));
}

static struct ps_val *version(struct arena *a, const char *s)
{
	return ps_new(a, PS_VERSION, span_str(s));
}

static struct ps_val *dict(struct arena *a, const char *types)
{
	struct ps_val *d = ps_obj(a);

	ps_set_types(a, d, types);
	if (d)
		d->box = BOX_DCT;
	return d;
}

struct ps_val *psrp_capability(struct arena *a)
{
	struct ps_val *o = ps_obj(a);

	ps_add(a, o, "protocolversion", version(a, "2.3"));
	ps_add(a, o, "PSVersion", version(a, "2.0"));
	ps_add(a, o, "SerializationVersion", version(a, "1.1.0.1"));
	return o;
}

/* What $PSSenderInfo.ApplicationArguments.PSVersionTable shows on the server: the PowerShell
 * whose ways we follow. */
static struct ps_val *version_table(struct arena *a)
{
	static const char *const pairs[] = { "PSSemanticVersion", "7.6.5", "PSEdition", "Core",
		"Platform", "Unix", "OS", "Linux", "GitCommitId", "pssession " PSSESSION_VERSION };
	static const char *const versions[] = { "PSVersion", "7.6.5", "PSRemotingProtocolVersion",
		"2.3", "SerializationVersion", "1.1.0.1", "WSManStackVersion", "3.0" };
	static const char *const compatible[] = { "1.0", "2.0", "3.0", "4.0", "5.0", "5.1", "6.0",
		"7.0" };
	static const char types[] = "System.Management.Automation.PSPrimitiveDictionary\0"
		"System.Collections.Hashtable\0System.Object\0";
	struct ps_val *args = dict(a, types), *table = dict(a, types);
	struct ps_val *list = ps_list(a, "System.Version[]\0System.Array\0System.Object\0");
	size_t i;

	for (i = 0; i < sizeof(pairs) / sizeof(*pairs); i += 2)
		ps_put(a, table, text(a, pairs[i]), text(a, pairs[i + 1]));
	for (i = 0; i < sizeof(versions) / sizeof(*versions); i += 2)
		ps_put(a, table, text(a, versions[i]), version(a, versions[i + 1]));
	for (i = 0; i < sizeof(compatible) / sizeof(*compatible); i++)
		ps_append(a, list, version(a, compatible[i]));
	ps_put(a, table, text(a, "PSCompatibleVersions"), list);
	ps_put(a, args, text(a, "PSVersionTable"), table);
	return args;
}

/* One entry of the host's default data: {T = type, V = value}. */
static void host_entry(struct arena *a, struct ps_val *data, int32_t key, const char *type,
	struct ps_val *v)
{
	struct ps_val *o = ps_obj(a);

	ps_add(a, o, "T", text(a, type));
	ps_add(a, o, "V", v);
	ps_put(a, data, ps_i32(a, key), o);
}

/* The server answers RawUI getters from this and never asks: keys are colours, cursor, window
 * position, cursor size, four sizes, title. */
static struct ps_val *default_data(struct arena *a, const struct host_info *h)
{
	static const char point[] = "System.Management.Automation.Host.Coordinates";
	static const char size[] = "System.Management.Automation.Host.Size";
	struct ps_val *data = dict(a, "System.Collections.Hashtable\0System.Object\0"), *o = ps_obj(a);
	int32_t i;

	host_entry(a, data, 0, "System.ConsoleColor", ps_i32(a, h->fg));
	host_entry(a, data, 1, "System.ConsoleColor", ps_i32(a, h->bg));
	host_entry(a, data, 2, point, host_coordinates(a, h->cursor_x, h->cursor_y));
	host_entry(a, data, 3, point, host_coordinates(a, 0, 0));
	host_entry(a, data, 4, "System.Int32", ps_i32(a, 100));
	for (i = 5; i <= 8; i++)
		host_entry(a, data, i, size, host_size(a, h->width, h->height));
	host_entry(a, data, 9, "System.String", text(a, h->title ? h->title : ""));
	ps_add(a, o, "data", data);
	return o;
}

static struct ps_val *host_info(struct arena *a, const struct host_info *h, bool use_runspace)
{
	bool null = use_runspace || !h->present;
	struct ps_val *o = ps_obj(a);

	ps_add(a, o, "_isHostUINull", ps_bool(a, null));
	ps_add(a, o, "_isHostRawUINull", ps_bool(a, null));
	ps_add(a, o, "_isHostNull", ps_bool(a, null));
	if (!null)
		ps_add(a, o, "_hostDefaultData", default_data(a, h));
	ps_add(a, o, "_useRunspaceHost", ps_bool(a, use_runspace));
	return o;
}

/* Every property must be there, null or not: the server throws for a missing one. */
struct ps_val *psrp_init(struct arena *a, const struct host_info *h)
{
	struct ps_val *o = ps_obj(a);

	ps_add(a, o, "MinRunspaces", ps_i32(a, 1));
	ps_add(a, o, "MaxRunspaces", ps_i32(a, 1));
	ps_add(a, o, "PSThreadOptions",
		ps_enum(a, "System.Management.Automation.Runspaces.PSThreadOptions", "Default", 0));
	ps_add(a, o, "ApartmentState", ps_enum(a, APARTMENT, "Unknown", 2));
	ps_add(a, o, "ApplicationArguments", version_table(a));
	ps_add(a, o, "HostInfo", host_info(a, h, false));
	return o;
}

/* Without the counts of runspaces, which would have to be those of the pool, there is no object
 * either. */
struct ps_val *psrp_connect(struct arena *a)
{
	return text(a, "");
}

static struct ps_val *param(struct arena *a, const struct pipe_param *p)
{
	struct ps_val *o = ps_obj(a);

	ps_add(a, o, "N", p->name ? text(a, p->name) : ps_nil(a));
	ps_add(a, o, "V", p->val ? p->val : p->name ? ps_bool(a, true) : ps_nil(a));
	return o;
}

/* PipelineResultTypes; 3 is also Output and Error */
enum { MERGE_NONE, MERGE_OUTPUT, MERGE_ERROR, MERGE_WARNING };

static void merge(struct arena *a, struct ps_val *o, const char *name, int32_t v)
{
	static const char *const names[] = { "None", "Output", "Error", "Warning" };

	ps_add(a, o, name, ps_enum(a, RESULT_TYPES, names[v], v));
}

static struct ps_val *command(struct arena *a, const struct pipe_cmd *c)
{
	struct ps_val *o = ps_obj(a), *args = ps_list(a, NET_LIST);
	size_t i;

	ps_add(a, o, "Cmd", ps_new(a, PS_S, c->text));
	ps_add(a, o, "IsScript", ps_bool(a, c->is_script));
	ps_add(a, o, "UseLocalScope", c->takes_errors || c->local_scope ? ps_bool(a, true) : ps_nil(a));
	merge(a, o, "MergeMyResult", c->merge_error ? MERGE_ERROR : MERGE_NONE);
	merge(a, o, "MergeToResult", c->merge_error ? MERGE_OUTPUT : MERGE_NONE);
	merge(a, o, "MergePreviousResults", c->takes_errors ? MERGE_WARNING : MERGE_NONE);
	merge(a, o, "MergeError", c->merge_error ? MERGE_OUTPUT : MERGE_NONE);
	merge(a, o, "MergeWarning", MERGE_NONE);
	merge(a, o, "MergeVerbose", MERGE_NONE);
	merge(a, o, "MergeDebug", MERGE_NONE);
	merge(a, o, "MergeInformation", MERGE_NONE);
	for (i = 0; i < c->param_n; i++)
		ps_append(a, args, param(a, &c->param[i]));
	ps_add(a, o, "Args", args);
	return o;
}

static struct ps_val *statement(struct arena *a, const struct pipe_stmt *s)
{
	struct ps_val *list = ps_list(a, NET_LIST);
	size_t i;

	for (i = 0; i < s->cmd_n; i++)
		ps_append(a, list, command(a, &s->cmd[i]));
	return list;
}

/* Cmds repeats the first statement: a server reads it whether or not there are ExtraCmds. */
static struct ps_val *power_shell(struct arena *a, const struct pipe_spec *spec)
{
	struct ps_val *o = ps_obj(a), *extra = ps_list(a, NET_LIST), *one;
	size_t i;

	for (i = 0; i < spec->stmt_n; i++) {
		one = ps_obj(a);
		ps_add(a, one, "Cmds", statement(a, &spec->stmt[i]));
		ps_append(a, extra, one);
	}
	if (spec->stmt_n > 1)
		ps_add(a, o, "ExtraCmds", extra);
	ps_add(a, o, "Cmds", statement(a, &spec->stmt[0]));
	ps_add(a, o, "IsNested", ps_bool(a, spec->nested));
	ps_add(a, o, "History", spec->history.n ? ps_new(a, PS_S, spec->history) : ps_nil(a));
	ps_add(a, o, "RedirectShellErrorOutputPipe", ps_bool(a, !spec->interactive));
	return o;
}

struct ps_val *psrp_create(struct arena *a, const struct pipe_spec *spec, const struct host_info *h)
{
	struct ps_val *o = ps_obj(a);

	ps_add(a, o, "PowerShell", power_shell(a, spec));
	ps_add(a, o, "NoInput", ps_bool(a, spec->no_input));
	ps_add(a, o, "ApartmentState", ps_enum(a, APARTMENT, "Unknown", 2));
	ps_add(a, o, "RemoteStreamOptions",
		ps_enum(a, "System.Management.Automation.RemoteStreamOptions", "0", 0));
	ps_add(a, o, "AddToHistory", ps_bool(a, spec->add_history));
	ps_add(a, o, "HostInfo", host_info(a, h, !spec->interactive));
	ps_add(a, o, "IsNested", ps_bool(a, spec->nested));
	return o;
}

struct ps_val *psrp_public_key(struct arena *a, struct span base64)
{
	struct ps_val *o = ps_obj(a);

	ps_add(a, o, "PublicKey", ps_str(a, base64));
	return o;
}
