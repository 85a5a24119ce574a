/* The client's side of one pipeline (MS-PSRP 3.1.1.3): what the server's messages mean for it.
 * Sans-IO. */
#ifndef CORE_PSRP_PIPE_H
#define CORE_PSRP_PIPE_H
#include "core/psobject.h"
#include "core/psrp_msg.h"

/* wire numbers */
enum pipe_state { PIPE_NOT_STARTED, PIPE_RUNNING, PIPE_STOPPING, PIPE_STOPPED, PIPE_COMPLETED,
	PIPE_FAILED, PIPE_DISCONNECTED };
enum record_kind { RECORD_ERROR, RECORD_WARNING, RECORD_VERBOSE, RECORD_DEBUG, RECORD_INFORMATION,
	RECORD_PROGRESS };

enum psrp_pipe_ev { PIPE_EV_NONE, PIPE_EV_OUTPUT, PIPE_EV_RECORD, PIPE_EV_HOST_CALL,
	PIPE_EV_ENDED };
struct psrp_pipe {
	/* what the server said last; STOPPED, COMPLETED and FAILED end it */
	enum pipe_state state;
	enum record_kind kind;            /* of the last PIPE_EV_RECORD */
	/* of PIPE_EV_ENDED: ErrorRecord in the message's tree, or NULL */
	const struct ps_val *error;
};

void psrp_pipe_init(struct psrp_pipe *p);                 /* its CREATE_PIPELINE goes out now */
/* Takes a message and its decoded body. An event, or E_PEER for a type that may not come now. */
int psrp_pipe_feed(struct psrp_pipe *p, uint32_t type, const struct ps_val *body,
	struct err *e) MUST_CHECK;
#endif
