#include "net/asn1.h"
#include "tests/unit.h"

static struct buf b;

static void check_int(int64_t v, struct span want)
{
	struct span in, body;
	int64_t back = 0;

	buf_init(&b, 100);
	der_put_int(&b, DER_INT, v);
	in = buf_span(&b);
	CHECK_MEM(in.p, in.n, want.p, want.n);
	CHECK(der_get(&in, DER_INT, &body) && der_int(body, &back) && !in.n);
	CHECK(back == v);
	buf_free(&b);
}

TEST(integers_are_the_shortest_form)         /* X.690, 8.3 */
{
	check_int(0, SPAN("\2\1\0"));
	check_int(127, SPAN("\2\1\x7f"));
	check_int(128, SPAN("\2\2\0\x80"));
	check_int(-1, SPAN("\2\1\xff"));
	check_int(-128, SPAN("\2\1\x80"));
	check_int(-129, SPAN("\2\2\xff\x7f"));
	check_int(-138, SPAN("\2\2\xff\x76"));
	check_int(0x7fffffff, SPAN("\2\4\x7f\xff\xff\xff"));
	check_int(0xffffffff, SPAN("\2\5\0\xff\xff\xff\xff"));
	check_int(INT64_MAX, SPAN("\2\x8\x7f\xff\xff\xff\xff\xff\xff\xff"));
	check_int(INT64_MIN, SPAN("\2\x8\x80\0\0\0\0\0\0\0"));
}

TEST(integers_of_no_or_nine_bytes_are_refused)
{
	int64_t v;

	CHECK(!der_int(SPAN_NONE, &v));
	CHECK(!der_int(SPAN("\1\2\3\4\5\6\7\x8\x9"), &v));
}

/* Writes and reads an element with n bytes; head: its tag and length. */
static void check_length(size_t n, struct span head)
{
	static uint8_t body[70000];
	struct span in, got;

	buf_init(&b, n + 10);
	der_put(&b, DER_OCTETS, span_of(body, n));
	in = buf_span(&b);
	CHECK_INT(in.n, n + head.n);
	CHECK_MEM(in.p, head.n, head.p, head.n);
	CHECK(der_get(&in, DER_OCTETS, &got) && !in.n);
	CHECK_INT(got.n, n);
	in = span_sub(buf_span(&b), 0, b.n - 1);
	CHECK(!der_get(&in, DER_OCTETS, &got));
	buf_free(&b);
}

TEST(lengths_take_as_many_bytes_as_they_need)
{
	check_length(0, SPAN("\4\0"));
	check_length(127, SPAN("\4\x7f"));
	check_length(128, SPAN("\4\x81\x80"));
	check_length(255, SPAN("\4\x81\xff"));
	check_length(256, SPAN("\4\x82\1\0"));
	check_length(65535, SPAN("\4\x82\xff\xff"));
	check_length(65536, SPAN("\4\x83\1\0\0"));
}

TEST(what_is_open_closes_around_its_content)
{
	size_t seq, set;

	buf_init(&b, 100);
	seq = der_open(&b, DER_SEQ);
	set = der_open(&b, DER_SET);
	der_put_field_int(&b, 1, 5);
	der_close(&b, set);
	der_put_field(&b, 2, DER_TEXT, SPAN("ab"));
	der_close(&b, seq);
	CHECK_MEM(b.p, b.n, "\x30\x0d\x31\5\xa1\3\2\1\5\xa2\4\x1b\2ab", 15);
	buf_free(&b);
}

TEST(a_buffer_too_small_stays_failed)
{
	size_t max, seq;

	for (max = 0; max < 6; max++) {
		buf_init(&b, max);
		seq = der_open(&b, DER_SEQ);
		der_put_int(&b, DER_INT, 1000);
		der_close(&b, seq);
		CHECK(buf_failed(&b));
		buf_free(&b);
	}
}

static bool takes(struct span in)
{
	struct span body;

	return der_get(&in, DER_OCTETS, &body);
}

TEST(broken_headers_are_refused)
{
	CHECK(takes(SPAN("\4\0")));
	CHECK(takes(SPAN("\4\x84\0\0\0\1x")));          /* more bytes than needed are harmless */
	CHECK(!takes(SPAN_NONE));
	CHECK(!takes(SPAN("\4")));
	CHECK(!takes(SPAN("\5\0")));                    /* another tag */
	CHECK(!takes(SPAN("\4\x80")));                  /* indefinite */
	CHECK(!takes(SPAN("\4\x85\0\0\0\0\1x")));
	CHECK(!takes(SPAN("\4\x82\1")));
	CHECK(!takes(SPAN("\4\x84\xff\xff\xff\xff")));
	CHECK(!takes(SPAN("\4\2x")));
}

TEST(fields_hold_one_element_and_options_may_be_absent)
{
	struct span in = SPAN("\xa1\3\2\1\5\xa3\4\4\2xy"), body = SPAN_NONE;
	bool has = false;
	int64_t v = 0;

	CHECK(der_field_int(&in, 1, &v));
	CHECK_INT(v, 5);
	CHECK(der_option(&in, 2, DER_OCTETS, &body, &has) && !has);
	CHECK(der_option(&in, 3, DER_OCTETS, &body, &has) && has);
	CHECK_MEM(body.p, body.n, "xy", 2);
	CHECK(!in.n);
	in = SPAN("\xa1\5\2\1\5\5\0");                  /* two in one */
	CHECK(!der_field_int(&in, 1, &v));
	in = SPAN("\xa1\3\4\1x");                       /* present, but of another type */
	has = false;
	CHECK(!der_option(&in, 1, DER_INT, &body, &has));
}

TEST(any_element_comes_with_its_header)
{
	struct span in = SPAN("\x30\2\5\0\x1f\1x"), body, whole;
	unsigned tag = 0;

	CHECK(der_any(&in, &tag, &body, &whole));
	CHECK_INT(tag, DER_SEQ);
	CHECK_MEM(body.p, body.n, "\5\0", 2);
	CHECK_MEM(whole.p, whole.n, "\x30\2\5\0", 4);
	CHECK(!der_any(&in, &tag, &body, &whole));      /* tags of several bytes */
}
