/* What becomes of a session: disconnected, connected, lost, closed, broken. */
#include "core/keeper_test.h"
#include <stdlib.h>
#include "lib/secret.h"
#include "tests/set_clock.h"

static int64_t date_of(const char *name)
{
	return status_has(name) ? strtoll(strstr(buf_cstr(&answer), name) + strlen(name),
		NULL, 10) : 0;
}

TEST(a_clock_that_is_set_ends_no_session_and_its_times_follow)
{
	static const int64_t by[] = { 30 * 86400, -30 * 86400 };
	int64_t was;

	keep(&wsman_ops, NULL, 0);
	server.idle.idle_ms = 60000;
	server.x.ev->link(server.x.ctx, XPORT_DISCONNECTED, 0, NULL);
	was = date_of("DisconnectedOn=");
	for (int i = 0; i < 2; i++) {
		set_by_s = by[i];
		CHECK(status_has("State=Disconnected"));
		CHECK(llabs(date_of("DisconnectedOn=") - was - by[i]) < 60);
		CHECK(llabs(date_of("ExpiresOn=") - was - by[i]) < 120);
	}
	set_by_s = 0;
}

TEST(a_disconnected_session_keeps_what_runs_for_whoever_connects)
{
	struct guid id;

	keep(&wsman_ops, NULL, 0);
	attach(0);
	id = run(0, "long");
	SERVER_HEARS("create 01");
	dial(1, true);
	HEARS(1, "waiting");
	ask(ASK_DISCONNECT);
	SERVER_HEARS("disconnect\n");
	CHECK_INT(server.keep.idle_ms, 60000);
	CHECK_INT(server.keep.buffering, BUFFERING_DROP);
	server.x.ev->message(server.x.ctx, &id, SPAN("late"));
	server.idle.idle_ms = 60000;
	server.x.ev->link(server.x.ctx, XPORT_DISCONNECTED, 0, NULL);
	HEARS(0, "message 01 late\nlink disconnected 0 \npipe closed 01 the session was disconnected");
	HEARS(1, "attached The session 1 is disconnected");
	CHECK(span_starts(buf_span(&answer), ""));
	while (span_search(buf_span(&answer), SPAN("answer well\n")) == answer.n)
		turn();
	CHECK(span_search(buf_span(&answer), SPAN("State=Disconnected\nAvailability=None\n"
		"IdleTimeout=60000\n")) < answer.n);
	CHECK(llabs(date_of("DisconnectedOn=") - loop_unix_us() / 1000000) < 60);
	CHECK(status_has("ExpiresOn="));
	hang_up(0);
	dial(0, true);
	HEARS(0, "attached The session 1 is disconnected");
	hang_up(0);
	settle();
	CHECK(!heard_now(&server.log, "end"));
	ask(ASK_DISCONNECT);
	CHECK(answered("well"));
	ask(ASK_CONNECT);
	SERVER_HEARS("reconnect\n");
	server.x.ev->link(server.x.ctx, XPORT_UP, 0, NULL);
	CHECK(answered("well"));
	CHECK(status_has("State=Opened\nAvailability=Busy"));
	attach(2);
	server.x.ev->message(server.x.ctx, &id, SPAN("nobody wants it yet"));
	end[2].x->ops->attach(end[2].x, &id);
	SERVER_HEARS("attach 01\n");
	server.x.ev->message(server.x.ctx, &id, SPAN("rest"));
	HEARS(2, "message 01 rest\n");
	CHECK(!heard_now(&end[2].log, "nobody"));
}

TEST(commands_found_on_the_server_are_there_to_be_adopted)
{
	struct guid found[] = { id_of(0xa1), id_of(0xa2) }, none = id_of(0xa3);

	keep(&wsman_ops, found, 2);
	CHECK(status_has("Command=00000000-0000-0000-0000-0000000000a1\n"
		"Command=00000000-0000-0000-0000-0000000000a2\n"));
	CHECK(status_has("Availability=Busy"));
	attach(0);
	end[0].x->ops->attach(end[0].x, &found[1]);
	SERVER_HEARS("attach a2\n");
	end[0].x->ops->attach(end[0].x, &none);
	HEARS(0, "pipe closed a3 the session has no such command\n");
	end[0].x->ops->end_pipe(end[0].x, &found[1]);
	SERVER_HEARS("end a2\n");
	hang_up(0);
	settle();
	CHECK(!heard_now(&server.log, "end a1"));
}

TEST(a_front_end_may_disconnect_and_connect_itself)
{
	struct xport_keep how = { 0, 0 };

	keep(&wsman_ops, NULL, 0);
	attach(0);
	run(0, "x");
	end[0].x->ops->disconnect(end[0].x, &how);
	SERVER_HEARS("disconnect\n");
	server.x.ev->link(server.x.ctx, XPORT_DISCONNECTED, 0, NULL);
	HEARS(0, "link disconnected 0 \npipe closed 01");
	end[0].x->ops->reconnect(end[0].x);
	SERVER_HEARS("reconnect\n");
	err_set(&e, E_NET, "no way");
	server.x.ev->link(server.x.ctx, XPORT_DISCONNECTED, 0, &e);
	HEARS(0, "link disconnected 0 no way\n");
	end[0].x->ops->reconnect(end[0].x);
	SERVER_HEARS("reconnect\n");
	server.x.ev->link(server.x.ctx, XPORT_UP, 0, NULL);
	HEARS(0, "link up 0 \n");
	run(0, "y");
	SERVER_HEARS("create 02 y\n");
}

TEST(a_lost_network_is_told_and_ends_in_a_disconnected_session)
{
	keep(&wsman_ops, NULL, 0);
	attach(0);
	run(0, "x");
	SERVER_HEARS("create 01");
	server.x.ev->link(server.x.ctx, XPORT_RETRYING, 240, NULL);
	HEARS(0, "link retrying 240 \n");
	hang_up(0);
	attach(1);
	HEARS(1, "link retrying 240 \n");
	run(1, "y");
	SERVER_HEARS("create 02");
	err_set(&e, E_NET, "the network is gone");
	server.x.ev->link(server.x.ctx, XPORT_DISCONNECTED, 0, &e);
	HEARS(1, "link disconnected 0 the network is gone\npipe closed 02 the network is gone\n");
	CHECK(status_has("State=Disconnected"));
	ask(ASK_CONNECT);
	SERVER_HEARS("reconnect");
	server.x.ev->link(server.x.ctx, XPORT_DISCONNECTED, 0, &e);
	CHECK(answered("the network is gone"));
}

TEST(a_disconnect_that_the_server_does_not_hear_of_says_so)
{
	keep(&wsman_ops, NULL, 0);
	ask(ASK_DISCONNECT);
	SERVER_HEARS("disconnect\n");
	server.x.ev->link(server.x.ctx, XPORT_RETRYING, 240, NULL);
	hears(&answer, "State=Opened");
	hears(&answer, "answer the server cannot be reached. It is told once the network is back");
	ask(ASK_DISCONNECT);
	settle();
	err_set(&e, E_NET, "the network is gone");
	server.x.ev->link(server.x.ctx, XPORT_DISCONNECTED, 0, &e);
	CHECK(answered("the server was not told"));
}

TEST(a_session_that_is_forgotten_without_the_server_s_word_says_so)
{
	keep(&wsman_ops, NULL, 0);
	ask(ASK_CLOSE);
	SERVER_HEARS("close\n");
	err_set(&e, E_NET, "the server does not answer");
	server.x.ev->closed(server.x.ctx, &e);
	CHECK(answered("the server does not answer"));
	while (!keeper->over)
		turn();
}

TEST(what_cannot_be_disconnected_says_so)
{
	keep(&stdio_ops, NULL, 0);
	ask(ASK_DISCONNECT);
	CHECK(answered("only sessions over WSMan"));
	CHECK(status_has("State=Opened\nAvailability=Available\nPid="));
}

TEST(closing_tells_everybody_and_ends_the_keeper)
{
	keep(&wsman_ops, NULL, 0);
	attach(0);
	dial(1, true);
	HEARS(1, "waiting");
	ask(ASK_CLOSE);
	SERVER_HEARS("close\n");
	dial(2, true);
	HEARS(2, "attached The session 1 is being closed");
	server.x.ev->closed(server.x.ctx, NULL);
	HEARS(0, "closed the session was closed meanwhile\n");
	HEARS(1, "attached The session was closed");
	CHECK(answered("well"));
	CHECK(server.frees);
	while (!keeper->over)
		turn();
	hang_up(2);
	dial(2, true);
	HEARS(2, "attached There is no session with the Id 1");
}

TEST(a_broken_session_stays_to_say_why_without_secrets)
{
	struct secret *s = secret_new();

	CHECK(secret_set(s, SPAN("Secret-1")));
	keep(&wsman_ops, NULL, 0);
	attach(0);
	run(0, "x");
	SERVER_HEARS("create 01");
	err_set(&e, E_NET, "the server was pulled out");
	server.x.ev->closed(server.x.ctx, &e);
	HEARS(0, "closed the server was pulled out\n");
	CHECK(!s->n && !s->b[0]);
	secret_free(s);
	CHECK(status_has("State=Broken\nAvailability=None\n"));
	dial(1, true);
	HEARS(1, "attached the server was pulled out");
	ask(ASK_CONNECT);
	CHECK(answered("the server was pulled out"));
	CHECK(!keeper->over);
	ask(ASK_CLOSE);
	CHECK(answered("well"));
	while (!keeper->over)
		turn();
}

#define STATE(n) "<Obj RefId=\"0\"><MS><I32 N=\"RunspaceState\">" #n "</I32></MS></Obj>"

TEST(a_pool_that_the_server_lost_is_broken)
{
	keep(&wsman_ops, NULL, 0);
	pool_says(PSRP_RUNSPACEPOOL_STATE, STATE(2));
	settle();
	CHECK(!heard_now(&server.log, "close"));
	pool_says(PSRP_RUNSPACEPOOL_STATE, STATE(5));
	SERVER_HEARS("close\n");
	server.x.ev->closed(server.x.ctx, NULL);
	CHECK(status_has("State=Broken"));
	dial(0, true);
	HEARS(0, "attached the server lost the session");
}

#define CALL(mi, ci) "<Obj RefId=\"0\"><MS><I64 N=\"ci\">" #ci "</I64><Obj N=\"mi\" RefId=\"1\">" \
	"<TN RefId=\"0\"><T>System.Management.Automation.Remoting.RemoteHostMethodId</T>" \
	"<T>System.Enum</T></TN><ToString>x</ToString><I32>" #mi "</I32></Obj><Obj N=\"mp\" " \
	"RefId=\"2\"><LST /></Obj></MS></Obj>"

TEST(the_pool_s_questions_are_answered_when_nobody_is_there)
{
	keep(&wsman_ops, NULL, 0);
	pool_says(PSRP_RUNSPACEPOOL_HOST_CALL, CALL(15, -100));         /* WriteLine1: no answer */
	pool_says(PSRP_RUNSPACEPOOL_HOST_CALL, CALL(11, 7));            /* ReadLine */
	SERVER_HEARS("send 00 00021101\n");
	settle();
	CHECK(!heard_now(&server.log, "send"));
	attach(0);
	end[0].quiet = true;
	pool_says(PSRP_RUNSPACEPOOL_HOST_CALL, CALL(11, 8));
	while (!end[0].bytes)
		turn();
	CHECK(!heard_now(&server.log, "send"));
	hang_up(0);                                                     /* without an answer */
	SERVER_HEARS("send 00 00021101\n");
}

TEST(a_call_that_was_answered_is_not_refused_later)
{
	uint8_t message[PSRP_MSG_HEAD + 1] = { 0 };

	put_u32le(message + 4, PSRP_RUNSPACEPOOL_HOST_RESPONSE);
	keep(&wsman_ops, NULL, 0);
	attach(0);
	end[0].quiet = true;
	pool_says(PSRP_RUNSPACEPOOL_HOST_CALL, CALL(11, 8));
	end[0].x->ops->send(end[0].x, NULL, XPORT_PR, span_of(message, sizeof(message)));
	SERVER_HEARS("send 00 00021101\n");
	hang_up(0);
	settle();
	CHECK(!heard_now(&server.log, "send"));
}

TEST(a_session_key_goes_to_the_one_that_asked_for_it)
{
	uint8_t message[PSRP_MSG_HEAD + 1] = { 0 };

	put_u32le(message + 4, PSRP_PUBLIC_KEY);
	keep(&wsman_ops, NULL, 0);
	attach(0);
	end[0].x->ops->send(end[0].x, NULL, XPORT_STDIN, span_of(message, sizeof(message)));
	SERVER_HEARS("send 00 00010005\n");
	hang_up(0);
	attach(1);
	end[1].quiet = true;
	end[1].x->ops->send(end[1].x, NULL, XPORT_STDIN, span_of(message, sizeof(message)));
	SERVER_HEARS("send 00 00010005\n");
	pool_says(PSRP_ENCRYPTED_SESSION_KEY, "first");
	settle();
	CHECK_INT(end[1].bytes, 0);
	pool_says(PSRP_ENCRYPTED_SESSION_KEY, "second");
	while (!end[1].bytes)
		turn();
	CHECK_INT(end[1].bytes, PSRP_MSG_HEAD + 6);
}


static void remove_name(void)
{
	char name[80];

	snprintf(name, sizeof(name), "%s/1", base);
	CHECK(unlink(name) == 0);
	snprintf(name, sizeof(name), "%s/.1", base);
	CHECK(unlink(name) == 0);
}

TEST(a_keeper_whose_name_was_removed_takes_a_new_one)
{
	keep(&wsman_ops, NULL, 0);
	attach(0);
	keeper->check.fire(keeper);
	CHECK(keeper->place.id == 1);
	remove_name();
	keeper->check.fire(keeper);
	CHECK(status_has("Id=1\nName=Session1\n"));
	run(0, "x");
	SERVER_HEARS("create 01 x");
}

TEST(a_keeper_that_nobody_can_find_any_more_ends_with_its_session)
{
	keep(&wsman_ops, NULL, 0);
	remove_name();
	CHECK(rmdir(base) == 0);
	setenv("PSSESSION_DIR", "/nonexistent/folder", 1);
	keeper->check.fire(keeper);
	SERVER_HEARS("close\n");
	server.x.ev->closed(server.x.ctx, NULL);
	while (!keeper->over)
		turn();
}

TEST(a_disconnected_session_is_left_on_the_server)
{
	keep(&wsman_ops, NULL, 0);
	server.x.ev->link(server.x.ctx, XPORT_DISCONNECTED, 0, NULL);
	keeper_leave(keeper);
	while (!keeper->over)
		turn();
	CHECK(!heard_now(&server.log, "close"));
}

TEST(a_keeper_that_is_to_end_does_not_wait_for_a_network_that_has_failed)
{
	uint64_t began;

	keep(&wsman_ops, NULL, 0);
	server.x.ev->link(server.x.ctx, XPORT_RETRYING, 240, NULL);
	began = loop_now(loop);
	keeper_leave(keeper);
	while (!keeper->over)
		turn();
	CHECK(loop_now(loop) - began < 1500);
}

TEST(an_expired_session_is_forgotten)
{
	keep(&wsman_ops, NULL, 0);
	server.x.ev->link(server.x.ctx, XPORT_DISCONNECTED, 0, NULL);
	keeper->end.fire(keeper);
	SERVER_HEARS("close\n");
	CHECK(status_has("State=Closed\nAvailability=None\n"));
}
