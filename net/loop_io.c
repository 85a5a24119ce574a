#include "net/loop_io.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KILL_AFTER_MS 2000
#define FREE_GRACE_MS 500
#define NOT_POLLED ((size_t)-1)

struct signal_slot { void (*caught)(void *ctx, int signo); void *ctx; };

struct child {
	struct child *next;
	pid_t pid;
	void (*ended)(void *ctx, int status);
	void *ctx;
	uint64_t kill_ms;               /* 0 = not to be killed */
};

struct loop {
	struct watch *watches;
	struct timer *timers;           /* by at_ms */
	struct timer *due;              /* taken out for this turn: what they arm waits for the next */
	struct pollfd *fds;
	struct watch **polled;          /* fds[i] belongs to polled[i]; NULL once unwatched */
	size_t polled_n, room, watch_n;
	uint64_t now;
	struct child *children;
	struct timer reaper;
	struct watch wake;
	int wake_w;                     /* -1 = no signals used yet */
	struct signal_slot signals[NSIG];
};

static volatile sig_atomic_t pending[NSIG];
static volatile sig_atomic_t wake_fd = -1;

static uint64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

struct loop *loop_new(void)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		oom();
	signal(SIGPIPE, SIG_IGN);
	l->wake_w = -1;
	l->now = clock_ms();
	return l;
}

uint64_t loop_now(struct loop *l)
{
	return l->now;
}

uint64_t loop_filetime(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return ((uint64_t)t.tv_sec + 11644473600u) * 10000000 + (uint64_t)t.tv_nsec / 100;
}

int64_t loop_unix_us(void)
{
	return (int64_t)(loop_filetime() / 10) - 11644473600000000;
}

void loop_watch(struct loop *l, struct watch *w, int fd, short want, void (*ready)(void *, short),
	void *ctx)
{
	loop_unwatch(l, w);
	*w = (struct watch){ .fd = fd, .want = want, .ready = ready, .ctx = ctx, .next = l->watches,
		.link = &l->watches, .slot = NOT_POLLED };
	if (w->next)
		w->next->link = &w->next;
	l->watches = w;
	l->watch_n++;
}

void loop_unwatch(struct loop *l, struct watch *w)
{
	if (!w->link)
		return;
	*w->link = w->next;
	if (w->next)
		w->next->link = w->link;
	w->link = NULL;
	if (w->slot < l->polled_n)
		l->polled[w->slot] = NULL;
	l->watch_n--;
}

static void timer_put(struct timer **at, struct timer *t)
{
	while (*at && (*at)->at_ms <= t->at_ms)
		at = &(*at)->next;
	t->next = *at;
	t->link = at;
	if (t->next)
		t->next->link = &t->next;
	*at = t;
}

/* The clock is read anew: a password prompt may have stopped the loop for minutes. */
void loop_arm(struct loop *l, struct timer *t, uint32_t ms, void (*fire)(void *), void *ctx)
{
	loop_disarm(l, t);
	*t = (struct timer){ .at_ms = clock_ms() + ms, .fire = fire, .ctx = ctx };
	timer_put(&l->timers, t);
}

void loop_held(struct loop *l)
{
	uint64_t now = clock_ms();

	for (struct timer *t = l->timers; t; t = t->next)
		t->at_ms += now - l->now;
	l->now = now;
}

void loop_disarm(struct loop *l, struct timer *t)
{
	(void)l;
	if (!t->link)
		return;
	*t->link = t->next;
	if (t->next)
		t->next->link = t->link;
	t->link = NULL;
}

static void on_signal(int signo)
{
	int saved = errno;
	ssize_t n;

	pending[signo] = 1;
	n = write((int)wake_fd, "", 1);         /* a full pipe is awake already */
	(void)n;
	errno = saved;
}

static void woken(void *ctx, short got)
{
	struct loop *l = ctx;
	char drop[64];
	int i;

	(void)got;
	while (read(l->wake.fd, drop, sizeof(drop)) > 0)
		;
	for (i = 1; i < NSIG; i++) {
		if (!pending[i])
			continue;
		pending[i] = 0;
		if (l->signals[i].caught)
			l->signals[i].caught(l->signals[i].ctx, i);
	}
}

void loop_signal(struct loop *l, int signo, void (*caught)(void *ctx, int signo), void *ctx)
{
	struct sigaction sa = { .sa_handler = caught ? on_signal : SIG_DFL, .sa_flags = SA_RESTART };
	struct sigaction now;
	int fd[2];

	BUG_ON(signo <= 0 || signo >= NSIG);
	if (signo != SIGCHLD && sigaction(signo, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
		return;
	if (caught && l->wake_w < 0) {
		BUG_ON(wake_fd >= 0);
		if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) < 0)
			oom();
		loop_watch(l, &l->wake, fd[0], POLLIN, woken, l);
		l->wake_w = fd[1];
		wake_fd = fd[1];
	}
	l->signals[signo] = (struct signal_slot){ caught, ctx };
	sigemptyset(&sa.sa_mask);
	sigaction(signo, &sa, NULL);
}

bool loop_signal_waits(void)
{
	for (int i = 1; i < NSIG; i++)
		if (pending[i] && i != SIGCHLD)
			return true;
	return false;
}

/* The first child that has ended, taken off the list, or NULL. */
static struct child *ended_child(struct loop *l, int *status)
{
	struct child **at, *c;

	for (at = &l->children; (c = *at); at = &c->next) {
		if (waitpid(c->pid, status, WNOHANG) == 0)
			continue;
		*at = c->next;
		return c;
	}
	return NULL;
}

static void arm_reaper(struct loop *l);

static void reap(struct loop *l)
{
	struct child *c;
	int status = 0;

	while ((c = ended_child(l, &status))) {
		void (*ended)(void *, int) = c->ended;
		void *ctx = c->ctx;

		free(c);
		if (ended)
			ended(ctx, WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
	}
}

static void on_sigchld(void *ctx, int signo)
{
	(void)signo;
	reap(ctx);
}

static void kill_late(void *ctx)
{
	struct loop *l = ctx;
	struct child *c;

	for (c = l->children; c; c = c->next) {
		if (c->kill_ms && c->kill_ms <= l->now) {
			kill(c->pid, SIGKILL);
			c->kill_ms = 0;
		}
	}
	arm_reaper(l);
}

static void arm_reaper(struct loop *l)
{
	struct child *c;
	uint64_t at = 0, now = clock_ms();

	for (c = l->children; c; c = c->next) {
		if (c->kill_ms && (!at || c->kill_ms < at))
			at = c->kill_ms;
	}
	if (at)
		loop_arm(l, &l->reaper, at > now ? (uint32_t)(at - now) : 1, kill_late, l);
}

void loop_child(struct loop *l, pid_t pid, void (*ended)(void *ctx, int status), void *ctx)
{
	struct child *c = malloc(sizeof(*c));

	if (!c)
		oom();
	*c = (struct child){ .next = l->children, .pid = pid, .ended = ended, .ctx = ctx };
	l->children = c;
	if (!l->signals[SIGCHLD].caught)
		loop_signal(l, SIGCHLD, on_sigchld, l);
	pending[SIGCHLD] = 1;                   /* it may have ended before the handler was there */
	on_signal(SIGCHLD);
}

void loop_kill(struct loop *l, pid_t pid)
{
	struct child *c;

	for (c = l->children; c; c = c->next) {
		if (c->pid != pid)
			continue;
		c->ended = NULL;
		c->kill_ms = clock_ms() + KILL_AFTER_MS;
		kill(pid, SIGTERM);
		arm_reaper(l);
		return;
	}
}

static void free_children(struct loop *l)
{
	struct timespec nap = { .tv_nsec = 10 * 1000000 };
	uint64_t until = clock_ms() + FREE_GRACE_MS;
	struct child *c;
	int status;

	for (c = l->children; c; c = c->next)
		c->ended = NULL;
	for (reap(l); l->children && clock_ms() < until; reap(l)) {
		nanosleep(&nap, NULL);
		/* again: ssh misses one that comes just before it reads a passphrase */
		for (c = l->children; c; c = c->next)
			if (c->kill_ms)
				kill(c->pid, SIGTERM);
	}
	while ((c = l->children)) {
		l->children = c->next;
		kill(c->pid, SIGKILL);
		waitpid(c->pid, &status, 0);
		free(c);
	}
}

void loop_free(struct loop *l)
{
	int i;

	if (!l)
		return;
	free_children(l);
	for (i = 1; i < NSIG; i++) {
		if (l->signals[i].caught)
			loop_signal(l, i, NULL, NULL);
		pending[i] = 0;
	}
	if (l->wake_w >= 0) {
		wake_fd = -1;
		close(l->wake_w);
		close(l->wake.fd);
	}
	free(l->fds);
	free(l->polled);
	free(l);
}

static void fill_set(struct loop *l)
{
	struct watch *w;
	size_t n = 0;

	if (l->watch_n > l->room) {
		l->room = l->watch_n * 2;
		free(l->fds);
		free(l->polled);
		l->fds = calloc(l->room, sizeof(*l->fds));
		l->polled = calloc(l->room, sizeof(*l->polled));
		if (!l->fds || !l->polled)
			oom();
	}
	for (w = l->watches; w; w = w->next) {
		w->slot = NOT_POLLED;
		if (!w->want)           /* a paused one is left out, or its POLLHUP would spin the loop */
			continue;
		l->fds[n] = (struct pollfd){ .fd = w->fd, .events = w->want };
		l->polled[n] = w;
		w->slot = n++;
	}
	l->polled_n = n;
}

static int wait_ms(struct loop *l)
{
	uint64_t left;

	if (!l->timers)
		return -1;
	if (l->timers->at_ms <= l->now)
		return 0;
	left = l->timers->at_ms - l->now;
	return left > 3600000 ? 3600000 : (int)left;
}

static void run_due(struct loop *l)
{
	struct timer *t;

	while ((t = l->timers) && t->at_ms <= l->now) {
		loop_disarm(l, t);
		timer_put(&l->due, t);
	}
	while ((t = l->due)) {
		loop_disarm(l, t);
		t->fire(t->ctx);
	}
}

static void run_ready(struct loop *l)
{
	size_t i;

	for (i = 0; i < l->polled_n; i++) {
		struct watch *w = l->polled[i];
		short got = l->fds[i].revents;

		if (!w || !got)
			continue;
		if (got & (POLLERR | POLLHUP | POLLNVAL))
			got |= l->fds[i].events;        /* read or write will tell what it is */
		got &= w->want;
		if (got)
			w->ready(w->ctx, got);
	}
	l->polled_n = 0;
}

int loop_turn(struct loop *l, struct err *e)
{
	int n;

	l->now = clock_ms();
	fill_set(l);
	n = poll(l->fds, l->polled_n, wait_ms(l));
	if (n < 0 && errno != EINTR) {
		l->polled_n = 0;
		return err_set(e, E_NET, "waiting for the network failed: %s", strerror(errno));
	}
	l->now = clock_ms();
	run_due(l);
	if (n > 0)
		run_ready(l);
	l->polled_n = 0;
	return 0;
}
