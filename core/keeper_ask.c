/* Requests to keepers beside the pipelines: a connection each. */
#include "core/keeper_dir_io.h"
#include "core/keeper_link.h"
#include "core/xport_keeper.h"

struct ask {
	struct arena arena;             /* this struct lies in it */
	struct loop *loop;
	struct keeper_link link;
	struct keeper_asked *q;
	enum keeper_ask what;
	struct timer deadline;
	struct err err;                 /* it could not be asked, or what was asked for failed */
	bool greeted, told;
};

static void destroy(void *ctx)
{
	struct arena a = ((struct ask *)ctx)->arena;

	arena_free(&a);
}

static void end(struct ask *a)
{
	loop_disarm(a->loop, &a->deadline);
	keeper_link_end(&a->link, destroy);
}

static void tell(struct ask *a, struct span status)
{
	struct keeper_asked *q = a->q;

	if (a->told)
		return;
	a->told = true;
	q->ask = NULL;
	q->done(q, status, a->err.code ? &a->err : NULL);
	end(a);                         /* q may be gone */
}

static void on_lost(void *ctx, const struct err *why)
{
	struct ask *a = ctx;

	if (!a->greeted)                /* it ended while we stood in its queue */
		err_set(&a->err, E_USAGE, "There is no session with the Id %d.", (int)a->q->id);
	if (why)
		err_copy(&a->err, why);
	err_set(&a->err, E_NET, "the background process of session %d has ended", (int)a->q->id);
	tell(a, SPAN_NONE);
}

static void on_deadline(void *ctx)
{
	struct ask *a = ctx;

	err_set(&a->err, E_NET, "the background process of session %d does not answer",
		(int)a->q->id);
	tell(a, SPAN_NONE);
}

static void on_frame(void *ctx, const struct keeper_msg *m)
{
	struct ask *a = ctx;

	if (a->told)
		return;
	if (!a->greeted) {
		a->greeted = true;
		if (keeper_msg_greets(m, &a->err) < 0)
			tell(a, SPAN_NONE);
		return;
	}
	keeper_msg_why(m, &a->err);
	if (m->type == KEEPER_STATUS_IS || (m->type == KEEPER_DONE && a->what == ASK_CLOSE))
		tell(a, m->data);
	else if (m->type == KEEPER_DONE || m->type == KEEPER_ERROR)
		keeper_link_say(&a->link, KEEPER_STATUS, NULL, 0, SPAN_NONE);
}

void keeper_ask(struct loop *l, struct keeper_asked *q, enum keeper_ask what,
	const struct xport_keep *keep, uint32_t deadline_ms)
{
	static const enum keeper_type types[] = {
		[ASK_STATUS] = KEEPER_STATUS, [ASK_DISCONNECT] = KEEPER_DISCONNECT,
		[ASK_CONNECT] = KEEPER_CONNECT, [ASK_CLOSE] = KEEPER_CLOSE,
	};
	struct keeper_msg m = { .type = types[what] };
	struct stream *stream;
	struct arena arena;
	struct ask *a;

	arena_init(&arena, SIZE_MAX);
	a = arena_alloc(&arena, sizeof(*a));
	*a = (struct ask){ .arena = arena, .loop = l, .q = q, .what = what,
		.link = { .frame = on_frame, .lost = on_lost, .ctx = a } };
	q->ask = a;
	if (keep) {
		m.number = keep->idle_ms;
		m.mode = keep->buffering;
	}
	stream = keeper_dial(l, q->id, &a->err);
	keeper_link_init(&a->link, l, stream);
	keeper_link_say(&a->link, KEEPER_HELLO, NULL, KEEPER_VERSION, SPAN_NONE);
	keeper_link_put(&a->link, &m);
	loop_arm(l, &a->deadline, stream ? deadline_ms : 0, on_deadline, a);
}

void keeper_ask_drop(struct keeper_asked *q)
{
	if (!q->ask)
		return;
	q->ask->told = true;
	end(q->ask);
	q->ask = NULL;
}
