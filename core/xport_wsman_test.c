#include "core/xport_wsman_test.h"

static void end_and_close(const struct guid *pipe, struct span msg)
{
	(void)msg;
	x->ops->end_pipe(x, pipe);
	x->ops->close(x);
}

static void end_and_next(const struct guid *pipe, struct span msg)
{
	(void)msg;
	at_message = NULL;
	x->ops->end_pipe(x, pipe);
	x->ops->create(x, &pipe2, SPAN("create"));
}

static void only_end(const struct guid *pipe, struct span msg)
{
	(void)msg;
	x->ops->end_pipe(x, pipe);
}

static void drop_all(const struct guid *pipe, struct span msg)
{
	(void)pipe, (void)msg;
	x->ops->free(x);
	x = NULL;
}

TEST(a_one_shot_takes_one_connection_and_no_signal)
{
	running();
	at_message = end_and_close;
	deliver(0, PSRP_PIPELINE_STATE, "<S/>", "Done");
	CHECK_STR(out(), "0:Delete");
	CHECK_STR(part(&conns[0], "Selector", NULL), "THEIR-ID");
	answer(0, "");
	CHECK(over && !end.code);
	CHECK_INT(conns_made, 1);
	CHECK_STR(buf_cstr(&seen), "message-pool message-pool message ");
	stop();
}

TEST(envelopes_grow_when_the_server_knows_protocol_2_2)
{
	start();
	out();
	CHECK_STR(part(&conns[0], "MaxEnvelopeSize", NULL), "153600");
	CHECK_STR(part(&conns[0], "To", NULL), "http://web-1:5985/wsman");
	answer(0, CREATED);
	out();
	deliver(0, PSRP_SESSION_CAPABILITY, CAPABILITY, NULL);
	out();
	CHECK_STR(part(&conns[0], "MaxEnvelopeSize", NULL), "512000");
	stop();
}

TEST(the_next_command_does_not_wait_for_the_end_of_the_last_one)
{
	running();
	at_message = end_and_next;
	deliver(0, PSRP_PIPELINE_STATE, "<S/>", "Done");
	CHECK_STR(out(), "0:Command");
	answer(0, "<r:CommandResponse/>");
	CHECK_STR(out(), "0:Receive 1:Signal");
	answer(1, "<r:SignalResponse/>");
	CHECK_STR(out(), "0:Receive");
	CHECK_STR(buf_cstr(&seen), "message-pool message-pool message pipe-closed ");
	stop();
}

TEST(the_end_of_a_command_is_signalled_when_nothing_else_is_to_do)
{
	running();
	at_message = only_end;
	deliver(0, PSRP_PIPELINE_STATE, "<S/>", NULL);
	CHECK_STR(out(), "0:Signal");
	x->ops->create(x, &pipe2, SPAN("create"));
	CHECK_STR(out(), "0:Signal");                   /* a Signal is not worth another connection */
	fault(0, WSMAN_SHELL_GONE);
	CHECK_STR(out(), "0:Command");
	CHECK(!over);
	stop();
}

TEST(a_receive_is_repeated_when_there_was_nothing_to_say)
{
	running();
	fault(0, WSMAN_POLL_AGAIN);
	CHECK_STR(out(), "0:Receive");
	answer(0, "<r:ReceiveResponse><r:CommandState State='" NS_RSP "/CommandState/Running'/>"
		"</r:ReceiveResponse>");
	CHECK_STR(out(), "0:Receive");
	stop();
}

TEST(input_that_fits_goes_before_the_receive_on_the_same_connection)
{
	open_pool();
	x->ops->create(x, &pipe1, SPAN("create"));
	x->ops->send(x, &pipe1, XPORT_STDIN, SPAN("input"));
	CHECK_STR(out(), "0:Command");
	answer(0, "<r:CommandResponse/>");
	CHECK_STR(out(), "0:Send");
	answer(0, "<r:SendResponse/>");
	CHECK_STR(out(), "0:Receive");
	CHECK(strstr(buf_cstr(&seen), "room"));
	CHECK_INT(conns_made, 1);
	stop();
}

TEST(what_comes_while_a_receive_waits_goes_over_a_second_connection)
{
	running();
	x->ops->send(x, &pipe1, XPORT_STDIN, SPAN("input"));
	CHECK_STR(out(), "0:Receive 1:Send");
	x->ops->send(x, &pipe1, XPORT_PR, SPAN("answer"));
	CHECK_STR(out(), "0:Receive 1:Send");
	answer(1, "<r:SendResponse/>");
	CHECK_STR(out(), "0:Receive 1:Send-pr");
	answer(1, "<r:SendResponse/>");
	CHECK_INT(conns_made, 2);
	stop();
}

TEST(a_large_pipeline_is_sent_whole_before_its_receive)
{
	static const uint8_t large[1000000];

	open_pool();
	x->ops->create(x, &pipe1, span_of(large, sizeof(large)));
	CHECK_STR(out(), "0:Command");
	CHECK(conns[0].body.n <= WSMAN_ENVELOPE_LARGE && conns[0].body.n > WSMAN_ENVELOPE_LARGE - 1000);
	answer(0, "<r:CommandResponse/>");
	CHECK_STR(out(), "0:Send");
	CHECK(conns[0].body.n <= WSMAN_ENVELOPE_LARGE);
	CHECK(x->ops->queued(x, &pipe1) > 100000);
	answer(0, "<r:SendResponse/>");
	CHECK_STR(out(), "0:Send");
	answer(0, "<r:SendResponse/>");
	CHECK_STR(out(), "0:Receive");
	stop();
}

TEST(much_input_does_not_keep_output_waiting)
{
	static const uint8_t large[500000];
	int i;

	open_pool();
	x->ops->create(x, &pipe1, SPAN("create"));
	for (i = 0; i < 4; i++)
		x->ops->send(x, &pipe1, XPORT_STDIN, span_of(large, sizeof(large)));
	CHECK_STR(out(), "0:Command");
	answer(0, "<r:CommandResponse/>");
	CHECK_STR(out(), "0:Receive 1:Send");
	stop();
}

TEST(a_stop_waits_for_the_command_and_receiving_goes_on)
{
	open_pool();
	x->ops->create(x, &pipe1, SPAN("create"));
	CHECK_STR(out(), "0:Command");
	x->ops->stop(x, &pipe1);
	CHECK_STR(out(), "0:Command");
	answer(0, "<r:CommandResponse/>");
	CHECK_STR(out(), "0:Signal-stop");
	answer(0, "<r:SignalResponse/>");
	CHECK_STR(out(), "0:Receive");
	deliver(0, PSRP_PIPELINE_OUTPUT, "<S/>", NULL);
	CHECK_STR(out(), "0:Receive");
	fault(0, WSMAN_ABORTED);
	CHECK_STR(out(), "0:Signal");
	CHECK(strstr(buf_cstr(&seen), "pipe-closed ") && !strstr(buf_cstr(&seen), "-err"));
	stop();
}

TEST(a_stop_waits_for_the_command_even_if_a_connection_is_idle)
{
	running();
	x->ops->send(x, &pipe1, XPORT_STDIN, SPAN("input"));
	CHECK_STR(out(), "0:Receive 1:Send");
	answer(1, "<r:SendResponse/>");
	at_message = end_and_next;
	deliver(0, PSRP_PIPELINE_STATE, "<S/>", "Done");
	CHECK_STR(out(), "0:Command 1:Signal");
	answer(1, "<r:SignalResponse/>");
	x->ops->stop(x, &pipe2);
	CHECK_STR(out(), "0:Command");
	answer(0, "<r:CommandResponse/>");
	CHECK_STR(out(), "0:Receive 1:Signal-stop");
	stop();
}

TEST(a_stop_while_receiving_goes_over_a_second_connection)
{
	running();
	x->ops->stop(x, &pipe1);
	CHECK_STR(out(), "0:Receive 1:Signal-stop");
	answer(1, "<r:SignalResponse/>");
	CHECK_STR(out(), "0:Receive");
	stop();
}

TEST(a_key_exchange_brings_the_pools_receive_back_until_it_is_done)
{
	uint8_t msg[PSRP_MSG_HEAD + 4] = { 2 };

	open_pool();
	put_u32le(msg + 4, PSRP_PUBLIC_KEY);
	x->ops->send(x, NULL, XPORT_STDIN, span_of(msg, sizeof(msg)));
	CHECK_STR(out(), "0:Send");
	answer(0, "<r:SendResponse/>");
	CHECK_STR(out(), "0:Receive-pool");
	deliver(0, PSRP_ENCRYPTED_SESSION_KEY, "<S/>", NULL);
	CHECK_STR(out(), "");
	stop();
}

TEST(a_command_that_is_done_without_a_word_is_told_and_terminated)
{
	running();
	answer(0, "<r:ReceiveResponse><r:CommandState State='" NS_RSP "/CommandState/Done'/>"
		"</r:ReceiveResponse>");
	CHECK_STR(out(), "0:Signal");
	CHECK_STR(buf_cstr(&seen), "message-pool message-pool pipe-closed ");
	answer(0, "<r:SignalResponse/>");
	CHECK_STR(out(), "");
	CHECK_STR(buf_cstr(&seen), "message-pool message-pool pipe-closed ");
	stop();
}

TEST(a_command_that_brings_too_much_ends_alone)
{
	max_data = 4000;
	running();
	deliver(0, PSRP_PIPELINE_OUTPUT, "<S>little</S>", NULL);
	CHECK_STR(out(), "0:Receive");
	CHECK(!strstr(buf_cstr(&seen), "pipe-closed"));
	max_data = 0;
	stop();
	max_data = 50;
	running();
	deliver(0, PSRP_PIPELINE_OUTPUT, "<S>much too much</S>", NULL);
	CHECK_STR(out(), "0:Signal");
	CHECK_STR(buf_cstr(&seen), "message-pool message-pool pipe-closed-err ");
	CHECK(!over);
	max_data = 0;
	stop();
	max_object = 200;
	running();
	deliver(0, PSRP_PIPELINE_OUTPUT, "<S>an object that is larger than all those of the pool are: "
		"0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789"
		"0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789</S>", NULL);
	CHECK_STR(out(), "0:Signal");
	CHECK(strstr(buf_cstr(&seen), "pipe-closed-err") && !over);
	max_object = 0;
	stop();
}

TEST(answers_may_be_utf_16)
{
	wide = true;
	running();
	deliver(0, PSRP_PIPELINE_OUTPUT, "<S>é</S>", "Done");
	CHECK_STR(buf_cstr(&seen), "message-pool message-pool message pipe-closed ");
	wide = false;
	stop();
}

TEST(input_for_a_command_that_has_ended_is_dropped)
{
	running();
	x->ops->send(x, &pipe1, XPORT_STDIN, SPAN("input"));
	CHECK_STR(out(), "0:Receive 1:Send");
	x->ops->send(x, &pipe1, XPORT_STDIN, SPAN("more"));
	fault(1, WSMAN_SHELL_GONE);
	CHECK_STR(out(), "0:Receive");
	CHECK_INT(x->ops->queued(x, &pipe1), 0);
	CHECK(!strstr(buf_cstr(&seen), "pipe-closed"));
	stop();
}

TEST(a_command_that_is_refused_fails_alone)
{
	open_pool();
	x->ops->create(x, &pipe1, SPAN("create"));
	out();
	fault(0, 2150859174u);
	CHECK_STR(out(), "");
	CHECK_STR(buf_cstr(&seen), "message-pool message-pool pipe-closed-err ");
	CHECK(!over);
	stop();
}

TEST(a_command_for_a_shell_that_is_gone_breaks_the_session)
{
	open_pool();
	x->ops->create(x, &pipe1, SPAN("create"));
	out();
	fault(0, WSMAN_SHELL_GONE);
	CHECK_STR(out(), "0:Delete");
	fault(0, WSMAN_SHELL_GONE);
	CHECK(over);
	CHECK_INT(end.code, E_REMOTE);
	CHECK(strstr(end.text, "It failed."));
	stop();
}

TEST(a_refused_create_needs_no_delete)
{
	start();
	out();
	fault(0, WSMAN_ACCESS_DENIED);
	CHECK_STR(out(), "");
	CHECK(over);
	CHECK_INT(end.code, E_AUTH);
	stop();
}

TEST(a_server_that_refers_to_another_tells_where_and_needs_no_delete)
{
	struct err e = { .code = E_PEER, .text = "redirects" };
	struct http_reply r = { .err = &e, .maybe_sent = true,
		.redirect = SPAN("https://other.example/wsman") };

	start();
	out();
	conns[0].busy = false;
	conns[0].done(conns[0].ctx, &r);
	CHECK_STR(out(), "");
	CHECK(over);
	CHECK_STR(buf_cstr(&redirect), "https://other.example/wsman");
	stop();
	start();
	out();
	answer(0, "<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text>no</s:Text>"
		"</s:Reason><s:Detail><f:WSManFault Code='2150859161' xmlns:f='" NS_FAULT "'><f:Message>"
		"Go to HTTPS://other.example:444/x?y=1. </f:Message></f:WSManFault></s:Detail></s:Fault>");
	CHECK_STR(out(), "");
	CHECK_INT(end.code, E_REMOTE);
	CHECK_STR(buf_cstr(&redirect), "HTTPS://other.example:444/x?y=1");
	stop();
}

TEST(a_fault_without_an_address_is_no_redirection)
{
	start();
	out();
	fault(0, WSMAN_REDIRECT);
	CHECK_STR(out(), "");
	CHECK(over && !redirect.n);
	stop();
	running();
	fault(0, WSMAN_REDIRECT);
	CHECK(!redirect.n);
	stop();
}

TEST(a_create_that_was_never_sent_needs_no_delete)
{
	start();
	out();
	lose(0, false);
	CHECK_STR(out(), "");
	CHECK_INT(end.code, E_NET);
	stop();
}

TEST(a_create_that_was_lost_is_followed_by_a_delete_over_a_new_connection)
{
	start();
	out();
	lose(0, true);
	CHECK_STR(out(), "0:Delete");
	CHECK_INT(conns_made, 2);
	CHECK(!over);
	answer(0, "");
	CHECK(over);
	CHECK_INT(end.code, E_NET);
	CHECK_STR(end.text, "connection lost");
	stop();
}

TEST(an_answer_to_another_request_breaks_the_session)
{
	running();
	answer_related(0, "<r:ReceiveResponse/>", SPAN("uuid:4A3C1750-2725-4C03-8291-E3D6BBC1F9BB"));
	CHECK_STR(out(), "0:Delete");
	answer(0, "");
	CHECK_INT(end.code, E_PEER);
	CHECK(strstr(end.text, "RelatesTo"));
	stop();
}

TEST(answers_of_the_wrong_kind_break_the_session)
{
	static const char *const bad[] = { "<r:SendResponse/>", "",
		"<r:ReceiveResponse><r:Stream Name='stdout'>!</r:Stream></r:ReceiveResponse>",
		"<r:ReceiveResponse><r:Stream Name='stdout'>AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA</r:Stream>"
		"</r:ReceiveResponse>",
		"<r:ReceiveResponse><r:Stream Name='stdout' "
		"CommandId='4A3C1750-2725-4C03-8291-E3D6BBC1F9BB'>"
		"AAAA</r:Stream></r:ReceiveResponse>" };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		running();
		answer(0, bad[i]);
		CHECK_STR(out(), "0:Delete");
		answer(0, "");
		CHECK(over);
		CHECK_INT(end.code, E_PEER);
		stop();
	}
}

TEST(closing_does_not_wait_for_a_receive)
{
	running();
	x->ops->close(x);
	CHECK_STR(out(), "0:Receive 1:Delete");
	fault(0, WSMAN_ABORTED);
	CHECK_STR(out(), "1:Delete");
	answer(1, "");
	CHECK(over && !end.code);
	stop();
}

TEST(closing_while_create_is_under_way_deletes_what_it_made)
{
	start();
	out();
	x->ops->close(x);
	CHECK_STR(out(), "0:Create");
	answer(0, CREATED);
	CHECK_STR(out(), "0:Delete");
	CHECK_STR(part(&conns[0], "Selector", NULL), "THEIR-ID");
	stop();
}

TEST(closing_before_anything_was_sent_is_done_at_once)
{
	start();
	out();
	conns[0].sent = false;
	x->ops->close(x);
	CHECK_STR(out(), "");
	CHECK(over && !end.code);
	stop();
}

TEST(closing_ends_even_if_the_server_says_nothing)
{
	start();
	out();
	x->ops->close(x);
	CHECK_STR(out(), "0:Create");
	wait_ms(40);                                    /* half of close_ms: try it all the same */
	CHECK_STR(out(), "0:Create 1:Delete");
	CHECK(!over);
	wait_ms(50);
	CHECK(over);
	CHECK_INT(end.code, E_NET);
	stop();
}

TEST(the_transport_may_be_freed_inside_an_event)
{
	running();
	at_message = drop_all;
	deliver(0, PSRP_PIPELINE_OUTPUT, "<S/>", "Done");
	CHECK(!over);
	stop();
}

TEST(a_pipeline_that_ends_before_it_was_sent_is_never_sent)
{
	open_pool();
	x->ops->create(x, &pipe1, SPAN("create"));
	x->ops->end_pipe(x, &pipe1);
	CHECK_STR(out(), "");
	CHECK_STR(buf_cstr(&seen), "message-pool message-pool pipe-closed ");
	stop();
}
