/* The one poll loop: descriptors, timers, signals and children of any number of sessions in one
 * thread. Watches and timers are the caller's memory, zeroed before their first use. Callbacks may
 * add, remove and free any of them, their own included, but not the loop. */
#ifndef NET_LOOP_IO_H
#define NET_LOOP_IO_H
#include <poll.h>
#include <stdint.h>
#include <sys/types.h>
#include "lib/err.h"

struct watch {                    /* a descriptor that somebody waits for */
	int fd;
	short want;               /* POLLIN | POLLOUT; may be changed at any time; 0 = paused */
	void (*ready)(void *ctx, short got);    /* POLLIN, POLLOUT as wanted; errors come as both */
	void *ctx;
	struct watch *next, **link;     /* the loop's; link NULL = not watched */
	size_t slot;              /* the loop's: place in the set being polled */
};
struct timer {
	uint64_t at_ms;
	void (*fire)(void *ctx);
	void *ctx;
	struct timer *next, **link;     /* the loop's; link NULL = not armed */
};
struct loop;

/* Also has SIGPIPE ignored: a peer that is gone is an error of write(). */
struct loop *loop_new(void);
/* Restores signals, ends and reaps all children (half a second's grace). */
void loop_free(struct loop *l);
uint64_t loop_now(struct loop *l);      /* monotonic milliseconds, taken once a turn */
/* The wall clock: in 100 ns since 1601, as Windows counts; in microseconds since 1970. */
uint64_t loop_filetime(void);
int64_t loop_unix_us(void);
void loop_watch(struct loop *l, struct watch *w, int fd, short want, void (*ready)(void *, short),
	void *ctx);
void loop_unwatch(struct loop *l, struct watch *w);     /* fine when not watched */
/* Re-arms when armed; 0 ms = next turn. */
void loop_arm(struct loop *l, struct timer *t, uint32_t ms, void (*fire)(void *), void *ctx);
void loop_disarm(struct loop *l, struct timer *t);      /* fine when not armed */
/* A question to the user has held the loop up since this turn began: what is armed waits so much
 * longer. */
void loop_held(struct loop *l);
/* One handler a signal (self-pipe inside): runs in the loop, not in signal context. NULL restores
 * the default action. What nohup and the like have set to be ignored stays so. SIGCHLD is the
 * loop's own. Only one loop of a process may have signals or children. */
void loop_signal(struct loop *l, int signo, void (*caught)(void *ctx, int signo), void *ctx);
/* Whether one of them, SIGCHLD aside, came and its handler did not run yet: for whoever is kept
 * from the loop by something else. */
bool loop_signal_waits(void);
/* Reaps pid when it ends and tells ended (NULL = nobody) its exit status, or 128 + signal. */
void loop_child(struct loop *l, pid_t pid, void (*ended)(void *ctx, int status), void *ctx);
/* Nobody waits for pid any more: SIGTERM now, SIGKILL two seconds later, reaped in silence. Does
 * nothing once it has ended. */
void loop_kill(struct loop *l, pid_t pid);
/* Waits for something, runs what is due. 0, or E_NET when poll fails. */
int loop_turn(struct loop *l, struct err *e) MUST_CHECK;
#endif
