#include "core/psrp_msg.h"
#include "tests/unit.h"

TEST(a_header_is_written_little_endian_with_net_guids)
{
	struct guid pool, pipe;
	struct buf b;

	buf_init(&b, 100);
	CHECK(guid_parse(SPAN("00112233-4455-6677-8899-aabbccddeeff"), &pool));
	CHECK(guid_parse(SPAN("01020304-0506-0708-090a-0b0c0d0e0f10"), &pipe));
	psrp_msg_put(&b, PSRP_CREATE_PIPELINE, &pool, &pipe);
	CHECK_MEM(b.p, b.n,
		"\2\0\0\0\x06\x10\x02\0\x33\x22\x11\0\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff"
		"\4\3\2\1\6\5\10\7\x9\xa\xb\xc\xd\xe\xf\x10",
		40);
	buf_free(&b);
}

static int get(uint32_t dest, uint32_t type, size_t n, struct psrp_msg *m)
{
	uint8_t raw[44] = { 0 };
	struct err e = { 0 };

	put_u32le(raw, dest);
	put_u32le(raw + 4, type);
	return psrp_msg_get(span_of(raw, n), m, &e);
}

TEST(short_misaddressed_and_unknown_messages_are_refused)
{
	struct psrp_msg m;

	CHECK_INT(get(1, PSRP_PIPELINE_OUTPUT, 44, &m), 0);
	CHECK_INT(m.type, PSRP_PIPELINE_OUTPUT);
	CHECK_INT(m.data.n, 4);
	CHECK_INT(get(1, PSRP_PIPELINE_OUTPUT, 40, &m), 0);
	CHECK_INT(get(1, PSRP_PIPELINE_OUTPUT, 39, &m), E_PEER);
	CHECK_INT(get(2, PSRP_PIPELINE_OUTPUT, 44, &m), E_PEER);
	CHECK_INT(get(1, 0x41012, 44, &m), E_PEER);
}

TEST(types_of_clients_are_never_allowed_from_a_server)
{
	enum psrp_when all =
		PSRP_NEGOTIATING | PSRP_OPENING | PSRP_OPENED | PSRP_CLOSING | PSRP_PIPE_ACTIVE;

	CHECK(!psrp_msg_allowed(PSRP_CREATE_PIPELINE, all));
	CHECK(!psrp_msg_allowed(PSRP_PIPELINE_HOST_RESPONSE, all));
	CHECK(!psrp_msg_allowed(0, all));
}

TEST(a_server_may_not_skip_the_negotiation)
{
	CHECK(psrp_msg_allowed(PSRP_SESSION_CAPABILITY, PSRP_NEGOTIATING));
	CHECK(!psrp_msg_allowed(PSRP_SESSION_CAPABILITY, PSRP_OPENED));
	CHECK(!psrp_msg_allowed(PSRP_ENCRYPTED_SESSION_KEY, PSRP_NEGOTIATING));
	CHECK(!psrp_msg_allowed(PSRP_RUNSPACEPOOL_HOST_CALL, PSRP_NEGOTIATING));
	CHECK(!psrp_msg_allowed(PSRP_PIPELINE_OUTPUT, PSRP_OPENED));
	CHECK(psrp_msg_allowed(PSRP_PIPELINE_OUTPUT, PSRP_PIPE_ACTIVE));
	CHECK_STR(psrp_msg_name(PSRP_PROGRESS_RECORD), "PROGRESS_RECORD");
	CHECK_STR(psrp_msg_name(3), "?");
	CHECK(psrp_msg_of_pipe(PSRP_PIPELINE_HOST_CALL) && !psrp_msg_of_pipe(PSRP_CREATE_PIPELINE));
}
