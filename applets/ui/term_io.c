#include "applets/ui/term_io.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include "lib/num.h"

#define WIDTH 120
#define HEIGHT 30
#define SERIAL_WIDTH 80                 /* a serial line does not know how large its terminal is */
#define SERIAL_HEIGHT 24
#define SIZE_LIMIT 4096

/* One terminal at a time is changed. Handlers read this: changed_fd is set when the rest is. */
static struct termios saved, changed;
static volatile sig_atomic_t changed_fd = -1;
static const char *volatile undo;
static volatile sig_atomic_t pastes, marking;   /* the terminal can mark what is pasted; it does */
static tcflag_t hidden;                 /* local flags that TERM_NORMAL leaves out as well */

static void write_quietly(const char *s)
{
	while (write(STDOUT_FILENO, s, strlen(s)) < 0 && errno == EINTR)
		;
}

/* Async-signal-safe. A tcsetattr from the background would stop us with SIGTTOU. */
static void set_mode(int fd, const struct termios *t)
{
	sigset_t ttou, before;

	sigemptyset(&ttou);
	sigaddset(&ttou, SIGTTOU);
	sigprocmask(SIG_BLOCK, &ttou, &before);
	while (tcsetattr(fd, TCSANOW, t) < 0 && errno == EINTR)
		;
	if (pastes && marking == !!(t->c_lflag & ICANON)) {
		marking = !marking;
		write_quietly(marking ? "\x1b[?2004h" : "\x1b[?2004l");
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void restore(void)
{
	if (changed_fd >= 0)
		set_mode((int)changed_fd, &saved);
}

static void at_exit(void)
{
	restore();
	changed_fd = -1;
}

static void raise_default(int signo)
{
	sigset_t one;

	signal(signo, SIG_DFL);
	sigemptyset(&one);
	sigaddset(&one, signo);
	raise(signo);
	sigprocmask(SIG_UNBLOCK, &one, NULL);   /* here it is delivered */
}

void term_undo(const char *sequences)
{
	undo = sequences;
}

static void on_fatal(int signo)
{
	const char *s = undo;

	restore();
	if (s)
		write_quietly(s);
	raise_default(signo);
}

static void on_stop(int signo);

static void handle(int signo, void (*handler)(int))
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART };

	sigfillset(&sa.sa_mask);
	sigaction(signo, &sa, NULL);
}

/* Nothing stops who has no shell with job control behind him; but the terminal has dropped what was
 * typed, and its mode is the old one. */
static void on_stop(int signo)
{
	int kept = errno;

	restore();
	raise_default(signo);
	handle(signo, on_stop);
	raise(SIGCONT);
	errno = kept;
}

bool term_in_foreground(int fd)
{
	pid_t group = tcgetpgrp(fd);

	return group < 0 || group == getpgrp();
}

/* The shell has set its own mode meanwhile. Async-signal-safe. */
bool term_continue(int fd)
{
	if (!term_in_foreground(fd))
		return false;
	if (changed_fd >= 0)
		set_mode((int)changed_fd, &changed);
	return true;
}

static void on_continue(int signo)
{
	int kept = errno;

	(void)signo;
	if (changed_fd >= 0)
		term_continue((int)changed_fd);
	errno = kept;
}

static void handle_unless_ignored(int signo, void (*handler)(int))
{
	struct sigaction now;

	if (sigaction(signo, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
		handle(signo, handler);
}

void term_init(void)
{
	static const int fatal[] = {
		SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU
	};
	size_t i;

	for (i = 0; i < sizeof(fatal) / sizeof(*fatal); i++)
		handle_unless_ignored(fatal[i], on_fatal);
	handle_unless_ignored(SIGTSTP, on_stop);
	handle_unless_ignored(SIGCONT, on_continue);
	atexit(at_exit);
}

bool term_is_tty(int fd)
{
	return isatty(fd);
}

void term_mode(int fd, enum term_mode mode)
{
	struct termios t;

	if (mode == TERM_NORMAL && !hidden) {
		restore();
		changed_fd = -1;
		return;
	}
	if (changed_fd < 0 ? tcgetattr(fd, &saved) < 0 : changed_fd != fd)
		return;
	t = saved;
	t.c_lflag &= ~hidden;
	if (mode != TERM_NORMAL) {
		t.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
		t.c_lflag |= ISIG | (mode == TERM_QUIET ? ECHONL | ICANON : 0);
	}
	if (mode >= TERM_KEY) {
		t.c_cc[VMIN] = 1;
		t.c_cc[VTIME] = 0;
	}
	if (mode >= TERM_RUN)
		t.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR | ISTRIP);
	if (mode == TERM_EDIT) {
		t.c_iflag &= ~(tcflag_t)IXON;
		t.c_cc[VINTR] = t.c_cc[VSUSP] = _POSIX_VDISABLE;
	}
	changed = t;
	changed_fd = fd;
	set_mode(fd, &changed);
}

void term_pastes(bool on)
{
	pastes = on;
}

void term_hide_signals(int fd)
{
	hidden = ECHOCTL;
	term_mode(fd, TERM_NORMAL);
}

static int from_env(const char *name)
{
	int64_t v;

	return num_i64(span_str(getenv(name)), &v) && v > 0 && v <= SIZE_LIMIT ? (int)v : 0;
}

void term_size(int *width, int *height)
{
	struct winsize ws = { 0 };
	int w = from_env("COLUMNS"), h = from_env("LINES");
	bool tty = ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0;

	if (!tty || !ws.ws_col)
		ws.ws_col = tty ? SERIAL_WIDTH : WIDTH;
	if (!tty || !ws.ws_row)
		ws.ws_row = tty ? SERIAL_HEIGHT : HEIGHT;
	*width = w ? w : ws.ws_col;
	*height = h ? h : ws.ws_row;
}

int term_open(void)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd < 0 && isatty(STDIN_FILENO))     /* as under init=/bin/sh, or without /dev */
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	return fd;
}

bool term_is_there(void)
{
	int fd = term_open();

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}
