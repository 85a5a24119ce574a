/* The relay: front ends, their pipelines, flow, the protocol's edges. */
#include "core/keeper_test.h"

TEST(a_front_end_is_attached_and_its_pipelines_are_relayed)
{
	struct guid id, two = id_of(2);

	keep(&wsman_ops, NULL, 0);
	SERVER_HEARS("keep\n");
	attach(0);
	CHECK_INT(end[0].protocol, 203);
	CHECK_INT(end[0].pool.b[15], 0xcc);
	id = run(0, "Get-Date");
	CHECK_INT(id.b[15], 1);
	SERVER_HEARS("create 01 Get-Date\n");
	end[0].x->ops->send(end[0].x, &id, XPORT_STDIN, SPAN("input"));
	end[0].x->ops->send(end[0].x, &id, XPORT_PR, SPAN("answer"));
	end[0].x->ops->stop(end[0].x, &id);
	SERVER_HEARS("send 01 0 input\nsend 01 1 answer\nstop 01\n");
	server.x.ev->message(server.x.ctx, &id, SPAN("output"));
	server.x.ev->message(server.x.ctx, &two, SPAN("not ours"));
	server.x.ev->notice(server.x.ctx, SPAN("words"));
	HEARS(0, "message 01 output\nnotice words\n");
	end[0].x->ops->end_pipe(end[0].x, &id);
	SERVER_HEARS("end 01\n");
	id = run(0, "next");
	CHECK_INT(id.b[15], 2);
	SERVER_HEARS("create 02 next\n");
	server.x.ev->pipe_closed(server.x.ctx, &id, NULL);
	HEARS(0, "pipe closed 02 \n");
	id = run(0, "third");
	SERVER_HEARS("create 03 third\n");
	CHECK(!guid_is_zero(&end[0].pool));
	id = end[0].x->ops->next_pipe(end[0].x);        /* before NEXT came: any id will do */
	end[0].x->ops->create(end[0].x, &id, SPAN("fourth"));
	SERVER_HEARS("fourth\n");
}

TEST(whoever_leaves_has_its_pipelines_ended_and_the_session_stays)
{
	keep(&wsman_ops, NULL, 0);
	attach(0);
	run(0, "forever");
	SERVER_HEARS("create 01");
	CHECK(status_has("Availability=Busy"));
	CHECK(status_has("FrontEnd=pid "));
	CHECK(status_has("on /dev/pts/3"));
	CHECK(status_has("Command=00000000-0000-0000-0000-000000000001"));
	hang_up(0);
	SERVER_HEARS("end 01\n");
	CHECK(status_has("Availability=Available"));
	attach(1);
	run(1, "again");
	SERVER_HEARS("create 02 again");
}

TEST(a_farewell_says_everything_first)
{
	struct guid id;

	keep(&wsman_ops, NULL, 0);
	attach(0);
	id = run(0, "x");
	end[0].x->ops->end_pipe(end[0].x, &id);
	end[0].x->ops->close(end[0].x);
	HEARS(0, "closed \n");
	SERVER_HEARS("create 01 x\nend 01\n");
	settle();
	CHECK(!heard_now(&server.log, "close"));
	CHECK(!keeper->fronts);
}

TEST(one_is_attached_the_others_wait_in_their_order)
{
	keep(&wsman_ops, NULL, 0);
	attach(0);
	dial(1, true);
	HEARS(1, "waiting for pid ");
	HEARS(1, "on /dev/pts/3\n");
	dial(2, false);
	HEARS(2, "attached The session 1 is busy: pid ");
	hang_up(2);
	dial(2, true);
	HEARS(2, "waiting for pid ");
	CHECK(!heard_now(&end[1].log, "attached"));
	hang_up(0);
	HEARS(1, "attached \n");
	CHECK(!heard_now(&end[2].log, "attached"));
	hang_up(1);
	HEARS(2, "attached \n");
}

TEST(who_gives_up_waiting_is_passed_over)
{
	keep(&wsman_ops, NULL, 0);
	attach(0);
	dial(1, true);
	HEARS(1, "waiting for pid ");
	dial(2, true);
	HEARS(2, "waiting for pid ");
	hang_up(1);
	settle();
	hang_up(0);
	HEARS(2, "attached \n");
}

TEST(who_does_not_read_holds_the_server_back)
{
	static char big[100000];
	struct guid id;
	size_t sent = 0;

	memset(big, 'x', sizeof(big));
	keep(&wsman_ops, NULL, 0);
	attach(0);
	end[0].quiet = true;
	id = run(0, "flood");
	SERVER_HEARS("create 01");
	end[0].x->ops->hold(end[0].x, true);
	while (!heard_now(&server.log, "hold\n") && sent < 8 << 20) {
		server.x.ev->message(server.x.ctx, &id, span_of(big, sizeof(big)));
		sent += sizeof(big);
		turn();
	}
	CHECK(sent > 1 << 20);
	CHECK(sent < 3 << 20);
	CHECK(end[0].bytes < sizeof(big) * 4);
	end[0].x->ops->hold(end[0].x, false);
	SERVER_HEARS("let go\n");
	while (end[0].bytes < sent)
		turn();
	CHECK_INT(end[0].bytes, sent);
}

TEST(a_dead_front_end_holds_nobody_back)
{
	static char big[2 << 20];
	struct guid id;

	keep(&wsman_ops, NULL, 0);
	attach(0);
	id = run(0, "flood");
	SERVER_HEARS("create 01");
	end[0].x->ops->hold(end[0].x, true);
	server.x.ev->message(server.x.ctx, &id, span_of(big, sizeof(big)));
	SERVER_HEARS("hold\n");
	hang_up(0);
	SERVER_HEARS("end 01\nlet go\n");
}

TEST(input_that_went_out_makes_room_for_more)
{
	static char big[3 << 20];
	struct guid id;

	keep(&wsman_ops, NULL, 0);
	attach(0);
	id = run(0, "sink");
	server.queued = sizeof(big);
	end[0].x->ops->send(end[0].x, &id, XPORT_STDIN, span_of(big, sizeof(big)));
	CHECK_INT(end[0].x->ops->queued(end[0].x, &id), sizeof(big));
	SERVER_HEARS("send 01");
	server.queued = 2 << 20;
	server.x.ev->room(server.x.ctx, &id);
	settle();
	CHECK_INT(end[0].x->ops->queued(end[0].x, &id), 2 << 20);
	CHECK(!heard_now(&end[0].log, "room"));
	server.queued = 1000;
	server.x.ev->room(server.x.ctx, &id);
	HEARS(0, "room 01\n");
	CHECK_INT(end[0].x->ops->queued(end[0].x, &id), 1000);
	CHECK_INT(end[0].x->ops->queued(end[0].x, NULL), 0);
}

TEST(a_front_end_may_be_freed_inside_an_event)
{
	struct guid id;

	keep(&wsman_ops, NULL, 0);
	attach(0);
	id = run(0, "x");
	SERVER_HEARS("create 01");
	end[0].free_in_message = true;
	server.x.ev->message(server.x.ctx, &id, SPAN("one"));
	server.x.ev->message(server.x.ctx, &id, SPAN("two"));
	SERVER_HEARS("end 01\n");
	CHECK(heard_now(&end[0].log, "one"));
	CHECK(!heard_now(&end[0].log, "two"));
}

TEST(a_keeper_that_dies_is_told)
{
	keep(&wsman_ops, NULL, 0);
	attach(0);
	keeper_free(keeper);
	keeper = NULL;
	CHECK(server.frees);
	HEARS(0, "closed the background process of session 1 has ended");
}

TEST(a_question_can_be_dropped_and_has_its_time)
{
	struct keeper_place p;

	keep(&wsman_ops, NULL, 0);
	ask(ASK_STATUS);
	keeper_ask_drop(&asked);
	keeper_ask_drop(&asked);
	settle();
	CHECK_INT(answer.n, 0);
	CHECK_INT(keeper_listen(&p, 1, &e), 0);    /* listens, but never answers */
	asked = (struct keeper_asked){ .id = p.id, .done = on_answer };
	keeper_ask(loop, &asked, ASK_STATUS, NULL, 50);
	CHECK(answered("the background process of session 2 does not answer"));
	keeper_unlisten(&p);
	asked.id = 2;
	keeper_ask(loop, &asked, ASK_STATUS, NULL, 50);
	CHECK(answered("There is no session with the Id 2"));
}

static void nothing(void *ctx)
{
	(void)ctx;
}

TEST(more_than_sixty_four_wait_at_the_door)
{
	struct stream *s[80];
	size_t n;

	keep(&wsman_ops, NULL, 0);
	for (n = 0; n < 80; n++) {
		s[n] = keeper_dial(loop, 1, &e);
		CHECK(s[n]);
		s[n]->ready = nothing;
		turn_for(0);
		turn_for(0);
	}
	CHECK_INT(keeper->front_n, FRONTS_MAX);
	while (n)
		stream_close(s[--n]);
	attach(0);
	turn_for(20);
	CHECK_INT(keeper->front_n, 1);
}

/* Raw frames, as no front end of ours would send them */

static struct stream *raw;
static struct buf raw_in;

static void raw_send(const char *bytes, size_t n)
{
	stream_close(raw);
	buf_free(&raw_in);
	buf_init(&raw_in, 65536);
	raw = keeper_dial(loop, 1, &e);
	CHECK(raw);
	raw->ready = nothing;
	CHECK_INT(stream_write(raw, span_of(bytes, n)), n);
}

/* Reads until the other end is gone. */
static bool raw_ends(void)
{
	uint8_t bytes[256];
	long n = E_AGAIN;

	for (int i = 0; i < 1000 && n; i++) {
		n = stream_read(raw, bytes, sizeof(bytes));
		if (n > 0)
			buf_put(&raw_in, span_of(bytes, (size_t)n));
		if (n == E_AGAIN)
			settle();
		if (n < 0 && n != E_AGAIN)
			break;
	}
	return n == 0;
}
#define RAW(lit) raw_send(lit, sizeof(lit) - 1)
#define HELLO "\x03\0\0\0\x01\x01\0"
#define ZERO "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

TEST(whoever_breaks_the_protocol_is_shown_the_door)
{
	keep(&wsman_ops, NULL, 0);
	RAW("\x03\0\0\0\x01\x02\0");                    /* another version */
	CHECK(raw_ends());
	CHECK_MEM(raw_in.p, raw_in.n, "\x03\0\0\0\x41\x01\0", 7);
	RAW("\x01\0\0\0\x02");                          /* no HELLO */
	CHECK(raw_ends());
	CHECK_INT(raw_in.n, 7);
	RAW(HELLO "\0\0\0\0");                          /* malformed */
	CHECK(raw_ends());
	RAW(HELLO "\x11\0\0\0\x06" ZERO);               /* not attached */
	CHECK(raw_ends());
	CHECK(span_search(buf_span(&raw_in), SPAN("protocol")) < raw_in.n);
	RAW(HELLO "\x02\0\0\0\x03\0" "\x11\0\0\0\x04" ZERO);    /* a pipeline without an id */
	CHECK(raw_ends());
	RAW(HELLO "\x02\0\0\0\x0cx" "\x02\0\0\0\x03\x01" "\x02\0\0\0\x03\x01");
	CHECK(raw_ends());                              /* unknown: answered; attached twice: not */
	CHECK(span_search(buf_span(&raw_in), SPAN("no frame of type 12")) < raw_in.n);
	RAW(HELLO "\x06\0\0\0\x09\0\0\0\0\x04");       /* no such buffering */
	CHECK(raw_ends());
	CHECK(!keeper->fronts);
	attach(0);
	stream_close(raw);
	raw = NULL;
	buf_free(&raw_in);
	buf_free(&answer);
}

static void piece(const uint8_t *p, size_t n)
{
	CHECK_INT(stream_write(raw, span_of(p, n)), n);
	turn_for(0);
	turn_for(0);
}

TEST(frames_may_come_in_any_pieces)
{
	static const char frames[] = HELLO "\x02\0\0\0\x03\0" "\x13\0\0\0\x04" "0123456789abcdef"
		"hi" "\x11\0\0\0\x07" "0123456789abcdef";
	size_t n = sizeof(frames) - 1;

	keep(&wsman_ops, NULL, 0);
	for (size_t cut = 1; cut < n; cut++) {
		RAW("");
		piece((const uint8_t *)frames, cut);
		piece((const uint8_t *)frames + cut, n - cut);
		SERVER_HEARS("create 66 hi\nend 66\n");
	}
	RAW("");
	for (size_t i = 0; i < n; i++)
		piece((const uint8_t *)frames + i, 1);
	SERVER_HEARS("create 66 hi\nend 66\n");
	stream_close(raw);
	raw = NULL;
	buf_free(&raw_in);
}
