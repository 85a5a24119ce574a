#include "applets/ui/term_io.h"
#include "applets/ui/pty_test.h"

static int fatal_signal;

static void quiet_child(void)
{
	signal(fatal_signal ? fatal_signal : SIGSEGV, SIG_DFL);     /* also the sanitizer's */
	term_init();
	term_mode(STDIN_FILENO, TERM_QUIET);
	if (write(STDOUT_FILENO, "ready", 5) != 5)
		_exit(1);
	for (;;)
		pause();
}

TEST(fatal_signals_restore_the_echo)
{
	static const int signals[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGSEGV, SIGABRT, SIGBUS };
	size_t i;
	int status;

	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		fatal_signal = signals[i];
		pty_start(quiet_child);
		pty_expect("ready");
		CHECK(!pty_echoes());
		kill(pty.pid, fatal_signal);
		waitpid(pty.pid, &status, 0);
		CHECK(pty_echoes());
		if (!WIFSIGNALED(status) || WTERMSIG(status) != fatal_signal)
			FAIL("signal %d: status %x", fatal_signal, (unsigned)status);
		close(pty.master);
		close(pty.slave);
	}
	fatal_signal = 0;
}

static void exit_child(void)
{
	term_init();
	term_mode(STDIN_FILENO, TERM_KEY);
	exit(0);
}

TEST(exit_restores_the_echo)
{
	int status;

	pty_start(exit_child);
	waitpid(pty.pid, &status, 0);
	CHECK(pty_echoes());
	close(pty.master);
	close(pty.slave);
}

static void modes_child(void)
{
	char c;

	term_init();
	term_mode(STDIN_FILENO, TERM_KEY);
	if (write(STDOUT_FILENO, "key", 3) != 3 || read(STDIN_FILENO, &c, 1) != 1)
		_exit(1);
	term_mode(STDIN_FILENO, TERM_NORMAL);
	term_mode(STDIN_FILENO, TERM_QUIET);
	if (write(STDOUT_FILENO, "quiet", 5) != 5 || read(STDIN_FILENO, &c, 1) != 1)
		_exit(2);
	term_mode(STDIN_FILENO, TERM_NORMAL);
	_exit(c == 'b' ? 0 : 3);
}

TEST(a_key_needs_no_enter_and_a_secret_shows_enter_alone)
{
	pty_start(modes_child);
	pty_expect("key");
	pty_type("a");
	pty_expect("quiet");
	pty_type("bcd\n");
	CHECK_INT(pty_end(), 0);
	CHECK_STR(pty.seen, "\r\n");
}

static void hidden_child(void)
{
	sigset_t set;
	int signo;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	term_init();
	term_hide_signals(STDIN_FILENO);
	term_mode(STDIN_FILENO, TERM_QUIET);
	term_mode(STDIN_FILENO, TERM_NORMAL);
	if (write(STDOUT_FILENO, "ready", 5) != 5)
		_exit(1);
	sigwait(&set, &signo);
	exit(0);
}

TEST(hidden_signals_leave_no_caret_even_after_a_secret)
{
	pty_start(hidden_child);
	pty_expect("ready");
	CHECK(pty_echoes());
	pty_type("\x03");
	CHECK_INT(pty_end(), 0);
	CHECK(!strchr(pty.seen, '^'));
}

static int status_pipe[2], go_pipe[2];

/* What a shell does: a job in the foreground, told of when it stops, continued when asked to. */
static void shell_child(void)
{
	int status;
	char c;
	pid_t job = fork();

	if (!job) {
		setpgid(0, 0);
		raise(SIGSTOP);
		quiet_child();
		_exit(0);
	}
	signal(SIGTTOU, SIG_IGN);
	do {
		if (waitpid(job, &status, WUNTRACED) < 0 || !WIFSTOPPED(status))
			break;
		tcsetpgrp(STDIN_FILENO, getpgrp());
		if (write(status_pipe[1], "s", 1) < 0 || read(go_pipe[0], &c, 1) < 1)
			_exit(1);
		tcsetpgrp(STDIN_FILENO, job);
		kill(-job, SIGCONT);
	} while (c != 'q');
	kill(job, SIGKILL);
}

static void await_stop(void)
{
	struct pollfd p = { .fd = status_pipe[0], .events = POLLIN };
	char c;

	if (poll(&p, 1, 20000) < 1 || read(status_pipe[0], &c, 1) < 1) {
		pty_kill();
		FAIL("the job never stopped");
	}
}

TEST(a_stopped_job_leaves_the_echo_on_and_takes_it_back)
{
	if (pipe(status_pipe) < 0 || pipe(go_pipe) < 0)
		abort();
	pty_start(shell_child);
	await_stop();                           /* the job's own, before it started */
	if (write(go_pipe[1], "g", 1) < 0)
		abort();
	pty_expect("ready");
	CHECK(!pty_echoes());
	pty_type("\x1a");
	await_stop();
	CHECK(pty_echoes());
	if (write(go_pipe[1], "g", 1) < 0)
		abort();
	pty_expect_echo(false);
	pty_type("\x1a");
	await_stop();
	CHECK(pty_echoes());
	if (write(go_pipe[1], "q", 1) < 0)
		abort();
	pty_end();
}

static void size_child(void)
{
	int w, h;

	term_size(&w, &h);
	if (w != 80 || h != 30)
		_exit(1);
	setenv("COLUMNS", "132", 1);
	setenv("LINES", "x", 1);
	term_size(&w, &h);
	_exit(w == 132 && h == 30 ? 0 : 2);
}

TEST(the_size_is_the_terminal_s_unless_the_environment_says_so)
{
	pty_start(size_child);
	CHECK_INT(pty_end(), 0);
}

static void serial_child(void)
{
	struct winsize none = { 0 };
	int w, h;

	if (ioctl(STDOUT_FILENO, TIOCSWINSZ, &none) < 0)
		_exit(1);
	term_size(&w, &h);
	_exit(w == 80 && h == 24 ? 0 : 2);
}

TEST(a_terminal_that_does_not_know_its_size_has_80_columns)
{
	pty_start(serial_child);
	CHECK_INT(pty_end(), 0);
}
