/* For a unit test of what must not heed the wall clock: there, somebody sets it. */
#ifndef TESTS_SET_CLOCK_H
#define TESTS_SET_CLOCK_H
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int64_t set_by_s;

int clock_gettime(clockid_t id, struct timespec *t)
{
	long r = syscall(SYS_clock_gettime, id, t);

	if (id == CLOCK_REALTIME)
		t->tv_sec += set_by_s;
	return (int)r;
}
#endif
