#include "core/oop_link.h"
#include "lib/b64.h"
#include "tests/unit.h"

static struct oop_link link;
static struct arena arena;
static struct xport x;
static struct buf seen;                 /* events */

static void on_message(void *ctx, const struct guid *pipe, struct span msg)
{
	(void)ctx;
	buf_printf(&seen, "message %s %.*s\n", pipe ? "pipe" : "pool", SPAN_ARG(msg));
	if (span_is(msg, "last"))
		oop_link_end_pipe(&link, pipe);
}

static void on_pipe_closed(void *ctx, const struct guid *pipe, const struct err *e)
{
	(void)ctx, (void)pipe;
	buf_puts(&seen, e ? "pipe failed\n" : "pipe closed\n");
}

static void on_closed(void *ctx, const struct err *e)
{
	(void)ctx, (void)e;
	buf_puts(&seen, "closed\n");
}

static void on_room(void *ctx, const struct guid *pipe)
{
	(void)ctx;
	buf_puts(&seen, pipe ? "room\n" : "");
}

static void on_notice(void *ctx, struct span text)
{
	(void)ctx;
	buf_printf(&seen, "notice %.*s\n", SPAN_ARG(text));
}

static const struct xport_events events = { .message = on_message, .pipe_closed = on_pipe_closed,
	.closed = on_closed, .room = on_room, .notice = on_notice };

static void stop(void)
{
	oop_link_free(&link);
	arena_free(&arena);
	buf_free(&seen);
}

static void start(void)
{
	arena_init(&arena, 1 << 20);
	buf_init(&seen, 1 << 20);
	x.ev = &events;
	oop_link_init(&link, &x, &arena);
}

/* What went out since the last call, ids left out: "Data 3 fragments, Command". */
static const char *sent(void)
{
	static char text[512];
	struct oop_packet k;
	struct oop_in in;
	struct span rest = buf_span(&link.out), frags;
	struct buf raw;

	text[0] = 0;
	oop_in_init(&in);
	buf_init(&raw, 1 << 24);
	while (oop_in_feed(&in, &rest, &k) > 0) {
		static const char *const names[] = { "Data", "?", "Command", "?", "Signal", "?", "Close" };
		size_t n = 0;

		CHECK(k.kind < sizeof(names) / sizeof(names[0]));
		buf_clear(&raw);
		if (k.kind == OOP_DATA)
			CHECK(b64_get(&raw, k.text));
		for (frags = buf_span(&raw); frags.n; n++)
			frags = span_sub(frags, PSRP_FRAG_HEAD + get_u32be(frags.p + 17), frags.n);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s%s", text[0] ? " " : "",
			names[k.kind], k.prompt ? "-pr" : guid_is_zero(&k.pipe) ? "-pool" : "");
		if (n)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), ":%zu", n);
	}
	oop_in_free(&in);
	buf_free(&raw);
	buf_clear(&link.out);
	return text;
}

static void server(enum oop_kind kind, const struct guid *id)
{
	static const struct guid none;
	struct buf b;

	buf_init(&b, 1000);
	oop_put(&b, kind, id ? id : &none);
	oop_link_feed(&link, buf_span(&b));
	buf_free(&b);
}

static void server_says(const struct guid *id, const char *msg)
{
	static const struct guid none;
	static uint64_t object;
	struct psrp_frag_out f;
	struct buf b, line;

	buf_init(&b, 1000);
	buf_init(&line, 1000);
	psrp_frag_start(&f, &object, span_str(msg));
	CHECK(psrp_frag_put(&f, 900, &b));
	oop_put_data(&line, id ? id : &none, false, buf_span(&b));
	oop_link_feed(&link, buf_span(&line));
	buf_free(&b);
	buf_free(&line);
}

static void open_pool(void)
{
	start();
	oop_link_open(&link, SPAN("capability"), SPAN("init"));
	CHECK_STR(sent(), "Data-pool:2 Command");
	server_says(NULL, "opened");
	server(OOP_DATA_ACK, NULL);
}

TEST(opening_takes_one_packet_and_announces_the_slot)
{
	open_pool();
	CHECK_STR(buf_cstr(&seen), "message pool opened\n");
	CHECK(link.opened);
	stop();
}

TEST(no_data_goes_before_the_command_is_acknowledged)
{
	struct guid id;

	open_pool();
	id = oop_link_next_pipe(&link);
	oop_link_create(&link, &id, SPAN("create"));
	CHECK_STR(sent(), "Command");                   /* the next slot */
	server(OOP_COMMAND_ACK, &id);
	CHECK_STR(sent(), "Data:1");
	stop();
}

TEST(a_ready_slot_starts_a_pipeline_at_once)
{
	struct guid id;

	open_pool();
	id = oop_link_next_pipe(&link);
	server(OOP_COMMAND_ACK, &id);
	CHECK_STR(sent(), "");
	CHECK(guid_eq(&id, &(struct guid){ { 0 } }) == false);
	CHECK_MEM(&id, sizeof(id), &(struct guid[]){ oop_link_next_pipe(&link) }, sizeof(id));
	oop_link_create(&link, &id, SPAN("create"));
	CHECK_STR(sent(), "Data:1 Command");
	stop();
}

TEST(a_pipeline_with_another_id_leaves_the_slot_to_the_next_one)
{
	struct guid slot, other = guid_random();

	open_pool();
	slot = oop_link_next_pipe(&link);
	oop_link_create(&link, &other, SPAN("create"));
	CHECK_STR(sent(), "Command");
	CHECK(guid_eq(&slot, &(struct guid[]){ oop_link_next_pipe(&link) }[0]));
	stop();
}

/* A running pipeline whose creation is acknowledged. */
static struct guid running(void)
{
	struct guid id;

	open_pool();
	id = oop_link_next_pipe(&link);
	server(OOP_COMMAND_ACK, &id);
	oop_link_create(&link, &id, SPAN("create"));
	CHECK_STR(sent(), "Data:1 Command");
	return id;
}

TEST(one_data_packet_is_on_its_way_and_input_never_rides_with_the_pipeline)
{
	struct guid id = running();

	oop_link_send(&link, &id, XPORT_STDIN, SPAN("input 1"));
	oop_link_send(&link, &id, XPORT_STDIN, SPAN("input 2"));
	CHECK_STR(sent(), "");
	CHECK(oop_link_queued(&link, &id) > 14);
	server(OOP_DATA_ACK, &id);
	CHECK_STR(sent(), "Data:2");
	CHECK_INT(oop_link_queued(&link, &id), 0);
	CHECK_STR(buf_cstr(&seen), "message pool opened\nroom\n");
	stop();
}

TEST(answers_to_prompts_go_before_waiting_input)
{
	struct guid id = running();

	oop_link_send(&link, &id, XPORT_STDIN, SPAN("input"));
	oop_link_send(&link, &id, XPORT_PR, SPAN("answer"));
	server(OOP_DATA_ACK, &id);
	CHECK_STR(sent(), "Data-pr:1");
	server(OOP_DATA_ACK, &id);
	CHECK_STR(sent(), "Data:1");
	stop();
}

TEST(a_stop_waits_until_the_server_has_the_pipeline_and_is_sent_once)
{
	struct guid id = running();

	oop_link_stop(&link, &id);
	CHECK_STR(sent(), "");
	server(OOP_DATA_ACK, &id);
	CHECK_STR(sent(), "Signal");
	oop_link_stop(&link, &id);
	server(OOP_SIGNAL_ACK, &id);
	CHECK_STR(sent(), "");
	server_says(&id, "stopped");
	CHECK(strstr(buf_cstr(&seen), "message pipe stopped"));
	stop();
}

TEST(an_ended_pipeline_is_closed_after_its_ack_and_told_once)
{
	struct guid id = running();

	server_says(&id, "last");                       /* ends it from inside the event */
	server_says(&id, "too late");
	CHECK_STR(sent(), "");                          /* the ack of its Data is still to come */
	server(OOP_DATA_ACK, &id);
	CHECK_STR(sent(), "Close");
	server(OOP_CLOSE_ACK, &id);
	server(OOP_CLOSE_ACK, &id);
	server_says(&id, "much too late");
	CHECK_STR(buf_cstr(&seen), "message pool opened\nmessage pipe last\npipe closed\n");
	CHECK_INT(link.err.code, 0);
	stop();
}

TEST(closing_closes_every_pipeline_before_the_pool)
{
	struct guid id = running();

	oop_link_close(&link);
	CHECK_STR(sent(), "");                          /* Data without ack, a slot without ack */
	server(OOP_DATA_ACK, &id);
	CHECK_STR(sent(), "Close");
	id = oop_link_next_pipe(&link);                 /* none any more */
	CHECK_STR(sent(), "");
	CHECK(!link.pool_closed);
	stop();

	open_pool();
	id = oop_link_next_pipe(&link);
	oop_link_close(&link);
	server(OOP_COMMAND_ACK, &id);
	CHECK_STR(sent(), "Close Close-pool");
	server(OOP_CLOSE_ACK, &id);
	server(OOP_CLOSE_ACK, NULL);
	CHECK(link.pool_closed);
	stop();
}

TEST(a_peer_that_breaks_the_rules_is_an_error)
{
	struct guid id = running();

	oop_link_feed(
		&link, SPAN("<Data Stream='Default' PSGuid='00000000-0000-0000-0000-000000000000'>"
					"A===</Data>\n"));
	CHECK_INT(link.err.code, E_PEER);
	stop();
	id = running();
	server(OOP_COMMAND, &id);
	CHECK_INT(link.err.code, E_PEER);
	stop();
	running();
	server(OOP_CLOSE_ACK, NULL);
	CHECK_INT(link.err.code, E_NET);
	stop();
	running();
	oop_link_feed(&link, SPAN("__NamedPipeError__: gone\n"));
	CHECK_INT(link.err.code, E_REMOTE);
	CHECK(strstr(link.err.text, "gone"));
	stop();
}

TEST(acks_of_what_is_not_known_are_ignored)
{
	struct guid other = guid_random();

	running();
	server(OOP_DATA_ACK, &other);
	server(OOP_COMMAND_ACK, &other);
	server(OOP_CLOSE_ACK, &other);
	server_says(&other, "who?");
	CHECK_STR(sent(), "");
	CHECK_INT(link.err.code, 0);
	stop();
}

TEST(a_large_pipeline_goes_in_packets_of_two_mebibytes)
{
	static uint8_t large[3 << 20];
	struct guid id;
	int packets = 1;

	open_pool();
	id = oop_link_next_pipe(&link);
	server(OOP_COMMAND_ACK, &id);
	oop_link_create(&link, &id, span_of(large, sizeof(large)));
	oop_link_send(&link, &id, XPORT_STDIN, SPAN("input"));
	CHECK(strcmp(sent(), "Data:1 Command") == 0);
	oop_link_stop(&link, &id);
	for (server(OOP_DATA_ACK, &id); !strcmp(sent(), "Data:1"); server(OOP_DATA_ACK, &id))
		packets++;
	CHECK_INT(packets, 2);
	stop();
}
