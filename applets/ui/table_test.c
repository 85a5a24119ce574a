#include "applets/ui/table.h"
#include "core/session_option.h"
#include "tests/unit.h"

static struct kept update = {
	.id = 1, .name = "UpdateSession", .computer = "Server01",
	.configuration = "Microsoft.PowerShell", .transport = "WSMan", .state = KEPT_DISCONNECTED,
};
static struct kept task = {
	.id = 12, .name = "ITTask", .computer = "Srv2", .configuration = "Microsoft.PowerShell",
	.transport = "WSMan", .state = KEPT_OPENED, .avail = KEPT_AVAILABLE,
};

static void shows(struct kept *const *v, size_t n, enum table_form form, size_t width,
	const char *want)
{
	struct buf b;

	buf_init(&b, 10000);
	table_put(v, n, form, width, &b);
	CHECK_STR(buf_cstr(&b), want);
	buf_free(&b);
}

TEST(the_table_is_the_one_of_the_page)
{
	struct kept *v[] = { &update, &task };

	shows(v, 2, TABLE_ROWS, 84,
		" Id Name            ComputerName    State         ConfigurationName     Availability\n"
		" -- ----            ------------    -----         -----------------     ------------\n"
		"  1 UpdateSession   Server01        Disconnected  Microsoft.PowerShell          None\n"
		" 12 ITTask          Srv2            Opened        Microsoft.PowerShell     Available\n");
	shows(v, 0, TABLE_ROWS, 84, "");
	shows(v, 0, TABLE_JSON, 0, "");
}

TEST(a_narrow_terminal_gets_narrow_names_and_a_file_whole_ones)
{
	struct kept k = task, *v[] = { &k };

	k.name = "a name that is too long";
	k.computer = "日本語の名前前";
	shows(v, 1, TABLE_ROWS, 80,
		" Id Name          ComputerName  State         ConfigurationName     Availability\n"
		" -- ----          ------------  -----         -----------------     ------------\n"
		" 12 a name that … 日本語の名前… Opened        Microsoft.PowerShell     Available\n");
	shows(v, 1, TABLE_ROWS, 0,
		" Id Name            ComputerName    State         ConfigurationName     Availability\n"
		" -- ----            ------------    -----         -----------------     ------------\n"
		" 12 a name that is too long 日本語の名前前  Opened        "
		"Microsoft.PowerShell     Available\n");
}

TEST(what_is_not_known_or_not_printable_does_no_harm)
{
	struct kept k = { .name = "a\033[2Jb\n\"c\\", .state = KEPT_BROKEN }, *v[] = { &k };

	shows(v, 1, TABLE_ROWS, 84,
		" Id Name            ComputerName    State         ConfigurationName     Availability\n"
		" -- ----            ------------    -----         -----------------     ------------\n"
		"    a\\x1B[2Jb \"c\\                   Broken        "
		"                              None\n");
	shows(v, 1, TABLE_JSON, 0,
		"{\"Name\":\"a\\\\x1B[2Jb \\\"c\\\\\","
		"\"InstanceId\":\"00000000-0000-0000-0000-000000000000\",\"State\":\"Broken\","
		"\"Availability\":\"None\",\"Commands\":0}\n");
}

TEST(the_list_and_json_have_all_that_is_known)
{
	struct guid command = { .b = { 1 } };
	struct kept k = update, *v[] = { &k, &task };

	guid_parse(SPAN("8f6d1e2a-0102-0304-0506-0708090a0b0c"), &k.instance);
	k.idle_ms = 7200000;
	k.max_idle_ms = 43200000;
	k.buffering = BUFFERING_DROP;
	k.disconnected_on = 1700000000;
	k.expires_on = 1700007200;
	k.front_end = "pid 4711 on /dev/pts/3";
	k.commands = &command;
	k.command_n = 1;
	shows(v, 1, TABLE_LIST, 0,
		"Id                  : 1\n"
		"Name                : UpdateSession\n"
		"ComputerName        : Server01\n"
		"InstanceId          : 8f6d1e2a-0102-0304-0506-0708090a0b0c\n"
		"ConfigurationName   : Microsoft.PowerShell\n"
		"Transport           : WSMan\n"
		"State               : Disconnected\n"
		"Availability        : None\n"
		"IdleTimeout         : 7200000\n"
		"MaxIdleTimeout      : 43200000\n"
		"OutputBufferingMode : Drop\n"
		"DisconnectedOn      : 2023-11-14T22:13:20Z\n"
		"ExpiresOn           : 2023-11-15T00:13:20Z\n"
		"FrontEnd            : pid 4711 on /dev/pts/3\n"
		"Commands            : 1\n");
	shows(v, 2, TABLE_JSON, 0,
		"{\"Id\":1,\"Name\":\"UpdateSession\",\"ComputerName\":\"Server01\","
		"\"InstanceId\":\"8f6d1e2a-0102-0304-0506-0708090a0b0c\","
		"\"ConfigurationName\":\"Microsoft.PowerShell\",\"Transport\":\"WSMan\","
		"\"State\":\"Disconnected\",\"Availability\":\"None\","
		"\"IdleTimeout\":7200000,\"MaxIdleTimeout\":43200000,\"OutputBufferingMode\":\"Drop\","
		"\"DisconnectedOn\":\"2023-11-14T22:13:20Z\",\"ExpiresOn\":\"2023-11-15T00:13:20Z\","
		"\"FrontEnd\":\"pid 4711 on /dev/pts/3\",\"Commands\":1}\n"
		"{\"Id\":12,\"Name\":\"ITTask\",\"ComputerName\":\"Srv2\","
		"\"InstanceId\":\"00000000-0000-0000-0000-000000000000\","
		"\"ConfigurationName\":\"Microsoft.PowerShell\",\"Transport\":\"WSMan\","
		"\"State\":\"Opened\",\"Availability\":\"Available\",\"Commands\":0}\n");
}
