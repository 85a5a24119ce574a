#include "core/xport_wsman_test.h"

#define SHELL "<r:Shell><r:ShellId>THEIR-ID</r:ShellId></r:Shell>"
#define INIT_DATA "<Obj RefId=\"0\"/>"

static const struct xport_keep as_it_was;

/* Disconnected while a Receive waits, which brings nothing. */
static void disconnected(void)
{
	begin(false);
	x->ops->disconnect(x, &as_it_was);
	CHECK_STR(out(), "0:Receive 1:Disconnect");
	answer(1, "");
	CHECK_STR(out(), "0:Receive");
	fault(0, WSMAN_STREAM_DISCONNECTED);
	CHECK_STR(out(), "");
	CHECK_STR(heard(), "link-down ");
	CHECK(!conns[0].used && !conns[1].used);
}

/* Disconnect */

TEST(nothing_is_asked_for_while_disconnected)
{
	disconnected();
	x->ops->send(x, &pipe1, XPORT_STDIN, SPAN("input"));
	x->ops->create(x, &pipe2, SPAN("create"));
	x->ops->stop(x, &pipe1);
	CHECK_STR(out(), "");
	x->ops->reconnect(x);
	CHECK_STR(out(), "0:Reconnect");
	answer(0, "");
	CHECK_STR(out(), "0:Command");
	CHECK_STR(heard(), "link-up ");
	answer(0, "<r:CommandResponse/>");
	CHECK_STR(out(), "0:Receive");
	x->ops->attach(x, &pipe1);                      /* what ran before waits for that */
	CHECK_STR(out(), "0:Receive 1:Reconnect-pipe");
	answer(1, "");
	CHECK_STR(out(), "0:Receive 1:Signal-stop");
	stop();
}

TEST(a_command_that_was_asked_for_begins_first)
{
	open_pool();
	x->ops->create(x, &pipe1, SPAN("create"));
	x->ops->disconnect(x, &as_it_was);
	CHECK_STR(out(), "0:Command");
	answer(0, "<r:CommandResponse/>");
	CHECK_STR(out(), "0:Disconnect");
	stop();
}

TEST(a_command_whose_answer_is_slow_begins_first)
{
	open_pool();
	x->ops->create(x, &pipe1, SPAN("create"));
	x->ops->disconnect(x, &as_it_was);
	CHECK_STR(out(), "0:Command");
	wait_ms(5100);
	CHECK_STR(out(), "0:Command");
	lose(0, false);
	CHECK_STR(out(), "1:Reconnect");
	answer(1, "");
	CHECK_STR(out(), "0:Command");
	answer(0, "<r:CommandResponse/>");
	CHECK_STR(out(), "0:Disconnect");
	stop();
}

TEST(a_message_that_is_half_here_comes_whole_first)
{
	begin(false);
	deliver_fragment(0, 7, 0, 1);
	CHECK_STR(out(), "0:Receive");
	x->ops->disconnect(x, &as_it_was);
	CHECK_STR(out(), "0:Receive");
	deliver_fragment(0, 7, 1, 0);
	CHECK_STR(out(), "0:Receive");
	deliver_fragment(0, 7, 2, 2);
	CHECK_STR(heard(), "message ");
	CHECK_STR(out(), "0:Disconnect");
	answer(0, "<r:DisconnectResponse/>");
	CHECK_STR(out(), "0:Get");
	answer(0, SHELL);
	CHECK_STR(out(), "");
	CHECK_STR(heard(), "link-down ");
	stop();
}

TEST(what_is_flushed_is_acknowledged_and_half_of_a_message_fetched_whole)
{
	begin(false);
	x->ops->disconnect(x, &as_it_was);
	CHECK_STR(out(), "0:Receive 1:Disconnect");
	answer(1, "");
	deliver_fragment(0, 7, 0, 1);
	CHECK_STR(out(), "0:Get");
	answer(0, SHELL);
	CHECK_STR(out(), "1:Reconnect");
	answer(1, "");
	CHECK_STR(out(), "1:Reconnect-pipe");
	answer(1, "");
	CHECK_STR(out(), "0:Receive");
	deliver_fragment(0, 7, 0, 1);                   /* again, as it was not acknowledged */
	CHECK_STR(out(), "0:Receive");
	deliver_fragment(0, 7, 1, 2);
	CHECK_STR(out(), "1:Disconnect");
	answer(1, "");
	CHECK_STR(out(), "0:Get");
	answer(0, SHELL);
	CHECK_STR(out(), "");
	CHECK_STR(heard(), "message link-down ");
	stop();
}

TEST(how_the_pool_is_kept_is_said_and_remembered)
{
	struct xport_keep keep = { 90000, BUFFERING_DROP };
	struct xport_idle idle;

	open_pool();
	x->ops->disconnect(x, &keep);
	CHECK_STR(out(), "0:Disconnect");
	CHECK_STR(part(&conns[0], "IdleTimeOut", NULL), "PT1M30S");
	CHECK_STR(part(&conns[0], "BufferMode", NULL), "Drop");
	answer(0, "");
	CHECK_STR(out(), "0:Get");                      /* the last answer of the pool */
	CHECK(x->ops->idle(x, &idle));
	CHECK_INT(idle.idle_ms, 90000);
	CHECK_INT(idle.buffering, BUFFERING_DROP);
	stop();
}

TEST(a_disconnect_that_is_refused_changes_nothing)
{
	static const uint32_t codes[] = { 2150859250u, WSMAN_UNSUPPORTED };
	size_t i;

	for (i = 0; i < 2; i++) {
		begin(false);
		x->ops->disconnect(x, &as_it_was);
		CHECK_STR(out(), "0:Receive 1:Disconnect");
		fault(1, codes[i]);
		CHECK_STR(heard(), "link-up-why ");
		deliver(0, PSRP_PIPELINE_OUTPUT, "<S/>", NULL);
		CHECK_STR(out(), "0:Receive");
		stop();
	}
}

TEST(a_shell_that_is_gone_breaks_the_session)
{
	disconnected();
	x->ops->reconnect(x);
	CHECK_STR(out(), "0:Reconnect");
	fault(0, WSMAN_SHELL_GONE);
	CHECK_STR(out(), "0:Delete");
	answer(0, "");
	CHECK(over && end.code == E_REMOTE);
	stop();
}

TEST(a_reconnect_that_fails_may_be_tried_again)
{
	disconnected();
	x->ops->reconnect(x);
	CHECK_STR(out(), "0:Reconnect");
	lose(0, true);
	CHECK_STR(heard(), "link-down-why ");
	x->ops->reconnect(x);
	CHECK_STR(out(), "0:Reconnect");
	fault(0, WSMAN_OTHER_CLIENT);
	CHECK_STR(heard(), "link-down-why ");
	CHECK(!over);
	stop();
}

TEST(a_disconnected_shell_is_claimed_before_it_is_deleted)
{
	static const struct { uint32_t fault; const char *next; int code; } cases[] = {
		{ 0, "0:Delete", 0 }, { WSMAN_UNSUPPORTED, "0:Delete", 0 }, { WSMAN_SHELL_GONE, "", 0 },
		{ WSMAN_OTHER_SESSION, "", E_REMOTE }, { WSMAN_OTHER_CLIENT, "", E_REMOTE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		disconnected();
		x->ops->close(x);
		CHECK_STR(out(), "0:Reconnect");
		if (cases[i].fault)
			fault(0, cases[i].fault);
		else
			answer(0, "");
		CHECK_STR(out(), cases[i].next);
		if (*cases[i].next)
			answer(0, "");
		CHECK(over);
		CHECK_INT(end.code, cases[i].code);
		stop();
	}
}

TEST(a_shell_whose_delete_was_lost_is_claimed_before_the_next)
{
	close_ms = 2000;
	open_pool();
	close_ms = 60;
	x->ops->close(x);
	CHECK_STR(out(), "0:Delete");
	lose(0, true);
	wait_ms(150);
	CHECK_STR(out(), "0:Reconnect");
	fault(0, WSMAN_SHELL_GONE);             /* it had come */
	wait_ms(150);
	CHECK(over && !end.code);
	stop();
}

TEST(a_close_without_an_answer_is_told)
{
	open_pool();
	x->ops->close(x);
	CHECK_STR(out(), "0:Delete");
	wait_ms(200);
	CHECK(over);
	CHECK_INT(end.code, E_NET);
	stop();
}

TEST(a_disconnect_that_the_network_keeps_back_goes_out_when_it_is_there_again)
{
	struct xport_keep keep = { 90000, BUFFERING_DROP };

	begin(false);
	x->ops->disconnect(x, &keep);
	CHECK_STR(out(), "0:Receive 1:Disconnect");
	lose(1, true);
	lose(0, true);
	wait_ms(150);
	CHECK_STR(out(), "1:Reconnect");
	lose(1, false);
	wait_ms(300);
	CHECK_STR(heard(), "link-retrying ");
	CHECK_STR(out(), "1:Reconnect");
	answer(1, "");
	CHECK_STR(out(), "1:Disconnect");
	CHECK_STR(part(&conns[1], "IdleTimeOut", NULL), "PT1M30S");
	answer(1, "");
	CHECK_STR(out(), "");
	CHECK_STR(heard(), "link-down ");
	stop();
}

TEST(a_disconnect_asked_for_without_a_network_goes_out_when_it_is_there_again)
{
	begin(false);
	lose(0, true);
	CHECK_STR(out(), "1:Reconnect");
	lose(1, false);
	wait_ms(300);
	CHECK_STR(heard(), "link-retrying ");
	CHECK_STR(out(), "1:Reconnect");
	x->ops->disconnect(x, &as_it_was);
	CHECK_STR(out(), "1:Reconnect");
	CHECK_STR(heard(), "link-retrying ");           /* at once, for whoever asked */
	answer(1, "");
	CHECK_STR(out(), "1:Disconnect");
	answer(1, "");
	CHECK_STR(out(), "");
	CHECK_STR(heard(), "link-down ");
	stop();
}

TEST(while_held_no_output_is_fetched)
{
	begin(false);
	x->ops->hold(x, true);
	deliver(0, PSRP_PIPELINE_OUTPUT, "<S/>", NULL);
	CHECK_STR(out(), "");
	x->ops->hold(x, false);
	CHECK_STR(out(), "0:Receive");
	stop();
}

/* After Reconnect */

/* Reconnected, with message 7 as the last that came. */
static void again(void)
{
	begin(false);
	deliver_fragment(0, 7, 0, 3);
	CHECK_STR(out(), "0:Receive");
	x->ops->disconnect(x, &as_it_was);
	out();
	answer(1, "");
	fault(0, WSMAN_STREAM_DISCONNECTED);
	CHECK_STR(out(), "0:Get");
	answer(0, SHELL);
	out();
	x->ops->reconnect(x);
	out();
	answer(0, "");
	x->ops->attach(x, &pipe1);
	out();
	answer(0, "");
	CHECK_STR(out(), "0:Receive");
	heard();
}

TEST(what_was_here_before_is_passed_over)
{
	again();
	deliver_fragment(0, 7, 0, 3);
	CHECK_STR(heard(), "");
	out();
	deliver_fragment(0, 8, 0, 3);
	CHECK_STR(heard(), "message ");
	out();
	deliver_fragment(0, 5, 0, 3);                   /* only then: ids may be of any order */
	CHECK_STR(heard(), "message ");
	stop();
}

TEST(a_message_whose_begin_is_missing_is_told)
{
	again();
	deliver_fragment(0, 9, 4, 0);
	out();
	deliver_fragment(0, 10, 0, 3);
	CHECK_STR(heard(), "notice message ");
	stop();
}

TEST(ids_that_jump_mean_nothing_where_nothing_is_dropped)
{
	again();
	deliver_fragment(0, 12, 0, 3);
	CHECK_STR(heard(), "message ");
	stop();
}

/* Somebody else's pool */

static void connect_pool(const char *body)
{
	keeps = false;
	prepare();
	x->ops->connect(x, &pool, SPAN("capability"), SPAN("connect"));
	CHECK_STR(out(), "0:Connect");
	CHECK_STR(part(&conns[0], "Option", "Name"), "protocolversion");
	CHECK_STR(part(&conns[0], "Selector", NULL), guid_fmt_upper(&pool).s);
	answer(0, body);
}

static void put_message(uint32_t type, const char *clixml, uint64_t object, struct buf *out_to)
{
	uint8_t head[PSRP_MSG_HEAD] = { 1 };
	struct psrp_frag_out f;
	struct buf msg;

	buf_init(&msg, 10000);
	put_u32le(head + 4, type);
	buf_put(&msg, span_of(head, sizeof(head)));
	buf_puts(&msg, clixml);
	psrp_frag_start(&f, &object, buf_span(&msg));
	CHECK(psrp_frag_put(&f, 9000, out_to));
	buf_free(&msg);
}

static const char *connect_answer(bool init)
{
	static struct buf b;
	struct buf raw;

	buf_free(&b);
	buf_init(&b, 20000);
	buf_init(&raw, 20000);
	put_message(PSRP_SESSION_CAPABILITY, CAPABILITY, 70, &raw);
	if (init)
		put_message(PSRP_RUNSPACEPOOL_INIT_DATA, INIT_DATA, 71, &raw);
	buf_puts(&b, "<r:ConnectResponse><connectResponseXml xmlns='" NS_PS "'>");
	b64_put(&b, buf_span(&raw));
	buf_puts(&b, "</connectResponseXml></r:ConnectResponse>");
	buf_free(&raw);
	return buf_cstr(&b);
}

TEST(a_pool_of_somebody_else_opens_with_the_answer_to_connect)
{
	struct xport_idle idle;

	connect_pool(connect_answer(true));
	CHECK_STR(heard(), "message-pool message-pool ");
	CHECK_STR(out(), "0:Get");
	answer(0, "<r:Shell><r:IdleTimeOut>PT60S</r:IdleTimeOut></r:Shell>");
	CHECK(x->ops->idle(x, &idle) && idle.idle_ms == 60000);
	CHECK_STR(out(), "");
	x->ops->attach(x, &pipe1);
	CHECK_STR(out(), "0:Connect-pipe");
	answer(0, "<r:ConnectResponse/>");
	CHECK_STR(out(), "0:Receive");
	deliver_fragment(0, 5, 3, 0);                   /* the rest of somebody else's message */
	out();
	deliver_fragment(0, 6, 0, 3);
	CHECK_STR(heard(), "message ");
	CHECK_STR(out(), "0:Receive");
	x->ops->close(x);
	CHECK_STR(out(), "0:Receive 1:Delete");
	stop();
}

TEST(a_pipeline_that_is_not_there_is_told)
{
	connect_pool(connect_answer(true));
	heard();
	CHECK_STR(out(), "0:Get");
	fault(0, WSMAN_ACCESS_DENIED);
	x->ops->attach(x, &pipe1);
	CHECK_STR(out(), "0:Connect-pipe");
	fault(0, WSMAN_SHELL_GONE);
	CHECK_STR(heard(), "pipe-closed-err ");
	CHECK(!over);
	stop();
}

TEST(a_pool_that_cannot_be_connected_to_is_not_deleted)
{
	const char *const bad[] = { "<r:ConnectResponse/>", connect_answer(false),
		"<r:ConnectResponse><connectResponseXml xmlns='" NS_PS "'>AAAA!</connectResponseXml>"
		"</r:ConnectResponse>" };
	size_t i;

	for (i = 0; i < 3; i++) {
		connect_pool(bad[i]);
		CHECK_STR(out(), "");
		CHECK(over && end.code == E_PEER);
		stop();
	}
	connect_pool("");
	CHECK(over || strcmp(out(), "") == 0);
	stop();
}
