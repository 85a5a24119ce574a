#include "core/psrp_pipe.h"

void psrp_pipe_init(struct psrp_pipe *p)
{
	*p = (struct psrp_pipe){ .state = PIPE_RUNNING };
}

static bool has_ended(const struct psrp_pipe *p)
{
	return p->state == PIPE_STOPPED || p->state == PIPE_COMPLETED || p->state == PIPE_FAILED;
}

static int record(struct psrp_pipe *p, enum record_kind kind)
{
	p->kind = kind;
	return PIPE_EV_RECORD;
}

static int state(struct psrp_pipe *p, const struct ps_val *body, struct err *e)
{
	int64_t st;

	if (!ps_get_i64(ps_prop(body, "PipelineState"), &st))
		return err_peer(e, "MS-PSRP 2.2.2.21 PipelineState", 0);
	if (st < PIPE_NOT_STARTED || st > PIPE_DISCONNECTED)
		return PIPE_EV_NONE;
	p->state = (enum pipe_state)st;
	p->error = ps_prop(body, "ExceptionAsErrorRecord");
	return has_ended(p) ? PIPE_EV_ENDED : PIPE_EV_NONE;
}

int psrp_pipe_feed(struct psrp_pipe *p, uint32_t type, const struct ps_val *body, struct err *e)
{
	if (has_ended(p) || !psrp_msg_allowed(type, PSRP_PIPE_ACTIVE))
		return err_set(e, E_PEER, "the server sent %s for a pipeline that cannot have it",
			psrp_msg_name(type));
	switch (type) {
	case PSRP_PIPELINE_OUTPUT:
		return PIPE_EV_OUTPUT;
	case PSRP_ERROR_RECORD:
		return record(p, RECORD_ERROR);
	case PSRP_WARNING_RECORD:
		return record(p, RECORD_WARNING);
	case PSRP_VERBOSE_RECORD:
		return record(p, RECORD_VERBOSE);
	case PSRP_DEBUG_RECORD:
		return record(p, RECORD_DEBUG);
	case PSRP_INFORMATION_RECORD:
		return record(p, RECORD_INFORMATION);
	case PSRP_PROGRESS_RECORD:
		return record(p, RECORD_PROGRESS);
	case PSRP_PIPELINE_HOST_CALL:
		return PIPE_EV_HOST_CALL;
	case PSRP_PIPELINE_STATE:
		return state(p, body, e);
	}
	return PIPE_EV_NONE;
}
