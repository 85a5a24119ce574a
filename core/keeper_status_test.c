#include "core/keeper_status.h"
#include "core/session_option.h"
#include "tests/unit.h"

static const char full[] = "Id=3\nName=Session3\nComputerName=Server01\n"
	"InstanceId=01020304-0506-0708-090a-0b0c0d0e0f10\nConfigurationName=Microsoft.PowerShell\n"
	"Transport=WSMan\nState=Disconnected\nAvailability=None\nIdleTimeout=7200000\n"
	"MaxIdleTimeout=2147483647\nOutputBufferingMode=Block\nDisconnectedOn=1750000000\n"
	"ExpiresOn=1750007200\nFrontEnd=pid 4711 on /dev/pts/3\nPid=4242\n"
	"Command=11020304-0506-0708-090a-0b0c0d0e0f10\n"
	"Command=12020304-0506-0708-090a-0b0c0d0e0f10\n";

static int get(const char *text, struct arena *a, struct kept *k)
{
	struct err e = { 0 };

	arena_init(a, 65536);
	return kept_get(span_str(text), a, k, &e);
}

TEST(a_status_is_read_and_written_alike)
{
	struct arena a;
	struct kept k;
	struct buf out;

	buf_init(&out, 4096);
	CHECK_INT(get(full, &a, &k), 0);
	CHECK_INT(k.id, 3);
	CHECK_STR(k.computer, "Server01");
	CHECK_INT(k.state, KEPT_DISCONNECTED);
	CHECK_INT(k.avail, KEPT_NONE);
	CHECK_INT(k.buffering, BUFFERING_BLOCK);
	CHECK_INT(k.expires_on, 1750007200);
	CHECK_INT(k.command_n, 2);
	kept_put(&k, &out);
	CHECK_STR(buf_cstr(&out), full);
	buf_free(&out);
	arena_free(&a);
}

TEST(what_is_unknown_is_left_out)
{
	struct kept k = { .id = 1, .name = "n", .state = KEPT_OPENED, .avail = KEPT_BUSY };
	struct buf out;

	buf_init(&out, 4096);
	kept_put(&k, &out);
	CHECK_STR(buf_cstr(&out), "Id=1\nName=n\nInstanceId=00000000-0000-0000-0000-000000000000\n"
		"State=Opened\nAvailability=Busy\n");
	buf_free(&out);
}

TEST(a_name_makes_no_lines)
{
	struct kept k = { .id = 1, .name = "n\nId=2" };
	struct arena a;
	struct buf out;

	buf_init(&out, 4096);
	kept_put(&k, &out);
	CHECK_INT(get(buf_cstr(&out), &a, &k), 0);
	CHECK_INT(k.id, 1);
	buf_free(&out);
	arena_free(&a);
}

TEST(names_of_later_versions_are_skipped_and_wrong_values_refused)
{
	static const char *const bad[] = {
		"Id=-1\n", "Id=4294967297\n", "Id=\n", "State=Fine\n", "Pid=1x\n", "InstanceId=1\n",
		"Command=1\n", "ExpiresOn=9223372036854775808\n", "State=Opened\nAvailability=opened\nId=1",
	};
	struct arena a;
	struct kept k;

	CHECK_INT(get("Colour=red\nId=7\n\n", &a, &k), 0);
	CHECK_INT(k.id, 7);
	arena_free(&a);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		CHECK_INT(get(bad[i], &a, &k), E_PEER);
		arena_free(&a);
	}
}

TEST(a_status_cut_anywhere_is_read_or_refused)
{
	for (size_t n = 0; n < sizeof(full); n++) {
		struct err e = { 0 };
		struct arena a;
		struct kept k;
		char *cut = malloc(n ? n : 1);

		memcpy(cut, full, n);
		arena_init(&a, 65536);
		CHECK(kept_get(span_of(cut, n), &a, &k, &e) == e.code);
		arena_free(&a);
		free(cut);
	}
}
