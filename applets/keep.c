#include "applets/keep.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "applets/report.h"
#include "applets/roster.h"
#include "applets/target.h"
#include "applets/title.h"
#include "applets/ui/host_tty.h"
#include "applets/ui/print.h"
#include "applets/ui/term_io.h"
#include "core/keeper_io.h"

/* The keeper to be, while its session opens. */
struct opening {
	struct loop *loop;
	struct target target;
	struct session *session;
	struct timer grace;
	struct watch parent;
	bool open, over;
	int status;                         /* after a signal */
	struct err why;
};

static void on_state(void *ctx, enum session_state st, const struct err *why)
{
	struct opening *o = ctx;

	o->open |= st == SESSION_OPEN;
	o->over = st == SESSION_CLOSED || st == SESSION_BROKEN;
	if (why)
		err_copy(&o->why, why);
}

static void give_up(void *ctx)
{
	((struct opening *)ctx)->over = true;
}

/* The server still learns of it, unless the user has no patience left. */
static void on_signal(void *ctx, int signo)
{
	struct opening *o = ctx;

	if (o->status)
		give_up(o);
	o->status = 128 + signo;
	session_close(o->session);
	loop_arm(o->loop, &o->grace, FAREWELL_MS, give_up, o);
}

/* Whoever waits for the session has been killed, so that nobody wants it. */
static void on_parent(void *ctx, short got)
{
	struct opening *o = ctx;

	(void)got;
	loop_unwatch(o->loop, &o->parent);
	if (!o->status)
		on_signal(o, SIGTERM);
}

static bool open_session(struct opening *o, const struct keep *k)
{
	struct session_cfg cfg = target_session(&o->target, o->loop);

	cfg.state = on_state;
	cfg.ctx = o;
	loop_signal(o->loop, SIGINT, on_signal, o);
	loop_signal(o->loop, SIGTERM, on_signal, o);
	loop_watch(o->loop, &o->parent, k->ready, POLLIN, on_parent, o);        /* its other end goes */
	o->session = k->left ? session_connect(&cfg, &k->left->instance) : session_new(&cfg);
	while (!o->open && !o->over && loop_turn(o->loop, &o->why) == 0)
		print_flush();
	return o->open && !o->over && !o->status;
}

/* From an open session to its keeper. When there is no place for one, the session is closed. */
static struct keeper *hand_over(struct opening *o, struct keep *k)
{
	struct keeper_cfg cfg = {
		.loop = o->loop,
		.session = o->session,
		.place = k->place,
		.name = k->name,
		.computer = o->target.name,
		.configuration = o->target.configuration,
		.transport = o->target.transport,
		.commands = k->left ? k->left->commands : NULL,
		.command_n = k->left ? k->left->command_n : 0,
	};
	struct keeper *made;
	struct err e = { 0 };

	target_opened(&o->target);
	loop_signal(o->loop, SIGINT, NULL, NULL);
	loop_signal(o->loop, SIGTERM, NULL, NULL);
	loop_unwatch(o->loop, &o->parent);
	made = keeper_new(&cfg, &o->why);
	k->place.fd = -1;               /* the keeper's, or gone */
	if (made) {
		o->session = NULL;
		return made;
	}
	session_close(o->session);
	while (!o->over && loop_turn(o->loop, &e) == 0)
		;
	return NULL;
}

/* The child: its exit status. */
static int become_keeper(struct opening *o, struct keep *k, int ready)
{
	struct keeper *keeper = NULL;

	if (!o->why.code && open_session(o, k))
		keeper = hand_over(o, k);
	if (keeper) {
		print_flush();
		keeper_run(keeper, ready);
		return 0;
	}
	keeper_unlisten(&k->place);
	if (!o->status && k->left) {
		err_prefix(&o->why, "The connect operation failed for session %s with the following error "
			"message: ", k->left->name);
		print_err(&o->why);
	} else if (!o->status) {
		report_session(o->target.name, false, &o->why);
	}
	session_free(o->session);
	return o->status ? o->status : err_exit(o->why.code);
}

/* Whether it may ask something on the terminal while it opens. */
static bool may_ask(const struct where *w)
{
	return w->set & SET_CHILD || ((w->args.use_ssl || w->set & SET_URI) &&
		!w->args.fingerprint && term_is_there());
}

/* In the parent the keeper's pid. Those from waiting up to k are waited for, which is none of the
 * child's business. */
static int split(struct keep *waiting, struct keep *k, struct err *e)
{
	k->pid = keeper_fork(&k->ready, e);
	for (; k->pid == 0 && waiting < k; waiting++)
		if (waiting->pid)
			close(waiting->ready);
	if (k->pid > 0) {               /* the child's */
		close(k->place.fd);
		close(k->place.dir);
	}
	return k->pid;
}

/* Passwords are asked before the process is split; a child, ssh for one, is started behind. */
static void start(struct keep *waiting, struct keep *k, const struct connect_args *c,
	struct accounts *accounts, struct loop *l)
{
	struct opening o = { .loop = l, .target.name = k->typed };
	struct arena *a = accounts->arena;
	struct where w;
	int r = where_find(&w, k->typed, k->set, c, a, &o.why);

	w.args.session_name = k->name;
	if (k->left && k->left->configuration)
		w.args.configuration = k->left->configuration;
	if (r == 0 && !(w.set & SET_CHILD))
		r = target_make(&o.target, &w, accounts, l, a, &o.why);
	print_flush();
	if (r == 0 && (r = split(waiting, k, &o.why)) == 0) {
		title_set(k->name);
		if (w.set & SET_CHILD && target_make(&o.target, &w, accounts, l, a, &o.why) < 0)
			o.target.xport = NULL;
		k->status = become_keeper(&o, k, k->ready);
		accounts_wipe(accounts);
		exit(k->status);
	}
	k->alone = r > 0 && may_ask(&w);
	if (r < 0) {
		keeper_unlisten(&k->place);
		report_session(o.target.name, false, &o.why);
		k->status = err_exit(r);
		k->pid = 0;
	}
	if (o.target.xport)
		o.target.xport->ops->free(o.target.xport);
	target_free(&o.target);
}

static const char *name_of(int32_t id, struct arena *a)
{
	char name[24];

	snprintf(name, sizeof(name), "Session%d", (int)id);
	return arena_str(a, span_str(name));
}

void keep_all(struct keep *v, size_t n, const struct connect_args *c, struct accounts *accounts,
	struct loop *l, int32_t limit)
{
	size_t most = limit > 0 ? (size_t)limit : THROTTLE, waited = 0;
	bool interrupted = false;               /* so that those that are left do not begin */
	struct err e = { 0 };
	int32_t id = 0;

	for (size_t i = 0; i < n; i++) {
		/* What fails here fails for all, before anybody is asked for a password. */
		if (interrupted) {
			v[i].status = 128 + SIGINT;
		} else if (e.code || keeper_reserve(&v[i].place, id + 1, &e) < 0) {
			v[i].status = err_exit(e.code);
		} else {
			id = v[i].place.id;
			if (!v[i].name)
				v[i].name = name_of(id, accounts->arena);
			start(&v[waited], &v[i], c, accounts, l);
		}
		for (; waited <= i && (i - waited + 1 >= most || v[i].alone || i + 1 == n); waited++)
			if (v[waited].pid) {
				v[waited].status = keeper_wait(v[waited].pid, v[waited].ready, &v[waited].id);
				interrupted |= v[waited].status == 128 + SIGINT;
			}
	}
	if (e.code)
		print_err(&e);
}

struct keep *keep_list(struct arena *a, const struct str_list *where, uint32_t set,
	const struct str_list *names)
{
	struct keep *v = arena_alloc(a, where->n * sizeof(*v));

	for (size_t i = 0; v && i < where->n; i++) {
		v[i] = (struct keep){ .typed = where->v[i], .set = set };
		if (names->n)
			v[i].name = names->n == 1 ? names->v[0] : i < names->n ? names->v[i] : NULL;
	}
	return v;
}

int keep_find(struct chosen *c, const struct keep *v, size_t n, struct err *e)
{
	struct choice made = { .id.v = arena_alloc(c->arena, n * sizeof(*made.id.v)) };

	if (!made.id.v)
		return err_many(e, "sessions");
	for (size_t i = 0; i < n; i++) {
		if (v[i].status > c->status)
			c->status = v[i].status;
		if (v[i].id)
			made.id.v[made.id.n++] = v[i].id;
	}
	c->meant.n = 0;
	return made.id.n ? choose(c, &made, false, e) : 0;
}
