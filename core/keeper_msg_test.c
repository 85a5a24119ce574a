#include "core/keeper_msg.h"
#include "core/psrp_frag.h"
#include "tests/unit.h"

#define GUID { { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 } }
#define NEXT { { 17 } }

static const struct keeper_msg all[] = {
	{ .type = KEEPER_HELLO, .number = KEEPER_VERSION },
	{ .type = KEEPER_STATUS },
	{ .type = KEEPER_ATTACH, .number = 1, .data = SPAN("/dev/pts/3") },
	{ .type = KEEPER_CREATE, .guid = GUID, .data = SPAN("first") },
	{ .type = KEEPER_SEND, .number = 1, .guid = GUID, .data = SPAN("more") },
	{ .type = KEEPER_STOP, .guid = GUID },
	{ .type = KEEPER_END, .guid = GUID },
	{ .type = KEEPER_ADOPT, .guid = GUID },
	{ .type = KEEPER_DISCONNECT, .number = 0x12345678, .mode = 3 },
	{ .type = KEEPER_CONNECT },
	{ .type = KEEPER_CLOSE },
	{ .type = KEEPER_HELLO_BACK, .number = 0xfffe },
	{ .type = KEEPER_STATUS_IS, .data = SPAN("Id=1\n") },
	{ .type = KEEPER_ATTACHED, .guid = GUID, .number = 203, .next = NEXT },
	{ .type = KEEPER_WAITING, .data = SPAN("pid 4711") },
	{ .type = KEEPER_NEXT, .guid = NEXT },
	{ .type = KEEPER_MESSAGE, .guid = GUID, .data = SPAN("") },
	{ .type = KEEPER_PIPE_CLOSED, .guid = GUID, .code = E_NET, .data = SPAN("gone") },
	{ .type = KEEPER_ROOM, .guid = GUID, .number = 0x123456789abcdef0 },
	{ .type = KEEPER_LINK, .mode = 1, .number = 240, .code = 0 },
	{ .type = KEEPER_GONE, .code = E_REMOTE, .data = SPAN("why") },
	{ .type = KEEPER_NOTICE, .data = SPAN("words") },
	{ .type = KEEPER_DONE },
	{ .type = KEEPER_ERROR, .code = E_USAGE, .data = SPAN("no") },
};
enum { ALL = sizeof(all) / sizeof(*all) };

static struct buf input;
static size_t got;

static void start(void)
{
	buf_free(&input);
	buf_init(&input, 4096);
	got = 0;
}

static bool same(const struct keeper_msg *a, const struct keeper_msg *b)
{
	return a->type == b->type && guid_eq(&a->guid, &b->guid) && guid_eq(&a->next, &b->next) &&
		a->number == b->number && a->mode == b->mode &&
		a->code == b->code && span_eq(a->data, b->data);
}

static void feed(const uint8_t *p, size_t n)
{
	struct keeper_msg m;
	struct err e = { 0 };
	struct span in;
	int r;

	buf_put(&input, span_of(p, n));
	in = buf_span(&input);
	while ((r = keeper_msg_get(&in, &m, &e)) > 0) {
		CHECK(got < ALL);
		CHECK(same(&m, &all[got]));
		got++;
	}
	CHECK_INT(r, 0);
	buf_drop(&input, input.n - in.n);
}

static void finish(void)
{
	CHECK_INT(got, ALL);
	CHECK_INT(input.n, 0);
}

TEST(every_frame_is_read_as_it_was_written_whole_and_in_pieces)
{
	struct buf out;

	buf_init(&out, 4096);
	for (size_t i = 0; i < ALL; i++)
		keeper_msg_put(&all[i], &out);
	each_split(out.p, out.n, start, feed, finish);
	buf_free(&out);
	buf_free(&input);
}

static int get(const char *bytes, size_t n, struct keeper_msg *m)
{
	struct span in = span_of(bytes, n);
	struct err e = { 0 };
	int r = keeper_msg_get(&in, m, &e);

	CHECK_INT(r < 0 ? r : 0, e.code);
	return r;
}
#define GET(lit, m) get(lit, sizeof(lit) - 1, m)

TEST(bytes_are_as_the_protocol_says)
{
	struct keeper_msg m;

	CHECK_INT(GET("\x03\0\0\0\x01\x01\0", &m), 1);
	CHECK_INT(m.type, KEEPER_HELLO);
	CHECK_INT(m.number, 1);
	CHECK_INT(GET("\x06\0\0\0\x09\x60\xea\0\0\x02", &m), 1);
	CHECK_INT(m.number, 60000);
	CHECK_INT(m.mode, 2);
}

TEST(malformed_frames_are_refused)
{
	struct keeper_msg m;

	CHECK_INT(GET("\0\0\0\0", &m), E_PEER);                        /* no type */
	CHECK_INT(GET("\xff\xff\xff\xff", &m), E_PEER);                 /* too long */
	CHECK_INT(GET("\x02\0\0\0\x01\x01", &m), E_PEER);               /* too short for its type */
	CHECK_INT(GET("\x04\0\0\0\x01\x01\0\0", &m), E_PEER);           /* too long for it */
	CHECK_INT(GET("\x05\0\0\0\x4d\x01\0\0\0", &m), E_PEER);         /* no code is positive */
	CHECK_INT(GET("\x05\0\0\0\x4d\xf7\xff\xff\xff", &m), E_PEER);   /* E_AGAIN */
	CHECK_INT(GET("\x05\0\0\0\x4d\xf8\xff\xff\xff", &m), 1);
	CHECK_INT(m.code, E_INTR);
}

TEST(a_message_may_have_the_longest_length_and_no_more)
{
	uint8_t head[4];
	struct keeper_msg m;

	put_u32le(head, PSRP_MSG_MAX + 64);
	CHECK_INT(get((char *)head, 4, &m), 0);
	put_u32le(head, PSRP_MSG_MAX + 65);
	CHECK_INT(get((char *)head, 4, &m), E_PEER);
}

TEST(an_unknown_type_is_told)
{
	struct keeper_msg m;

	CHECK_INT(GET("\x03\0\0\0\x0cxy", &m), 1);
	CHECK_INT(m.type, 12);
	CHECK(span_is(m.data, "xy"));
}

TEST(an_error_crosses)
{
	struct err e = { 0 }, back = { 0 };
	struct keeper_msg m = { .type = KEEPER_GONE };

	err_set(&e, E_NET, "the cable was cut");
	keeper_msg_err(&m, &e);
	keeper_msg_why(&m, &back);
	CHECK_INT(back.code, E_NET);
	CHECK_STR(back.text, "the cable was cut");
	back = (struct err){ 0 };
	keeper_msg_err(&m, NULL);
	keeper_msg_why(&m, &back);
	CHECK_INT(back.code, 0);
}
