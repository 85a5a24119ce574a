#include "applets/ui/cred.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "applets/ui/print.h"
#include "applets/ui/term_io.h"
#include "lib/vis.h"

static volatile sig_atomic_t interrupted, continued;

/* What ends a question, and SIGCONT */
static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCONT };
enum { SIGNAL_N = sizeof(signals) / sizeof(signals[0]) };

static void on_signal(int signo)
{
	if (signo == SIGCONT)
		continued = 1;
	else
		interrupted = signo;
}

static void catch_signals(struct sigaction before[SIGNAL_N], sigset_t *unblocked)
{
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t block;
	int i;

	interrupted = continued = 0;
	sigemptyset(&sa.sa_mask);
	sigemptyset(&block);
	for (i = 0; i < SIGNAL_N; i++)
		sigaddset(&block, signals[i]);
	sigprocmask(SIG_BLOCK, &block, unblocked);
	for (i = 0; i < SIGNAL_N; i++) {
		sigdelset(unblocked, signals[i]);
		sigaction(signals[i], NULL, &before[i]);
		if (before[i].sa_handler != SIG_IGN || signals[i] == SIGINT)
			sigaction(signals[i], &sa, NULL);
	}
}

/* Others know what to do when the process shall end. */
static void release_signals(const struct sigaction before[SIGNAL_N], const sigset_t *unblocked)
{
	int i;

	for (i = 0; i < SIGNAL_N; i++)
		sigaction(signals[i], &before[i], NULL);
	sigprocmask(SIG_SETMASK, unblocked, NULL);
	if (interrupted && interrupted != SIGINT)
		raise(interrupted);
}

/* 1 = a byte, 0 = end, E_INTR, or E_USAGE with errno. The signals are blocked but for the wait, so
 * that they cannot slip in before it. After Ctrl+Z and fg the question is asked anew. */
static int next_byte(int fd, struct span question, uint8_t *c, const sigset_t *unblocked)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	ssize_t n;

	do {
		n = ppoll(&wait, 1, NULL, unblocked);
		if (interrupted)
			return E_INTR;
		if (continued && question.n && term_continue(fd) &&
			write(fd, question.p, question.n) < 0)
			return E_USAGE;
		continued = 0;
		if (n > 0)
			n = read(fd, c, 1);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	return n < 0 ? E_USAGE : (int)n;
}

/* One line, byte by byte: what follows it belongs to others. A terminal is asked, without echo if
 * quiet. */
static int read_line(int fd, struct span question, bool quiet, struct secret *out, struct err *e)
{
	struct sigaction before[SIGNAL_N];
	bool some = false, tty = quiet && term_is_tty(fd);
	sigset_t unblocked;
	uint8_t c = 0;
	int r = E_USAGE;

	out->n = 0;
	if (!question.n && read(fd, &c, 0) < 0) /* poll never ends for what cannot be read */
		return err_set(e, E_USAGE, "cannot read the password: %s", strerror(errno));
	catch_signals(before, &unblocked);
	if (tty)
		term_mode(fd, TERM_QUIET);
	if (!question.n || write(fd, question.p, question.n) >= 0) {
		while ((r = next_byte(fd, question, &c, &unblocked)) == 1 && c != '\n' &&
			out->n < SECRET_MAX) {
			some = true;
			out->b[out->n++] = c;
		}
	}
	if (tty)
		term_mode(fd, TERM_NORMAL);
	release_signals(before, &unblocked);
	if (r == E_INTR)
		err_set(e, E_INTR, "interrupted");
	else if (r == E_USAGE)
		err_set(e, E_USAGE, "cannot read the password: %s", strerror(errno));
	else if (r == 0 && !some)
		err_set(e, E_AUTH, "no password was given");
	else if (r == 1 && c != '\n')
		err_set(e, E_USAGE, "the password is longer than %d bytes", SECRET_MAX);
	else if (r == 1 && out->n && out->b[out->n - 1] == '\r')
		out->n--;
	secret_wipe(&c, 1);
	return e->code;
}

static int ask(const char *what, const char *question, const char *whom, const char *way_out,
	struct secret *out, struct err *e)
{
	int fd = term_open();
	struct buf text;

	if (fd < 0)
		return err_set(e, E_AUTH, "no terminal to ask for the %s '%s' on; %s", what, whom,
			way_out);
	print_flush();
	buf_init(&text, 1 << 16);
	buf_puts(&text, question);
	vis_line(span_str(whom), &text);
	buf_puts(&text, ": ");
	if (read_line(fd, buf_span(&text), true, out, e) < 0)
		dprintf(fd, "\n");        /* nobody pressed Enter */
	buf_free(&text);
	close(fd);
	return e->code;
}

int cred_ask(const char *user, struct secret *out, struct err *e)
{
	return ask("password of",
		"\nPowerShell credential request\nEnter your credentials.\nPassword for user ", user,
		"use -PasswordFile FILE (- reads it from standard input)", out, e);
}

int cred_ask_phrase(const char *file, struct secret *out, struct err *e)
{
	return ask("pass phrase for", "Pass phrase for ", file, "use a key without one", out, e);
}

int cred_yes(struct span question, struct err *e)
{
	struct secret *answer;
	int fd = term_open(), r;

	if (fd < 0)
		return 0;
	print_flush();
	answer = secret_new();
	r = read_line(fd, question, false, answer, e);
	if (r == 0)
		r = span_is(secret_span(answer), "yes");
	else
		dprintf(fd, "\n");
	secret_free(answer);
	close(fd);
	return r == E_INTR ? r : r > 0;
}

int cred_fd(int fd, struct secret *out, struct err *e)
{
	return read_line(fd, SPAN_NONE, true, out, e);
}

/* UTF-8's byte order mark, which editors on Windows write. */
static void drop_mark(struct secret *s)
{
	if (span_starts(secret_span(s), "\xEF\xBB\xBF"))
		memmove(s->b, s->b + 3, s->n -= 3);
}

int cred_file(const char *path, bool others_ok, struct secret *out, struct err *e)
{
	bool from_stdin = strcmp(path, "-") == 0;
	int fd = from_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	bool others = false;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		err_set(e, E_USAGE, "cannot read the password from '%s': %s", path, strerror(errno));
	else
		others = S_ISREG(st.st_mode) && !from_stdin && st.st_mode & (S_IRWXG | S_IRWXO);
	if (others && !others_ok)
		err_set(e, E_USAGE, "others can read the password file '%s'; run: chmod 600 %s "
			"(or say -AllowReadablePasswordFile)", path, path);
	else if (!e->code && read_line(fd, SPAN_NONE, true, out, e) == 0)
		drop_mark(out);
	if (e->code && e->code != E_INTR && !from_stdin && !strstr(e->text, path))
		err_prefix(e, "'%s': ", path);
	if (fd >= 0 && !from_stdin)
		close(fd);
	return e->code;
}

int cred_program(const char *program, const char *question, struct secret *out, struct err *e)
{
	int pipe_fd[2], status = 0;
	pid_t child;

	print_flush();
	if (pipe2(pipe_fd, O_CLOEXEC) < 0 || (child = fork()) < 0)
		return err_set(e, E_USAGE, "cannot start '%s': %s", program, strerror(errno));
	if (!child) {
		dup2(pipe_fd[1], STDOUT_FILENO);
		execlp(program, program, question, (char *)NULL);
		_exit(127);
	}
	close(pipe_fd[1]);
	read_line(pipe_fd[0], SPAN_NONE, true, out, e);
	close(pipe_fd[0]);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (e->code == E_INTR || (WIFEXITED(status) && !WEXITSTATUS(status)))
		return e->code;
	*e = (struct err){ 0 };
	return err_set(e, E_AUTH, "the password program '%s' gave no password (status %d)", program,
		WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}
