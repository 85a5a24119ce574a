#include "lib/err.h"
#include <sys/wait.h>
#include <unistd.h>
#include "tests/unit.h"

TEST(the_first_error_stays)
{
	struct err e = { 0 };

	CHECK_INT(err_set(&e, E_NET, "no %s", "route"), E_NET);
	CHECK_INT(err_set(&e, E_AUTH, "later"), E_NET);
	CHECK_INT(err_peer(&e, "later", 1), E_NET);
	CHECK_STR(e.text, "no route");
	CHECK(!e.spec);
}

TEST(a_broken_peer_is_located)
{
	struct err e = { 0 };

	CHECK_INT(err_peer(&e, "MS-PSRP 2.2.4", 21), E_PEER);
	CHECK(strstr(e.text, "the server's answer is malformed (MS-PSRP 2.2.4, byte 21)"));
	CHECK_STR(e.spec, "MS-PSRP 2.2.4");
	CHECK_INT(e.off, 21);
}

TEST(too_many_are_told_with_the_way_out)
{
	struct err e = { 0 };

	CHECK_INT(err_many(&e, "sessions"), E_USAGE);
	CHECK_STR(e.text, "There are too many sessions for one command: name fewer at a time.");
}

TEST(copy_does_not_replace)
{
	struct err a = { 0 }, b = { 0 }, c = { 0 };

	err_set(&a, E_TLS, "a");
	err_set(&c, E_NET, "c");
	CHECK_INT(err_copy(&b, &a), E_TLS);
	CHECK_INT(err_copy(&b, &c), E_TLS);
	CHECK_STR(b.text, "a");
}

TEST(prefix_goes_in_front_and_long_texts_are_cut)
{
	struct err e = { 0 }, none = { 0 };
	char big[600];

	err_set(&e, E_NET, "refused");
	err_prefix(&e, "[%s] ", "host");
	CHECK_STR(e.text, "[host] refused");
	memset(big, 'x', sizeof(big));
	big[599] = 0;
	err_prefix(&e, "%s", big);
	CHECK_INT(strlen(e.text), sizeof(e.text) - 1);
	err_prefix(&none, "x");
	CHECK_STR(none.text, "");
}

TEST(each_class_has_its_exit_status)
{
	CHECK_INT(err_exit(0), 0);
	CHECK_INT(err_exit(3), 0);
	CHECK_INT(err_exit(E_REMOTE), 1);
	CHECK_INT(err_exit(E_USAGE), 2);
	CHECK_INT(err_exit(E_AUTH), 3);
	CHECK_INT(err_exit(E_NET), 4);
	CHECK_INT(err_exit(E_TLS), 4);
	CHECK_INT(err_exit(E_PEER), 5);
	CHECK_INT(err_exit(E_LIMIT), 5);
	CHECK_INT(err_exit(E_INTR), 130);
}

TEST(a_bug_ends_the_process)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		close(2);
		BUG_ON(pid == 0);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
}
