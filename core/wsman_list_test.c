#include "core/wsman_list.h"
#include "core/xport_wsman_test.h"

#define ITEM(id, name, config, state) \
	"<r:Shell><r:ShellId>" id "</r:ShellId><r:Name>" name "</r:Name><r:ResourceUri>" config \
	"</r:ResourceUri><r:IdleTimeOut>PT7200.000S</r:IdleTimeOut><r:State>" state \
	"</r:State><r:ShellInactivity>P0DT0H2M0S</r:ShellInactivity></r:Shell>"
#define PLAIN NS_PS "/Microsoft.PowerShell"
#define ID1 "B6631D8E-65A0-49F2-9053-A1B156C95777"
#define ID2 "01AA3E43-9E21-424B-A7FC-BC16AA34F4CE"
#define LISTED(context, items) \
	"<n:EnumerateResponse xmlns:n='" NS_WSEN "'><n:EnumerationContext>" context \
	"</n:EnumerationContext><w:Items>" items "</w:Items></n:EnumerateResponse>"
#define COMMAND(id) "<r:Command><r:CommandId>" id "</r:CommandId></r:Command>"

static struct wsman_list *list;
static bool free_at_once;

static void on_each(void *ctx, const struct kept *k)
{
	(void)ctx;
	buf_printf(&seen, "%s:%s:%d:%zu:%lld ", k->name, k->configuration, (int)k->avail, k->command_n,
		(long long)(k->expires_on - k->disconnected_on));
	CHECK_INT(k->state, KEPT_DISCONNECTED);
	if (free_at_once)
		wsman_list_free(list);
}

static void on_ended(void *ctx, const struct err *why)
{
	(void)ctx;
	over = true;
	if (why)
		end = *why;
}

static void ask(const char *resource)
{
	struct xport_wsman_cfg cfg = { .http = { .host = "web-1", .port = 5985, .path = "/wsman" },
		.resource = resource };

	prepare();
	cfg.http.loop = loop;
	free_at_once = false;
	list = wsman_list_new(&cfg, on_each, on_ended, NULL);
	CHECK_STR(out(), "0:Enumerate");
	CHECK_STR(part(&conns[0], "ResourceURI", NULL), NS_RSP);
}

static void done(int code)
{
	CHECK(over);
	CHECK_INT(end.code, code);
	wsman_list_free(list);
	stop();
}

TEST(sessions_come_with_their_commands_in_batches)
{
	ask(NULL);
	answer(0, LISTED("uuid:1", ITEM(ID1, "a", PLAIN, "Disconnected")
		ITEM(ID2, "cmd", NS_RSP "/cmd", "Connected")));
	CHECK_STR(out(), "0:Pull");
	CHECK_STR(part(&conns[0], "EnumerationContext", NULL), "uuid:1");
	answer(0, LISTED("", ITEM(ID2, "b", NS_PS "/x", "Connected") ITEM("no id", "c", PLAIN, "x")));
	CHECK_STR(out(), "0:Enumerate");
	CHECK_STR(part(&conns[0], "ResourceURI", NULL), NS_RSP "/Command");
	CHECK_STR(part(&conns[0], "Selector", NULL), ID1);
	answer(0, LISTED("", COMMAND(ID2)));
	CHECK_STR(buf_cstr(&seen), "a:Microsoft.PowerShell:0:1:7200 ");
	CHECK_STR(out(), "0:Enumerate");
	CHECK_STR(part(&conns[0], "Selector", NULL), ID2);
	answer(0, LISTED("", ""));
	CHECK_STR(buf_cstr(&seen), "a:Microsoft.PowerShell:0:1:7200 b:x:2:0:0 ");
	done(0);
}

TEST(only_sessions_of_a_configuration_if_one_is_named)
{
	ask(NS_PS "/x");
	answer(0, LISTED("", ITEM(ID1, "a", PLAIN, "Disconnected") ITEM(ID2, "b", NS_PS "/X", "x")));
	CHECK_STR(out(), "0:Enumerate");
	CHECK_STR(part(&conns[0], "Selector", NULL), ID2);
	answer(0, LISTED("", ""));
	done(0);
}

TEST(pools_and_what_ended_meanwhile_are_left_out)
{
	ask(NULL);
	answer(0, LISTED("", ITEM(ID1, "a", PLAIN, "x") ITEM(ID2, "b", PLAIN, "x")));
	out();
	answer(0, LISTED("", COMMAND(ID1) COMMAND(ID2)));
	out();
	fault(0, WSMAN_SHELL_GONE);
	CHECK_STR(buf_cstr(&seen), "");
	done(0);
}

TEST(failures_end_it_with_words)
{
	ask(NULL);
	fault(0, WSMAN_ACCESS_DENIED);
	done(E_AUTH);
	ask(NULL);
	fault(0, WSMAN_UNSUPPORTED);
	CHECK(strstr(end.text, "does not list"));
	done(E_REMOTE);
	ask(NULL);
	lose(0, true);
	done(E_NET);
	ask(NULL);
	answer(0, "<r:SendResponse/>");
	done(E_PEER);
	ask(NULL);
	answer_related(0, LISTED("", ""), SPAN("uuid:4A3C1750-2725-4C03-8291-E3D6BBC1F9BB"));
	done(E_PEER);
}

TEST(it_may_be_freed_at_any_time)
{
	ask(NULL);
	wsman_list_free(list);
	stop();
	ask(NULL);
	answer(0, LISTED("", ITEM(ID1, "a", PLAIN, "x") ITEM(ID2, "b", PLAIN, "x")));
	out();
	free_at_once = true;
	answer(0, LISTED("", ""));
	CHECK(!over);
	stop();
}
