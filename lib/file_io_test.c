#include "lib/file_io.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tests/unit.h"

static char path[] = "/tmp/pssession-file-XXXXXX";

static void make_file(size_t n)
{
	static bool made;
	int fd = made ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : mkstemp(path);

	made = true;
	CHECK(fd >= 0);
	while (n--)
		CHECK(write(fd, "x", 1) == 1);
	close(fd);
}

static int read_max(size_t max, struct err *e, size_t *got)
{
	struct buf b;
	int r;

	buf_init(&b, max);
	*e = (struct err){ 0 };
	r = file_read(path, &b, e);
	*got = b.n;
	buf_free(&b);
	return r;
}

TEST(whole_files_up_to_the_maximum)
{
	struct err e;
	size_t n;

	make_file(0);
	CHECK(read_max(10, &e, &n) == 0 && n == 0);
	CHECK(read_max(0, &e, &n) == 0 && n == 0);
	make_file(9000);
	CHECK(read_max(9000, &e, &n) == 0 && n == 9000);
	CHECK(read_max(1 << 20, &e, &n) == 0 && n == 9000);
	CHECK_INT(read_max(8999, &e, &n), E_USAGE);
	CHECK(strstr(e.text, "larger than 8999 bytes"));
	unlink(path);
}

TEST(missing_files_and_folders_are_reported)
{
	struct buf b;
	struct err e = { 0 }, e2 = { 0 };

	buf_init(&b, 100);
	CHECK_INT(file_read("/nonexistent/x", &b, &e), E_USAGE);
	CHECK_STR(e.text, "cannot open '/nonexistent/x': No such file or directory");
	CHECK_INT(file_read("/", &b, &e2), E_USAGE);
	CHECK(strstr(e2.text, "directory"));
	buf_free(&b);
}

TEST(dash_is_standard_input)
{
	struct buf b;
	struct err e = { 0 };
	int p[2], keep = dup(0);

	buf_init(&b, 100);
	CHECK(pipe(p) == 0 && write(p[1], "hello", 5) == 5);
	close(p[1]);
	dup2(p[0], 0);
	close(p[0]);
	CHECK_INT(file_read("-", &b, &e), 0);
	dup2(keep, 0);
	close(keep);
	CHECK(span_is(buf_span(&b), "hello"));
	buf_free(&b);
}

static size_t largest, total;

static void piece(void *ctx, struct span s)
{
	CHECK(ctx == path);
	total += s.n;
	if (s.n > largest)
		largest = s.n;
}

TEST(a_file_comes_in_pieces)
{
	struct err e = { 0 };

	make_file(9000);
	largest = total = 0;
	CHECK_INT(file_pieces(path, piece, path, &e), 0);
	CHECK(total == 9000 && largest == 4096);
	CHECK_INT(file_pieces("/nonexistent", piece, path, &e), E_USAGE);
	unlink(path);
}

static int count;

static bool one_file(void *ctx, const char *name)
{
	CHECK(ctx == &count && strstr(name, "/pssession/one"));
	return ++count < 2;
}

/* In a folder of its own, which does not exist before. */
static void in_folder(char *folder)
{
	char name[200], sub[100];
	struct err e = { 0 };
	struct stat st;
	struct buf b;

	snprintf(sub, sizeof(sub), "%s/config", folder);
	CHECK(setenv("XDG_CONFIG_HOME", sub, 1) == 0);
	buf_init(&b, 200);
	CHECK(file_config_path("one", &b));
	snprintf(name, sizeof(name), "%s/config/pssession/one", folder);
	CHECK_STR(buf_cstr(&b), name);
	CHECK_INT(file_replace(name, SPAN("first"), &e), 0);
	CHECK(stat(name, &st) == 0 && (st.st_mode & 07777) == 0600);
	CHECK(stat(sub, &st) == 0 && (st.st_mode & 07777) == 0700);
	CHECK(chmod(name, 0644) == 0);
	CHECK_INT(file_replace(name, SPAN("second"), &e), 0);
	CHECK(stat(name, &st) == 0 && (st.st_mode & 07777) == 0600);
	buf_clear(&b);
	CHECK_INT(file_read(name, &b, &e), 0);
	CHECK(span_is(buf_span(&b), "second"));
	snprintf(sub, sizeof(sub), "%s/config/pssession", folder);
	CHECK_INT(file_each(sub, one_file, &count, &e), 0);
	CHECK_INT(count, 1);            /* nothing else was left there */
	buf_free(&b);
	CHECK(unlink(name) == 0 && rmdir(sub) == 0);
	*strrchr(sub, '/') = 0;
	CHECK(rmdir(sub) == 0);
}

TEST(a_file_is_replaced_at_once_with_its_folders)
{
	char folder[] = "/tmp/pssession-dir-XXXXXX";
	struct err e = { 0 };

	CHECK(mkdtemp(folder));
	in_folder(folder);
	CHECK(rmdir(folder) == 0);
	CHECK_INT(file_each(folder, one_file, &count, &e), E_USAGE);
	e = (struct err){ 0 };
	CHECK_INT(file_replace("/proc/nonexistent/x", SPAN("x"), &e), E_USAGE);
	CHECK(strstr(e.text, "cannot write '/proc/nonexistent/x'"));
}

TEST(settings_are_in_the_home_folder_otherwise)
{
	struct buf b;

	buf_init(&b, 200);
	unsetenv("XDG_CONFIG_HOME");
	setenv("HOME", "/home/x", 1);
	CHECK(file_config_path("one", &b));
	CHECK_STR(buf_cstr(&b), "/home/x/.config/pssession/one");
	unsetenv("HOME");
	CHECK(!file_config_path("one", &b));
	buf_free(&b);
}
