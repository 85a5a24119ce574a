#include "lib/rand.h"
#include <errno.h>
#include <stdint.h>
#include <sys/random.h>
#include "lib/err.h"

void rand_bytes(void *p, size_t n)
{
	uint8_t *at = p;
	ssize_t got;

	while (n) {
		got = getrandom(at, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		BUG_ON(got <= 0);
		at += got;
		n -= (size_t)got;
	}
}
