#include "lib/dest_io.h"
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/num.h"
#include "lib/tree_io.h"
#include "tests/unit.h"

#define WHEN (TICKS_UNIX_EPOCH + 1234567890 * TICKS_PER_SEC + 1234567)

static char top[64], was[4096];
static struct dest dest;
static struct err err;
static uint64_t have;

/* In a new folder, which is "." and where "in" is the destination. */
static void start(bool force)
{
	snprintf(top, sizeof(top), "/tmp/dest_io_test.XXXXXX");
	CHECK(getcwd(was, sizeof(was)) && mkdtemp(top) && chdir(top) == 0);
	CHECK(mkdir("in", 0755) == 0 && mkdir("out", 0755) == 0);
	dest = (struct dest){ .force = force };
	err = (struct err){ 0 };
	CHECK_INT(dest_open(&dest, "in", true, false, &err), 0);
}

static int drop(const char *path, const struct stat *st, int how, struct FTW *f)
{
	(void)st, (void)how, (void)f;
	return remove(path);
}

static void stop(void)
{
	dest_free(&dest);
	CHECK(chdir(was) == 0);
	CHECK_INT(nftw(top, drop, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static int put(const char *name, const char *text)
{
	err = (struct err){ 0 };
	if (dest_begin(&dest, span_str(name), false, 1, WHEN, &have, &err) < 0)
		return err.code;
	CHECK_INT(dest_write(&dest, span_str(text), &err), 0);
	return dest_commit(&dest, WHEN, false, &err);
}

static const char *text_of(const char *path)
{
	static char text[100];
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return fd < 0 ? "(none)" : text;
}

static int files_in(const char *path)
{
	DIR *d = opendir(path);
	int n = -2;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

TEST(names_stay_below_the_folder)
{
	static const char *const wrong[] = {
		"", ".", "..", "/", "/a", "a/", "a//b", "a/..", "../a", "a/../b", "a/./b",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		CHECK(!dest_name_ok(span_str(wrong[i])));
	CHECK(!dest_name_ok(span_of("a\0b", 3)));
	CHECK(dest_name_ok(SPAN("a")) && dest_name_ok(SPAN("...")) && dest_name_ok(SPAN("a b/..c")));
}

TEST(a_file_is_there_when_it_is_whole)
{
	struct stat st;

	start(false);
	CHECK_INT(dest_begin(&dest, SPAN("x"), false, 3, WHEN, &have, &err), 0);
	CHECK_INT(dest_write(&dest, SPAN("new"), &err), 0);
	CHECK(access("in/x", F_OK) < 0);
	CHECK_INT(dest_commit(&dest, WHEN, true, &err), 0);
	CHECK_STR(text_of("in/x"), "new");
	CHECK_INT(stat("in/x", &st), 0);
	CHECK_INT(st.st_mtim.tv_sec, 1234567890);
	CHECK_INT(st.st_mtim.tv_nsec, 123456700);
	CHECK_INT(st.st_mode & 0222, 0);
	CHECK_INT(files_in("in"), 1);
	CHECK_INT(put("x", "over"), E_USAGE);           /* it is read-only now */
	dest.force = true;
	CHECK_INT(put("x", "over"), 0);
	CHECK_STR(text_of("in/x"), "over");
	stop();
}

TEST(a_time_before_1970_is_kept)
{
	struct stat st;

	start(false);
	CHECK_INT(put("x", ""), 0);
	CHECK_INT(dest_folder(&dest, SPAN("d"), TICKS_UNIX_EPOCH - 15000000, &err), 0);
	CHECK_INT(stat("in/d", &st), 0);
	CHECK_INT(st.st_mtim.tv_sec, -2);
	CHECK_INT(st.st_mtim.tv_nsec, 500000000);
	stop();
}

TEST(long_zeros_are_a_hole)
{
	static uint8_t bytes[1 << 20];
	struct stat st;
	int fd;

	start(false);
	CHECK_INT(dest_begin(&dest, SPAN("x"), false, 1, WHEN, &have, &err), 0);
	for (int i = 0; i < 5; i++) {                   /* zeros, data, zeros, data, zeros */
		bytes[0] = bytes[sizeof(bytes) - 1] = i & 1;
		CHECK_INT(dest_write(&dest, span_of(bytes, sizeof(bytes)), &err), 0);
	}
	CHECK_INT(dest_commit(&dest, WHEN, false, &err), 0);
	CHECK_INT(dest_sync(&dest, &err), 0);
	CHECK_INT(stat("in/x", &st), 0);
	CHECK_INT(st.st_size, 5 << 20);
	CHECK_INT(st.st_mtim.tv_sec, 1234567890);
	CHECK(st.st_blocks * 512 < 3 << 20);
	fd = open("in/x", O_RDONLY);
	for (int i = 0; i < 5; i++) {
		CHECK_INT(read(fd, bytes, sizeof(bytes)), sizeof(bytes));
		CHECK(bytes[0] == (i & 1) && bytes[sizeof(bytes) - 1] == (i & 1) && !bytes[9]);
	}
	close(fd);
	stop();
}

TEST(what_cannot_be_synced_is_an_error)
{
	start(false);
	close(dest.root - 1);
	CHECK_INT(dest_sync(&dest, &err), E_USAGE);
	dest.root = 0;
	stop();
}

TEST(links_lead_nowhere)
{
	start(true);
	CHECK(symlink("../out", "in/way") == 0 && symlink("../out/x", "in/file") == 0);
	CHECK(symlink("../out/y", "in/p.pssession-part") == 0);
	CHECK(mkfifo("in/q.pssession-part", 0600) == 0);
	CHECK_INT(put("way/evil", "evil"), E_USAGE);
	err = (struct err){ 0 };
	CHECK_INT(dest_folder(&dest, SPAN("way"), WHEN, &err), E_USAGE);
	err = (struct err){ 0 };
	CHECK_INT(dest_folder(&dest, SPAN("way/sub"), WHEN, &err), E_USAGE);
	CHECK_INT(put("file", "ours"), 0);              /* in the place of the link */
	CHECK_INT(put("p", "ours"), 0);
	CHECK_INT(put("q", "ours"), 0);
	err = (struct err){ 0 };
	CHECK(symlink("../out/y", "in/p.pssession-part") == 0);
	CHECK(mkfifo("in/q.pssession-part", 0600) == 0);
	CHECK_INT(dest_begin(&dest, SPAN("p"), true, 1, 1, &have, &err), E_USAGE);
	err = (struct err){ 0 };
	CHECK_INT(dest_begin(&dest, SPAN("q"), true, 1, 1, &have, &err), E_USAGE);
	CHECK_INT(files_in("out"), 0);
	stop();
}

TEST(a_part_with_another_name_is_not_written_to)
{
	start(false);
	CHECK(close(open("out/x", O_CREAT | O_WRONLY, 0644)) == 0);
	CHECK(link("out/x", "in/x.pssession-part") == 0);
	CHECK_INT(dest_begin(&dest, SPAN("x"), true, 1, 1, &have, &err), E_USAGE);
	stop();
}

TEST(what_is_dropped_is_gone_or_can_be_resumed)
{
	start(false);
	CHECK_INT(dest_begin(&dest, SPAN("x"), true, 9, WHEN, &have, &err), 0);
	CHECK_INT(dest_write(&dest, SPAN("part"), &err), 0);
	dest_drop(&dest, true);
	CHECK_STR(text_of("in/x.pssession-part"), "part");
	CHECK_INT(dest_begin(&dest, SPAN("x"), true, 9, WHEN, &have, &err), 0);
	CHECK_INT(have, 4);
	CHECK_INT(dest_cut(&dest, 2, &err), 0);
	CHECK_INT(dest_write(&dest, SPAN("ient"), &err), 0);
	CHECK_INT(dest_commit(&dest, WHEN, false, &err), 0);
	CHECK_STR(text_of("in/x"), "paient");
	CHECK_INT(dest_begin(&dest, SPAN("x"), true, 6, WHEN, &have, &err), 1);
	CHECK_INT(dest_begin(&dest, SPAN("x"), false, 6, WHEN, &have, &err), 0);
	dest_drop(&dest, false);
	CHECK_INT(dest_begin(&dest, SPAN("y"), true, 6, WHEN, &have, &err), 0);
	dest_drop(&dest, true);                         /* nothing to be resumed */
	CHECK_INT(files_in("in"), 1);
	stop();
}

TEST(a_tree_comes_folders_first_and_last_and_links_are_told)
{
	static const char *const want[] = { "in", "in/d", "in/d/f", "in/d", "in/link", "in" };
	static const int kinds[] = {
		TREE_FOLDER, TREE_FOLDER, TREE_FILE, TREE_FOLDER_END, TREE_OTHER, TREE_FOLDER_END, TREE_END,
	};
	struct tree_entry en;
	struct tree tree = { 0 };
	size_t seen = 0, i;

	start(false);
	CHECK(dest_folder(&dest, SPAN("d"), 0, &err) == 0 && put("d/f", "f") == 0);
	CHECK(symlink("d", "in/link") == 0);
	tree_start(&tree, "./in/.", true);
	do {
		CHECK_INT(tree_next(&tree, &en, &err), 0);
		for (i = 0; i < 6 && !(kinds[i] == (int)en.kind && span_is(en.name, want[i])); i++)
			;
		seen |= 1u << i;
		if (en.fd >= 0)
			close(en.fd);
	} while (en.kind != TREE_END);
	CHECK_INT(seen, 0x7f);
	tree_free(&tree);
	stop();
}

TEST(patterns_find_names_in_each_element)
{
	struct buf found;

	start(false);
	CHECK(put("a1", "") == 0 && put("B1", "") == 0 && put(".b1", "") == 0);
	buf_init(&found, 65536);
	tree_match("i?/[a-b]1", false, &found);
	CHECK_INT(found.n, 12);
	tree_match("in/nix*", true, &found);
	tree_match("nix*/a1", true, &found);
	CHECK_INT(found.n, 12);
	tree_match("in/.b*", false, &found);
	CHECK_INT(found.n, 19);
	tree_match("in/*", true, &found);
	CHECK_INT(found.n, 38);
	tree_match("in/.*", false, &found);             /* neither the folder nor the one above */
	CHECK_INT(found.n, 45);
	buf_free(&found);
	stop();
}
