#include "core/psrp_pool.h"
#include "core/psrp_body.h"

/* Of the pool's states only these mean the same to all servers. */
enum { STATE_OPENED = 2, STATE_CLOSED = 3, STATE_BROKEN = 5 };

void psrp_pool_init(struct psrp_pool *p)
{
	*p = (struct psrp_pool){ .id = guid_random(), .when = PSRP_NEGOTIATING };
}

void psrp_pool_connect(struct psrp_pool *p, const struct guid *id)
{
	*p = (struct psrp_pool){ .id = *id, .when = PSRP_NEGOTIATING, .connecting = true };
}

void psrp_pool_attach(struct psrp_pool *p, const struct guid *id, int protocol)
{
	*p = (struct psrp_pool){ .id = *id, .when = PSRP_OPENED, .version = protocol };
}

void psrp_pool_closing(struct psrp_pool *p)
{
	if (p->when != PSRP_NEGOTIATING)
		p->when = PSRP_CLOSING;
}

/* "2.3" is 203; 0 when it is no version. */
static int version(const struct ps_val *v)
{
	struct span s, major;
	uint64_t a, b;

	if (!ps_get_str(v, &s))
		return 0;
	major = span_cut(&s, '.');
	s = span_cut(&s, '.');
	return num_u64(major, &a) && num_u64(s, &b) && a < 100 && b < 100 ? (int)(a * 100 + b) : 0;
}

/* A newer minor version than ours falls back to ours: servers follow the client's there (2.4
 * only dropped the key exchange). */
static int negotiate(struct psrp_pool *p, const struct ps_val *body)
{
	const struct ps_val *announced = ps_prop(body, "protocolversion");
	int v = version(announced);
	struct span text = SPAN_NONE;

	if (!v)
		return err_peer(&p->err, "MS-PSRP 2.2.2.1 protocolversion", 0);
	if (v < 202 || v >= 300) {
		ps_get_str(announced, &text);
		return err_set(&p->err, E_PEER,
			"the server speaks version %.*s of the remoting protocol, 2.2 or later is needed "
			"(Windows Management Framework 3.0, or PowerShell 6 and later)",
			SPAN_ARG(span_sub(text, 0, 20)));
	}
	p->version = v < PSRP_VERSION ? v : PSRP_VERSION;
	p->when = p->connecting ? PSRP_CONNECTING : PSRP_OPENING;
	return POOL_EV_NONE;
}

static int lost(struct psrp_pool *p, const struct ps_val *body, const char *what)
{
	struct buf why;

	buf_init(&why, 65536);
	ps_text(ps_prop(body, "ExceptionAsErrorRecord"), &why);
	err_set(&p->err, E_REMOTE, why.n ? "the server %s: %.*s" : "the server %s", what,
		SPAN_ARG(buf_span(&why)));
	buf_free(&why);
	return p->err.code;
}

static int state(struct psrp_pool *p, const struct ps_val *body)
{
	int64_t st;

	if (!ps_get_i64(ps_prop(body, "RunspaceState"), &st))
		return err_peer(&p->err, "MS-PSRP 2.2.2.8 RunspaceState", 0);
	switch (st) {
	case STATE_OPENED:
		if (p->when == PSRP_NEGOTIATING)
			return err_peer(&p->err, "MS-PSRP 3.1.5.4.9 Opened before SESSION_CAPABILITY", 0);
		if (p->when != PSRP_OPENING)
			return POOL_EV_NONE;
		p->when = PSRP_OPENED;
		return POOL_EV_OPENED;
	case STATE_CLOSED:
	case STATE_BROKEN:
		if (p->when == PSRP_CLOSING)
			return POOL_EV_CLOSED;
		return lost(p, body, st == STATE_CLOSED ? "closed the session" : "lost the session");
	}
	return POOL_EV_NONE;
}

int psrp_pool_feed(struct psrp_pool *p, uint32_t type, const struct ps_val *body)
{
	if (p->err.code)
		return p->err.code;
	if (!psrp_msg_allowed(type, p->when))
		return err_set(&p->err, E_PEER, "the server sent %s at a time when it may not",
			psrp_msg_name(type));
	switch (type) {
	case PSRP_SESSION_CAPABILITY:
		return negotiate(p, body);
	case PSRP_RUNSPACEPOOL_STATE:
		return state(p, body);
	case PSRP_RUNSPACEPOOL_HOST_CALL:
		return POOL_EV_HOST_CALL;
	case PSRP_ENCRYPTED_SESSION_KEY:
		return POOL_EV_KEY;
	case PSRP_PUBLIC_KEY_REQUEST:
		return POOL_EV_KEY_WANTED;
	case PSRP_USER_EVENT:
		return POOL_EV_EVENT;
	case PSRP_RUNSPACEPOOL_INIT_DATA:
		/* how many runspaces: PowerShell gives the most where the least belongs */
		p->when = PSRP_OPENED;
		return POOL_EV_OPENED;
	}
	/* availability, private data: nothing waits for them */
	return POOL_EV_NONE;
}
