#include "lib/buf.h"
#include "tests/unit.h"

TEST(content_grows_and_is_kept)
{
	struct buf b;
	size_t i;

	buf_init(&b, SIZE_MAX);
	for (i = 0; i < 1000; i++)
		buf_putc(&b, (uint8_t)i);
	CHECK_INT(b.n, 1000);
	for (i = 0; i < 1000; i++)
		CHECK_INT(b.p[i], (uint8_t)i);
	buf_free(&b);
	CHECK(!b.p && !b.n && b.max == SIZE_MAX);
}

TEST(the_maximum_is_sticky_and_nothing_is_put_in_part)
{
	struct buf b;

	buf_init(&b, 5);
	buf_puts(&b, "abc");
	buf_puts(&b, "def");
	CHECK(buf_failed(&b));
	buf_putc(&b, 'x');
	CHECK(span_is(buf_span(&b), "abc"));
	CHECK(!buf_room(&b, 1));
	CHECK_STR(buf_cstr(&b), "abc");
	buf_clear(&b);
	CHECK(!buf_failed(&b));
	buf_puts(&b, "12345");
	CHECK(span_is(buf_span(&b), "12345") && !buf_failed(&b));
	CHECK_STR(buf_cstr(&b), "12345");
	CHECK(!buf_room(&b, SIZE_MAX) && buf_failed(&b));
	buf_free(&b);
}

TEST(printf_formats_and_respects_the_maximum)
{
	struct buf b;

	buf_init(&b, 8);
	buf_printf(&b, "%s-%03d", "ab", 7);
	CHECK(span_is(buf_span(&b), "ab-007"));
	buf_printf(&b, "%d", 12);
	CHECK(span_is(buf_span(&b), "ab-00712") && !buf_failed(&b));
	buf_printf(&b, "%s", "");
	CHECK(!buf_failed(&b));
	buf_printf(&b, "%d", 1);
	CHECK(buf_failed(&b) && b.n == 8);
	buf_free(&b);
}

TEST(room_is_filled_by_the_caller)
{
	struct buf b;

	buf_init(&b, 100);
	CHECK(buf_room(&b, 0));
	memcpy(buf_room(&b, 100), "xyz", 3);
	buf_add(&b, 3);
	CHECK(span_is(buf_span(&b), "xyz") && !buf_failed(&b));
	buf_free(&b);
}

TEST(drop_forgets_the_start)
{
	struct buf b;

	buf_init(&b, 100);
	buf_puts(&b, "abcdef");
	buf_drop(&b, 2);
	CHECK(span_is(buf_span(&b), "cdef"));
	buf_drop(&b, 4);
	CHECK_INT(b.n, 0);
	buf_drop(&b, 0);
	buf_free(&b);
	buf_drop(&b, 0);
}

static bool all_zero(const uint8_t *p, size_t n)
{
	while (n && !p[n - 1])
		n--;
	return !n;
}

TEST(secret_content_is_wiped_by_clear_and_drop)
{
	struct buf b;

	buf_init_secret(&b, 1000);
	buf_puts(&b, "password");
	buf_drop(&b, 4);
	CHECK(span_is(buf_span(&b), "word") && all_zero(b.p + 4, 4));
	buf_clear(&b);
	CHECK(all_zero(b.p, 8));
	buf_puts(&b, "hunter2");
	CHECK(buf_room(&b, 900) != NULL);
	CHECK(span_is(buf_span(&b), "hunter2"));
	buf_free(&b);
	CHECK(b.secret && b.max == 1000);
}

TEST(a_splice_changes_the_middle_and_wipes_what_is_left_over)
{
	struct buf b;

	buf_init_secret(&b, 12);
	CHECK(buf_splice(&b, 0, 0, SPAN("passed")));
	CHECK(buf_splice(&b, 2, 2, SPAN("....")));
	CHECK_STR(buf_cstr(&b), "pa....ed");
	CHECK(buf_splice(&b, 2, 4, SPAN("-")));
	CHECK_STR(buf_cstr(&b), "pa-ed");
	CHECK(all_zero(b.p + 5, 3));
	CHECK(!buf_splice(&b, 5, 0, SPAN("too much")));
	CHECK(buf_splice(&b, 0, 5, SPAN("")) && b.n == 0 && !b.failed);
	buf_free(&b);
}

TEST(cstr_ends_with_nul_without_counting_it)
{
	struct buf b;

	buf_init(&b, 64);
	CHECK_STR(buf_cstr(&b), "");
	buf_puts(&b, "0123456789012345678901234567890123456789012345678901234567890123");
	CHECK_INT(strlen(buf_cstr(&b)), 64);
	CHECK_INT(b.n, 64);
	buf_free(&b);
}
