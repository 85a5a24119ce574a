#include "core/wsman_list.h"
#include "core/xport_wsman_int.h"
#include "lib/num.h"

#define POWERSHELL NS_PS "/"

enum {
	LIST_MAX = 4 << 20,             /* bytes of what is found */
	BATCHES_MAX = 10000,
	WAIT_MS = 60000,
};

struct found {
	struct found *next;
	struct span id;                 /* as the server writes it */
	struct kept kept;
};
struct wsman_list {
	struct arena arena, replies;    /* the first holds this and what was found */
	struct xport_wsman_cfg cfg;
	struct wsman_env env;
	struct http_conn *http;
	struct guid id;                 /* of the request under way */
	struct found *shells, **tail;
	struct found *now;              /* whose commands are asked for; NULL = the shells are */
	struct buf context;
	unsigned batches;
	bool inside, freed;
	void (*each)(void *ctx, const struct kept *k);
	void (*ended)(void *ctx, const struct err *why);
	void *ctx;
};

static void on_answer(void *ctx, const struct http_reply *r);

/* The shells, or the commands of one; the first batch of them, or the next. */
static void ask(struct wsman_list *l)
{
	struct wsman_req q = { .op = l->context.n ? WSMAN_PULL : WSMAN_ENUMERATE,
		.id = guid_random(),
		.timeout_ms = WAIT_MS,
		.context = buf_span(&l->context) };
	struct buf envelope;

	l->id = q.id;
	l->env.resource = NS_RSP;
	if (l->now) {
		l->env.resource = NS_RSP "/Command";
		q.shell = l->now->id;
	}
	buf_init(&envelope, WSMAN_ENVELOPE_SMALL);
	wsman_put(&l->env, &q, &envelope);
	http_conn_post(l->http, buf_span(&envelope), l->env.utf16 ? WSMAN_TYPE_UTF16 : WSMAN_TYPE,
		WAIT_MS + WAIT_MS / 2, on_answer, l);
	buf_free(&envelope);
}

static uint32_t ms(int64_t ticks)
{
	ticks /= TICKS_PER_SEC / 1000;
	return ticks > 0 && ticks <= UINT32_MAX ? (uint32_t)ticks : 0;
}

/* One that is connected belongs to another client, so that for us it is disconnected, too. */
static void put_state(const struct wsman_item *i, struct kept *k)
{
	int64_t now = loop_unix_us() / 1000000;

	k->state = KEPT_DISCONNECTED;
	k->avail = KEPT_BUSY;
	if (!span_is_ci(i->state, "Disconnected"))
		return;
	k->avail = KEPT_NONE;
	k->disconnected_on = now - i->inactive / TICKS_PER_SEC;
	k->expires_on = k->idle_ms ? k->disconnected_on + k->idle_ms / 1000 : 0;
}

static void add_shell(struct wsman_list *l, const struct wsman_item *i)
{
	struct found *f;

	if (!span_starts_ci(i->resource, POWERSHELL) || !i->state.n ||
		(l->cfg.resource && !span_is_ci(i->resource, l->cfg.resource)))
		return;
	f = arena_alloc(&l->arena, sizeof(*f));
	if (!f || !arena_dup(&l->arena, i->id, &f->id) || !guid_parse(f->id, &f->kept.instance))
		return;
	f->kept.name = arena_str(&l->arena, i->name);
	f->kept.configuration = arena_str(&l->arena,
		span_sub(i->resource, strlen(POWERSHELL), i->resource.n));
	f->kept.computer = l->cfg.http.host;
	f->kept.transport = "WSMan";
	f->kept.idle_ms = ms(i->idle);
	f->kept.max_idle_ms = ms(i->max_idle);
	f->kept.buffering = i->buffering;
	put_state(i, &f->kept);
	*l->tail = f;
	l->tail = &f->next;
}

static void add_command(struct wsman_list *l, const struct wsman_item *i)
{
	struct kept *k = &l->now->kept;

	if (!k->commands)
		k->commands = arena_alloc(&l->arena, sizeof(*k->commands));
	if (k->commands && guid_parse(i->id, k->commands))
		k->command_n++;         /* of more than one, there is no use for any */
}

static void end(struct wsman_list *l, const struct err *why)
{
	if (!l->freed)
		l->ended(l->ctx, why);
}

/* All of what was asked for is there. */
static void go_on(struct wsman_list *l)
{
	if (l->now && l->now->kept.command_n <= 1)
		l->each(l->ctx, &l->now->kept);
	l->now = l->now ? l->now->next : l->shells;
	if (l->now && !l->freed)
		ask(l);
	else
		end(l, NULL);
}

static int take(struct wsman_list *l, const struct wsman_reply *reply, struct err *e)
{
	const struct wsman_item *i;

	if (reply->kind == WSMAN_IS_FAULT && l->now) {
		l->now->kept.command_n = SIZE_MAX;      /* it ended meanwhile, or is not for us */
		return 0;
	}
	if (reply->kind == WSMAN_IS_FAULT &&
		(reply->code == WSMAN_UNSUPPORTED || reply->code == WSMAN_ACTION_UNKNOWN))
		return err_set(e, E_REMOTE, "this server does not list its sessions");
	if (reply->kind == WSMAN_IS_FAULT)
		return wsman_fault_err(reply, l->cfg.http.host, e);
	if (reply->kind != WSMAN_IS_LISTED || !guid_eq(&reply->relates_to, &l->id))
		return err_set(e, E_PEER, "the server's answer belongs to another request: is a proxy in "
			"between?");
	for (i = reply->items; i; i = i->next) {
		if (l->now)
			add_command(l, i);
		else
			add_shell(l, i);
	}
	buf_put(&l->context, reply->context);
	if (arena_failed(&l->arena) || buf_failed(&l->context) || ++l->batches > BATCHES_MAX)
		return err_set(e, E_LIMIT, "the server has more sessions than can be listed");
	return 0;
}

static void on_answer(void *ctx, const struct http_reply *r)
{
	struct wsman_list *l = ctx;
	struct wsman_reply reply;
	struct err e = { 0 };
	struct buf text;

	buf_init(&text, BODY_MAX);
	buf_clear(&l->context);
	if (r->err)
		err_copy(&e, r->err);
	else if (wsman_reply_read(wsman_reply_text(r->body, &text), &l->replies, &reply, &e) == 0)
		take(l, &reply, &e);
	arena_reset(&l->replies);
	buf_free(&text);
	l->inside = true;
	if (e.code)
		end(l, &e);
	else if (l->context.n)
		ask(l);
	else
		go_on(l);
	l->inside = false;
	if (l->freed)
		wsman_list_free(l);
}

struct wsman_list *wsman_list_new(const struct xport_wsman_cfg *cfg,
	void (*each)(void *ctx, const struct kept *k),
	void (*ended)(void *ctx, const struct err *why), void *ctx)
{
	struct wsman_list *l;
	struct arena a;

	arena_init(&a, LIST_MAX);
	l = arena_alloc(&a, sizeof(*l));
	BUG_ON(!l);
	l->arena = a;
	l->cfg = *cfg;
	if (!l->cfg.http.body_max)
		l->cfg.http.body_max = BODY_MAX;
	l->env = (struct wsman_env){
		.to = wsman_address(&l->arena, &cfg->http),
		.locale = cfg->locale ? cfg->locale : "en-US",
		.data_locale = cfg->data_locale ? cfg->data_locale : "en-US", .utf16 = cfg->utf16,
		.session = guid_random(), .max_envelope = WSMAN_ENVELOPE_SMALL,
	};
	arena_init(&l->replies, LIST_MAX);
	buf_init(&l->context, 4096);
	l->tail = &l->shells;
	l->each = each;
	l->ended = ended;
	l->ctx = ctx;
	l->http = http_conn_new(&l->cfg.http);
	ask(l);
	return l;
}

void wsman_list_free(struct wsman_list *l)
{
	struct arena a;

	if (!l)
		return;
	l->freed = true;
	if (l->inside)
		return;
	http_conn_free(l->http);
	arena_free(&l->replies);
	buf_free(&l->context);
	a = l->arena;
	arena_free(&a);
}
