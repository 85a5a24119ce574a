#include "core/keeper_link.h"
#include "core/psrp_frag.h"

enum { CHUNK = 32768, ROUNDS = 8, KEEP = 65536 };

static void on_ready(void *ctx);

static void enter(struct keeper_link *k)
{
	k->depth++;
}

static void leave(struct keeper_link *k)
{
	if (--k->depth == 0 && k->destroy)
		k->destroy(k->ctx);
}

static void shut_down(struct keeper_link *k)
{
	if (k->over)
		return;
	k->over = true;
	loop_disarm(k->loop, &k->kick);
	stream_close(k->stream);
	buf_free(&k->in);
	buf_free(&k->out);
}

static void lose(struct keeper_link *k, const struct err *why)
{
	shut_down(k);
	k->lost(k->ctx, why);
}

static void kick(struct keeper_link *k)
{
	loop_arm(k->loop, &k->kick, 0, on_ready, k);
}

void keeper_link_init(struct keeper_link *k, struct loop *l, struct stream *stream)
{
	k->loop = l;
	k->stream = stream;
	k->over = !stream;
	if (stream) {
		stream->ready = on_ready;
		stream->ctx = k;
	}
	buf_init(&k->in, PSRP_MSG_MAX + (1u << 20));
	buf_init(&k->out, PSRP_MSG_MAX + (16u << 20));
}

void keeper_link_put(struct keeper_link *k, const struct keeper_msg *m)
{
	if (k->over)
		return;
	if (k->out_at > k->out.n / 2) {         /* seldom enough that moving costs little */
		buf_drop(&k->out, k->out_at);
		k->out_at = 0;
	}
	keeper_msg_put(m, &k->out);
	if (!k->depth)                          /* else on_ready() flushes at its end */
		kick(k);
}

void keeper_link_say(struct keeper_link *k, enum keeper_type type, const struct guid *guid,
	uint64_t number, struct span data)
{
	struct keeper_msg m = { .type = type, .number = number, .data = data };

	if (guid)
		m.guid = *guid;
	keeper_link_put(k, &m);
}

void keeper_link_err(struct keeper_link *k, enum keeper_type type, const struct guid *guid,
	const struct err *why)
{
	struct keeper_msg m = { .type = type };

	if (guid)
		m.guid = *guid;
	keeper_msg_err(&m, why);
	keeper_link_put(k, &m);
}

void keeper_link_hold(struct keeper_link *k, bool held)
{
	if (k->held && !held && !k->over)
		kick(k);
	k->held = held;
}

void keeper_link_finish(struct keeper_link *k)
{
	k->finishing = true;
	if (!k->over)
		kick(k);
}

void keeper_link_end(struct keeper_link *k, void (*destroy)(void *ctx))
{
	shut_down(k);
	k->destroy = destroy;
	enter(k);
	leave(k);
}

static void forget(struct buf *b)
{
	if (b->cap > KEEP)
		buf_free(b);
	else
		buf_clear(b);
}

static int flush(struct keeper_link *k, struct err *e)
{
	bool progress = false;
	long n = 0;

	if (buf_failed(&k->out))
		return err_set(e, E_LIMIT, "more than %zu bytes are waiting to be read", k->out.max);
	while (k->out_at < k->out.n) {
		n = stream_write(k->stream, span_sub(buf_span(&k->out), k->out_at, k->out.n));
		if (n < 0)
			break;
		k->out_at += (size_t)n;
		progress = true;
	}
	if (n < 0 && n != E_AGAIN)
		return err_copy(e, &k->stream->err);
	if (k->out_at == k->out.n) {
		forget(&k->out);
		k->out_at = 0;
	}
	if (progress && k->sent)
		k->sent(k->ctx);
	return 0;
}

static int take_frames(struct keeper_link *k, struct err *e)
{
	struct span in = buf_span(&k->in);
	struct keeper_msg m;
	int r;

	while (!k->over && !k->finishing && (r = keeper_msg_get(&in, &m, e)) != 0) {
		if (r < 0)
			return r;
		k->frame(k->ctx, &m);
	}
	if (k->over)
		return 0;
	if (in.n)
		buf_drop(&k->in, k->in.n - in.n);
	else
		forget(&k->in);
	return 0;
}

/* 1 = the other end is gone */
static int fill(struct keeper_link *k, struct err *e)
{
	int rounds = ROUNDS;            /* then others have their turn */
	uint8_t *p;
	long n;

	while (!k->over && !k->held && !k->finishing) {
		if (!rounds--) {
			kick(k);
			break;
		}
		p = buf_room(&k->in, CHUNK);
		n = p ? stream_read(k->stream, p, CHUNK) : E_AGAIN;
		if (n == 0)
			return 1;
		if (n == E_AGAIN)
			break;
		if (n < 0)
			return err_copy(e, &k->stream->err);
		buf_add(&k->in, (size_t)n);
		if (take_frames(k, e) < 0)
			return e->code;
	}
	return 0;
}

static void on_ready(void *ctx)
{
	struct keeper_link *k = ctx;
	struct err e = { 0 };
	int gone;

	enter(k);
	gone = fill(k, &e);
	if (!k->over && gone >= 0 && flush(k, &e) < 0)
		gone = e.code;
	if (!k->over && !gone)
		gone = k->finishing && !keeper_link_queued(k);
	if (!k->over && gone)
		lose(k, gone < 0 ? &e : NULL);
	leave(k);
}
