#include "lib/arena.h"
#include <stdalign.h>
#include <stddef.h>
#include "tests/unit.h"

TEST(pieces_are_zeroed_aligned_and_do_not_overlap)
{
	struct arena a;
	uint8_t *p[200];
	size_t i, k;

	arena_init(&a, 1 << 20);
	for (i = 0; i < 200; i++) {
		p[i] = arena_alloc(&a, i * 7);
		CHECK(p[i] && (uintptr_t)p[i] % alignof(max_align_t) == 0);
		for (k = 0; k < i * 7; k++)
			CHECK(!p[i][k]);
		memset(p[i], (int)i, i * 7);
	}
	for (i = 0; i < 200; i++)
		for (k = 0; k < i * 7; k++)
			CHECK_INT(p[i][k], i);
	arena_free(&a);
}

TEST(the_cap_holds_and_is_sticky)
{
	struct arena a;

	arena_init(&a, 100);
	CHECK(arena_alloc(&a, 60) && arena_alloc(&a, 40) && !arena_failed(&a));
	CHECK(!arena_alloc(&a, 1));
	arena_reset(&a);
	CHECK(!arena_failed(&a) && arena_alloc(&a, 60));
	CHECK(!arena_alloc(&a, 60) && arena_failed(&a));
	CHECK(!arena_alloc(&a, 1) && !arena_str(&a, SPAN_NONE));
	arena_reset(&a);
	CHECK(!arena_alloc(&a, SIZE_MAX));
	arena_reset(&a);
	CHECK(!arena_str(&a, span_of("x", SIZE_MAX)));
	arena_reset(&a);
	CHECK(arena_alloc(&a, 100));
	arena_free(&a);
	CHECK(!a.top && !a.used);
}

TEST(dup_and_str_copy)
{
	char text[] = "hello";
	struct arena a;
	struct span s;
	char *z;

	arena_init(&a, 100);
	CHECK(arena_dup(&a, span_str(text), &s));
	z = arena_str(&a, span_str(text));
	memset(text, 'x', 5);
	CHECK(span_is(s, "hello"));
	CHECK_STR(z, "hello");
	CHECK(arena_dup(&a, SPAN_NONE, &s) && s.n == 0);
	CHECK_STR(arena_str(&a, SPAN_NONE), "");
	CHECK(!arena_dup(&a, span_of(text, 100), &s));
	arena_free(&a);
}

TEST(reset_keeps_at_most_one_small_block_and_pieces_are_zero_again)
{
	struct arena a;
	uint8_t *p;
	int i;

	arena_init(&a, 1 << 20);
	for (i = 0; i < 40; i++)
		CHECK(memset(arena_alloc(&a, 5000), 0xff, 5000));
	CHECK(memset(arena_alloc(&a, 16), 0xff, 16));
	arena_reset(&a);
	CHECK_INT(a.used, 0);
	p = arena_alloc(&a, 16);
	for (i = 0; i < 16; i++)
		CHECK(!p[i]);
	arena_free(&a);
}

TEST(wipe_overwrites_what_it_keeps)
{
	struct arena a;
	struct span s;
	size_t i;

	arena_init(&a, 1000);
	CHECK(arena_dup(&a, SPAN("secret"), &s));
	arena_wipe(&a);
	for (i = 0; i < 6; i++)
		CHECK(!s.p[i]);
	arena_free(&a);
}
