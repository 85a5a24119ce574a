/* What the attached front end asks for. */
#include "core/keeper_int.h"

static void create(struct front *f, const struct keeper_msg *m, struct err *e)
{
	struct keeper *k = f->k;
	struct xport *x = k->xport;
	struct guid next;

	if (keeper_pipe_find(&k->pipes, &m->guid) || guid_is_zero(&m->guid)) {
		front_turn_out(f, e);
		return;
	}
	keeper_pipe_add(&k->pipes, &m->guid);
	x->ops->create(x, &m->guid, m->data);
	next = x->ops->next_pipe(x);
	keeper_link_say(&f->link, KEEPER_NEXT, &next, 0, SPAN_NONE);
}

static void send_pool(struct keeper *k, const struct keeper_msg *m)
{
	struct xport *x = k->xport;
	uint32_t type = m->data.n >= PSRP_MSG_HEAD ? get_u32le(m->data.p + 4) : 0;

	if (type == PSRP_PUBLIC_KEY)
		k->keys++;
	if (type == PSRP_RUNSPACEPOOL_HOST_RESPONSE)
		buf_free(&k->call);
	x->ops->send(x, NULL, m->number ? XPORT_PR : XPORT_STDIN, m->data);
}

static void adopt(struct front *f, const struct keeper_msg *m, struct err *e)
{
	struct keeper *k = f->k;
	struct xport *x = k->xport;
	struct keeper_pipe *p = keeper_pipe_find(&k->pipes, &m->guid);

	if (p && p->free) {
		p->free = false;
		x->ops->attach(x, &p->id);
		return;
	}
	err_set(e, E_USAGE, "the session has no such command");
	keeper_link_err(&f->link, KEEPER_PIPE_CLOSED, &m->guid, e);
	e->code = 0;
}

/* For a pipeline that has ended meanwhile there is nothing to do. */
static void pipe_request(struct front *f, const struct keeper_msg *m)
{
	struct keeper *k = f->k;
	struct xport *x = k->xport;
	struct keeper_pipe *p = keeper_pipe_find(&k->pipes, &m->guid);

	if (!p || p->free)
		return;
	if (m->type == KEEPER_STOP) {
		x->ops->stop(x, &p->id);
	} else if (m->type == KEEPER_END) {
		x->ops->end_pipe(x, &p->id);
		keeper_pipe_drop(&k->pipes, p);
	} else {
		p->sent += m->data.n;
		x->ops->send(x, &p->id, m->number ? XPORT_PR : XPORT_STDIN, m->data);
	}
}

void front_request(struct front *f, const struct keeper_msg *m, struct err *e)
{
	struct keeper *k = f->k;

	if (k->attached != f)
		front_turn_out(f, e);
	else if (k->state != KEPT_OPENED || k->closing)
		return;                 /* it will hear, or has heard, of that */
	else if (m->type == KEEPER_CREATE)
		create(f, m, e);
	else if (m->type == KEEPER_ADOPT)
		adopt(f, m, e);
	else if (m->type == KEEPER_SEND && guid_is_zero(&m->guid))
		send_pool(k, m);
	else
		pipe_request(f, m);
}
