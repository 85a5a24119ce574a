#include <sys/stat.h>
#include <unistd.h>
#include "applets/ui/history.h"
#include "tests/unit.h"

static struct history h;
static char folder[] = "/tmp/history-XXXXXX", path[64], text[1 << 20];

static void start(void)
{
	memset(folder + strlen(folder) - 6, 'X', 6);
	if (!mkdtemp(folder))
		abort();
	snprintf(path, sizeof(path), "%s/a/b", folder);
	setenv("PSSESSION_HISTORY", path, 1);
	history_init(&h, 1 << 20);
}

static void stop(void)
{
	char dir[64];

	history_free(&h);
	unlink(path);
	snprintf(dir, sizeof(dir), "%s/a", folder);
	rmdir(dir);
	rmdir(folder);
}

static void put(const char *bytes, size_t n)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(bytes, 1, n, f) != n)
		abort();
	fclose(f);
}

/* What is there after loading, newest first. */
static const char *loaded(const char *host)
{
	size_t pos, n = 0;
	struct span s;

	history_free(&h);
	history_load(&h, host);
	text[0] = 0;
	for (pos = h.all.n; history_prev(&h, &pos, &s);)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%.*s|", SPAN_ARG(s));
	return text;
}

TEST(lines_come_back_those_of_this_host_first)
{
	struct stat st;

	start();
	history_save("a", SPAN("one"));
	history_save("b", SPAN("two\n\tlines \\n"));
	history_save("a", SPAN("three"));
	history_save("a", SPAN("$password = 1"));
	history_save("a", SPAN(""));
	CHECK_STR(loaded("a"), "three|one|two\n\tlines \\n|");
	CHECK_STR(loaded("B"), "two\n\tlines \\n|three|one|");
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
	stop();
}

TEST(what_is_damaged_is_passed_over)
{
	static const char bad[] = "a\tone\nno tab\na\t\xff\xfe\n\na\tnul\0here\na\ttwo\na\tcut of";

	start();
	history_save("a", SPAN("x"));
	put(bad, sizeof(bad) - 1);
	CHECK_STR(loaded("a"), "cut of|two|one|");
	stop();
}

TEST(a_long_file_loses_its_older_half)
{
	static char line[2000];
	struct stat st;

	start();
	memset(line, 'x', sizeof(line) - 1);
	for (int i = 0; i < 140; i++) {
		line[0] = (char)('0' + i % 10);
		history_save("a", span_str(line));
	}
	history_save("a", SPAN("last"));
	CHECK(strncmp(loaded("a"), "last|9xxx", 9) == 0);
	CHECK(stat(path, &st) == 0 && st.st_size < 132 << 10 && st.st_size > 100 << 10);
	stop();
}

TEST(no_link_is_followed_and_no_name_means_no_file)
{
	char other[80];
	struct stat st;

	start();
	history_save("a", SPAN("one"));
	snprintf(other, sizeof(other), "%s/other", folder);
	if (rename(path, other) < 0 || symlink(other, path) < 0)
		abort();
	history_save("a", SPAN("two"));
	CHECK_STR(loaded("a"), "");
	CHECK(stat(other, &st) == 0 && st.st_size == 6);
	unlink(other);
	setenv("PSSESSION_HISTORY", "", 1);
	history_save("a", SPAN("two"));
	CHECK_STR(loaded("a"), "");
	stop();
}
