/* Unit tests: TEST(the_name_is_the_assertion) { CHECK(...); }. One file makes one program;
 * main() is here. A failed check prints where and what and ends that test; the next one runs. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit_test {
	const char *name;
	void (*run)(void);
	struct unit_test *next;
};

static struct unit_test *unit_first, **unit_last = &unit_first;
static const char *unit_name;
static jmp_buf unit_fail;
static char unit_where[64];     /* set by each_split(), so that a failure tells the cut */

#define TEST(id) \
	static void test_##id(void); \
	__attribute__((constructor)) static void unit_add_##id(void) \
	{ \
		static struct unit_test t = { #id, test_##id, NULL }; \
		*unit_last = &t; \
		unit_last = &t.next; \
	} \
	static void test_##id(void)

#define FAIL(...) do { \
	printf("FAIL %s: %s:%d: ", unit_name, __FILE__, __LINE__); \
	printf(__VA_ARGS__); \
	printf("%s\n", unit_where); \
	longjmp(unit_fail, 1); \
} while (0)

/* This machine cannot show it: counted as neither passed nor failed. */
#define SKIP(why) do { \
	printf("skip %s: %s\n", unit_name, why); \
	longjmp(unit_fail, 2); \
} while (0)

#define CHECK(cond) do { \
	if (!(cond)) \
		FAIL("%s", #cond); \
} while (0)

#define CHECK_INT(got, want) do { \
	long long got_ = (long long)(got), want_ = (long long)(want); \
	if (got_ != want_) \
		FAIL("%s is %lld, not %lld", #got, got_, want_); \
} while (0)

#define CHECK_STR(got, want) do { \
	const char *got_ = (got), *want_ = (want); \
	if (!got_ || strcmp(got_, want_) != 0) \
		FAIL("%s is \"%s\", not \"%s\"", #got, got_ ? got_ : "(null)", want_); \
} while (0)

#define CHECK_MEM(got, got_len, want, want_len) do { \
	if (!unit_same((got), (got_len), (want), (want_len))) \
		FAIL("%s differs from %s", #got, #want); \
} while (0)

/* True when both are alike; else prints the first difference in hexadecimal. */
static inline bool unit_same(const void *got, size_t got_len, const void *want, size_t want_len)
{
	const uint8_t *g = got, *w = want;
	size_t at = 0, i;

	while (at < got_len && at < want_len && g[at] == w[at])
		at++;
	if (at == got_len && at == want_len)
		return true;
	printf("# got %zu bytes, want %zu, alike up to %zu\n# got ", got_len, want_len, at);
	for (i = at; i < got_len && i < at + 16; i++)
		printf(" %02x", (unsigned)g[i]);
	printf("\n# want");
	for (i = at; i < want_len && i < at + 16; i++)
		printf(" %02x", (unsigned)w[i]);
	printf("\n");
	return false;
}

static inline void unit_piece(void (*feed)(const uint8_t *, size_t), const uint8_t *p, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	memcpy(copy, p, len);
	feed(copy, len);
	memset(copy, 0xa5, len);        /* whoever kept a pointer into the piece shows it */
	free(copy);
}

/* Runs an engine over the same bytes whole, cut in two at each offset, and byte by byte.
 * start makes the engine new, feed gives it the next piece (gone when feed returns, and in a
 * block of exactly its size, so that ASan sees a byte too many), finish checks what came out. */
static inline void each_split(const void *data, size_t len, void (*start)(void),
	void (*feed)(const uint8_t *piece, size_t len), void (*finish)(void))
{
	const uint8_t *p = data;
	size_t i;

	for (i = 0; i <= len; i++) {
		snprintf(unit_where, sizeof(unit_where), " (cut at %zu of %zu)", i, len);
		start();
		if (i)
			unit_piece(feed, p, i);
		if (i < len)
			unit_piece(feed, p + i, len - i);
		finish();
	}
	snprintf(unit_where, sizeof(unit_where), " (byte by byte)");
	start();
	for (i = 0; i < len; i++)
		unit_piece(feed, p + i, 1);
	finish();
	unit_where[0] = 0;
}

/* Prints a line per failed test and the count, which tests/run.sh adds up.
 * An argument runs only the tests whose name holds it. */
int main(int argc, char **argv)
{
	static unsigned passed, failed;
	static struct unit_test *t;

	setvbuf(stdout, NULL, _IOLBF, 0);       /* so that a crash or a leak report loses no line */
	for (t = unit_first; t; t = t->next) {
		if (argc > 1 && !strstr(t->name, argv[1]))
			continue;
		unit_name = t->name;
		unit_where[0] = 0;
		switch (setjmp(unit_fail)) {
		case 0:
			t->run();
			passed++;
			break;
		case 1:
			failed++;
			break;
		}
	}
	printf("%s: %u passed, %u failed\n", argv[0], passed, failed);
	return failed || !passed;
}

#endif
