#include "core/oop_link.h"
#include "lib/b64.h"

/* The server hands each line to another thread, so: no Data before the CommandAck, one Data on its
 * way, and no Signal or Close while one is. */
struct oop_target {
	struct oop_target *next;
	struct guid id;
	struct frag_queue out[2];       /* by xport_prio */
	struct psrp_frag_in in;
	bool acked;                     /* the server knows it */
	bool in_flight;                 /* Data without its DataAck */
	bool created;                   /* else it is the slot kept ready */
	bool stop, signaled, ended, close_sent;
};

static void target_init(struct oop_target *t, const struct guid *id)
{
	*t = (struct oop_target){ .id = *id };
	frag_queue_init(&t->out[XPORT_STDIN]);
	frag_queue_init(&t->out[XPORT_PR]);
	psrp_frag_init(&t->in, PSRP_MSG_MAX);
}

static void target_free(struct oop_target *t)
{
	frag_queue_free(&t->out[XPORT_STDIN]);
	frag_queue_free(&t->out[XPORT_PR]);
	psrp_frag_free(&t->in);
}

void oop_link_init(struct oop_link *l, struct xport *x, struct arena *a)
{
	*l = (struct oop_link){ .x = x, .arena = a };
	oop_in_init(&l->in);
	buf_init(&l->out, OOP_LINE_MAX);
	buf_init(&l->scratch, OOP_LINE_MAX);
	buf_init(&l->raw, OOP_LINE_MAX);
	l->pool = arena_alloc(a, sizeof(*l->pool));
	target_init(l->pool, &(struct guid){ { 0 } });
	l->pool->acked = l->pool->created = true;
}

void oop_link_free(struct oop_link *l)
{
	struct oop_target *t;

	l->over = true;
	target_free(l->pool);
	for (t = l->pipes; t; t = t->next)
		target_free(t);
	l->pipes = NULL;
	oop_in_free(&l->in);
	buf_free(&l->out);
	buf_free(&l->scratch);
	buf_free(&l->raw);
}

static struct oop_target *find(const struct oop_link *l, const struct guid *id)
{
	struct oop_target *t = l->pipes;

	if (!id || guid_is_zero(id))
		return l->pool;
	while (t && !guid_eq(&t->id, id))
		t = t->next;
	return t;
}

static const struct guid *name_of(const struct oop_link *l, const struct oop_target *t)
{
	return t == l->pool ? NULL : &t->id;
}

/* Announces a pipeline to the server; NULL when there are too many. */
static struct oop_target *new_pipe(struct oop_link *l, const struct guid *id)
{
	struct oop_target *t = l->unused;

	if (l->pipe_n >= OOP_PIPES_MAX)
		return NULL;
	if (t)
		l->unused = t->next;
	else
		t = arena_alloc(l->arena, sizeof(*t));
	BUG_ON(!t);
	target_init(t, id);
	t->next = l->pipes;
	l->pipes = t;
	l->pipe_n++;
	oop_put(&l->out, OOP_COMMAND, id);
	return t;
}

static struct oop_target *find_slot(const struct oop_link *l)
{
	struct oop_target *t = l->pipes;

	while (t && (t->created || t->ended))
		t = t->next;
	return t;
}

/* There may be one still, when a pipeline had another id. */
static void new_slot(struct oop_link *l)
{
	struct guid id = guid_random();

	if (!find_slot(l))
		new_pipe(l, &id);
}

static void drop_pipe(struct oop_link *l, struct oop_target *t)
{
	struct oop_target **at = &l->pipes;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	target_free(t);
	t->next = l->unused;
	l->unused = t;
	l->pipe_n--;
}

static size_t target_queued(const struct oop_target *t)
{
	return frag_queue_len(&t->out[XPORT_STDIN]) + frag_queue_len(&t->out[XPORT_PR]);
}

/* Sends what t may send now. */
static void step(struct oop_link *l, struct oop_target *t)
{
	enum xport_prio prio = frag_queue_len(&t->out[XPORT_PR]) ? XPORT_PR : XPORT_STDIN;
	bool alone;

	if (!t->acked || t->in_flight || t->close_sent)
		return;
	if (t->ended) {
		oop_put(&l->out, OOP_CLOSE, &t->id);
		t->close_sent = true;
		return;
	}
	if (t->stop && !t->signaled && t->out[XPORT_STDIN].first_done) {
		oop_put(&l->out, OOP_SIGNAL, &t->id);
		t->signaled = true;
		frag_queue_drop(&t->out[XPORT_STDIN]);
	}
	buf_clear(&l->scratch);
	/* Input in the same packet as the pipeline itself is often lost (7.6). */
	alone = t != l->pool && !t->out[prio].first_done;
	if (!frag_queue_take(&t->out[prio], &l->last_object, OOP_DATA_MAX, alone, &l->scratch))
		return;
	oop_put_data(&l->out, &t->id, prio == XPORT_PR, buf_span(&l->scratch));
	t->in_flight = true;
	if (l->scratch.cap > OOP_DATA_MAX / 4)
		buf_free(&l->scratch);
}

/* The pool's Close goes out behind those of all pipelines: the server would wait for them. */
static void close_step(struct oop_link *l)
{
	struct oop_target *t;

	if (!l->closing)
		return;
	for (t = l->pipes; t; t = t->next)
		if (!t->close_sent)
			return;
	l->pool->ended = true;
	step(l, l->pool);
}

static void end_target(struct oop_link *l, struct oop_target *t)
{
	t->ended = true;
	frag_queue_drop(&t->out[XPORT_STDIN]);
	frag_queue_drop(&t->out[XPORT_PR]);
	step(l, t);
}

static void put(struct oop_link *l, struct oop_target *t, enum xport_prio prio, struct span msg)
{
	if (!t->ended && !frag_queue_put(&t->out[prio], msg))
		err_set(&l->err, E_LIMIT, "more than %u bytes are waiting to be sent", PSRP_MSG_MAX);
}

static void take_data(struct oop_link *l, struct oop_target *t, const struct oop_packet *p)
{
	struct span in, msg;
	int r;

	buf_clear(&l->raw);
	if (!b64_get(&l->raw, p->text)) {
		err_peer(&l->err, "MS-PSRP 2.2.4 base64", 0);
		return;
	}
	in = buf_span(&l->raw);
	while ((r = psrp_frag_feed(&t->in, &in, &msg)) > 0) {
		l->opened = true;
		l->x->ev->message(l->x->ctx, name_of(l, t), msg);
		if (l->over || t->ended)
			break;
	}
	if (r < 0)
		err_copy(&l->err, &t->in.err);
	if (l->raw.cap > OOP_DATA_MAX / 4)
		buf_free(&l->raw);
}

static void take_data_ack(struct oop_link *l, struct oop_target *t)
{
	t->in_flight = false;
	step(l, t);
	if (target_queued(t) < OOP_DATA_MAX && !t->ended)
		l->x->ev->room(l->x->ctx, name_of(l, t));
}

static void take_close_ack(struct oop_link *l, struct oop_target *t)
{
	struct guid id = t->id;
	bool created = t->created;

	if (t != l->pool) {
		drop_pipe(l, t);
		if (!l->closing && created)
			l->x->ev->pipe_closed(l->x->ctx, &id, NULL);
	} else if (l->closing) {
		l->pool_closed = true;
	} else {
		err_set(&l->err, E_NET, "the server has closed the session");
	}
}

static void take_packet(struct oop_link *l, const struct oop_packet *p)
{
	struct oop_target *t = p->kind < OOP_TEXT ? find(l, &p->pipe) : NULL;
	int n = (int)(p->text.n < 250 ? p->text.n : 250);

	if (l->stray && (!l->heard || p->kind == OOP_TEXT))
		l->stray(l->x, p->kind == OOP_TEXT ? p->text : SPAN_NONE);
	else if (p->kind == OOP_TEXT && !l->closing)
		l->x->ev->notice(l->x->ctx, p->text);
	l->heard |= p->kind != OOP_TEXT;
	if (l->over)
		return;
	if (p->kind == OOP_PIPE_ERROR)
		err_set(&l->err, E_REMOTE,
			"The background process reported an error with the following message: %.*s", n,
			(const char *)p->text.p);
	if (p->kind == OOP_COMMAND || p->kind == OOP_SIGNAL || p->kind == OOP_CLOSE)
		err_set(&l->err, E_PEER, "the server sent a packet that only clients send");
	if (!t)
		return;                 /* of a pipeline that is gone */
	if (p->kind == OOP_DATA && !t->ended)
		take_data(l, t, p);
	if (p->kind == OOP_DATA_ACK)
		take_data_ack(l, t);
	if (p->kind == OOP_CLOSE_ACK)
		take_close_ack(l, t);
	if (p->kind == OOP_COMMAND_ACK) {
		t->acked = true;
		step(l, t);
	}
}

void oop_link_feed(struct oop_link *l, struct span in)
{
	struct oop_packet p;
	int r;

	while (!l->over && !l->err.code && (r = oop_in_feed(&l->in, &in, &p)) != 0) {
		if (r < 0)
			err_copy(&l->err, &l->in.err);
		else
			take_packet(l, &p);
	}
	if (!l->over)
		close_step(l);
}

void oop_link_open(struct oop_link *l, struct span capability, struct span init)
{
	put(l, l->pool, XPORT_STDIN, capability);
	put(l, l->pool, XPORT_STDIN, init);
	step(l, l->pool);
	new_slot(l);
}

struct guid oop_link_next_pipe(struct oop_link *l)
{
	struct oop_target *t = find_slot(l);
	struct guid id = guid_random();

	if (t)
		return t->id;
	if (!l->closing)
		new_pipe(l, &id);
	return id;
}

void oop_link_create(struct oop_link *l, const struct guid *pipe, struct span msg)
{
	struct oop_target *t = find(l, pipe);

	if (l->closing)
		return;
	if (!t)
		t = new_pipe(l, pipe);
	if (!t) {
		err_set(&l->err, E_LIMIT, "more than %u pipelines are under way", OOP_PIPES_MAX);
		return;
	}
	t->created = true;
	put(l, t, XPORT_STDIN, msg);
	step(l, t);
	new_slot(l);
}

void oop_link_send(struct oop_link *l, const struct guid *pipe, enum xport_prio prio,
	struct span msg)
{
	struct oop_target *t = find(l, pipe);

	if (!t || l->closing)
		return;
	put(l, t, prio, msg);
	step(l, t);
}

size_t oop_link_queued(const struct oop_link *l, const struct guid *pipe)
{
	const struct oop_target *t = find(l, pipe);

	return t ? target_queued(t) : 0;
}

void oop_link_stop(struct oop_link *l, const struct guid *pipe)
{
	struct oop_target *t = find(l, pipe);

	if (!t || t == l->pool)
		return;
	t->stop = true;
	step(l, t);
}

void oop_link_end_pipe(struct oop_link *l, const struct guid *pipe)
{
	struct oop_target *t = find(l, pipe);

	if (t && t != l->pool)
		end_target(l, t);
}

void oop_link_close(struct oop_link *l)
{
	struct oop_target *t;

	l->closing = true;
	for (t = l->pipes; t; t = t->next)
		end_target(l, t);
	close_step(l);
}
