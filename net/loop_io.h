/* The one poll loop: descriptors, timers and signals of any number of sessions in one thread. Objects are the caller's memory. */
#ifndef NET_LOOP_IO_H
#define NET_LOOP_IO_H
#include <poll.h>
#include <stdint.h>
#include "lib/err.h"

struct watch {                            /* a descriptor that somebody waits for */
	int fd;
	short want;                       /* POLLIN | POLLOUT; may be changed at any time while watched; 0 = paused */
	void (*ready)(void *ctx, short got);
	void *ctx;
	struct watch *next, **link;       /* the loop's; link NULL = not watched */
};
struct timer {
	uint64_t at_ms;
	void (*fire)(void *ctx);
	void *ctx;
	struct timer *next, **link;       /* the loop's; link NULL = not armed */
};
struct loop;

struct loop *loop_new(void);
void loop_free(struct loop *l);
uint64_t loop_now(struct loop *l);        /* monotonic milliseconds, taken once a turn */
/* Callbacks may add, remove and free any watch or timer, their own included. */
void loop_watch(struct loop *l, struct watch *w, int fd, short want, void (*ready)(void *, short), void *ctx);
void loop_unwatch(struct loop *l, struct watch *w);
void loop_arm(struct loop *l, struct timer *t, uint32_t ms, void (*fire)(void *), void *ctx);   /* re-arms when armed; 0 ms = next turn */
void loop_disarm(struct loop *l, struct timer *t);
/* One handler a signal (self-pipe inside): runs in the loop, not in signal context. NULL restores the default action. */
void loop_signal(struct loop *l, int signo, void (*caught)(void *ctx, int signo), void *ctx);
/* Waits for something, runs what is due. 0, or E_NET when poll fails. */
int loop_turn(struct loop *l, struct err *e) MUST_CHECK;
#endif
