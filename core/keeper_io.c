#include "core/keeper_io.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/keeper_int.h"
#include "lib/secret.h"

enum { FD_END = 1024 };                 /* shells hand on no higher ones */

/* All of ours are closed on exec: others came with our own exec, and somebody may wait for their
 * end. Now, or ssh would get them, too. */
static void close_inherited(void)
{
	for (int fd = 3; fd < FD_END; fd++)
		if (fcntl(fd, F_GETFD) == 0)
			close(fd);
}

int keeper_fork(int *ready, struct err *e)
{
	int fd[2] = { -1, -1 };
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		err_set(e, E_NET, "a process for the session cannot be started: %s", strerror(errno));
		close(fd[0]);
		close(fd[1]);
		return e->code;
	}
	close(fd[pid == 0 ? 0 : 1]);
	*ready = fd[pid == 0 ? 1 : 0];
	if (pid == 0) {
		signal(SIGHUP, SIG_IGN);        /* ssh, which is started from here, leaves that so */
		secret_lock_again();
		close_inherited();
	}
	return pid;
}

int keeper_wait(int pid, int ready, int32_t *id)
{
	void (*before)(int) = signal(SIGINT, SIG_IGN);
	int status = 0;
	ssize_t n;

	do
		n = read(ready, id, sizeof(*id));
	while (n < 0 && errno == EINTR);
	close(ready);
	while (n != sizeof(*id) && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	signal(SIGINT, before);
	if (n == sizeof(*id))
		return 0;
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status) ? WEXITSTATUS(status) : err_exit(E_NET);
}

/* A folder takes the place of /dev/null where there is none. */
static void leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), fd;

	setsid();
	if (chdir("/") < 0)
		_exit(2);
	if (null < 0)
		null = open("/", O_RDONLY | O_CLOEXEC);
	for (fd = 0; fd < 3; fd++)
		dup2(null, fd);
	if (null >= 3)
		close(null);
}

static void on_term(void *ctx, int signo)
{
	(void)signo;
	keeper_leave(ctx);
}

void keeper_run(struct keeper *k, int ready)
{
	struct loop *l = k->cfg.loop;
	struct err e = { 0 };

	leave_terminal();
	loop_signal(l, SIGTERM, on_term, k);
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	if (write(ready, &k->place.id, sizeof(k->place.id)) < 0)
		keeper_close(k);        /* nobody waits for it any more */
	close(ready);
	while (!k->over && loop_turn(l, &e) == 0)
		;
	keeper_free(k);
}
