#include "applets/choose.h"
#include "tests/unit.h"

static struct arena arena;
static struct chosen chosen;
static struct err e;

static struct int_list rows(const char *text)
{
	struct int_list ids;

	chosen = (struct chosen){ .arena = &arena };
	arena_init(&arena, 1 << 20);
	CHECK_INT(choice_rows(&chosen, span_str(text), "Id", &ids, &e), 0);
	return ids;
}

TEST(rows_of_the_table_are_sessions_and_its_heading_is_none)
{
	struct int_list ids = rows(
		" Id Name            ComputerName    State         ConfigurationName     Availability\n"
		" -- ----            ------------    -----         -----------------     ------------\n"
		"  1 UpdateSession   Server01        Disconnected  Microsoft.PowerShell          None\n"
		"\r\n 12 12 monkeys      Srv2            Opened        Microsoft.PowerShell     Available");

	CHECK_INT(ids.n, 2);
	CHECK_INT(ids.v[0], 1);
	CHECK_INT(ids.v[1], 12);
	arena_free(&arena);
	CHECK_INT(rows("").n, 0);
	arena_free(&arena);
}

TEST(lines_of_json_are_sessions_whatever_their_names_say)
{
	struct int_list ids = rows("{\"Id\":3,\"Name\":\"x\"}\n"
		"{\"Name\":\"\\\"Id\\\":4,\", \"Id\": 5}\n");

	CHECK_INT(ids.n, 2);
	CHECK_INT(ids.v[0], 3);
	CHECK_INT(ids.v[1], 5);
	arena_free(&arena);
}

TEST(a_row_without_an_id_is_said_and_the_others_count)
{
	struct int_list ids = rows("    ITTask          Srv1            Disconnected\n  2 x\n");

	CHECK_INT(chosen.status, 1);
	CHECK_INT(ids.n, 1);
	CHECK_INT(ids.v[0], 2);
	arena_free(&arena);
	CHECK_INT(rows("    3               Srv1            Disconnected\n").n, 0);       /* a name */
	CHECK_INT(chosen.status, 1);
	arena_free(&arena);
	CHECK_INT(rows("{\"Name\":\"x\"}").n, 0);
	CHECK_INT(chosen.status, 1);
	arena_free(&arena);
}

static bool session_fits(const char *word, const struct kept *k)
{
	char *v[] = { (char *)word };
	struct choice c = { .session = { v, 1 } };

	return choice_fits(&c, k);
}

TEST(a_word_of_session_is_an_id_a_range_an_instance_id_or_a_name)
{
	struct kept k = { .id = 4, .name = "Web4" };

	guid_parse(SPAN("8f6d1e2a-0102-0304-0506-0708090a0b0c"), &k.instance);
	CHECK(session_fits("4", &k));
	CHECK(!session_fits("5", &k));
	CHECK(session_fits("3..5", &k));
	CHECK(!session_fits("5..9", &k));
	CHECK(session_fits("8F6D1E2A-0102-0304-0506-0708090A0B0C", &k));
	CHECK(!session_fits("8f6d1e2a-0102-0304-0506-0708090a0b0d", &k));
	CHECK(session_fits("web?", &k));
	CHECK(session_fits("[v-x]eb4", &k));
	CHECK(!session_fits("web", &k));
	k.id = 0;                       /* of a server's list */
	CHECK(!session_fits("0", &k));
	k.name = NULL;
	CHECK(!session_fits("*", &k));
}

TEST(each_parameter_names_sessions)
{
	struct kept k = { .id = 4, .name = "Web4" };
	char *names[] = { "db*", "web*" };
	int64_t ids[] = { 1, 4 };
	struct guid guids[] = { { { 1 } }, { { 0 } } };
	struct choice none = { .session = { 0 } };
	struct choice by_name = { .name = { names, 2 } }, by_id = { .id = { ids, 2 } };
	struct choice by_guid = { .instance = { guids, 2 } };

	CHECK(!choice_named(&none));
	CHECK(!choice_fits(&none, &k));
	CHECK(choice_named(&by_name) && choice_fits(&by_name, &k));
	CHECK(choice_named(&by_id) && choice_fits(&by_id, &k));
	CHECK(choice_named(&by_guid) && choice_fits(&by_guid, &k));
	k = (struct kept){ .id = 5, .name = "x", .instance = { { 7 } } };
	CHECK(!choice_fits(&by_name, &k));
	CHECK(!choice_fits(&by_id, &k));
	CHECK(!choice_fits(&by_guid, &k));
}
