#include "lib/file_io.h"
#include <fcntl.h>
#include <unistd.h>
#include "tests/unit.h"

static char path[] = "/tmp/pssession-file-XXXXXX";

static void make_file(size_t n)
{
	static bool made;
	int fd = made ? open(path, O_WRONLY | O_TRUNC) : mkstemp(path);

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
