/* Replays recordings of real PowerShell: what its client sent must be what we send, what its
 * server sent must be understood. */
#include "core/psrp_frag.h"
#include "core/session_test.h"
#include "lib/file_io.h"
#include "tests/unit.h"

/* A recording: PSRP messages in the order they went over the wire. */
struct rec { bool client; struct guid pipe; struct span msg; uint32_t type; };
static struct rec recs[2000];
static size_t rec_n;
static struct arena rec_arena;

struct channel { bool client; struct guid pipe; bool pr; struct psrp_frag_in in; };

static struct span attribute(struct span line, const char *name)
{
	size_t at = span_search(line, span_str(name));

	line = span_sub(line, at + strlen(name), line.n);
	return span_sub(line, 0, span_find(line, '\''));
}

static void add_packet(struct channel *ch, struct span data)
{
	struct buf raw;
	struct span rest, msg;
	int r;

	buf_init(&raw, 1 << 24);
	CHECK(b64_get(&raw, data));
	rest = buf_span(&raw);
	while ((r = psrp_frag_feed(&ch->in, &rest, &msg)) == 1) {
		struct rec *m = &recs[rec_n++];

		CHECK(rec_n < 2000 && msg.n >= PSRP_MSG_HEAD);
		*m = (struct rec){ .client = ch->client, .pipe = ch->pipe, .type = get_u32le(msg.p + 4) };
		CHECK(arena_dup(&rec_arena, msg, &m->msg));
	}
	CHECK_INT(r, 0);
	buf_free(&raw);
}

static void load(const char *name)
{
	struct channel ch[400], *c;
	size_t ch_n = 0, i;
	struct buf file;
	struct span all, line;
	struct err e = { 0 };
	char path[100];

	arena_free(&rec_arena);
	arena_init(&rec_arena, 1 << 28);
	rec_n = 0;
	buf_init(&file, 1 << 28);
	snprintf(path, sizeof(path), "tests/recordings/%s.jsonl", name);
	CHECK_INT(file_read(path, &file, &e), 0);
	for (all = buf_span(&file); all.n; ) {
		struct guid pipe;
		bool client, pr;

		line = span_cut(&all, '\n');
		if (span_search(line, SPAN("<Data ")) == line.n)
			continue;
		client = span_search(line, SPAN("\"dir\": \"client\"")) < line.n;
		pr = span_is(attribute(line, "Stream='"), "PromptResponse");
		CHECK(guid_parse(attribute(line, "PSGuid='"), &pipe));
		for (i = 0; i < ch_n; i++)
			if (ch[i].client == client && ch[i].pr == pr && guid_eq(&ch[i].pipe, &pipe))
				break;
		c = &ch[i];
		if (i == ch_n) {
			CHECK(++ch_n < 400);
			*c = (struct channel){ .client = client, .pipe = pipe, .pr = pr };
			psrp_frag_init(&c->in, PSRP_MSG_MAX);
		}
		line = span_sub(line, span_find(line, '>') + 1, line.n);
		add_packet(c, span_sub(line, 0, span_find(line, '<')));
	}
	for (i = 0; i < ch_n; i++)
		psrp_frag_free(&ch[i].in);
	buf_free(&file);
}

/* Trees alike? RefIds do not count, nor the order of dictionaries and properties, nor what a
 * skipped name holds. */
static const char *const *skip;
static char differs[200];

static bool same(const struct ps_val *a, const struct ps_val *b);

static bool differ(const char *what, struct span name)
{
	if (!differs[0])
		snprintf(differs, sizeof(differs), "%s %.*s", what, SPAN_ARG(name));
	return false;
}

static bool same_props(const struct ps_prop *a, const struct ps_prop *b)
{
	size_t n = 0, m = 0, i;
	const struct ps_prop *p;

	for (p = b; p; p = p->next)
		m++;
	for (; a; a = a->next, n++) {
		for (p = b; p && !span_eq(p->name, a->name); p = p->next)
			;
		if (!p)
			return differ("missing", a->name);
		for (i = 0; skip[i] && !span_is(a->name, skip[i]); i++)
			;
		if (!skip[i] && !same(a->val, p->val))
			return differ("property", a->name);
	}
	return n == m || differ("number of properties", SPAN_NONE);
}

static bool same_items(const struct ps_val *a, const struct ps_val *b)
{
	const struct ps_item *x, *y = b->items;
	size_t i;

	for (x = a->items; x; x = x->next) {
		if (x->key)
			for (y = b->items; y && !span_eq(y->key->text, x->key->text); y = y->next)
				;
		if (!y)
			return differ("item", x->key ? x->key->text : SPAN_NONE);
		for (i = 0; skip[i] && !(x->key && span_is(x->key->text, skip[i])); i++)
			;
		if (!skip[i] && !same(x->val, y->val))
			return differ("item", x->key ? x->key->text : SPAN_NONE);
		y = y->next;
	}
	return ps_count(a) == ps_count(b) || differ("number of items", SPAN_NONE);
}

static bool same_here(const struct ps_val *a, const struct ps_val *b)
{
	size_t i;

	if (a->tag != b->tag || a->box != b->box)
		return differ("kind", a->text);
	if (a->tag != PS_OBJ)
		return a->tag == PS_SS || span_eq(a->text, b->text) || differ("text", a->text);
	if ((a->types ? a->types->n : 0) != (b->types ? b->types->n : 0))
		return differ("types", a->types ? a->types->name[0] : SPAN_NONE);
	for (i = 0; a->types && i < a->types->n; i++)
		if (!span_eq(a->types->name[i], b->types->name[i]))
			return differ("type", a->types->name[i]);
	if (a->has_string != b->has_string || (a->has_string && !span_eq(a->string, b->string)))
		return differ("ToString", a->string);
	if (!a->base != !b->base || (a->base && !same(a->base, b->base)))
		return differ("value inside", a->string);
	return same_items(a, b) && same_props(a->adapted, b->adapted) &&
		same_props(a->extended, b->extended);
}

static bool same(const struct ps_val *a, const struct ps_val *b)
{
	static int depth;
	bool r = true;

	if (depth++ < 12)                 /* trees of errors go round in circles */
		r = same_here(a, b);
	depth--;
	return r;
}

/* Replay */

static void expect(struct arena *a, const struct rec *m, const char *const *ignore)
{
	struct ps_val *theirs = parse(a, m->msg), *ours = parse(a, buf_span(&wire.last));

	CHECK_INT(wire.type, m->type);
	CHECK(!theirs == !ours);
	skip = ignore;
	differs[0] = 0;
	if (theirs && !same(theirs, ours))
		FAIL("%s: %s", psrp_msg_name(m->type), differs);
	wire.type = 0;
}

static size_t commands(struct arena *a, const struct ps_val *list, struct pipe_cmd *cmd)
{
	size_t i, j, n = ps_count(list);
	int64_t merge;

	CHECK(n <= 4);
	for (i = 0; i < n; i++) {
		const struct ps_val *c = ps_nth(list, i), *args = ps_prop(c, "Args");
		struct pipe_param *param = arena_alloc(a, sizeof(*param) * (ps_count(args) + 1));

		cmd[i] = (struct pipe_cmd){ .param = param, .param_n = ps_count(args) };
		CHECK(ps_get_str(ps_prop(c, "Cmd"), &cmd[i].text));
		ps_get_bool(ps_prop(c, "IsScript"), &cmd[i].is_script);
		ps_get_bool(ps_prop(c, "UseLocalScope"), &cmd[i].takes_errors);
		cmd[i].merge_error = ps_get_i64(ps_prop(c, "MergeMyResult"), &merge) && merge == 2;
		for (j = 0; j < ps_count(args); j++) {
			struct span name = SPAN_NONE;

			ps_get_str(ps_prop(ps_nth(args, j), "N"), &name);
			param[j].name = name.n ? arena_str(a, name) : NULL;
			param[j].val = ps_prop(ps_nth(args, j), "V");
		}
	}
	return n;
}

/* Runs what the recorded client ran, from our own structures. */
static void replay_create(struct arena *a, const struct rec *m)
{
	static const char *const ignore[] = { "RedirectShellErrorOutputPipe", NULL };
	const struct ps_val *body = parse(a, m->msg), *ps = ps_prop(body, "PowerShell"),
						*extra = ps_prop(ps, "ExtraCmds");
	struct pipe_cmd cmd[8][4];
	struct pipe_stmt stmt[8];
	struct pipe_spec spec = { .stmt = stmt, .stmt_n = extra ? ps_count(extra) : 1 };
	bool nested = false;
	size_t i;

	for (i = 0; i < spec.stmt_n; i++) {
		stmt[i].cmd = cmd[i];
		stmt[i].cmd_n = commands(a, ps_prop(extra ? ps_nth(extra, i) : ps, "Cmds"), cmd[i]);
	}
	ps_get_bool(ps_prop(body, "NoInput"), &spec.no_input);
	ps_get_bool(ps_prop(body, "AddToHistory"), &spec.add_history);
	ps_get_bool(ps_prop(body, "IsNested"), &nested);
	ps_get_str(ps_prop(ps, "History"), &spec.history);
	wire.next = m->pipe;
	pipe_now = session_run(sess, &spec, &pipe_ev, &pipe_now);
	if (!span_starts(
			cmd[0][0].text, "__Set-PS")) /* the debugger's own commands have other options */
		expect(a, m, ignore);
}

/* What stands in the recorded answer, made anew with the builders of host.h. */
static struct ps_val *rebuild(struct host_call *c, const struct ps_val *v)
{
	struct arena *a = &c->arena;
	struct ps_val *o;
	struct ps_item *item;
	struct span s;

	if (v->tag == PS_SS)
		return host_secure_string(c, SPAN("secret"));
	if (ps_is_type(v, "System.Management.Automation.PSCredential")) {
		CHECK(ps_get_str(ps_prop(v, "UserName"), &s));
		return host_credential(a, s, host_secure_string(c, SPAN("secret")));
	}
	if (v->tag != PS_OBJ)
		return ps_new(a, v->tag, v->text);
	CHECK_INT(v->box, BOX_DCT);
	o = host_dictionary(a);
	for (item = v->items; item; item = item->next)
		ps_put(a, o, ps_str(a, item->key->text), rebuild(c, item->val));
	return o;
}

static void replay_response(struct arena *a, const struct rec *m)
{
	static const char *const ignore[] = { NULL };
	const struct ps_val *body = parse(a, m->msg), *mr = ps_prop(body, "mr");
	struct host_call *c = seen.open[0];
	int64_t ci;

	CHECK(c && ps_get_i64(ps_prop(body, "ci"), &ci));
	CHECK_INT(c->ci, ci);
	seen.open[0] = NULL;
	if (psrp_host_needs_key(c) && sess->key_state != KEY_READY)
		give_key();
	wire.type = 0;
	host_reply(c, rebuild(c, mr));
	expect(a, m, ignore);
	CHECK_INT(wire.prio, XPORT_PR);
	CHECK(!wire.last_pool);
}

static void replay_client(struct arena *a, const struct rec *m)
{
	static const char *const no_version[] = { "protocolversion", NULL };
	/* Versions and machine of the recorded client; the one made with another client says less. */
	static const char *const init[] = { "PSRemotingProtocolVersion", "OS", "GitCommitId", NULL };

	switch (m->type) {
	case PSRP_SESSION_CAPABILITY:
		skip = no_version;
		CHECK(same(parse(a, m->msg), parse(a, buf_span(&wire.capability))));
		break;
	case PSRP_INIT_RUNSPACEPOOL:
		expect(a, m, init);
		break;
	case PSRP_CREATE_PIPELINE:
		replay_create(a, m);
		break;
	case PSRP_GET_COMMAND_METADATA:
		/* ours asks no such thing: the answers count as if another client had */
		pipe_now = session_adopt(sess, &m->pipe, &pipe_ev, &pipe_now);
		break;
	case PSRP_PIPELINE_INPUT:
		pipe_input(pipe_now, parse(a, m->msg));
		expect(a, m, no_version);
		break;
	case PSRP_END_OF_PIPELINE_INPUT:
		pipe_end_input(pipe_now);
		expect(a, m, no_version);
		break;
	case PSRP_PIPELINE_HOST_RESPONSE:
		replay_response(a, m);
		break;
	default:
		FAIL("recorded client sent %s", psrp_msg_name(m->type));
	}
}

static void replay(const char *name, int width, int height)
{
	unsigned outputs = 0, records = 0, ends = 0, i;
	struct arena a;
	size_t at;

	load(name);
	open_session(width, height);
	arena_init(&a, 1 << 28);
	for (at = 0; at < rec_n; at++) {
		if (recs[at].client) {
			replay_client(&a, &recs[at]);
			continue;
		}
		if (recs[at].type == PSRP_RUNSPACEPOOL_STATE && seen.last_state == SESSION_OPEN &&
			!wire.closes)
			session_close(sess);
		receive(&recs[at].pipe, recs[at].msg);
		if (sess->err.code)
			FAIL("message %zu: %s (%s)", at, sess->err.text, sess->err.spec ? sess->err.spec : "");
		outputs += recs[at].type == PSRP_PIPELINE_OUTPUT;
		records += recs[at].type >= PSRP_DEBUG_RECORD && recs[at].type <= PSRP_INFORMATION_RECORD;
		records += recs[at].type == PSRP_ERROR_RECORD;
		ends += recs[at].type == PSRP_PIPELINE_STATE;
	}
	CHECK_INT(seen.outputs, outputs);
	for (i = 0; i < 6; i++)
		records -= seen.records[i];
	CHECK_INT(records, 0);
	CHECK_INT(seen.ended, ends);
	CHECK_INT(session_protocol(sess), 203);
	wire.x.ev->closed(wire.x.ctx, NULL);
	CHECK_INT(seen.last_state, SESSION_CLOSED);
	arena_free(&a);
	session_free(sess);
	CHECK_INT(wire.frees, 1);
}

TEST(enter_is_reproduced)
{
	replay("enter", 100, 30);
	CHECK(showed("WriteLine2(Wednesday, 01 January 2020 00:00:00)\n"));
}
TEST(interactive_formatting_is_reproduced) { replay("interactive-formatting", 100, 30); }
TEST(interactive_multiline_is_reproduced) { replay("interactive-multiline", 100, 30); }
TEST(interactive_progress_is_reproduced)
{
	replay("interactive-progress", 100, 30);
	CHECK(seen.records[RECORD_PROGRESS] > 3);
}
TEST(interactive_ctrlc_is_reproduced) { replay("interactive-ctrlc", 100, 30); }
TEST(interactive_exit_code_is_reproduced)
{
	replay("interactive-exit-code", 100, 30);
	CHECK(showed("SetShouldExit("));
}
TEST(interactive_streams_is_reproduced)
{
	replay("interactive-streams", 100, 30);
	CHECK(showed("WriteErrorLine(Write-Error: boom)\nWARNING: "
				 "careful\nWriteWarningLine(careful)\nVERBOSE: v\n"));
}
TEST(interactive_credential_is_reproduced)
{
	replay("interactive-credential", 100, 30);
	CHECK_INT(seen.calls, 1);
}
TEST(interactive_hostcalls_is_reproduced)
{
	replay("interactive-hostcalls", 100, 30);
	CHECK_INT(seen.calls, 3);
}
TEST(invoke_basic_is_reproduced) { replay("invoke-basic", 80, 24); }
TEST(invoke_args_input_is_reproduced) { replay("invoke-args-input", 80, 24); }
TEST(invoke_large_is_reproduced) { replay("invoke-large", 80, 24); }
TEST(invoke_nohost_prompt_is_reproduced) { replay("invoke-nohost-prompt", 80, 24); }
TEST(invoke_types_is_reproduced) { replay("invoke-types", 80, 24); }
TEST(session_state_is_reproduced) { replay("session-state", 80, 24); }
TEST(invoke_streams_is_reproduced)
{
	replay("invoke-streams", 80, 24);
	CHECK(showed("Write-Error: boom\nWARNING: w\n"));
	CHECK(showed("a: s [40%]\n"));
}
TEST(invoke_terminating_is_reproduced)
{
	replay("invoke-terminating", 80, 24);
	CHECK(showed("OperationStopped: bad\n"));
}
TEST(invoke_parse_error_is_reproduced)
{
	replay("invoke-parse-error", 80, 24);
	CHECK(showed(
		"Invoke-Expression: You must provide a value expression following the '+' operator.\n"));
}
