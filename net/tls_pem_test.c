#include "net/tls_test.h"

static struct tls_pem pem;
static char seen[1000];
static bool ended;

static void note(void)
{
	size_t at = strlen(seen);

	snprintf(seen + at, sizeof(seen) - at, "[%.*s%s:%.*s]", SPAN_ARG(pem.label),
		pem.old_cipher ? "!" : "", SPAN_ARG(pem.der));
}

static void start(void)
{
	tls_pem_init(&pem);
	seen[0] = 0;
}

static void feed(const uint8_t *p, size_t n)
{
	struct span in = span_of(p, n);

	while (tls_pem_next(&pem, &in))
		note();
	CHECK(!in.n);
}

static void finish(const char *want)
{
	if (tls_pem_end(&pem))
		note();
	tls_pem_free(&pem);
	CHECK_STR(seen, want);
}

static void finish_two(void)
{
	finish("[A B:hello world][C!:x]");
}

TEST(blocks_are_found_among_other_text)
{
	const char text[] = "Bag: x\n-----BEGIN A B-----\r\naGVsbG8g\r\nd29ybGQ=\r\n-----END A B-----"
		"\r\n-----not a block\nxxx\n-----BEGIN C-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES,00\n\n"
		"eA==\n-----END C-----";

	each_split(text, sizeof(text) - 1, start, feed, finish_two);
}

TEST(base64_may_be_one_long_line)
{
	char text[1000] = "-----BEGIN X-----\n", want[1000] = "[X:";
	int i;

	for (i = 0; i < 100; i++) {
		memcpy(text + strlen(text), "YWJj", 5);
		memcpy(want + strlen(want), "abc", 4);
	}
	memcpy(text + strlen(text), "\n-----END X-----\n", 18);
	memcpy(want + strlen(want), "]", 2);
	start();
	feed((uint8_t *)text, strlen(text));
	finish(want);
}

TEST(broken_blocks_are_told_as_empty_ones)
{
	static const char begin[] = "-----BEGIN X-----\n", end[] = "-----END X-----\n";
	static const uint8_t line[65] =
		"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpBQkNERUZHSElKS0xNTk9QUVJTVFVW";
	int i;

	start();
	feed((uint8_t *)"-----BEGIN X-----\n***\n-----END X-----\n", 38);
	finish("[X:]");
	start();
	feed((uint8_t *)begin, sizeof(begin) - 1);
	for (i = 0; i < TLS_PEM_MAX / 64 + 1; i++) {
		feed(line, 64);
		feed((uint8_t *)"\n", 1);
	}
	feed((uint8_t *)end, sizeof(end) - 1);
	finish("[X:]");
	start();
	feed((uint8_t *)begin, sizeof(begin) - 1);
	finish("");
}

static void finish_der(void)
{
	ended = tls_pem_end(&pem);
	CHECK(ended && !pem.label.n);
	CHECK_MEM(pem.der.p, pem.der.n, "0\x03\x02\x01\x05", 5);
	tls_pem_free(&pem);
}

TEST(a_der_file_is_one_block)
{
	each_split("0\x03\x02\x01\x05", 5, start, feed, finish_der);
}
