#include "lib/num.h"
#include "tests/unit.h"

TEST(integers_at_the_edges)
{
	int64_t i;
	uint64_t u;
	uint16_t port;

	CHECK(num_i64(SPAN("9223372036854775807"), &i) && i == INT64_MAX);
	CHECK(num_i64(SPAN("-9223372036854775808"), &i) && i == INT64_MIN);
	CHECK(num_i64(SPAN("+5"), &i) && i == 5);
	CHECK(num_i64(SPAN("-0"), &i) && i == 0);
	CHECK(!num_i64(SPAN("9223372036854775808"), &i) && !num_i64(SPAN("-9223372036854775809"), &i));
	CHECK(num_u64(SPAN("18446744073709551615"), &u) && u == UINT64_MAX);
	CHECK(!num_u64(SPAN("18446744073709551616"), &u) && !num_u64(SPAN("99999999999999999999"), &u));
	CHECK(num_u64(SPAN("007"), &u) && u == 7);
	CHECK(num_hex(SPAN("ffFFffffFFffffff"), &u) && u == UINT64_MAX);
	CHECK(num_hex(SPAN("a0"), &u) && u == 160);
	CHECK(num_port(SPAN("1"), &port) && port == 1);
	CHECK(num_port(SPAN("65535"), &port) && port == 65535);
	CHECK(!num_port(SPAN("0"), &port) && !num_port(SPAN("65536"), &port));
	CHECK(!num_port(SPAN(""), &port) && port == 65535);
}

TEST(anything_beside_the_number_is_refused)
{
	static const char *const bad[] = { "", "-", "+", " 1", "1 ", "1.0", "0x1", "--1", "+-1", "1a",
		"a", "\xd9\xa1" };
	static const char *const bad_hex[] = { "", "0x1", "g", "@", "11111111111111111", "-1", "1 ",
		"\x11" };
	int64_t i;
	uint64_t u;
	size_t k;

	for (k = 0; k < sizeof(bad) / sizeof(bad[0]); k++)
		CHECK(!num_i64(span_str(bad[k]), &i));
	CHECK(!num_u64(SPAN("-1"), &u) && !num_u64(SPAN("+1"), &u));
	for (k = 0; k < sizeof(bad_hex) / sizeof(bad_hex[0]); k++)
		CHECK(!num_hex(span_str(bad_hex[k]), &u));
}

#define SEC TICKS_PER_SEC

static const struct { const char *text; int64_t ticks; } durations[] = {
	{ "PT0S", 0 }, { "PT1S", SEC }, { "PT10S", 10 * SEC }, { "PT20S", 20 * SEC },
	{ "PT30S", 30 * SEC }, { "PT1M40S", 100 * SEC }, { "PT16M40S", 1000 * SEC },
	{ "PT10.5S", 105 * SEC / 10 }, { "PT0.0000001S", 1 }, { "PT0.1S", SEC / 10 },
	{ "PT0.01S", SEC / 100 }, { "PT1M", 60 * SEC }, { "PT10M", 600 * SEC }, { "PT1H", 3600 * SEC },
	{ "PT20H", 72000 * SEC }, { "P1D", 86400 * SEC }, { "P100D", 8640000 * SEC },
	{ "P1DT2H", 93600 * SEC }, { "P10DT10S", 864010 * SEC }, { "-PT1S", -SEC },
	{ "-P1DT2H3M4.005S", -(93784 * SEC + 50000) }, { "P10675199DT2H48M5.4775807S", INT64_MAX },
	{ "-P10675199DT2H48M5.4775808S", INT64_MIN },
};

TEST(durations_both_ways_also_multiples_of_ten_seconds)
{
	struct buf b;
	int64_t t;
	size_t i;

	buf_init(&b, 100);
	for (i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		CHECK(num_duration(span_str(durations[i].text), &t));
		CHECK_INT(t, durations[i].ticks);
		buf_clear(&b);
		num_put_duration(&b, t);
		CHECK_STR(buf_cstr(&b), durations[i].text);
	}
	for (t = 0; t < 200000; t += 10) {
		int64_t back;

		buf_clear(&b);
		num_put_duration(&b, t * SEC);
		CHECK(num_duration(buf_span(&b), &back));
		CHECK_INT(back, t * SEC);
	}
	buf_free(&b);
}

TEST(durations_as_servers_spell_them)
{
	int64_t t;

	CHECK(num_duration(SPAN("P0DT0H1M55S"), &t) && t == 115 * SEC);
	CHECK(num_duration(SPAN("PT7200.000S"), &t) && t == 7200 * SEC);
	CHECK(num_duration(SPAN("PT0.123456789S"), &t) && t == 1234567);
	CHECK(num_duration(SPAN("P2D"), &t) && t == 172800 * SEC);
}

TEST(broken_durations_are_refused)
{
	static const char *const bad[] = {
		"", "P", "PT", "-", "-P", "1S", "P1S", "P1H", "PT1D", "P1Y", "P1M", "PT1M1H", "PT1S1S",
		"PT1.S", "PT.5S", "PT1.5M", "P1.5D", "PT1", "PTS", "P1DT", "PT1SX", " PT1S", "PT1S ",
		"P-1D", "P10675199DT2H48M5.4775808S", "-P10675199DT2H48M5.4775809S",
		"P99999999999999999999D", "P1TD", "PTT1S", "P1DTT1S", "pt1s",
	};
	int64_t t;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(unit_where, sizeof(unit_where), " (%s)", bad[i]);
		CHECK(!num_duration(span_str(bad[i]), &t));
	}
	unit_where[0] = 0;
}

TEST(dates_both_ways_with_no_to_seven_fraction_digits)
{
	static const char *const same[] = {
		"0001-01-01T00:00:00", "9999-12-31T23:59:59.9999999", "1970-01-01T00:00:00Z",
		"2020-02-29T12:34:56", "2000-02-29T00:00:00", "1900-03-01T00:00:00",
		"2019-12-31T22:00:00+00:00", "2021-06-30T01:02:03.1-07:30", "2021-06-30T01:02:03.12+14:00",
		"2021-06-30T01:02:03.123", "2021-06-30T01:02:03.1234", "2021-06-30T01:02:03.12345",
		"2021-06-30T01:02:03.123456Z", "2021-06-30T01:02:03.1234567", "2021-06-30T01:02:10.0000001",
		"2024-12-31T20:30:50",
	};
	struct date d;
	struct buf b;
	size_t i;

	buf_init(&b, 100);
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		CHECK(num_date(span_str(same[i]), &d));
		buf_clear(&b);
		num_put_date(&b, &d);
		CHECK_STR(buf_cstr(&b), same[i]);
	}
	CHECK(num_date(SPAN("2021-06-30T01:02:03.5000"), &d));
	buf_clear(&b);
	num_put_date(&b, &d);
	CHECK_STR(buf_cstr(&b), "2021-06-30T01:02:03.5");
	buf_free(&b);
}

TEST(date_values)
{
	struct date d;

	CHECK(num_date(SPAN("1970-01-01T00:00:00Z"), &d) && d.ticks == TICKS_UNIX_EPOCH &&
		d.kind == DATE_UTC);
	CHECK(num_date(SPAN("2001-09-09T01:46:40"), &d) && d.kind == DATE_UNSPECIFIED);
	CHECK_INT(d.ticks, TICKS_UNIX_EPOCH + 1000000000 * SEC);
	CHECK(num_date(SPAN("0001-01-01T00:00:00.0000001-01:30"), &d) && d.ticks == 1);
	CHECK(d.kind == DATE_LOCAL && d.offset_min == -90);
}

TEST(broken_dates_are_refused)
{
	static const char *const bad[] = {
		"", "2020-01-01", "2020-01-01T00:00", "2020-13-01T00:00:00", "2020-00-01T00:00:00",
		"2021-02-29T00:00:00", "1900-02-29T00:00:00", "2020-04-31T00:00:00", "2020-01-01T24:00:00",
		"2020-01-01T00:60:00", "2020-01-01T00:00:60", "2020-01-01 00:00:00", "2020-01-01T00:00:00.",
		"2020-01-01T00:00:00.12345678", "2020-01-01T00:00:00z", "2020-01-01T00:00:00+1:00",
		"2020-01-01T00:00:00+15:00", "2020-01-01T00:00:00+01:00x", "2020-01-01T00:00:00Zx",
		"0000-01-01T00:00:00", "+020-01-01T00:00:00", "2020-1-01T00:00:00",
	};
	struct date d;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(unit_where, sizeof(unit_where), " (%s)", bad[i]);
		CHECK(!num_date(span_str(bad[i]), &d));
	}
	unit_where[0] = 0;
}
