/* The upload of copy-item. */
#include <unistd.h>
#include "applets/copy.h"
#include "applets/ui/print.h"
#include "lib/tree_io.h"

/* What waits here for the wire, pieces that the server has not written, items it has not answered
 * for: so much is under way. A server takes 50 MiB in a pipeline unless it is told otherwise, and
 * its input is no shorter than its CLIXML. */
enum {
	QUEUED_MIN = COPY_PIECE, QUEUED = 1 << 20, QUEUED_MAX = 4 << 20,
	QUEUED_MS = 1500,               /* of what the line takes: Ctrl+C comes behind it */
	PIECES_MAX = 32,
	ITEMS_MAX = 400,
	PIPELINE_MAX = 40 << 20,
	LINE = 300,                     /* around a text, and around a piece */
};

struct copy_put {
	struct copy *c;
	size_t next;                    /* of c->path */
	struct tree tree;
	int fd;                         /* the file under way; 1 + descriptor */
	uint64_t at, size;
	br_sha256_context sha;
	uint64_t items, answered;
	uint64_t begun_ms, handed;      /* since then so many bytes went into the queue */
	unsigned pieces, taken;         /* so far, and by the server */
	uint32_t piece_n[PIECES_MAX];   /* how long they are, in turn */
	size_t sent;                    /* through this pipeline */
	bool asked;                     /* r or y has to come first */
	bool ended, all;                /* the input; all = and nothing is left */
	uint8_t piece[COPY_PIECE];
};

static void start(struct copy_put *p);

static void close_file(struct copy_put *p)
{
	if (p->fd)
		close(p->fd - 1);
	p->fd = 0;
	p->asked = false;
}

static void send_line(struct copy_put *p)
{
	p->sent += copy_send(p->c) + LINE;
}

#define say(p, ...) (buf_printf(&(p)->c->line, __VA_ARGS__), send_line(p))

static void item(struct copy_put *p, char kind, const struct tree_entry *en, int64_t ticks)
{
	struct span name = p->c->flat ? copy_leaf(en->name) : en->name;

	p->items++;
	say(p, "%c %llu %lld %d %.*s", kind, (unsigned long long)en->size, (long long)ticks,
		en->read_only, SPAN_ARG(name));
}

static void end_input(struct copy_put *p)
{
	p->ended = true;
	if (!p->all)
		say(p, "h");
	pipe_end_input(p->c->remote->pipe);
}

static bool next_path(struct copy_put *p)
{
	const char *path = (const char *)p->c->path.p + p->next;

	if (p->next == p->c->path.n)
		return false;
	tree_start(&p->tree, path, p->c->recurse);
	p->next += strlen(path) + 1;
	return true;
}

/* What cannot be read is told when its turn comes. */
static void count(struct copy_put *p)
{
	struct tree_entry en;
	struct err e;

	while (next_path(p))
		do {
			if (loop_signal_waits())
				return;
			e.code = 0;
			if (tree_next(&p->tree, &en, &e) == 0 && en.kind == TREE_FILE) {
				p->c->total += en.size;
				close(en.fd);
			}
		} while (e.code || en.kind != TREE_END);
	p->next = 0;
}

static void next_item(struct copy_put *p)
{
	struct tree_entry en;
	struct err e = { 0 };

	if (tree_next(&p->tree, &en, &e) < 0) {
		copy_failed(p->c, &e);
	} else if (en.kind == TREE_FILE) {
		p->fd = 1 + en.fd;
		p->at = 0;
		br_sha256_init(&p->sha);
		p->asked = p->c->resume;
		item(p, 'f', &en, en.ticks);
		copy_meter_begin(p->c, en.name);
		p->size = en.size;
	} else if (en.kind == TREE_OTHER) {
		print_own("copy-item: '%.*s' is a link or no ordinary file: left out", SPAN_ARG(en.name));
	} else if (en.kind != TREE_END) {
		if (!p->c->flat)
			item(p, 'd', &en, en.kind == TREE_FOLDER ? 0 : en.ticks);
	} else if (!next_path(p)) {
		p->all = true;
		end_input(p);
	}
}

static void next_piece(struct copy_put *p)
{
	struct err e = { 0 };
	long n = tree_read(p->fd - 1, p->piece, sizeof(p->piece), &e);
	struct span plain = span_of(p->piece, n > 0 ? (size_t)n : 0);
	struct arena a;
	size_t took;

	if (n < 0) {
		err_prefix(&e, "'%.*s' ", SPAN_ARG(p->c->name));
		copy_failed(p->c, &e);
		say(p, "x");
	} else if (!n) {
		say(p, "e %s", copy_hex(&p->sha).s);
	}
	if (n <= 0) {
		close_file(p);
		return;
	}
	br_sha256_update(&p->sha, plain.p, plain.n);
	arena_init(&a, SIZE_MAX);
	pipe_input(p->c->remote->pipe, copy_piece(&a, plain, &took));
	arena_free(&a);
	p->sent += took + LINE;
	p->at += plain.n;
	p->handed += took;
	p->piece_n[p->pieces++ % PIECES_MAX] = (uint32_t)n;
	if (!p->begun_ms)
		p->begun_ms = loop_now(p->c->in.loop);
}

/* Whether more may wait here, by how fast it went so far. */
static bool has_room(const struct copy_put *p, size_t queued)
{
	uint64_t ms = p->begun_ms ? loop_now(p->c->in.loop) - p->begun_ms : 0;
	uint64_t n = ms > QUEUED_MS / 2 ? (p->handed - queued) * QUEUED_MS / ms : QUEUED;

	return queued < (n < QUEUED_MIN ? QUEUED_MIN : n > QUEUED_MAX ? QUEUED_MAX : n);
}

static void pump(struct copy_put *p)
{
	struct pipeline *pipe;

	/* What a stop has dropped must not be followed by more. */
	while ((pipe = p->c->remote->pipe) && !p->c->in.interrupted && !p->asked && !p->ended &&
		p->pieces - p->taken < PIECES_MAX && p->items - p->answered < ITEMS_MAX &&
		has_room(p, pipe_queued(pipe))) {
		if (p->sent > PIPELINE_MAX)
			end_input(p);
		else if (p->fd)
			next_piece(p);
		else
			next_item(p);
	}
}

/* The server has so much of the file already, if that is the same. */
static void resume(struct copy_put *p, const struct copy_msg *m)
{
	struct err e = { 0 };
	long n = 1;

	p->asked = false;
	while (n > 0 && p->at < m->size) {
		uint64_t left = m->size - p->at;
		n = tree_read(p->fd - 1, p->piece, left < COPY_PIECE ? (size_t)left : COPY_PIECE, &e);
		if (n > 0) {
			br_sha256_update(&p->sha, p->piece, (size_t)n);
			p->at += (uint64_t)n;
		}
	}
	if (p->at != m->size || !span_is_ci(m->text, copy_hex(&p->sha).s)) {
		p->at = 0;
		br_sha256_init(&p->sha);
		lseek(p->fd - 1, 0, SEEK_SET);
	}
	say(p, "o %llu", (unsigned long long)p->at);
	p->c->there += p->at;
}

static void answer(struct copy_put *p, const struct copy_msg *m)
{
	bool now = m->entry == p->items && p->fd;

	if (m->kind == 'r') {
		if (now && p->asked)
			resume(p, m);
		return;
	}
	p->answered = m->entry;
	if (m->kind == 'n' && m->text.n) {
		struct err e = { 0 };
		err_set(&e, E_REMOTE, "%.*s", SPAN_ARG(m->text));
		copy_failed(p->c, &e);
	} else if (m->kind == 'y' && p->c->pass_thru && m->text.n) {
		print_line(m->text);
	}
	if (now && p->asked)
		p->c->there += p->size;
	if (now)
		close_file(p);
}

static void on_output(void *ctx, const struct ps_val *v)
{
	struct copy *c = ((struct remote *)ctx)->all->run_ctx;
	struct copy_put *p = c->way;
	struct copy_msg m;
	struct err e = { 0 };

	if (!copy_msg_get(v, &m) || !strchr("kynr", m.kind)) {
		copy_disorder(&e);
		copy_failed(c, &e);
		return;
	}
	if (m.kind != 'k') {
		answer(p, &m);
	} else if (p->taken != p->pieces) {
		copy_meter(c, p->piece_n[p->taken++ % PIECES_MAX]);
	}
	pump(p);
}

static void on_ended(void *ctx, enum pipe_state st, const struct ps_val *error,
	const struct err *why)
{
	struct remote *r = ctx;
	struct copy_put *p = ((struct copy *)r->all->run_ctx)->way;
	struct err e = { 0 };

	r->pipe = NULL;
	p->taken = p->pieces;
	if (st == PIPE_COMPLETED && p->ended && !p->all && !r->done) {
		start(p);
		return;
	}
	if (st == PIPE_COMPLETED && (!p->all || p->answered != p->items)) {
		err_set(&e, E_REMOTE, "the far side has ended before everything was there: "
			"-Resume copies the rest");
		copy_failed(p->c, &e);
	}
	copy_ended(r, st, error, why);
}

static void on_room(void *ctx)
{
	pump(((struct copy *)((struct remote *)ctx)->all->run_ctx)->way);
}

static const struct pipe_events events = { on_output, remote_record, on_ended, on_room };

static void start(struct copy_put *p)
{
	struct copy *c = p->c;
	struct arena a;

	p->sent = 0;
	p->ended = false;
	arena_init(&a, SIZE_MAX);
	copy_start(c, "copy_put", &a, ps_str(&a, span_str(c->destination)), false, &events);
	pump(p);
}

void copy_put_run(struct remote *r)
{
	struct copy *c = r->all->run_ctx;
	struct copy_put *p = arena_alloc(c->in.arena, sizeof(*p));

	c->way = p;
	p->c = c;
	if (print_has_status())
		count(p);
	start(p);
}

void copy_put_end(struct copy *c)
{
	struct copy_put *p = c->way;

	if (!p)
		return;
	close_file(p);
	tree_free(&p->tree);
}
