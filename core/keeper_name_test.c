/* The names of keepers: reserved, shown, lost, and the notes beside them. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "core/keeper_dir_test.h"

TEST(a_note_outlives_its_keeper_once_and_follows_no_link)
{
	struct keeper_place p;
	struct rlimit all;
	struct buf note;

	begin();
	buf_init(&note, 10000);
	CHECK_INT(keeper_listen(&p, 1, &e), 0);
	keeper_note(&p, SPAN("first words"));
	keeper_note(&p, SPAN("last"));
	CHECK(keeper_noted(1, &note, false));
	CHECK_STR(buf_cstr(&note), "last");
	CHECK(getrlimit(RLIMIT_FSIZE, &all) == 0);
	CHECK(setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 0, all.rlim_max }) == 0);
	signal(SIGXFSZ, SIG_IGN);
	keeper_note(&p, SPAN("no room"));       /* the old one stays */
	CHECK(setrlimit(RLIMIT_FSIZE, &all) == 0);
	buf_clear(&note);
	CHECK(keeper_noted(1, &note, false));
	CHECK_STR(buf_cstr(&note), "last");
	CHECK(!keeper_noted(1, &note, true) && there(".1"));    /* somebody has the name again */
	CHECK(unlink(path_of("1")) == 0);
	CHECK(keeper_noted(1, &note, true) && !there(".1"));
	CHECK(!keeper_noted(1, &note, true));
	CHECK(symlink("elsewhere", path_of(".1")) == 0);
	keeper_note(&p, SPAN("secret?"));
	CHECK(!there("elsewhere") && !keeper_noted(1, &note, true));
	keeper_unlisten(&p);
	buf_free(&note);
}

TEST(an_id_whose_end_nobody_has_read_is_not_taken)
{
	struct keeper_place p, q;
	struct buf note;

	begin();
	buf_init(&note, 10000);
	CHECK_INT(keeper_listen(&p, 1, &e), 0);
	keeper_note(&p, SPAN("last words"));
	close(p.fd);                            /* as if it had died */
	CHECK_INT(keeper_listen(&q, 1, &e), 0);
	CHECK_INT(q.id, 2);
	keeper_unlisten(&q);
	CHECK(keeper_noted(1, &note, true));
	CHECK_STR(buf_cstr(&note), "last words");
	CHECK(close(open(path_of(".1"), O_CREAT, 0600)) == 0);  /* whoever read it was killed */
	CHECK_INT(keeper_listen(&q, 1, &e), 0);
	CHECK_INT(q.id, 1);
	keeper_unlisten(&q);
	close(p.dir);
	buf_free(&note);
}

TEST(what_is_reserved_is_taken_but_seen_by_nobody)
{
	struct loop *l = loop_new();
	struct keeper_place p, q;
	struct stream *s;
	int32_t v[8];

	begin();
	CHECK_INT(keeper_reserve(&p, 1, &e), 0);
	CHECK_INT(keeper_listen(&q, 1, &e), 0);
	CHECK(p.id == 1 && q.id == 2);
	CHECK(ids(v) == 1 && v[0] == 2);
	CHECK(!keeper_dial(l, 1, &e));
	e = (struct err){ 0 };
	CHECK_INT(keeper_show(&p, &e), 0);
	CHECK_INT(ids(v), 2);
	CHECK((s = keeper_dial(l, 1, &e)));
	stream_close(s);
	keeper_unlisten(&p);
	keeper_unlisten(&q);
	CHECK_INT(keeper_reserve(&p, 1, &e), 0);
	keeper_unlisten(&p);
	CHECK(rmdir(folder) == 0);
	loop_free(l);
}

static bool shown_by_a_child(struct keeper_place *p)
{
	struct loop *l = loop_new();
	int32_t pid = 0;
	struct stream *s = keeper_show(p, &e) == 0 ? keeper_dial_pid(l, p->id, &pid, &e) : NULL;

	return s && pid == getpid();
}

TEST(a_child_may_be_who_answers)
{
	struct keeper_place p;
	int status = -1;
	pid_t pid;

	begin();
	CHECK_INT(keeper_reserve(&p, 1, &e), 0);
	if ((pid = fork()) == 0)
		_exit(!shown_by_a_child(&p));
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	close(p.fd);
	close(p.dir);
}

TEST(who_looks_whether_a_name_is_taken_is_not_noticed)
{
	struct keeper_place p, q;
	struct pollfd asked = { .events = POLLIN };

	begin();
	CHECK_INT(keeper_listen_tty(&p, 5, &e), 0);
	CHECK(keeper_listen_tty(&q, 5, &e) < 0);
	e = (struct err){ 0 };
	asked.fd = p.fd;
	CHECK(there("tty5") && poll(&asked, 1, 0) == 0);
	close(p.fd);
	CHECK_INT(keeper_listen_tty(&q, 5, &e), 0);
	keeper_unlisten(&q);
	close(p.dir);
}

TEST(a_name_that_is_gone_is_replaced)
{
	struct keeper_place p;

	begin();
	CHECK_INT(keeper_listen(&p, 1, &e), 0);
	keeper_note(&p, SPAN("words"));
	CHECK(unlink(path_of("1")) == 0);
	CHECK_INT(keeper_show(&p, &e), 1);
	CHECK(p.id == 1 && there("1") && !there(".1"));
	CHECK_INT(keeper_show(&p, &e), 0);
	CHECK(unlink(path_of("1")) == 0 && close(open(path_of("1"), O_CREAT, 0600)) == 0);
	CHECK_INT(keeper_show(&p, &e), 1);
	CHECK_INT(p.id, 2);
	keeper_unlisten(&p);
	CHECK_INT(keeper_reserve(&p, 1, &e), 0);
	CHECK(unlink(path_of(".new2")) == 0);
	CHECK_INT(keeper_show(&p, &e), 1);
	keeper_unlisten(&p);
}

TEST(a_name_that_leads_elsewhere_is_left_alone)
{
	struct keeper_place p, q;

	begin();
	CHECK_INT(keeper_listen(&p, 1, &e), 0);
	CHECK(unlink(path_of("1")) == 0);
	p.pid = 1;                      /* another process, for p */
	CHECK_INT(keeper_listen(&q, 1, &e), 0);
	CHECK_INT(q.id, 1);
	keeper_unlisten(&p);
	CHECK(there("1"));
	keeper_unlisten(&q);
}

TEST(without_free_descriptors_nothing_is_thought_gone)
{
	struct rlimit all, few;
	struct keeper_place p;

	begin();
	CHECK_INT(keeper_listen(&p, 1, &e), 0);
	CHECK(getrlimit(RLIMIT_NOFILE, &all) == 0);
	few = (struct rlimit){ 3, all.rlim_max };
	CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
	CHECK_INT(keeper_show(&p, &e), 0);
	CHECK(setrlimit(RLIMIT_NOFILE, &all) == 0);
	keeper_unlisten(&p);
	CHECK(!there("1"));
}
