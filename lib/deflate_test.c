#include "lib/deflate.h"
#include "lib/rand.h"
#include "tests/unit.h"

/* By zlib 1.2.13 at level 9: dynamic codes. */
static const char by_zlib[] =
	"\x85\x92\x4b\x0e\xc2\x30\x0c\x05\xf7\x3e\xc5\x3b\x42\x92\xb6\xa1\xe1\x36\x7c\xca"
	"\x1f\x02\x2d\x85\xc6\xa7\x47\xd0\xad\x6d\xe4\x2c\x3d\xca\x68\x64\xb7\xc4\xf3\xd0"
	"\xe1\x31\x1e\x37\x67\xac\xfb\xfc\xbe\x61\x97\x27\x38\x9c\xc6\xeb\x7d\x40\x7e\x75"
	"\xfd\x6f\xe1\xb2\xe2\x82\x6d\xde\x83\xbc\x4c\x78\x95\x28\x4c\x41\x66\x6a\x95\x61"
	"\xa6\x4a\x66\x92\xca\x4c\x85\xe7\x47\xb5\xa2\x18\x0d\xc7\x79\xa8\x91\xd1\xd0\xe8"
	"\x41\xa2\x8c\x54\xd1\x32\xa5\x85\x92\x24\x99\x8e\xd4\xca\x58\xb4\x52\x32\x25\x99"
	"\x6a\xfd\xff\x98\x5f\x57\xef\x94\xa0\xce\xba\x13\xed\x50\x82\xfe\x2b\xd3\x07";

/* What it stands for. */
static void put_fox(struct buf *b)
{
	for (int i = 0; i < 12; i++) {
		buf_printf(b, "%d: the quick brown fox %d jumps over the lazy dog ", i, i * i);
		for (int k = 0; k < i % 5; k++)
			buf_puts(b, "xyz" + i % 3);
		buf_puts(b, "\n");
	}
}

/* Packs and unpacks; returns the size of the packed. */
static size_t there_and_back(struct span plain)
{
	struct buf packed, again;
	size_t n;

	buf_init(&packed, SIZE_MAX);
	buf_init(&again, plain.n);
	deflate_put(&packed, plain);
	CHECK(inflate_get(&again, buf_span(&packed)));
	CHECK(span_eq(buf_span(&again), plain));
	n = packed.n;
	buf_free(&packed);
	buf_free(&again);
	return n;
}

TEST(what_zlib_has_packed_is_unpacked)
{
	struct buf want, got;

	buf_init(&want, 65536);
	buf_init(&got, 65536);
	put_fox(&want);
	CHECK(inflate_get(&got, span_of(by_zlib, sizeof(by_zlib) - 1)));
	CHECK(span_eq(buf_span(&got), buf_span(&want)));
	buf_free(&want);
	buf_free(&got);
}

TEST(each_beginning_of_it_alone_is_refused)
{
	struct buf got;

	for (size_t n = 0; n < sizeof(by_zlib) - 1; n++) {
		buf_init(&got, 65536);
		CHECK(!inflate_get(&got, span_of(by_zlib, n)));
		buf_free(&got);
	}
}

TEST(more_than_there_is_room_for_is_refused)
{
	struct buf got;

	buf_init(&got, 655);
	CHECK(!inflate_get(&got, span_of(by_zlib, sizeof(by_zlib) - 1)));
	CHECK(got.n <= 655);
	buf_free(&got);
}

TEST(nothing_and_one_byte_come_back)
{
	there_and_back(SPAN_NONE);
	there_and_back(SPAN("x"));
	there_and_back(SPAN("xxx"));
}

TEST(text_gets_smaller_and_comes_back)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	for (int i = 0; i < 100; i++)
		put_fox(&b);
	CHECK(there_and_back(buf_span(&b)) < b.n / 8);
	buf_free(&b);
}

TEST(random_bytes_come_back_and_hardly_grow)
{
	static uint8_t noise[200000];
	size_t n;

	rand_bytes(noise, sizeof(noise));
	n = there_and_back(span_of(noise, sizeof(noise)));
	CHECK(n <= sizeof(noise) + 4 * 5);
}

TEST(matches_of_all_lengths_and_distances_come_back)
{
	static uint8_t b[140000];

	rand_bytes(b, 40000);
	for (size_t at = 40000, len = 4, dist = 1; at + len < sizeof(b); at += len + 1) {
		memmove(b + at, b + at - dist, len);
		b[at + len] = (uint8_t)at;
		len = len % 300 + 1;
		dist = dist * 5 / 4 % 32768 + 1;
	}
	there_and_back(span_of(b, sizeof(b)));
	memset(b, 'a', sizeof(b));
	CHECK(there_and_back(span_of(b, sizeof(b))) < 1000);
}

/* Distance 2 after one byte; a reserved block; symbol 286; a stored length that is not repeated. */
TEST(what_no_encoder_writes_is_refused)
{
	static const struct span wrong[] = {
		SPAN("\x4b\x04\x22\x00"), SPAN("\x07"), SPAN("\x1b\x03"), SPAN("\x01\x01\x00\xff\xffx"),
	};
	struct buf got;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		buf_init(&got, 100);
		CHECK(!inflate_get(&got, wrong[i]));
		buf_free(&got);
	}
}
