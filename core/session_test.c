#include "core/session_test.h"

/* Opening and closing */

static void end_session(void)
{
	session_free(sess);
	CHECK_INT(wire.frees, 1);
}

TEST(a_2_2_server_is_accepted)
{
	open_session(80, 24);
	answer_capability("2.2");
	CHECK_INT(session_protocol(sess), 202);
	end_session();
}
TEST(a_2_4_server_falls_back_to_our_version)
{
	open_session(80, 24);
	answer_capability("2.4");
	CHECK_INT(session_protocol(sess), 203);
	end_session();
}

TEST(an_older_server_is_refused_with_words)
{
	open_session(80, 24);
	answer_capability("2.1");
	CHECK_INT(wire.closes, 1);
	wire.x.ev->closed(wire.x.ctx, NULL);
	CHECK_INT(seen.last_state, SESSION_BROKEN);
	CHECK_INT(seen.why, E_PEER);
	CHECK(strstr(seen.why_text, "version 2.1") && strstr(seen.why_text, "2.2 or later"));
	end_session();
}

static void breaks(void)
{
	CHECK_INT(wire.closes, 1);
	wire.x.ev->closed(wire.x.ctx, NULL);
	CHECK_INT(seen.last_state, SESSION_BROKEN);
	end_session();
}

TEST(opened_before_the_capability_breaks) { open_session(80, 24); pool_state(2); breaks(); }
TEST(a_client_s_message_from_a_server_breaks)
{
	opened();
	from_server(PSRP_CREATE_PIPELINE, NULL, "<Nil/>");
	breaks();
}
TEST(an_unknown_message_breaks) { opened(); from_server(0x99999, NULL, "<Nil/>"); breaks(); }
TEST(malformed_clixml_breaks)
{
	opened();
	from_server(PSRP_RUNSPACE_AVAILABILITY, NULL, "<Obj><");
	breaks();
}
TEST(a_key_before_the_capability_breaks)
{
	open_session(80, 24);
	from_server(PSRP_ENCRYPTED_SESSION_KEY, NULL, "<Nil/>");
	breaks();
}

TEST(pool_states_other_than_2_to_5_are_passed_over)
{
	open_session(80, 24);
	answer_capability("2.3");
	pool_state(6);
	pool_state(9);
	pool_state(1);
	CHECK_INT(seen.last_state, -1);
	pool_state(2);
	CHECK_INT(seen.last_state, SESSION_OPEN);
	pool_state(7);
	CHECK(!sess->err.code);
	end_session();
}

TEST(a_pool_that_breaks_while_opening_gives_the_server_s_words)
{
	open_session(80, 24);
	answer_capability("2.3");
	from_server(PSRP_RUNSPACEPOOL_STATE, NULL,
		"<Obj RefId=\"0\"><MS><I32 N=\"RunspaceState\">5</I32><Obj N=\"ExceptionAsErrorRecord\""
		" RefId=\"1\"><ToString>no language mode</ToString></Obj></MS></Obj>");
	CHECK_INT(wire.closes, 1);
	wire.x.ev->closed(wire.x.ctx, NULL);
	CHECK_INT(seen.why, E_REMOTE);
	CHECK(strstr(seen.why_text, "no language mode"));
	end_session();
}

TEST(the_deadline_for_opening_ends_the_session)
{
	open_session(80, 24);
	session_free(sess);
	struct session_cfg cfg = { .loop = loop, .xport = &wire.x, .state = on_state, .open_ms = 1 };

	wire = (struct wire){ .x = { .ops = &wire_ops } };
	buf_init(&wire.capability, 1 << 20);
	buf_init(&wire.last, 1 << 20);
	sess = session_new(&cfg);
	turn();
	CHECK_INT(wire.closes, 1);
	wire.x.ev->closed(wire.x.ctx, NULL);
	CHECK_INT(seen.why, E_NET);
	end_session();
}

TEST(a_transport_that_breaks_ends_pipelines_first)
{
	struct err e = { 0 };

	opened();
	run_text("a");
	err_set(&e, E_NET, "cable");
	wire.x.ev->closed(wire.x.ctx, &e);
	CHECK_INT(seen.ended, 1);
	CHECK_INT(seen.st, PIPE_FAILED);
	CHECK_STR(seen.why_text, "cable");
	CHECK_INT(seen.last_state, SESSION_BROKEN);
	run_text("b");
	CHECK_INT(seen.ended, 1);
	turn();
	CHECK_INT(seen.ended, 2);
	end_session();
}

TEST(session_close_stops_pipelines_and_ends_closed)
{
	struct err e = { 0 };

	opened();
	run_text("a");
	session_close(sess);
	session_close(sess);
	CHECK_INT(wire.closes, 1);
	pipe_is(3);
	CHECK_INT(seen.ended, 1);
	err_set(&e, E_NET, "gone early");
	wire.x.ev->closed(wire.x.ctx, &e);
	CHECK_INT(seen.last_state, SESSION_CLOSED);
	end_session();
}

TEST(a_session_may_be_freed_inside_a_callback)
{
	opened();
	run_text("a");
	seen.free_in_output = true;
	from_server(PSRP_PIPELINE_OUTPUT, &wire.next, "<S>x</S>");
	CHECK_INT(wire.frees, 0);
	from_server(PSRP_PIPELINE_OUTPUT, &wire.next, "<S>x</S>");
	CHECK_INT(seen.outputs, 1);
	turn();
	CHECK_INT(wire.frees, 1);
	CHECK_INT(seen.ended, 0);
}

/* Pools that live on */

#define INIT_DATA \
	"<Obj RefId=\"0\"><MS><I32 N=\"MinRunspaces\">1</I32><I32 N=\"MaxRunspaces\">1</I32></MS></Obj>"

TEST(a_pool_that_was_left_is_open_when_its_init_data_came)
{
	struct session_cfg cfg = fresh(80, 24);
	struct guid pool = guid_random();

	sess = session_connect(&cfg, &pool);
	CHECK_INT(wire.type, PSRP_CONNECT_RUNSPACEPOOL);
	CHECK(span_search(buf_span(&wire.last), SPAN("<S></S>")) == wire.last.n - 7);
	CHECK(guid_eq(&sess->pool.id, &pool));
	answer_capability("2.3");
	pool_state(2);
	CHECK_INT(seen.last_state, -1);
	from_server(PSRP_RUNSPACEPOOL_INIT_DATA, NULL, INIT_DATA);
	CHECK_INT(seen.last_state, SESSION_OPEN);
	from_server(PSRP_APPLICATION_PRIVATE_DATA, NULL, "<Nil/>");
	CHECK_INT(session_protocol(sess), 203);
	CHECK(!sess->err.code);
	end_session();
}

TEST(init_data_of_a_pool_of_our_own_breaks)
{
	open_session(80, 24);
	answer_capability("2.3");
	from_server(PSRP_RUNSPACEPOOL_INIT_DATA, NULL, INIT_DATA);
	breaks();
}

TEST(init_data_before_the_capability_breaks)
{
	struct session_cfg cfg = fresh(80, 24);
	struct guid pool = guid_random();

	sess = session_connect(&cfg, &pool);
	from_server(PSRP_RUNSPACEPOOL_INIT_DATA, NULL, INIT_DATA);
	breaks();
}

TEST(a_pool_that_a_keeper_has_is_open_at_once)
{
	struct session_cfg cfg = fresh(80, 24);
	struct guid pool = guid_random();

	sess = session_attach(&cfg, &pool, 202);
	CHECK_INT(wire.sent, 0);
	CHECK_INT(session_protocol(sess), 202);
	run_text("a");
	CHECK_INT(wire.type, PSRP_CREATE_PIPELINE);
	pipe_is(4);
	CHECK_INT(seen.st, PIPE_COMPLETED);
	end_session();
}

TEST(a_released_session_leaves_its_transport_and_pool)
{
	opened();
	CHECK(session_release(sess) == &wire.x);
	CHECK_INT(wire.frees + wire.closes, 0);
	wire.x.ops->free(&wire.x);
}

static void on_opened(void *ctx, enum session_state st, const struct err *why)
{
	(void)ctx, (void)why;
	if (st == SESSION_OPEN)
		CHECK(session_release(sess) == &wire.x);
}

TEST(a_session_may_be_released_as_soon_as_it_is_open)
{
	struct session_cfg cfg = fresh(80, 24);

	cfg.state = on_opened;
	sess = session_new(&cfg);
	answer_capability("2.3");
	pool_state(2);
	turn();
	CHECK_INT(wire.frees + wire.closes, 0);
	wire.x.ops->free(&wire.x);
}

TEST(a_pipeline_of_somebody_else_is_taken_over)
{
	opened();
	wire.next = guid_random();
	pipe_now = session_adopt(sess, &wire.next, &pipe_ev, &pipe_now);
	CHECK_INT(wire.attached, 1);
	CHECK(guid_eq(&wire.last_pipe, &wire.next));
	from_server(PSRP_PIPELINE_OUTPUT, &wire.next, "<S>x</S>");
	CHECK_INT(seen.outputs, 1);
	pipe_is(4);
	CHECK_INT(seen.ended, 1);
	CHECK_INT(wire.ends, 1);
	end_session();
}

TEST(what_the_link_does_is_passed_on_and_pipelines_stay)
{
	opened();
	run_text("a");
	wire.x.ev->link(wire.x.ctx, XPORT_RETRYING, 240, NULL);
	wire.x.ev->link(wire.x.ctx, XPORT_DISCONNECTED, 0, NULL);
	CHECK_INT(seen.links, 2);
	CHECK_INT(seen.ended, 0);
	end_session();
}

/* Pipelines */

TEST(a_pipeline_waits_for_the_pool_with_its_input)
{
	struct pipe_cmd cmd = { .text = SPAN("cat"), .is_script = true };
	struct pipe_stmt stmt = { &cmd, 1 };
	struct pipe_spec spec = { .stmt = &stmt, .stmt_n = 1 };
	struct arena a;

	arena_init(&a, 1 << 20);
	open_session(80, 24);
	wire.next = guid_random();
	pipe_now = session_run(sess, &spec, &pipe_ev, &pipe_now);
	pipe_input(pipe_now, ps_str(&a, SPAN("one")));
	CHECK(pipe_queued(pipe_now) > 10);
	pipe_end_input(pipe_now);
	CHECK_INT(wire.sent, 1);
	answer_capability("2.3");
	pool_state(2);
	CHECK_INT(wire.sent, 4);
	CHECK_INT(wire.type, PSRP_END_OF_PIPELINE_INPUT);
	CHECK_INT(wire.last.n, PSRP_MSG_HEAD);
	CHECK(guid_eq(&wire.last_pipe, &wire.next));
	CHECK_INT(pipe_queued(pipe_now), 7);
	wire.x.ev->room(wire.x.ctx, &wire.next);
	CHECK_INT(seen.rooms, 1);
	arena_free(&a);
	end_session();
}

TEST(an_ended_pipeline_is_given_back_to_the_server)
{
	opened();
	run_text("a");
	pipe_is(1);
	CHECK_INT(seen.ended, 0);
	pipe_is(4);
	CHECK_INT(seen.ended, 1);
	CHECK_INT(seen.st, PIPE_COMPLETED);
	CHECK_INT(wire.ends, 1);
	pipe_is(4);
	from_server(PSRP_PIPELINE_OUTPUT, &wire.next, "<S>late</S>");
	CHECK_INT(seen.ended, 1);
	CHECK_INT(seen.outputs, 0);
	wire.x.ev->pipe_closed(wire.x.ctx, &wire.next, NULL);
	end_session();
}

TEST(a_stop_before_the_start_sends_nothing)
{
	open_session(80, 24);
	run_text("a");
	pipe_stop(pipe_now);
	CHECK_INT(seen.ended, 0);
	turn();
	CHECK_INT(seen.ended, 1);
	CHECK_INT(seen.st, PIPE_STOPPED);
	CHECK_INT(wire.stops, 0);
	answer_capability("2.3");
	pool_state(2);
	CHECK_INT(wire.sent, 1);
	end_session();
}

TEST(a_stop_goes_out_once_and_a_dropped_pipeline_counts_as_stopped)
{
	opened();
	run_text("a");
	pipe_stop(pipe_now);
	pipe_stop(pipe_now);
	CHECK_INT(wire.stops, 1);
	wire.x.ev->pipe_closed(wire.x.ctx, &wire.next, NULL);
	CHECK_INT(seen.st, PIPE_STOPPED);
	end_session();
}

TEST(a_pipeline_that_the_server_drops_fails_with_words)
{
	opened();
	run_text("a");
	wire.x.ev->pipe_closed(wire.x.ctx, &wire.next, NULL);
	CHECK_INT(seen.st, PIPE_FAILED);
	CHECK(strstr(seen.why_text, "without saying"));
	end_session();
}

TEST(an_interactive_line_carries_the_terminal_as_it_is_now)
{
	struct host_info h = { true, 7, 0, 132, 43, 5, 6, "tty" };
	const struct ps_val *body, *info, *data;
	struct arena a;
	int64_t width;
	bool runspace = true;

	opened();
	session_set_host(sess, &h);
	run_text("a");
	arena_init(&a, 1 << 20);
	body = parse(&a, buf_span(&wire.last));
	info = ps_prop(body, "HostInfo");
	CHECK(ps_get_bool(ps_prop(info, "_useRunspaceHost"), &runspace) && !runspace);
	data = ps_prop(ps_prop(info, "_hostDefaultData"), "data");
	CHECK_INT(ps_count(data), 10);
	CHECK(ps_get_i64(ps_prop(ps_prop(ps_lookup(data, "6"), "V"), "width"), &width) && width == 132);
	CHECK_INT(ps_count(ps_prop(ps_prop(body, "PowerShell"), "Cmds")), 3);
	arena_free(&a);
	end_session();
}

/* Host calls */

static void host_call(int ci, int method, const char *params)
{
	char xml[2000];

	snprintf(xml, sizeof(xml),
		"<Obj RefId=\"0\"><MS><I64 N=\"ci\">%d</I64><Obj N=\"mi\" "
		"RefId=\"1\"><ToString>x</ToString><I32>%d</I32></Obj>"
		"<Obj N=\"mp\" RefId=\"2\"><LST>%s</LST></Obj></MS></Obj>",
		ci, method, params);
	from_server(PSRP_PIPELINE_HOST_CALL, &wire.next, xml);
}

static bool sent_holds(const char *text)
{
	return span_search(buf_span(&wire.last), span_str(text)) < wire.last.n;
}

TEST(every_value_call_gets_exactly_one_answer_and_a_void_call_none)
{
	int m;

	opened();
	run_text("a");
	for (m = 1; m < HOST_METHOD_END; m++) {
		unsigned before = wire.sent;

		host_call(host_is_void(m) ? -100 : m, m, "<S>p</S>");
		/* that one asks for the key */
		CHECK_INT(wire.sent, before + (m == HOST_READ_LINE_AS_SECURE_STRING));
		if (host_is_void(m))
			continue;
		CHECK(seen.open[0] && (int)seen.open[0]->method == m);
		wire.type = 0;
		host_fail(seen.open[0], "no such thing here");
		seen.open[0] = NULL;
		CHECK_INT(wire.type, PSRP_PIPELINE_HOST_RESPONSE);
		CHECK(
			sent_holds("N=\"me\"") && sent_holds("no such thing here") && !sent_holds("N=\"mr\""));
	}
	CHECK_INT(seen.voids, 29);
	CHECK_INT(seen.calls, 27);
	end_session();
}

TEST(an_unknown_value_call_is_answered_with_an_error)
{
	opened();
	run_text("a");
	host_call(5, 57, "");
	CHECK_INT(wire.type, PSRP_PIPELINE_HOST_RESPONSE);
	CHECK(sent_holds("<I32>57</I32>") && sent_holds("N=\"me\""));
	wire.type = 0;
	host_call(-100, 57, "");
	CHECK_INT(wire.type, 0);
	CHECK(!sess->err.code);
	end_session();
}

TEST(a_null_answer_has_no_result)
{
	opened();
	run_text("a");
	host_call(9, HOST_READ_LINE, "");
	host_reply(seen.open[0], NULL);
	CHECK(
		!sent_holds("N=\"mr\"") && !sent_holds("N=\"me\"") && sent_holds("<I64 N=\"ci\">9</I64>"));
	end_session();
}

TEST(a_call_of_the_pool_is_answered_on_the_pool)
{
	opened();
	from_server(PSRP_RUNSPACEPOOL_HOST_CALL, NULL,
		"<Obj RefId=\"0\"><MS><I64 N=\"ci\">2</I64><I32 N=\"mi\">11</I32></MS></Obj>");
	host_reply(seen.open[0], ps_str(&seen.open[0]->arena, SPAN("typed")));
	CHECK_INT(wire.type, PSRP_RUNSPACEPOOL_HOST_RESPONSE);
	CHECK(wire.last_pool && sent_holds("<S N=\"mr\">typed</S>"));
	end_session();
}

TEST(a_stop_takes_back_the_open_question_without_an_answer)
{
	unsigned before;

	opened();
	run_text("a");
	host_call(1, HOST_READ_LINE, "");
	before = wire.sent;
	pipe_stop(pipe_now);
	CHECK_INT(seen.cancels, 1);
	CHECK_INT(wire.sent, before);
	CHECK_INT(wire.stops, 1);
	end_session();
}

TEST(a_session_that_is_freed_takes_back_its_question)
{
	opened();
	run_text("a");
	host_call(1, HOST_READ_LINE, "");
	end_session();
	CHECK_INT(seen.cancels, 1);
}

TEST(the_end_of_a_pipeline_takes_back_its_question_only)
{
	opened();
	run_text("a");
	host_call(1, HOST_READ_LINE, "");
	from_server(PSRP_RUNSPACEPOOL_HOST_CALL, NULL,
		"<Obj RefId=\"0\"><MS><I64 N=\"ci\">2</I64><I32 N=\"mi\">11</I32></MS></Obj>");
	pipe_is(5);
	CHECK_INT(seen.cancels, 1);
	CHECK(!seen.open[0] && seen.open[1]);
	session_close(sess);
	wire.x.ev->closed(wire.x.ctx, NULL);
	CHECK_INT(seen.cancels, 2);
	CHECK_INT(seen.last_state, SESSION_CLOSED);
	end_session();
}

#define FIELD(type) \
	"<S>c</S><S>m</S><Obj RefId=\"9\"><LST><Obj RefId=\"10\"><MS><S N=\"name\">F</S>" \
	"<S N=\"parameterTypeFullName\">" type "</S></MS></Obj></LST></Obj>"

TEST(secrets_are_asked_for_with_powershell_s_words)
{
	struct buf b;

	buf_init(&b, 2000);
	opened();
	run_text("a");
	host_call(1, HOST_READ_LINE_AS_SECURE_STRING, "");
	CHECK(host_warning(seen.open[0], "server01", &b));
	CHECK(strstr(buf_cstr(&b), "computer SERVER01 is asking to read a line securely."));
	buf_clear(&b);
	host_call(2, HOST_PROMPT, FIELD("System.Security.SecureString"));
	CHECK(host_warning(seen.open[1], "server01", &b));
	CHECK(strstr(buf_cstr(&b), "SERVER01 is sending a prompt request."));
	CHECK(!host_asks_credential(seen.open[1]));
	buf_clear(&b);
	host_call(3, HOST_PROMPT, FIELD("System.String"));
	CHECK(!host_warning(seen.open[2], "server01", &b));
	host_call(4, HOST_PROMPT, FIELD("System.Management.Automation.PSCredential"));
	CHECK(host_asks_credential(seen.open[3]));
	host_credential_caption(SPAN("Sign in"), &b);
	host_credential_message(SPAN("Please"), "s\xc3\xa9rver", &b);
	CHECK(strstr(buf_cstr(&b),
		"PowerShell Credential Request: Sign inWarning: A script or application on the remote "
		"computer "
		"S\xc3\x89RVER is requesting your credentials. "));
	CHECK(strstr(buf_cstr(&b), "requesting them.\n\nPlease"));
	buf_free(&b);
	end_session();
}

/* Session key */

TEST(a_secret_answer_waits_for_the_key_and_goes_encrypted)
{
	opened();
	run_text("a");
	wire.type = 0;
	host_call(1, HOST_READ_LINE_AS_SECURE_STRING, "");
	CHECK_INT(wire.type, PSRP_PUBLIC_KEY);
	CHECK(wire.last_pool);
	CHECK_INT(seen.calls, 1);
	host_reply(seen.open[0], host_secure_string(seen.open[0], SPAN("hunter2")));
	CHECK_INT(wire.type, PSRP_PUBLIC_KEY);
	give_key();
	CHECK_INT(wire.type, PSRP_PIPELINE_HOST_RESPONSE);
	CHECK(sent_holds("<SS N=\"mr\">") && !sent_holds("hunter2"));
	host_call(2, HOST_READ_LINE_AS_SECURE_STRING, "");
	host_reply(seen.open[1], host_secure_string(seen.open[1], SPAN("again")));
	CHECK(sent_holds("<I64 N=\"ci\">2</I64>") && !sent_holds("again"));
	end_session();
}

TEST(a_pipeline_that_needs_the_key_waits_for_it)
{
	struct pipe_cmd cmd = { .text = SPAN("x") };
	struct pipe_stmt stmt = { &cmd, 1 };
	struct pipe_spec spec = { .stmt = &stmt, .stmt_n = 1, .no_input = true, .need_key = true };

	opened();
	wire.next = guid_random();
	pipe_now = session_run(sess, &spec, &pipe_ev, &pipe_now);
	CHECK_INT(wire.type, PSRP_PUBLIC_KEY);
	give_key();
	CHECK_INT(wire.type, PSRP_CREATE_PIPELINE);
	end_session();
}
