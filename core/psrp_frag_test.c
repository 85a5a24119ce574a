#include "core/psrp_frag.h"
#include "tests/unit.h"

static struct psrp_frag_in in;
static struct buf wire, got;              /* got: each message and a '|' */
static int result;
static bool resync, again;
static enum psrp_frag_missing missing;

static void start(void)
{
	psrp_frag_free(&in);
	psrp_frag_init(&in, 64);
	in.resync = resync;
	if (again) {                            /* messages 4 and 5 were the last, 5 is half here */
		in.first = 4;
		in.object = 5;
		in.fragment = 2;
		in.in_msg = true;
		buf_puts(&in.msg, "he");
		in.again = true;
	}
	buf_clear(&got);
	result = 0;
}

static void feed(const uint8_t *p, size_t n)
{
	struct span rest = span_of(p, n), msg;

	while (result >= 0 && (result = psrp_frag_feed(&in, &rest, &msg)) == 1) {
		buf_put(&got, msg);
		buf_putc(&got, '|');
	}
	if (result == 0)
		CHECK_INT(rest.n, 0);
}

static const char *want;
static int want_result;
static void finish(void)
{
	CHECK_STR(buf_cstr(&got), want);
	CHECK_INT(result, want_result);
	CHECK_INT(in.missing, missing);
	CHECK(result < 0 || psrp_frag_idle(&in));
}

static void fragment(uint64_t object, uint64_t id, int flags, uint32_t len, const char *body)
{
	uint8_t h[PSRP_FRAG_HEAD];

	put_u64be(h, object);
	put_u64be(h + 8, id);
	h[16] = (uint8_t)flags;
	put_u32be(h + 17, len);
	buf_put(&wire, span_of(h, sizeof(h)));
	buf_puts(&wire, body);
}

static void begin(void)
{
	buf_free(&wire);
	buf_init(&wire, 1 << 20);
	buf_free(&got);
	buf_init(&got, 1 << 20);
	resync = again = false;
	missing = PSRP_MISSING_NOT;
	want_result = 0;
}

static void run(const char *messages, int code)
{
	want = messages;
	want_result = code;
	each_split(wire.p, wire.n, start, feed, finish);
}

TEST(messages_of_any_number_of_fragments_come_out_whole)
{
	begin();
	fragment(1, 0, 3, 3, "one");
	fragment(2, 0, 1, 2, "tw");
	fragment(2, 1, 0, 0, "");
	fragment(2, 2, 2, 1, "o");
	fragment(9, 0, 0xff, 5, "three");
	fragment(3, 0, 3, 0, "");
	fragment(4, 0, 1, 4, "four");
	fragment(4, 1, 2, 0, "");
	run("one|two|three||four|", 0);
}

TEST(end_without_start_is_refused) { begin(); fragment(1, 0, 2, 1, "x"); run("", E_PEER); }
TEST(object_zero_is_refused) { begin(); fragment(0, 0, 3, 1, "x"); run("", E_PEER); }
TEST(a_start_that_is_not_fragment_zero_is_refused)
{
	begin();
	fragment(1, 1, 3, 1, "x");
	run("", E_PEER);
}

TEST(a_start_inside_a_message_is_refused)
{
	begin();
	fragment(1, 0, 1, 1, "x");
	fragment(2, 0, 3, 1, "y");
	run("", E_PEER);
}

TEST(a_skipped_fragment_is_refused)
{
	begin();
	fragment(1, 0, 1, 1, "x");
	fragment(1, 2, 2, 1, "y");
	run("", E_PEER);
}

TEST(another_object_inside_a_message_is_refused)
{
	begin();
	fragment(1, 0, 1, 1, "x");
	fragment(2, 1, 2, 1, "y");
	run("", E_PEER);
}

TEST(a_length_over_the_cap_is_refused_before_its_bytes_come)
{
	begin();
	fragment(1, 0, 3, 2, "ok");
	fragment(2, 0, 1, 40, "0123456789012345678901234567890123456789");
	fragment(2, 1, 2, 25, "");
	run("ok|", E_LIMIT);
	begin();
	fragment(1, 0, 3, 0xffffffff, "");
	run("", E_LIMIT);
}

TEST(resync_drops_until_a_start_flag)
{
	begin();
	resync = true;
	fragment(7, 3, 0, 3, "old");
	fragment(7, 4, 2, 3, "old");
	fragment(1, 0, 1, 2, "ne");
	fragment(1, 1, 2, 1, "w");
	run("new|", 0);
}

TEST(what_comes_again_is_passed_over)
{
	begin();
	again = true;
	fragment(4, 0, 3, 3, "old");
	fragment(5, 0, 1, 1, "h");
	fragment(5, 1, 0, 1, "e");
	fragment(5, 2, 2, 1, "y");
	fragment(4, 0, 3, 3, "old");
	fragment(6, 0, 3, 3, "new");
	run("hey|new|", 0);
}

TEST(the_first_new_answer_may_come_twice_and_then_nothing_is_old)
{
	begin();
	again = true;
	fragment(5, 2, 2, 1, "y");
	fragment(6, 0, 3, 3, "six");
	start();
	feed(wire.p, wire.n);
	psrp_frag_mark(&in);
	feed(wire.p, wire.n);
	CHECK_STR(buf_cstr(&got), "hey|six|");
	psrp_frag_mark(&in);
	feed(wire.p + 22, 24);
	CHECK_STR(buf_cstr(&got), "hey|six|six|");
}

TEST(a_message_whose_rest_is_missing_is_dropped)
{
	begin();
	again = true;
	missing = PSRP_MISSING_SURE;
	fragment(5, 1, 0, 1, "e");
	fragment(7, 3, 2, 3, "mid");
	fragment(8, 0, 3, 3, "new");
	run("new|", 0);
	begin();
	again = true;
	missing = PSRP_MISSING_SURE;
	fragment(6, 0, 3, 3, "new");
	run("new|", 0);
}

TEST(messages_that_are_missing_as_a_whole_can_only_be_suspected)
{
	begin();
	again = true;
	fragment(5, 2, 2, 1, "y");
	fragment(9, 0, 3, 3, "new");
	run("hey|new|", 0);
	psrp_frag_mark(&in);
	psrp_frag_mark(&in);
	in.again = true;
	feed(wire.p + 22, 24);
	CHECK_STR(buf_cstr(&got), "hey|new|new|");      /* not marked: nothing is known to be old */
	CHECK_INT(in.missing, PSRP_MISSING_MAYBE);
}

TEST(a_stream_that_stops_inside_a_message_is_not_idle)
{
	begin();
	fragment(1, 0, 1, 4, "half");
	start();
	feed(wire.p, wire.n);
	CHECK(!psrp_frag_idle(&in));
	start();
	feed(wire.p, 5);
	CHECK(!psrp_frag_idle(&in));
}

TEST(the_writer_fills_fragments_and_numbers_objects_over_all_messages)
{
	struct psrp_frag_out a, b;
	uint64_t last = 0;

	begin();
	psrp_frag_start(&a, &last, SPAN("abcdef"));
	psrp_frag_start(&b, &last, SPAN("xy"));
	CHECK_INT(psrp_frag_put(&a, 21, &wire), 0);
	CHECK_INT(psrp_frag_put(&a, 25, &wire), 25);
	CHECK(!a.done);
	CHECK_INT(psrp_frag_put(&a, 25, &wire), 23);
	CHECK(a.done);
	CHECK_INT(psrp_frag_put(&a, 25, &wire), 0);
	CHECK_INT(psrp_frag_put(&b, 32768, &wire), 23);
	CHECK_INT(get_u64be(wire.p), 1);
	CHECK_INT(wire.p[16], 1);
	CHECK_INT(get_u64be(wire.p + 25 + 8), 1);
	CHECK_INT(wire.p[25 + 16], 2);
	CHECK_INT(get_u64be(wire.p + 48), 2);
	CHECK_INT(wire.p[48 + 16], 3);
	run("abcdef|xy|", 0);
}
