/* The client's side of a runspace pool (MS-PSRP 3.1.1.2): negotiation, opening, the end.
 * Sans-IO. */
#ifndef CORE_PSRP_POOL_H
#define CORE_PSRP_POOL_H
#include "core/psobject.h"
#include "core/psrp_msg.h"

enum psrp_pool_ev {
	POOL_EV_NONE, POOL_EV_OPENED,
	POOL_EV_CLOSED,                   /* as we had asked */
	POOL_EV_HOST_CALL,
	POOL_EV_KEY,                      /* ENCRYPTED_SESSION_KEY */
	POOL_EV_KEY_WANTED,               /* PUBLIC_KEY_REQUEST */
	POOL_EV_EVENT,                    /* USER_EVENT */
};
struct psrp_pool {
	struct guid id;
	enum psrp_when when;
	bool connecting;                  /* CONNECT_RUNSPACEPOOL was sent, not INIT_RUNSPACEPOOL */
	int version;                      /* agreed on: 202 or 203; 0 before */
	struct err err;
};

/* capability and INIT_RUNSPACEPOOL go out now */
void psrp_pool_init(struct psrp_pool *p);
/* Instead: capability and CONNECT_RUNSPACEPOOL, for a pool that somebody else has opened. Its
 * RUNSPACEPOOL_INIT_DATA is what OPENED is to others. */
void psrp_pool_connect(struct psrp_pool *p, const struct guid *id);
/* Instead: a pool that is open, with what was agreed on. */
void psrp_pool_attach(struct psrp_pool *p, const struct guid *id, int protocol);
void psrp_pool_closing(struct psrp_pool *p);              /* we ask for the end */
/* Takes a message that is not a pipeline's, and its decoded body. An event, or a negative code
 * (sticky, in p->err): E_PEER wrong message or state, E_REMOTE the server refused or lost the
 * pool, with its own words. */
int psrp_pool_feed(struct psrp_pool *p, uint32_t type, const struct ps_val *body) MUST_CHECK;
#endif
