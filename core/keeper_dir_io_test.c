#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/keeper_dir_test.h"

enum { NOBODY = 65534 };

/* Listening fails, in these words. */
static void refused(const char *words)
{
	struct keeper_place p;
	int32_t v[1];
	size_t n;

	e = (struct err){ 0 };
	CHECK_INT(keeper_listen(&p, 1, &e), E_USAGE);
	CHECK(strstr(e.text, words));
	CHECK(strstr(e.text, "PSSESSION_DIR"));
	e = (struct err){ 0 };
	CHECK(keeper_ids(v, 1, &n, &e) == E_USAGE || n == 0);
}

/* Run by a child, whose exit code tells. */
static bool in_child(bool (*run)(void))
{
	int status = -1;
	pid_t pid = fork();

	e = (struct err){ 0 };
	if (pid == 0)
		_exit(run() ? 0 : 1);
	return waitpid(pid, &status, 0) == pid && status == 0;
}

TEST(without_a_folder_there_are_no_sessions)
{
	struct loop *l = loop_new();
	int32_t v[8];

	begin();
	CHECK_INT(ids(v), 0);
	CHECK(!keeper_dial(l, 1, &e));
	CHECK_INT(e.code, E_USAGE);
	CHECK(strstr(e.text, "no session with the Id 1"));
	CHECK(access(folder, F_OK) < 0);
	loop_free(l);
}

TEST(a_terminal_has_one_name_which_is_no_session)
{
	struct loop *l = loop_new();
	struct keeper_place p, q;
	struct stream *s;
	int32_t v[8];

	begin();
	CHECK_INT(keeper_listen_tty(&p, 34819, &e), 0);
	CHECK(there("tty34819"));
	CHECK_INT(ids(v), 0);
	CHECK_INT(keeper_listen_tty(&q, 34819, &e), E_USAGE);
	keeper_unlisten(&q);
	e = (struct err){ 0 };
	CHECK((s = keeper_dial(l, -34819, &e)));
	stream_close(s);
	close(p.fd);                            /* as if it had died */
	close(p.dir);
	CHECK_INT(keeper_listen_tty(&q, 34819, &e), 0);
	keeper_unlisten(&q);
	CHECK(!there("tty34819"));
	loop_free(l);
}

TEST(ids_are_the_smallest_free_ones)
{
	struct keeper_place p[4];
	struct stat st;
	int32_t v[8];

	begin();
	for (int i = 0; i < 3; i++) {
		CHECK_INT(keeper_listen(&p[i], 1, &e), 0);
		CHECK_INT(p[i].id, i + 1);
	}
	CHECK(stat(folder, &st) == 0 && (st.st_mode & 0777) == 0700);
	keeper_unlisten(&p[1]);
	keeper_unlisten(&p[1]);
	CHECK_INT(ids(v), 2);
	CHECK(v[0] == 1 && v[1] == 3);
	CHECK_INT(keeper_listen(&p[3], 1, &e), 0);
	CHECK_INT(p[3].id, 2);
	CHECK(!there(".new"));
	keeper_unlisten(&p[0]);
	keeper_unlisten(&p[2]);
	keeper_unlisten(&p[3]);
	CHECK_INT(ids(v), 0);
}

TEST(many_ids_come_in_order)
{
	struct keeper_place p[12];
	int32_t v[12];
	size_t n;

	begin();
	for (int i = 0; i < 12; i++)
		CHECK_INT(keeper_listen(&p[i], 1, &e), 0);
	CHECK_INT(keeper_ids(v, 12, &n, &e), 0);
	CHECK_INT(n, 12);
	for (int i = 0; i < 12; i++)
		CHECK_INT(v[i], i + 1);
	CHECK_INT(keeper_ids(v, 5, &n, &e), 0);
	CHECK_INT(n, 5);
	for (int i = 0; i < 12; i++)
		keeper_unlisten(&p[i]);
}

static void leave_stale(const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path_of(name));
	CHECK(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	close(fd);
}

TEST(a_stale_name_is_taken_over_or_cleaned)
{
	struct loop *l = loop_new();
	struct keeper_place p;
	struct buf none;

	begin();
	buf_init(&none, 100);
	CHECK(mkdir(folder, 0700) == 0);
	leave_stale("1");
	leave_stale(".new1");
	leave_stale("7");
	leave_stale(".new");
	CHECK_INT(keeper_listen(&p, 1, &e), 0);
	CHECK_INT(p.id, 1);
	CHECK(!keeper_dial(l, 7, &e));
	CHECK(!keeper_noted(7, &none, true) && !there("7"));
	keeper_unlisten(&p);
	loop_free(l);
}

TEST(what_was_planted_is_no_session_and_stays)
{
	struct loop *l = loop_new();
	struct keeper_place p;
	int32_t v[8];

	begin();
	CHECK(mkdir(folder, 0700) == 0);
	CHECK(close(open(path_of("1"), O_CREAT | O_WRONLY, 0600)) == 0);
	CHECK(mkdir(path_of("2"), 0700) == 0);
	CHECK(symlink("4", path_of("3")) == 0);
	CHECK_INT(keeper_listen(&p, 1, &e), 0);
	CHECK_INT(p.id, 4);
	leave_stale("05");
	CHECK_INT(ids(v), 1);
	CHECK_INT(v[0], 4);
	for (int i = 1; i < 4; i++) {
		e = (struct err){ 0 };
		CHECK(!keeper_dial(l, i, &e));
		CHECK_INT(e.code, E_USAGE);
	}
	CHECK(there("1") && there("2") && there("3"));
	keeper_unlisten(&p);
	loop_free(l);
}

TEST(a_folder_that_others_may_enter_is_refused)
{
	static const int modes[] = { 0755, 0750, 0701, 0777, 0600 };

	begin();
	CHECK(mkdir(folder, 0700) == 0);
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		chmod(folder, (mode_t)modes[i]);
		refused("chmod 700");
	}
}

TEST(a_folder_of_another_user_is_refused)
{
	begin();
	if (geteuid())
		SKIP("only root can give a folder away");
	CHECK(mkdir(folder, 0700) == 0 && chown(folder, NOBODY, NOBODY) == 0);
	refused("belongs to user 65534");
}

TEST(a_link_or_a_file_in_its_place_is_refused)
{
	begin();
	CHECK(symlink(".", folder) == 0);
	refused("a link");
	setenv("PSSESSION_DIR", path_of(""), 1);
	refused("a link");
	begin();
	CHECK(close(open(folder, O_CREAT | O_WRONLY, 0600)) == 0);
	refused("no folder");
	setenv("PSSESSION_DIR", path_of("below"), 1);
	refused("no folder");
}

TEST(a_folder_that_cannot_be_made_is_told)
{
	begin();
	setenv("PSSESSION_DIR", path_of("too/deep"), 1);
	refused("No such file");
}

TEST(a_path_may_be_longer_than_a_socket_s_name)
{
	struct loop *l = loop_new();
	struct keeper_place p;
	struct stream *s;
	char before[512], after[512];

	begin();
	memset(folder + strlen(folder), 'x', 200);
	setenv("PSSESSION_DIR", folder, 1);
	CHECK(getcwd(before, sizeof(before)));
	CHECK_INT(keeper_listen(&p, 1, &e), 0);
	s = keeper_dial(l, 1, &e);
	CHECK(s);
	stream_close(s);
	keeper_unlisten(&p);
	CHECK(getcwd(after, sizeof(after)));
	CHECK_STR(after, before);
	loop_free(l);
	memset(folder, 0, sizeof(folder));
}

TEST(a_relative_path_would_lead_elsewhere_from_elsewhere)
{
	begin();
	setenv("PSSESSION_DIR", "sessions", 1);
	refused("absolute");
}

TEST(a_keeper_that_does_not_get_around_to_answering_is_told_from_a_stale_one)
{
	struct loop *l = loop_new();
	struct keeper_place p, q;
	struct stream *s[100];
	size_t n = 0;

	begin();
	CHECK_INT(keeper_listen(&p, 1, &e), 0);
	while (n < 100 && (s[n] = keeper_dial(l, 1, &e)))
		n++;
	CHECK(n < 100);
	CHECK_INT(e.code, E_NET);
	CHECK(strstr(e.text, "does not answer"));
	e = (struct err){ 0 };
	CHECK_INT(keeper_show(&p, &e), 0);
	CHECK_INT(keeper_listen(&q, 1, &e), 0);
	CHECK_INT(q.id, 2);
	while (n)
		stream_close(s[--n]);
	keeper_unlisten(&p);
	keeper_unlisten(&q);
	loop_free(l);
}

/* Listens once the pipe says so, and says its id on the other. */
static pid_t racer(int start, int tell)
{
	pid_t pid = fork();
	struct keeper_place p;
	char c;

	if (pid)
		return pid;
	if (read(start, &c, 1) < 0 || keeper_listen(&p, 1, &e) < 0 || write(tell, &p.id, 4) != 4)
		_exit(1);
	pause();
	_exit(0);
}

TEST(ids_taken_at_the_same_time_differ)
{
	int start[2], told[2];
	uint32_t seen = 0;
	pid_t pid[8];
	int32_t id;

	begin();
	CHECK(mkdir(folder, 0700) == 0);
	leave_stale("1");
	leave_stale("3");
	CHECK(pipe(start) == 0 && pipe(told) == 0);
	for (int i = 0; i < 8; i++)
		pid[i] = racer(start[0], told[1]);
	CHECK(write(start[1], "12345678", 8) == 8);
	for (int i = 0; i < 8; i++) {
		CHECK(read(told[0], &id, 4) == 4);
		seen |= 1u << id;
	}
	for (int i = 0; i < 8; i++) {
		kill(pid[i], SIGKILL);
		waitpid(pid[i], NULL, 0);
	}
	close(start[0]), close(start[1]), close(told[0]), close(told[1]);
	CHECK_INT(seen, 0x1fe);
}

/* As nobody, past the folder's mode, which root has opened for that. */
static bool nobody_connects(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char c;

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path_of("1"));
	return setresuid(NOBODY, NOBODY, NOBODY) == 0 &&
		connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && read(fd, &c, 1) == 0;
}

TEST(a_front_end_of_another_user_is_turned_away)
{
	struct loop *l = loop_new();
	struct keeper_place p;
	struct stream *s;
	int32_t pid, status;
	pid_t child;

	begin();
	CHECK_INT(keeper_listen(&p, 1, &e), 0);
	s = keeper_dial(l, 1, &e);
	CHECK(s);
	stream_close(s);
	s = keeper_accept(l, &p, &pid);
	CHECK(s);
	CHECK_INT(pid, getpid());
	stream_close(s);
	CHECK(!keeper_accept(l, &p, &pid));
	if (geteuid() == 0) {
		chmod(base, 0755), chmod(folder, 0755), chmod(path_of("1"), 0777);
		child = fork();
		if (child == 0)
			_exit(nobody_connects() ? 0 : 1);
		fcntl(p.fd, F_SETFL, 0);
		CHECK(!keeper_accept(l, &p, &pid));
		CHECK(waitpid(child, &status, 0) == child);
		CHECK_INT(status, 0);
		chmod(folder, 0700);
	}
	keeper_unlisten(&p);
	loop_free(l);
}

TEST(a_keeper_of_another_user_is_not_talked_to)
{
	struct loop *l;
	int told[2];
	pid_t child;
	char c;

	begin();
	if (geteuid())
		SKIP("only root can be another user");
	l = loop_new();
	CHECK(mkdir(folder, 0700) == 0 && pipe(told) == 0);
	child = fork();
	if (child == 0) {
		struct sockaddr_un a = { .sun_family = AF_UNIX };
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		snprintf(a.sun_path, sizeof(a.sun_path), "%s", path_of("1"));
		if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
			setresuid(NOBODY, NOBODY, NOBODY) < 0 || listen(fd, 8) < 0 ||
			write(told[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	CHECK(read(told[0], &c, 1) == 1);
	CHECK(!keeper_dial(l, 1, &e));
	CHECK(strstr(e.text, "another user"));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(told[0]), close(told[1]);
	loop_free(l);
}

/* File systems that only a mount can show */

static bool mounted(const char *at, const char *options, unsigned long flags)
{
	return mount("none", at, "tmpfs", flags, options) == 0;
}

static bool may_mount(void)
{
	return geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 && mounted("/tmp", "", 0);
}

static bool fails_with(const char *words)
{
	struct keeper_place p;
	bool ok = keeper_listen(&p, 1, &e) == E_USAGE && strstr(e.text, words);

	if (!ok)
		printf("# '%s', not '%s'\n", e.text, words);
	return ok;
}

static bool on_read_only(void)
{
	setenv("PSSESSION_DIR", "/tmp/sessions", 1);
	return may_mount() && (mounted("/tmp", "", MS_RDONLY) && fails_with("Read-only"));
}

static bool on_read_only_with_folder(void)
{
	setenv("PSSESSION_DIR", "/tmp/sessions", 1);
	return may_mount() && (mkdir("/tmp/sessions", 0700) == 0 &&
		mount("none", "/tmp", NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0 &&
		fails_with("Read-only"));
}

static bool on_full_disk(void)
{
	setenv("PSSESSION_DIR", "/tmp/sessions", 1);
	return may_mount() && (mounted("/tmp", "nr_inodes=1", 0) && fails_with("No space"));
}

static bool on_full_disk_with_folder(void)
{
	setenv("PSSESSION_DIR", "/tmp/sessions", 1);
	return may_mount() && (mounted("/tmp", "nr_inodes=2", 0) &&
		mkdir("/tmp/sessions", 0700) == 0 && fails_with("No space"));
}

TEST(read_only_and_full_file_systems_are_told)
{
	if (!in_child(may_mount))
		SKIP("only root can mount");
	CHECK(in_child(on_read_only));
	CHECK(in_child(on_read_only_with_folder));
	CHECK(in_child(on_full_disk));
	CHECK(in_child(on_full_disk_with_folder));
}

static bool listens_in(const char *where)
{
	struct keeper_place p;
	struct stat st;
	bool ok = keeper_listen(&p, 1, &e) == 0 && stat(where, &st) == 0;

	if (!ok)
		printf("# not in %s: %s\n", where, e.text);
	return ok;
}

static bool users_place(void)
{
	return mkdir("/tmp/run", 0700) == 0 && setenv("XDG_RUNTIME_DIR", "/tmp/run", 1) == 0 &&
		listens_in("/tmp/run/pssession/1") && rename("/tmp/run", "/tmp/gone") == 0;
}

/* The variables and places in their order, for root and another user. */
static bool places(void)
{
	char other[64];

	unsetenv("PSSESSION_DIR");
	if (!may_mount() || !mounted("/run", "mode=755", 0))
		return false;
	chmod("/tmp", 01777);
	if (!users_place() || !listens_in("/run/pssession/1"))
		return false;
	if (!mounted("/run", "mode=755", MS_RDONLY) || !listens_in("/tmp/pssession-0/1"))
		return false;
	if (mkdir("/tmp/run", 0700) || setresuid(NOBODY, NOBODY, NOBODY))
		return false;
	snprintf(other, sizeof(other), "/tmp/pssession-%d/1", NOBODY);
	return listens_in(other);       /* XDG_RUNTIME_DIR is root's: su has left it */
}

TEST(the_folder_is_where_it_should_be_for_root_and_users_side_by_side)
{
	if (!in_child(may_mount))
		SKIP("only root can mount");
	CHECK(in_child(places));
}
