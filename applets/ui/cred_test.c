#include "applets/ui/cred.h"
#include <sys/mman.h>
#include <sys/stat.h>
#include "applets/ui/print.h"
#include "applets/ui/pty_test.h"
#include "applets/ui/term_io.h"

static int read_file(const char *content, mode_t mode, char *out, struct err *e)
{
	struct secret *s = secret_new();
	size_t n = strlen(content);
	int fd = memfd_create("password", MFD_CLOEXEC), r;
	char path[64];

	*e = (struct err){ 0 };
	if (fd < 0 || write(fd, content, n) != (ssize_t)n || fchmod(fd, mode) < 0)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = cred_file(path, false, s, e);
	close(fd);
	memcpy(out, s->b, s->n);
	out[s->n] = 0;
	secret_free(s);
	return r;
}

TEST(the_first_line_of_a_file_is_the_password)
{
	char got[SECRET_MAX + 1];
	struct err e;

	CHECK_INT(read_file("pass word\nmore\n", 0600, got, &e), 0);
	CHECK_STR(got, "pass word");
	CHECK_INT(read_file("p\303\244ss", 0400, got, &e), 0);
	CHECK_STR(got, "p\303\244ss");
	CHECK_INT(read_file("windows\r\n", 0600, got, &e), 0);
	CHECK_STR(got, "windows");
	CHECK_INT(read_file("\357\273\277editor\n", 0600, got, &e), 0);
	CHECK_STR(got, "editor");
	CHECK_INT(read_file("\357\273\277", 0600, got, &e), 0);
	CHECK_STR(got, "");
	CHECK_INT(read_file("\n", 0600, got, &e), 0);
	CHECK_STR(got, "");
}

TEST(an_empty_or_endless_file_holds_no_password)
{
	char got[SECRET_MAX + 1], big[SECRET_MAX + 3];
	struct err e;

	CHECK_INT(read_file("", 0600, got, &e), E_AUTH);
	memset(big, 'x', sizeof(big));
	big[SECRET_MAX] = '\n';
	big[SECRET_MAX + 1] = 0;
	CHECK_INT(read_file(big, 0600, got, &e), 0);
	big[SECRET_MAX] = 'x';
	CHECK_INT(read_file(big, 0600, got, &e), E_USAGE);
}

TEST(a_file_that_others_can_read_is_refused)
{
	static const mode_t modes[] = { 0640, 0604, 0660, 0622 };
	char got[SECRET_MAX + 1];
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		CHECK_INT(read_file("x\n", modes[i], got, &e), E_USAGE);
		CHECK(strstr(e.text, "chmod 600 /proc/self/fd/"));
	}
}

TEST(a_missing_file_is_named)
{
	struct secret *s = secret_new();
	struct err e = { 0 };

	CHECK_INT(cred_file("/no/such/file", false, s, &e), E_USAGE);
	CHECK(strstr(e.text, "/no/such/file") && strstr(e.text, "No such file"));
	secret_free(s);
}

TEST(not_a_byte_more_than_the_line_is_read_from_stdin)
{
	int saved = dup(STDIN_FILENO), fd[2];
	struct secret *s = secret_new();
	struct err e = { 0 };
	char rest[16] = "";

	if (pipe(fd) < 0 || write(fd[1], "pw\nscript", 9) != 9)
		abort();
	close(fd[1]);
	dup2(fd[0], STDIN_FILENO);
	close(fd[0]);
	CHECK_INT(cred_file("-", false, s, &e), 0);
	CHECK_INT(read(STDIN_FILENO, rest, sizeof(rest) - 1), 6);
	CHECK_STR(rest, "script");
	CHECK_MEM(s->b, s->n, "pw", 2);
	dup2(saved, STDIN_FILENO);
	close(saved);
	secret_free(s);
}

static void ask_child(void)
{
	struct secret *s;
	struct err e = { 0 };
	int r;

	term_init();
	print_init();
	s = secret_new();
	r = cred_ask("bo\x1b[31mb", s, &e);
	dprintf(STDOUT_FILENO, "r=%d n=%zu %.*s\n", r, s->n, (int)(s->n > 2 ? 2 : s->n), s->b);
	secret_free(s);
}

TEST(a_password_is_asked_for_without_echo)
{
	pty_start(ask_child);
	pty_expect("PowerShell credential request\r\nEnter your credentials.\r\n");
	pty_expect("Password for user bo\\x1B[31mb: ");
	pty_expect_echo(false);
	pty_type("secret!\n");
	CHECK_INT(pty_end(), 0);
	CHECK_STR(pty.seen, "\r\nr=0 n=7 se\r\n");
}

TEST(ctrl_c_at_the_password_restores_the_echo)
{
	pty_start(ask_child);
	pty_expect("mb: ");
	pty_expect_echo(false);
	pty_type("sec\x03");
	CHECK_INT(pty_end(), 0);
	CHECK_STR(pty.seen, "\r\nr=-8 n=0 \r\n");
}

TEST(without_a_terminal_the_way_out_is_named)
{
	struct secret *s;
	struct err e = { 0 };
	pid_t pid = fork();
	int status;

	if (!pid) {
		setsid();
		s = secret_new();
		_exit(cred_ask("bob", s, &e) == E_AUTH && strstr(e.text, "-PasswordFile") ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	CHECK_INT(status, 0);
}
