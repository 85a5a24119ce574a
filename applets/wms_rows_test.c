#include "applets/wms_rows.h"
#include "tests/unit.h"

static struct arena a;
static struct wms_rows rows;

static void fresh(void)
{
	arena_free(&a);
	arena_init(&a, 100000);
	rows = (struct wms_rows){ .arena = &a };
}

static const char *table(void)
{
	static struct buf out;

	buf_free(&out);
	buf_init(&out, 10000);
	wms_rows_table(&rows, &out);
	return buf_cstr(&out);
}

TEST(lines_of_quser_are_sessions)
{
	static const char *const lines[] = {
		" USERNAME              SESSIONNAME        ID  STATE   IDLE TIME  LOGON TIME",
		">admin                 rdp-tcp#0           1  Active      none   11/21/2026 6:00 PM",
		" bob smith             rdp-tcp#12       4294967295  Aktiv   5  21.11.2026 18:00",
		" carol                                     3  Disc      1+02:03  11/20/2026 10:00 AM",
		"No User exists for *", "", ">", " x  1", " y  z  w  1", "  9  ",
	};

	fresh();
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		wms_rows_line(&rows, span_str(lines[i]));
	CHECK(rows.first->own && !rows.first->next->own);
	CHECK_STR(table(),
		"Id    UserName                 State              Station         Idle\n"
		"--    --------                 -----              -------         ----\n"
		"1     admin                    Active             rdp-tcp#0       none\n"
		"4294967295 bob smith                Aktiv              rdp-tcp#12      5\n"
		"3     carol                    Disc                               1+02:03\n"
		"1     x                                                           \n");
}

TEST(only_those_that_are_wanted_stay)
{
	int64_t some[] = { 2, 5 };

	fresh();
	for (const char *line = "a  1\0b  2\0c  3\0d  5\0"; *line; line += strlen(line) + 1)
		wms_rows_line(&rows, span_str(line));
	wms_rows_keep(&rows, &(struct int_list){ 0 });
	CHECK(wms_rows_find(&rows, 3));
	wms_rows_keep(&rows, &(struct int_list){ some, 2 });
	CHECK(!wms_rows_find(&rows, 1) && !wms_rows_find(&rows, 3));
	CHECK(wms_rows_find(&rows, 2) && !wms_rows_find(&rows, 5)->next);
}

TEST(what_the_server_says_does_not_move_the_cursor)
{
	fresh();
	wms_rows_line(&rows, SPAN("a\x1b[2J\r  1  x"));
	CHECK(!strpbrk(table(), "\x1b\r"));
}
