#include "core/frag_queue.h"
#include "tests/unit.h"

static struct frag_queue q;
static uint64_t object;
static struct buf out;

static void start(void)
{
	frag_queue_free(&q);
	buf_free(&out);
	buf_init(&out, 1 << 22);
	object = 0;
}

/* Puts the fragments in out together again: messages end to end, each behind a '|'. */
static void gather(struct buf *text)
{
	struct span in = buf_span(&out), msg;
	struct psrp_frag_in f;
	int r;

	buf_init(text, 1 << 22);
	psrp_frag_init(&f, PSRP_MSG_MAX);
	while ((r = psrp_frag_feed(&f, &in, &msg)) > 0) {
		buf_putc(text, '|');
		buf_put(text, msg);
	}
	CHECK_INT(r, 0);
	CHECK(psrp_frag_idle(&f));
	psrp_frag_free(&f);
}

TEST(messages_come_out_as_they_went_in_whatever_the_room)
{
	struct buf text;
	size_t room;

	for (room = PSRP_FRAG_HEAD + 1; room < 120; room++) {
		start();
		CHECK(frag_queue_put(&q, SPAN("first message")) && frag_queue_put(&q, SPAN("2")));
		CHECK_INT(frag_queue_take(&q, &object, PSRP_FRAG_HEAD, false, &out), 0);
		CHECK(frag_queue_take(&q, &object, room, false, &out) > 0);
		CHECK(frag_queue_put(&q, SPAN("third")));       /* the memory moves under a message cut */
		while (frag_queue_take(&q, &object, room, false, &out) > 0)
			;
		gather(&text);
		CHECK(span_is(buf_span(&text), "|first message|2|third"));
		CHECK_INT(frag_queue_len(&q), 0);
		buf_free(&text);
	}
	start();
}

TEST(the_first_message_goes_alone_when_wished)
{
	start();
	CHECK(frag_queue_put(&q, SPAN("create")) && frag_queue_put(&q, SPAN("input")));
	CHECK(!q.first_done);
	CHECK_INT(frag_queue_take(&q, &object, 1000, true, &out), PSRP_FRAG_HEAD + 6);
	CHECK(q.first_done);
	CHECK_INT(object, 1);
	CHECK_INT(frag_queue_take(&q, &object, 1000, true, &out), PSRP_FRAG_HEAD + 5);
	CHECK_INT(object, 2);
	start();
}

TEST(first_done_waits_for_the_last_fragment)
{
	start();
	CHECK(frag_queue_put(&q, SPAN("0123456789")));
	CHECK_INT(frag_queue_take(&q, &object, PSRP_FRAG_HEAD + 4, true, &out), PSRP_FRAG_HEAD + 4);
	CHECK(!q.first_done);
	CHECK(frag_queue_take(&q, &object, 1000, true, &out) > 0);
	CHECK(q.first_done);
	start();
}

TEST(many_small_messages_do_not_share_a_large_batch)
{
	size_t i;

	start();
	for (i = 0; i < 20000; i++)
		CHECK(frag_queue_put(&q, SPAN("0123456789012345678901234567890123456789")));
	CHECK(frag_queue_take(&q, &object, 1 << 20, false, &out) < 70000);
	start();
}

TEST(a_large_message_fills_the_room)
{
	static const uint8_t large[300000];

	start();
	CHECK(frag_queue_put(&q, span_of(large, sizeof(large))));
	CHECK_INT(frag_queue_take(&q, &object, 250000, false, &out), 250000);
	CHECK_INT(frag_queue_len(&q), sizeof(large) - (250000 - PSRP_FRAG_HEAD));
	frag_queue_drop(&q);
	CHECK_INT(frag_queue_len(&q), 0);
	start();
}
