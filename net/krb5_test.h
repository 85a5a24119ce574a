/* What the Kerberos tests share: bytes written as hexadecimal. */
#ifndef NET_KRB5_TEST_H
#define NET_KRB5_TEST_H
#include "lib/span.h"
#include "tests/unit.h"

/* Blanks are skipped; each call's bytes last for seven more calls. */
static inline struct span hex(const char *text)
{
	static uint8_t out[8][2048];
	static unsigned turn;
	uint8_t *p = out[turn = (turn + 1) % 8];
	unsigned digit, half = 0;
	size_t n = 0;

	for (; *text; text++) {
		if (*text == ' ')
			continue;
		digit = (unsigned)*text;
		digit = digit <= '9' ? digit - '0' : (digit | 32) - 'a' + 10;
		if (half++ & 1)
			p[n++] |= (uint8_t)digit;
		else
			p[n] = (uint8_t)(digit << 4);
	}
	return span_of(p, n);
}

#define CHECK_HEX(got, got_len, text) do { \
	struct span want_ = hex(text); \
	CHECK_MEM(got, got_len, want_.p, want_.n); \
} while (0)
#endif
