#include "lib/secret.h"
#include <sys/resource.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/unit.h"

static long status_kb(const char *field)
{
	char line[200];
	long kb = -1;
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, field, strlen(field)) == 0)
			kb = strtol(line + strlen(field), NULL, 10);
	if (f)
		fclose(f);
	return kb;
}

TEST(slots_are_locked)
{
	struct rlimit lim;
	struct secret *s = secret_new();

	getrlimit(RLIMIT_MEMLOCK, &lim);
	if (lim.rlim_cur >= 8192)
		CHECK(status_kb("VmLck:") >= 4);
	secret_free(s);
}

TEST(slots_are_left_out_of_core_dumps)
{
	char line[300];
	struct secret *s = secret_new();
	FILE *f = fopen("/proc/self/smaps", "r");
	bool here = false, dont_dump = false;
	unsigned long from, to;

	CHECK(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = (uintptr_t)s >= from && (uintptr_t)s < to;
		if (here && strncmp(line, "VmFlags:", 8) == 0)
			dont_dump = strstr(line, " dd") != NULL;
	}
	fclose(f);
	CHECK(dont_dump);
	secret_free(s);
}

TEST(free_wipes_and_new_slots_are_empty)
{
	struct secret *s = secret_new(), *again;
	size_t i;

	CHECK(secret_set(s, SPAN("correct horse")));
	CHECK(span_is(secret_span(s), "correct horse"));
	CHECK(secret_set(s, SPAN("x")));
	CHECK(span_is(secret_span(s), "x") && s->b[1] == 0);
	secret_free(s);
	again = secret_new();
	CHECK(again == s && again->n == 0);
	for (i = 0; i < SECRET_MAX; i++)
		CHECK(!again->b[i]);
	secret_free(again);
	secret_free(NULL);
}

TEST(sixty_four_slots_are_distinct_and_one_more_ends_the_process)
{
	struct secret *s[64];
	int i, k, status = 0;
	pid_t pid;

	for (i = 0; i < 64; i++) {
		s[i] = secret_new();
		for (k = 0; k < i; k++)
			CHECK(s[k] + 1 <= s[i]);
	}
	pid = fork();
	if (pid == 0) {
		fclose(stderr);
		close(2);
		secret_new();
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 111);
	for (i = 0; i < 64; i++)
		secret_free(s[i]);
}

TEST(a_child_locks_again_what_fork_does_not)
{
	struct secret *s = secret_new();
	struct rlimit lim;
	int status = 0;
	pid_t pid;

	getrlimit(RLIMIT_MEMLOCK, &lim);
	pid = fork();
	if (pid == 0) {
		if (status_kb("VmLck:") != 0)
			_exit(1);
		secret_lock_again();
		_exit(lim.rlim_cur >= 8192 && status_kb("VmLck:") < 4);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_INT(status, 0);
	secret_free(s);
}

TEST(all_can_be_wiped_at_once)
{
	struct secret *s = secret_new(), *t = secret_new();

	CHECK(secret_set(s, SPAN("one")) && secret_set(t, SPAN("two")));
	secret_wipe_all();
	CHECK(!s->n && !s->b[0] && !t->n && !t->b[0]);
	secret_free(s);
	secret_free(t);
}

TEST(too_long_is_refused)
{
	static uint8_t big[SECRET_MAX + 1];
	struct secret *s = secret_new();

	CHECK(!secret_set(s, span_of(big, sizeof(big))));
	CHECK(secret_set(s, span_of(big, SECRET_MAX)) && s->n == SECRET_MAX);
	secret_free(s);
}

TEST(compare_sees_every_byte)
{
	CHECK(secret_eq("abcd", "abcd", 4));
	CHECK(!secret_eq("abcd", "xbcd", 4) && !secret_eq("abcd", "abcx", 4));
	CHECK(secret_eq("a", "b", 0));
}

TEST(wipe_zeroes)
{
	char b[] = "abc";

	secret_wipe(b, 2);
	CHECK(!b[0] && !b[1] && b[2] == 'c');
}

TEST(hardening_forbids_dumps)
{
	int status = 0;
	struct rlimit lim;
	pid_t pid = fork();

	if (pid == 0) {
		process_harden();
		getrlimit(RLIMIT_CORE, &lim);
		_exit(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 && lim.rlim_cur == 0 && lim.rlim_max == 0 ?
			42 : 1);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 42);
}
