#include "core/psrp_msg.h"

enum { TO_CLIENT = 1, TO_SERVER = 2 };
#define POOL_UP (PSRP_OPENING | PSRP_CONNECTING | PSRP_OPENED | PSRP_CLOSING)
#define ROW(name, when) { PSRP_##name, #name, when }

/* MS-PSRP 2.2.2. when = 0: only clients send it. */
static const struct { uint32_t type; const char *name; unsigned when; } types[] = {
	ROW(SESSION_CAPABILITY, PSRP_NEGOTIATING),
	ROW(INIT_RUNSPACEPOOL, 0),
	ROW(PUBLIC_KEY, 0),
	ROW(ENCRYPTED_SESSION_KEY, POOL_UP),
	ROW(PUBLIC_KEY_REQUEST, POOL_UP),
	ROW(CONNECT_RUNSPACEPOOL, 0),
	ROW(RUNSPACEPOOL_INIT_DATA, PSRP_CONNECTING),
	ROW(RESET_RUNSPACE_STATE, 0),
	ROW(SET_MAX_RUNSPACES, 0),
	ROW(SET_MIN_RUNSPACES, 0),
	ROW(RUNSPACE_AVAILABILITY, POOL_UP),
	/* A server that cannot go on says Broken or Closed at any time. */
	ROW(RUNSPACEPOOL_STATE, PSRP_NEGOTIATING | POOL_UP),
	ROW(CREATE_PIPELINE, 0),
	ROW(GET_AVAILABLE_RUNSPACES, 0),
	ROW(USER_EVENT, POOL_UP),
	ROW(APPLICATION_PRIVATE_DATA, POOL_UP),
	ROW(GET_COMMAND_METADATA, 0),
	ROW(RUNSPACEPOOL_HOST_CALL, POOL_UP),
	ROW(RUNSPACEPOOL_HOST_RESPONSE, 0),
	ROW(PIPELINE_INPUT, 0),
	ROW(END_OF_PIPELINE_INPUT, 0),
	ROW(PIPELINE_OUTPUT, PSRP_PIPE_ACTIVE),
	ROW(ERROR_RECORD, PSRP_PIPE_ACTIVE),
	ROW(PIPELINE_STATE, PSRP_PIPE_ACTIVE),
	ROW(DEBUG_RECORD, PSRP_PIPE_ACTIVE),
	ROW(VERBOSE_RECORD, PSRP_PIPE_ACTIVE),
	ROW(WARNING_RECORD, PSRP_PIPE_ACTIVE),
	ROW(PROGRESS_RECORD, PSRP_PIPE_ACTIVE),
	ROW(INFORMATION_RECORD, PSRP_PIPE_ACTIVE),
	ROW(PIPELINE_HOST_CALL, PSRP_PIPE_ACTIVE),
	ROW(PIPELINE_HOST_RESPONSE, 0),
};

static size_t type_row(uint32_t type)
{
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(*types) && types[i].type != type; i++)
		;
	return i;
}

bool psrp_msg_allowed(uint32_t type, enum psrp_when when)
{
	size_t i = type_row(type);

	return i < sizeof(types) / sizeof(*types) && (types[i].when & when);
}

const char *psrp_msg_name(uint32_t type)
{
	size_t i = type_row(type);

	return i < sizeof(types) / sizeof(*types) ? types[i].name : "?";
}

bool psrp_msg_of_pipe(uint32_t type)
{
	return type >> 12 == 0x41;
}

int psrp_msg_get(struct span raw, struct psrp_msg *m, struct err *e)
{
	if (raw.n < PSRP_MSG_HEAD)
		return err_peer(e, "MS-PSRP 2.2.1", raw.n);
	if (get_u32le(raw.p) != TO_CLIENT)
		return err_peer(e, "MS-PSRP 2.2.1 Destination", 0);
	m->type = get_u32le(raw.p + 4);
	if (type_row(m->type) == sizeof(types) / sizeof(*types))
		return err_peer(e, "MS-PSRP 2.2.1 MessageType", 4);
	memcpy(m->pool.b, raw.p + 8, 16);
	memcpy(m->pipe.b, raw.p + 24, 16);
	m->data = span_sub(raw, PSRP_MSG_HEAD, raw.n - PSRP_MSG_HEAD);
	return 0;
}

void psrp_msg_put(struct buf *out, enum psrp_type type, const struct guid *pool,
	const struct guid *pipe)
{
	uint8_t head[PSRP_MSG_HEAD] = { 0 };

	put_u32le(head, TO_SERVER);
	put_u32le(head + 4, type);
	memcpy(head + 8, pool->b, 16);
	if (pipe)
		memcpy(head + 24, pipe->b, 16);
	buf_put(out, span_of(head, sizeof(head)));
}
