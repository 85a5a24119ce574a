#include "lib/guid.h"
#include "tests/unit.h"

static const uint8_t net[16] = { 0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa,
	0xbb, 0xcc, 0xdd, 0xee, 0xff };

TEST(the_first_three_fields_are_little_endian)
{
	struct guid g;

	CHECK(guid_parse(SPAN("00112233-4455-6677-8899-aabbccddeeff"), &g));
	CHECK_MEM(g.b, 16, net, 16);
	CHECK_STR(guid_fmt(&g).s, "00112233-4455-6677-8899-aabbccddeeff");
	CHECK_STR(guid_fmt_upper(&g).s, "00112233-4455-6677-8899-AABBCCDDEEFF");
}

TEST(braces_and_any_case_are_taken)
{
	struct guid g;

	CHECK(guid_parse(SPAN("{00112233-4455-6677-8899-AABBccddEEFF}"), &g));
	CHECK_MEM(g.b, 16, net, 16);
}

TEST(anything_else_is_refused)
{
	static const char *const bad[] = {
		"", "00112233445566778899aabbccddeeff", "00112233-4455-6677-8899-aabbccddeef",
		"00112233-4455-6677-8899-aabbccddeefff", "{00112233-4455-6677-8899-aabbccddeeff",
		"00112233-4455-6677-8899-aabbccddeeff}", "(00112233-4455-6677-8899-aabbccddeeff)",
		"0011223g-4455-6677-8899-aabbccddeeff", "00112233x4455-6677-8899-aabbccddeeff",
		"00112233-445-56677-8899-aabbccddeeff",
	};
	struct guid g;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!guid_parse(span_str(bad[i]), &g));
}

TEST(random_ones_are_version_4_and_differ)
{
	struct guid a = guid_random(), b = guid_random(), zero = { { 0 } };

	CHECK_INT(guid_fmt(&a).s[14], '4');
	CHECK(strchr("89ab", guid_fmt(&a).s[19]));
	CHECK(!guid_eq(&a, &b) && guid_eq(&a, &a));
	CHECK(guid_is_zero(&zero) && !guid_is_zero(&a));
}
