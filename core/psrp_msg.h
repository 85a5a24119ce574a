/* Messages (MS-PSRP 2.2.1): the header, and a table that says which type may come when.
 * Everything else is refused. */
#ifndef CORE_PSRP_MSG_H
#define CORE_PSRP_MSG_H
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/guid.h"

#define PSRP_MSG_HEAD 40

enum psrp_type {
	PSRP_SESSION_CAPABILITY = 0x00010002, PSRP_INIT_RUNSPACEPOOL = 0x00010004,
	PSRP_PUBLIC_KEY = 0x00010005, PSRP_ENCRYPTED_SESSION_KEY = 0x00010006,
	PSRP_PUBLIC_KEY_REQUEST = 0x00010007, PSRP_CONNECT_RUNSPACEPOOL = 0x00010008,
	PSRP_RUNSPACEPOOL_INIT_DATA = 0x0002100B, PSRP_RESET_RUNSPACE_STATE = 0x0002100C,
	PSRP_SET_MAX_RUNSPACES = 0x00021002, PSRP_SET_MIN_RUNSPACES = 0x00021003,
	PSRP_RUNSPACE_AVAILABILITY = 0x00021004, PSRP_RUNSPACEPOOL_STATE = 0x00021005,
	PSRP_CREATE_PIPELINE = 0x00021006, PSRP_GET_AVAILABLE_RUNSPACES = 0x00021007,
	PSRP_USER_EVENT = 0x00021008, PSRP_APPLICATION_PRIVATE_DATA = 0x00021009,
	PSRP_GET_COMMAND_METADATA = 0x0002100A, PSRP_RUNSPACEPOOL_HOST_CALL = 0x00021100,
	PSRP_RUNSPACEPOOL_HOST_RESPONSE = 0x00021101, PSRP_PIPELINE_INPUT = 0x00041002,
	PSRP_END_OF_PIPELINE_INPUT = 0x00041003, PSRP_PIPELINE_OUTPUT = 0x00041004,
	PSRP_ERROR_RECORD = 0x00041005, PSRP_PIPELINE_STATE = 0x00041006,
	PSRP_DEBUG_RECORD = 0x00041007, PSRP_VERBOSE_RECORD = 0x00041008,
	PSRP_WARNING_RECORD = 0x00041009, PSRP_PROGRESS_RECORD = 0x00041010,
	PSRP_INFORMATION_RECORD = 0x00041011, PSRP_PIPELINE_HOST_CALL = 0x00041100,
	PSRP_PIPELINE_HOST_RESPONSE = 0x00041101,
};

/* When a message from the server may come, as bits. */
enum psrp_when {
	PSRP_NEGOTIATING = 1,             /* our capability is sent */
	PSRP_OPENING = 2,                 /* versions agreed, Opened not yet reported */
	PSRP_OPENED = 4,
	PSRP_CLOSING = 8,                 /* we have asked for the end */
	PSRP_PIPE_ACTIVE = 16,            /* pipeline sent and not yet reported ended */
	PSRP_CONNECTING = 32,             /* PSRP_OPENING for a pool that was there before */
};

struct psrp_msg {
	uint32_t type;
	struct guid pool, pipe;
	struct span data;                 /* CLIXML, perhaps behind a BOM */
};

/* Parses the header. E_PEER when it is short, not for a client or of no known type. */
int psrp_msg_get(struct span raw, struct psrp_msg *m, struct err *e) MUST_CHECK;
/* Appends the header of a message to the server; its CLIXML follows. pipe NULL = the pool. */
void psrp_msg_put(struct buf *out, enum psrp_type type, const struct guid *pool,
	const struct guid *pipe);
/* True for types of a pipeline (the header names it). */
bool psrp_msg_of_pipe(uint32_t type);
/* Whether a server may send type while `when` (one bit) holds. Unknown types and those of
 * clients: never. */
bool psrp_msg_allowed(uint32_t type, enum psrp_when when);
const char *psrp_msg_name(uint32_t type);                /* "PIPELINE_OUTPUT"; "?" when unknown */
#endif
