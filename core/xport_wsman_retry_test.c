#include "core/xport_wsman_test.h"

static const struct xport_keep as_it_was;

TEST(a_lost_receive_is_repeated_for_the_answer_that_was_kept)
{
	char id[200];

	begin(true);
	snprintf(id, sizeof(id), "%s", part(&conns[0], "MessageID", NULL));
	CHECK_STR(part(&conns[0], "OperationID", NULL), id);
	lose(0, true);
	CHECK_STR(out(), "1:Reconnect");
	answer(1, "");
	CHECK_STR(out(), "1:Reconnect-pipe");
	CHECK_STR(heard(), "");                         /* it was too short to speak of */
	answer(1, "");
	CHECK_STR(out(), "0:Receive");
	CHECK_STR(part(&conns[0], "MessageID", NULL), id);
	CHECK(strstr(buf_cstr(&conns[0].body), "<p:OperationID s:mustUnderstand=\"true\">"));
	deliver(0, PSRP_PIPELINE_OUTPUT, "<S/>", NULL);
	CHECK_STR(heard(), "message ");
	CHECK_STR(out(), "0:Receive");
	CHECK(strstr(buf_cstr(&conns[0].body), "<p:OperationID s:mustUnderstand=\"false\">"));
	stop();
}

TEST(what_was_never_sent_is_sent_as_it_was)
{
	begin(true);
	x->ops->send(x, &pipe1, XPORT_STDIN, SPAN("input"));
	CHECK_STR(out(), "0:Receive 1:Send");
	lose(1, false);
	CHECK_STR(out(), "0:Receive 2:Reconnect");
	answer(2, "");
	CHECK_STR(out(), "0:Receive 2:Reconnect-pipe");
	answer(2, "");
	CHECK_STR(out(), "0:Receive 1:Send");
	CHECK(strstr(buf_cstr(&conns[1].body), "<p:OperationID s:mustUnderstand=\"false\">"));
	stop();
}

TEST(what_is_the_network_s_fault_and_what_is_not)
{
	begin(true);
	lose_by(0, true, E_PEER, true);                 /* an answer that ends early */
	CHECK_STR(out(), "1:Reconnect");
	lose_by(1, false, E_TLS, false);                /* a handshake, too */
	wait_ms(260);
	CHECK_STR(out(), "1:Reconnect");
	lose_by(1, false, E_PEER, false);               /* a listener that is not ready */
	wait_ms(510);
	CHECK_STR(out(), "1:Reconnect");
	lose_by(1, false, E_AUTH, false);               /* not to be tried again */
	CHECK_STR(heard(), "link-retrying link-retrying link-down-why ");
	stop();
	begin(true);
	lose_by(0, true, E_PEER, false);                /* what nobody could understand */
	CHECK_STR(out(), "0:Delete");
	stop();
}

TEST(the_user_hears_of_it_when_it_takes_a_second)
{
	begin(true);
	lose(0, true);
	CHECK_STR(out(), "1:Reconnect");
	wait_ms(1010);
	CHECK_STR(heard(), "link-retrying ");
	answer(1, "");
	CHECK_STR(heard(), "link-up ");
	stop();
}

TEST(nothing_new_is_sent_until_the_network_is_back)
{
	begin(true);
	lose(0, true);
	x->ops->create(x, &pipe2, SPAN("create"));
	CHECK_STR(out(), "1:Reconnect");
	stop();
}

/* A Command lost with a server that keeps no answers. */
static void lost_command(void)
{
	keeps = false;
	open_pool();
	x->ops->create(x, &pipe1, SPAN("create"));
	CHECK_STR(out(), "0:Command");
	lose(0, true);
	CHECK_STR(out(), "1:Reconnect");
	answer(1, "");
	CHECK_STR(out(), "0:Receive");
	CHECK_STR(part(&conns[0], "OperationTimeout", NULL), "PT1S");
	heard();
}

TEST(a_lost_command_that_is_known_goes_on)
{
	lost_command();
	deliver(0, PSRP_PIPELINE_OUTPUT, "<S/>", NULL);
	CHECK_STR(heard(), "message ");
	CHECK_STR(out(), "0:Receive");
	stop();
	lost_command();
	fault(0, WSMAN_POLL_AGAIN);
	CHECK_STR(out(), "0:Receive");
	CHECK_STR(heard(), "");
	stop();
}

TEST(a_lost_command_that_is_not_known_is_sent_again)
{
	lost_command();
	fault(0, WSMAN_SHELL_GONE);
	CHECK_STR(out(), "0:Command");
	answer(0, "<r:CommandResponse/>");
	CHECK_STR(out(), "0:Receive");
	stop();
}

TEST(input_that_may_have_arrived_fails_its_pipeline_only)
{
	begin(false);
	x->ops->send(x, &pipe1, XPORT_STDIN, SPAN("input"));
	CHECK_STR(out(), "0:Receive 1:Send");
	lose(1, true);
	CHECK_STR(out(), "0:Receive 2:Reconnect");
	answer(2, "");
	out();
	heard();
	answer(2, "");
	CHECK_STR(out(), "0:Receive 1:Signal");
	CHECK_STR(heard(), "pipe-closed-err ");
	CHECK(!over);
	stop();
}

TEST(answers_to_the_host_are_repeated)
{
	begin(false);
	x->ops->send(x, &pipe1, XPORT_PR, SPAN("answer"));
	CHECK_STR(out(), "0:Receive 1:Send-pr");
	lose(1, true);
	out();
	answer(2, "");
	out();
	answer(2, "");
	CHECK_STR(out(), "0:Receive 1:Send-pr");
	stop();
}

TEST(what_the_server_still_works_on_is_asked_for_again)
{
	begin(false);
	lose(0, true);
	CHECK_STR(out(), "1:Reconnect");
	answer(1, "");
	out();
	answer(1, "");
	CHECK_STR(out(), "0:Receive");
	fault(0, WSMAN_IN_PROGRESS);
	CHECK_STR(out(), "");
	wait_ms(110);
	CHECK_STR(out(), "0:Receive");
	deliver(0, PSRP_PIPELINE_OUTPUT, "<S/>", NULL);
	CHECK_STR(heard(), "message ");
	CHECK_STR(out(), "0:Receive");
	fault(0, WSMAN_IN_PROGRESS);                    /* of what is new it means something else */
	CHECK_STR(heard(), "pipe-closed-err ");
	stop();
}

TEST(when_the_time_is_over_the_session_is_disconnected)
{
	retry_ms = 30;
	begin(true);
	lose(0, true);
	CHECK_STR(out(), "1:Reconnect");
	wait_ms(60);
	CHECK_STR(heard(), "link-down-why ");
	CHECK_STR(out(), "");
	x->ops->reconnect(x);
	CHECK_STR(out(), "0:Reconnect");
	answer(0, "");
	x->ops->attach(x, &pipe1);
	CHECK_STR(out(), "0:Reconnect-pipe");
	answer(0, "");
	CHECK_STR(out(), "1:Receive");
	CHECK(strstr(buf_cstr(&conns[1].body), "<p:OperationID s:mustUnderstand=\"true\">"));
	stop();
	retry_ms = 0;
}

TEST(a_command_lost_for_long_is_looked_for_even_if_answers_are_kept)
{
	keeps = true;
	retry_ms = 1;
	open_pool();
	x->ops->create(x, &pipe1, SPAN("create"));
	CHECK_STR(out(), "0:Command");
	lose(0, true);
	CHECK_STR(out(), "");
	x->ops->reconnect(x);
	CHECK_STR(out(), "0:Reconnect");
	answer(0, "");
	x->ops->attach(x, &pipe1);
	CHECK_STR(out(), "1:Receive");
	fault(1, WSMAN_SHELL_GONE);
	CHECK_STR(out(), "1:Command");
	stop();
	keeps = false;
	retry_ms = 0;
}

TEST(a_command_that_was_lost_begins_before_a_disconnect)
{
	open_pool();
	x->ops->create(x, &pipe1, SPAN("create"));
	CHECK_STR(out(), "0:Command");
	lose(0, false);
	CHECK_STR(out(), "1:Reconnect");
	x->ops->disconnect(x, &as_it_was);
	answer(1, "");
	CHECK_STR(out(), "0:Command");
	answer(0, "<r:CommandResponse/>");
	CHECK_STR(out(), "0:Disconnect");
	stop();
}

TEST(what_is_lost_whenever_it_is_sent_breaks_the_session)
{
	int i;

	begin(true);
	x->ops->send(x, &pipe1, XPORT_STDIN, SPAN("input"));
	for (i = 0; i < 16; i++) {
		CHECK_STR(out(), "0:Receive 1:Send");
		lose(1, true);
		wait_ms(i % 2 ? 110 : 0);
		CHECK_STR(out(), "0:Receive 2:Reconnect");
		answer(2, "");
		CHECK_STR(out(), "0:Receive 2:Reconnect-pipe");
		answer(2, "");
	}
	CHECK_STR(out(), "0:Receive 1:Send");
	lose(1, true);
	CHECK_STR(out(), "0:Delete");
	stop();
}

TEST(a_server_that_has_disconnected_us_is_reconnected_to)
{
	begin(true);
	fault(0, WSMAN_DISCONNECTED);
	CHECK_STR(out(), "1:Reconnect");
	answer(1, "");
	CHECK_STR(out(), "1:Reconnect-pipe");
	answer(1, "");
	CHECK_STR(out(), "0:Receive");
	stop();
}

TEST(a_pool_that_another_client_has_taken_is_disconnected)
{
	begin(true);
	fault(0, WSMAN_OTHER_SESSION);
	CHECK_STR(out(), "");
	CHECK_STR(heard(), "link-down-why ");
	CHECK(!over);
	stop();
}

TEST(a_lost_delete_is_sent_again)
{
	begin(true);
	x->ops->close(x);
	CHECK_STR(out(), "0:Receive 1:Delete");
	lose(1, true);
	wait_ms(10);
	CHECK(!over);
	stop();
}
