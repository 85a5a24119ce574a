#include "net/loop_io.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/set_clock.h"
#include "tests/unit.h"

static struct loop *loop;
static struct err e;
static int fired;
static char order[64];

static void turn(void)
{
	CHECK_INT(loop_turn(loop, &e), 0);
}

static void note(void *ctx)
{
	fired++;
	strncat(order, ctx, sizeof(order) - strlen(order) - 1);
}

static void start(void)
{
	loop = loop_new();
	fired = 0;
	order[0] = 0;
}

TEST(timers_fire_in_their_order)
{
	struct timer a = { 0 }, b = { 0 }, c = { 0 };

	start();
	loop_arm(loop, &a, 30, note, "a");
	loop_arm(loop, &b, 10, note, "b");
	loop_arm(loop, &c, 10, note, "c");
	loop_arm(loop, &a, 20, note, "a");
	while (fired < 3)
		turn();
	CHECK_STR(order, "bca");
	loop_free(loop);
}

TEST(a_question_in_between_takes_no_time)
{
	struct timer a = { 0 }, b = { 0 };

	start();
	loop_arm(loop, &b, 0, note, "b");
	turn();
	loop_arm(loop, &a, 50, note, "a");
	usleep(60000);
	loop_held(loop);
	loop_arm(loop, &b, 0, note, "b");
	turn();
	CHECK_STR(order, "bb");
	turn();
	CHECK_STR(order, "bba");
	loop_free(loop);
}

static struct timer again;

static void rearm(void *ctx)
{
	if (fired++ < 5)
		loop_arm(loop, &again, 0, rearm, ctx);
}

TEST(a_timer_of_no_time_waits_for_the_next_turn)
{
	start();
	loop_arm(loop, &again, 0, rearm, NULL);
	turn();
	CHECK_INT(fired, 1);
	turn();
	CHECK_INT(fired, 2);
	loop_disarm(loop, &again);
	loop_disarm(loop, &again);
	loop_free(loop);
}

static struct timer *victims[3];

/* The first one that fires frees all, itself too. */
static void free_all(void *ctx)
{
	size_t i;

	(void)ctx;
	fired++;
	for (i = 0; i < 3; i++) {
		loop_disarm(loop, victims[i]);
		free(victims[i]);
	}
}

TEST(a_timer_may_free_all_that_are_due_with_it)
{
	struct timer end = { 0 };
	size_t i;

	start();
	for (i = 0; i < 3; i++) {
		victims[i] = calloc(1, sizeof(struct timer));
		loop_arm(loop, victims[i], 0, free_all, NULL);
	}
	turn();
	loop_arm(loop, &end, 0, note, "");
	turn();
	CHECK_INT(fired, 2);
	loop_free(loop);
}

struct end { struct watch w; int fd[2]; };
static struct end *ends[3];

static void close_all(void *ctx, short got)
{
	size_t i;

	(void)ctx;
	CHECK_INT(got, POLLIN);
	fired++;
	for (i = 0; i < 3; i++) {
		loop_unwatch(loop, &ends[i]->w);
		close(ends[i]->fd[0]);
		close(ends[i]->fd[1]);
		free(ends[i]);
	}
}

TEST(a_watch_may_free_all_that_are_ready_with_it)
{
	struct timer end = { 0 };
	size_t i;

	start();
	for (i = 0; i < 3; i++) {
		ends[i] = calloc(1, sizeof(struct end));
		CHECK_INT(pipe(ends[i]->fd), 0);
		CHECK_INT(write(ends[i]->fd[1], "x", 1), 1);
		loop_watch(loop, &ends[i]->w, ends[i]->fd[0], POLLIN, close_all, NULL);
	}
	turn();
	CHECK_INT(fired, 1);
	loop_arm(loop, &end, 0, note, "");
	turn();
	CHECK_INT(fired, 2);
	loop_free(loop);
}

static struct watch first, second;

/* The descriptor number is used anew at once: what was ready on the old one is not the new
 * one's. */
static void swap(void *ctx, short got)
{
	struct watch *other = ctx == &first ? &second : &first;

	(void)got;
	fired++;
	loop_unwatch(loop, other);
	loop_watch(loop, other, other->fd, POLLIN, swap, other);
	loop_unwatch(loop, ctx);
}

TEST(a_watch_put_back_waits_for_the_next_turn)
{
	int a[2], b[2];

	start();
	CHECK_INT(pipe(a), 0);
	CHECK_INT(pipe(b), 0);
	CHECK_INT(write(a[1], "x", 1) + write(b[1], "x", 1), 2);
	loop_watch(loop, &first, a[0], POLLIN, swap, &first);
	loop_watch(loop, &second, b[0], POLLIN, swap, &second);
	turn();
	CHECK_INT(fired, 1);
	loop_unwatch(loop, &first);
	loop_unwatch(loop, &second);
	loop_free(loop);
	close(a[0]), close(a[1]), close(b[0]), close(b[1]);
}

static void not_to_come(void *ctx, short got)
{
	(void)ctx;
	(void)got;
	FAIL("a paused watch was called");
}

TEST(a_paused_watch_is_silent_even_at_the_end)
{
	struct watch w = { 0 };
	struct timer end = { 0 };
	int fd[2];

	start();
	CHECK_INT(pipe(fd), 0);
	close(fd[1]);
	loop_watch(loop, &w, fd[0], 0, not_to_come, NULL);
	loop_arm(loop, &end, 5, note, "");
	while (!fired)
		turn();
	loop_unwatch(loop, &w);
	loop_free(loop);
	close(fd[0]);
}

static void caught(void *ctx, int signo)
{
	(void)ctx;
	fired += signo;
}

TEST(a_signal_runs_its_handler_in_the_loop)
{
	start();
	loop_signal(loop, SIGUSR1, caught, NULL);
	loop_signal(loop, SIGUSR2, caught, NULL);
	raise(SIGUSR1);
	raise(SIGUSR1);
	raise(SIGUSR2);
	CHECK_INT(fired, 0);
	turn();
	CHECK_INT(fired, SIGUSR1 + SIGUSR2);
	loop_signal(loop, SIGUSR1, NULL, NULL);
	CHECK(signal(SIGUSR1, SIG_DFL) == SIG_DFL);
	loop_free(loop);
	CHECK(signal(SIGUSR2, SIG_DFL) == SIG_DFL);
}

static int status;

static void ended(void *ctx, int got)
{
	(void)ctx;
	fired++;
	status = got;
}

static pid_t child(int code)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (code < 0)
			signal(SIGTERM, SIG_IGN);
		while (code < 0)
			pause();
		_exit(code);
	}
	return pid;
}

TEST(children_are_reaped_and_tell_how_they_ended)
{
	pid_t pid;

	start();
	pid = child(7);
	waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	loop_child(loop, pid, ended, NULL);     /* it has ended before */
	while (fired < 1)
		turn();
	CHECK_INT(status, 7);
	pid = child(-1);
	loop_child(loop, pid, ended, NULL);
	kill(pid, SIGKILL);
	while (fired < 2)
		turn();
	CHECK_INT(status, 128 + SIGKILL);
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
	loop_free(loop);
}

TEST(a_child_that_will_not_go_is_killed)
{
	struct timer end = { 0 };
	pid_t pid;

	start();
	pid = child(-1);
	usleep(20000);
	loop_child(loop, pid, ended, NULL);
	loop_kill(loop, pid);
	loop_arm(loop, &end, 2500, note, "");
	while (!fired)
		turn();
	CHECK_STR(order, "");           /* the timer, not ended() */
	CHECK_INT(kill(pid, 0), -1);
	pid = child(-1);
	loop_child(loop, pid, ended, NULL);
	loop_free(loop);
	CHECK_INT(kill(pid, 0), -1);
}

TEST(the_wall_clock_is_what_windows_counts)
{
	uint64_t seconds = loop_filetime() / 10000000 - 11644473600u;

	CHECK(seconds >= (uint64_t)time(NULL) - 2 && seconds <= (uint64_t)time(NULL) + 2);
	CHECK(llabs(loop_unix_us() / 1000000 - (int64_t)seconds) <= 2);
}

TEST(a_clock_that_is_set_moves_no_timer)
{
	static const int64_t by[] = { 30 * 86400, -30 * 86400 };
	struct timer soon = { 0 }, late = { 0 };
	int64_t was;

	for (int i = 0; i < 2; i++) {
		start();
		set_by_s = 0;
		was = loop_unix_us() / 1000000;
		loop_arm(loop, &late, 3600000, note, "late");
		loop_arm(loop, &soon, 20, note, "soon");
		set_by_s = by[i];
		CHECK(llabs(loop_unix_us() / 1000000 - was - by[i]) <= 2);
		while (!fired)
			turn();
		CHECK_STR(order, "soon");
		loop_disarm(loop, &late);
		loop_free(loop);
	}
	set_by_s = 0;
}
