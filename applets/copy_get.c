/* The download of copy-item. */
#include "applets/copy.h"
#include "applets/ui/print.h"
#include "lib/dest_io.h"

#define PLAIN_MAX (4 * COPY_PIECE)

struct copy_get {
	struct copy *c;
	struct dest dest;
	struct copy_msg file;           /* f, while its bytes come */
	struct buf name;                /* its name */
	bool begun, asked;              /* its file is open; o has to come */
	bool full;                      /* the disk: the script was stopped for that */
	uint64_t have;
	br_sha256_context sha;
	struct buf plain;
};

static void hash(void *ctx, struct span bytes)
{
	br_sha256_update(ctx, bytes.p, bytes.n);
}

static void listed(struct copy_get *g, struct span name)
{
	if (!g->c->pass_thru)
		return;
	print_text(span_str(g->c->destination));
	if (!g->dest.as) {
		print_text(SPAN("/"));
	} else {
		span_cut(&name, '/');
		print_text(name.n ? SPAN("/") : SPAN_NONE);
	}
	print_line(name);
}

/* What it is called here; false: that leads elsewhere. */
static bool local_name(struct copy_get *g, const struct copy_msg *m, struct err *e)
{
	struct span name = m->text;

	if (!dest_name_ok(name)) {
		err_set(e, E_PEER, "the far side sent the name '%.*s', which leads elsewhere",
			SPAN_ARG(span_sub(name, 0, 200)));
		return false;
	}
	buf_clear(&g->name);
	buf_put(&g->name, g->c->flat ? copy_leaf(name) : name);
	return true;
}

static void folder(struct copy_get *g, const struct copy_msg *m, struct err *e)
{
	if (!local_name(g, m, e) || g->c->flat)
		return;
	if (dest_folder(&g->dest, buf_span(&g->name), m->ticks, e) == 0 && !m->ticks)
		listed(g, buf_span(&g->name));
}

static void file(struct copy_get *g, const struct copy_msg *m, struct err *e)
{
	int there = E_PEER;

	g->file = *m;
	g->have = 0;
	br_sha256_init(&g->sha);
	if (local_name(g, m, e))
		there = dest_begin(&g->dest, buf_span(&g->name), g->c->resume, m->size, m->ticks, &g->have,
			e);
	if (there == 0 && dest_reread(&g->dest, g->have, hash, &g->sha, e) < 0)
		there = e->code;
	g->begun = there == 0;
	g->asked = g->begun && g->c->resume;
	if (g->asked)
		buf_printf(&g->c->line, "%llu %s", (unsigned long long)g->have, copy_hex(&g->sha).s);
	else
		buf_puts(&g->c->line, "-1");
	if (g->c->resume)
		copy_send(g->c);
	copy_meter_begin(g->c, buf_span(&g->name));
	if (there > 0) {
		listed(g, buf_span(&g->name));
		g->c->there += m->size;
	}
}

static void offset(struct copy_get *g, const struct copy_msg *m, struct err *e)
{
	if (!g->asked || (m->size && m->size != g->have)) {
		copy_disorder(e);
		return;
	}
	g->asked = false;
	if (!m->size)
		br_sha256_init(&g->sha);
	if (dest_cut(&g->dest, m->size, e) == 0)
		g->c->there += m->size;
}

static void piece(struct copy_get *g, const struct copy_msg *m, struct err *e)
{
	if (!g->begun || g->asked)
		return;
	buf_clear(&g->plain);
	if (!copy_plain(m, &g->plain)) {
		copy_disorder(e);
		return;
	}
	hash(&g->sha, buf_span(&g->plain));
	if (dest_write(&g->dest, buf_span(&g->plain), e) == 0)
		copy_meter(g->c, g->plain.n);
	else if ((g->full = g->c->remote->pipe))        /* nothing else would fit, either */
		pipe_stop(g->c->remote->pipe);
}

static void whole(struct copy_get *g, const struct copy_msg *m, struct err *e)
{
	if (!g->begun || g->asked)
		return;
	g->begun = false;
	if (!span_is_ci(m->text, copy_hex(&g->sha).s)) {
		dest_drop(&g->dest, false);
		err_set(e, E_PEER, "'%.*s' arrived damaged: its SHA-256 differs",
			SPAN_ARG(buf_span(&g->name)));
	} else if (dest_commit(&g->dest, g->file.ticks, g->file.read_only, e) == 0) {
		listed(g, buf_span(&g->name));
	}
}

static void on_output(void *ctx, const struct ps_val *v)
{
	struct copy *c = ((struct remote *)ctx)->all->run_ctx;
	struct copy_get *g = c->way;
	struct copy_msg m;
	struct err e = { 0 };

	if (!copy_msg_get(v, &m) || strchr("kynr", m.kind))
		copy_disorder(&e);
	else if (m.kind == 'w')
		print_own("copy-item: %.*s", SPAN_ARG(m.text));
	else if (m.kind == 'x')
		err_set(&e, E_REMOTE, "%.*s", SPAN_ARG(m.text));
	else if (m.kind == 't')
		c->total = m.size;
	else if (m.kind == 'd')
		folder(g, &m, &e);
	else if (m.kind == 'f')
		file(g, &m, &e);
	else if (m.kind == 'o')
		offset(g, &m, &e);
	else if (m.kind == 'b')
		piece(g, &m, &e);
	else
		whole(g, &m, &e);
	if (!e.code)
		return;
	copy_failed(c, &e);
	dest_drop(&g->dest, c->resume && e.code != E_PEER);
	g->begun = g->asked = false;
}

static void on_ended(void *ctx, enum pipe_state st, const struct ps_val *error,
	const struct err *why)
{
	struct remote *r = ctx;
	struct copy_get *g = ((struct copy *)r->all->run_ctx)->way;
	struct err e = { 0 };

	r->pipe = NULL;
	if (g->begun && st == PIPE_COMPLETED) {
		err_set(&e, E_PEER, "the far side has ended in the middle of a file: -Resume "
			"copies the rest");
		copy_failed(g->c, &e);
	}
	if (st == PIPE_COMPLETED && dest_sync(&g->dest, &e) < 0)
		copy_failed(g->c, &e);
	copy_ended(r, g->full ? PIPE_COMPLETED : st, error, why);
}

static void on_room(void *ctx)
{
	(void)ctx;
}

static const struct pipe_events events = { on_output, remote_record, on_ended, on_room };

static bool set_up(struct copy_get *g)
{
	struct err e = { 0 };

	buf_init(&g->name, 1 << 16);
	buf_init(&g->plain, PLAIN_MAX);
	g->dest.force = g->c->force;
	if (dest_open(&g->dest, g->c->destination, g->c->many, g->c->resume, &e) < 0)
		copy_failed(g->c, &e);
	return !e.code;
}

void copy_get_run(struct remote *r)
{
	struct copy *c = r->all->run_ctx;
	struct copy_get *g = arena_alloc(c->in.arena, sizeof(*g));
	struct ps_val *path;
	struct arena a;

	c->way = g;
	g->c = c;
	if (!set_up(g)) {
		session_close(r->session);
		return;
	}
	arena_init(&a, SIZE_MAX);
	path = ps_list(&a, PS_STRINGS);
	for (struct span one = buf_span(&c->path); one.n;)
		ps_append(&a, path, ps_str(&a, span_cut(&one, 0)));
	copy_start(c, "copy_get", &a, path, !c->resume, &events);
}

void copy_get_end(struct copy *c)
{
	struct copy_get *g = c->way;

	if (!g)
		return;
	dest_drop(&g->dest, c->resume);
	dest_free(&g->dest);
	buf_free(&g->name);
	buf_free(&g->plain);
}
