#include "lib/rand.h"
#include "tests/unit.h"

TEST(bytes_are_filled_and_differ)
{
	uint8_t a[1000] = { 0 }, b[1000] = { 0 };
	int zeros = 0;
	size_t i;

	rand_bytes(a, sizeof(a));
	rand_bytes(b, sizeof(b));
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	for (i = 0; i < sizeof(a); i++)
		zeros += !a[i];
	CHECK(zeros < 50);
	rand_bytes(a, 0);
}
