/* A child on a terminal of its own, for tests: what it prints is collected, we type. */
#ifndef APPLETS_UI_PTY_TEST_H
#define APPLETS_UI_PTY_TEST_H
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "tests/unit.h"

static struct {
	int master, slave;              /* the slave is kept open: its mode outlives the child */
	pid_t pid;
	char seen[65536];
	size_t n;
} pty;

static inline void pty_start(void (*child)(void))
{
	struct winsize size = { .ws_row = 30, .ws_col = 80 };

	memset(&pty, 0, sizeof(pty));
	fflush(stdout);
	pty.master = posix_openpt(O_RDWR | O_NOCTTY);
	if (pty.master < 0 || grantpt(pty.master) < 0 || unlockpt(pty.master) < 0)
		abort();
	pty.slave = open(ptsname(pty.master), O_RDWR | O_NOCTTY);
	if (pty.slave < 0 || ioctl(pty.slave, TIOCSWINSZ, &size) < 0 || (pty.pid = fork()) < 0)
		abort();
	if (pty.pid)
		return;
	close(pty.master);
	setsid();
	if (ioctl(pty.slave, TIOCSCTTY, 0) < 0)
		_exit(99);
	dup2(pty.slave, STDIN_FILENO);
	dup2(pty.slave, STDOUT_FILENO);
	dup2(pty.slave, STDERR_FILENO);
	close(pty.slave);
	unsetenv("COLUMNS");
	unsetenv("LINES");
	alarm(60);
	child();
	_exit(0);
}

static inline void pty_read(int ms)
{
	struct pollfd p = { .fd = pty.master, .events = POLLIN };
	ssize_t n;

	if (poll(&p, 1, ms) > 0) {
		n = read(pty.master, pty.seen + pty.n, sizeof(pty.seen) - 1 - pty.n);
		pty.n += n > 0 ? (size_t)n : 0;
		pty.seen[pty.n] = 0;
	}
}

static inline void pty_kill(void)
{
	kill(pty.pid, SIGKILL);
	waitpid(pty.pid, NULL, 0);
}

/* Waits at most 20 s; what was seen up to the text is forgotten. */
static inline void pty_expect(const char *text)
{
	time_t until = time(NULL) + 20;
	char *at;

	while (!(at = strstr(pty.seen, text))) {
		if (time(NULL) > until) {
			pty_kill();
			FAIL("no \"%s\" in \"%s\"", text, pty.seen);
		}
		pty_read(100);
	}
	at += strlen(text);
	pty.n -= (size_t)(at - pty.seen);
	memmove(pty.seen, at, pty.n + 1);
}

static inline void pty_type(const char *text)
{
	if (write(pty.master, text, strlen(text)) < 0)
		abort();
}

static inline bool pty_echoes(void)
{
	struct termios t;

	if (tcgetattr(pty.master, &t) < 0)
		abort();
	return t.c_lflag & ECHO;
}

static inline void pty_expect_echo(bool on)
{
	struct timespec nap = { .tv_nsec = 20 * 1000000 };
	time_t until = time(NULL) + 20;

	while (pty_echoes() != on) {
		if (time(NULL) > until) {
			pty_kill();
			FAIL("echo is never %s", on ? "on" : "off");
		}
		nanosleep(&nap, NULL);
	}
}

/* The child's end as waitpid tells it; what it printed last is in pty.seen. */
static inline int pty_end(void)
{
	int status = -1;
	size_t before;

	do {
		before = pty.n;
		pty_read(waitpid(pty.pid, &status, WNOHANG) == pty.pid ? 50 : 100);
	} while (status == -1 || pty.n > before);
	close(pty.master);
	close(pty.slave);
	return status;
}
#endif
