#include "core/session_option.h"
#include "tests/unit.h"

static struct arena arena;
static struct session_option o;
static struct err e;

static int parse(const char *text)
{
	arena_free(&arena);
	arena_init(&arena, 1 << 16);
	e = (struct err){ 0 };
	session_option_init(&o);
	return session_option_parse(text, &arena, &o, &e);
}

TEST(defaults_are_powershells)
{
	CHECK_INT(parse(""), 0);
	CHECK_INT(o.open_ms, 180000);
	CHECK_INT(o.max_object, 209715200);
	CHECK_INT(o.max_redirection, 5);
}
TEST(fields_have_powershells_aliases)
{
	CHECK_INT(parse("OpenTimeoutMSec=1,IdleTimeoutMSec=70000,MaximumConnectionRedirectionCount=9"),
		0);
	CHECK(o.open_ms == 1 && o.idle_ms == 70000 && o.max_redirection == 9);
}
TEST(what_is_no_culture_is_refused_by_name)
{
	CHECK_INT(parse("Culture=zh-Hant-TW,UICulture=fr"), 0);
	CHECK_INT(parse("UICulture=fr_FR"), E_USAGE);
	CHECK(strstr(e.text, "UICulture='fr_FR'"));
	CHECK_INT(parse("Culture='x\"y'"), E_USAGE);
}
TEST(names_alone_are_switches_and_values_follow_an_equals_sign)
{
	CHECK_INT(
		parse("SkipCACheck,SkipCNCheck, OpenTimeout=1000, Culture='de-DE',NoEncryption=$false"), 0);
	CHECK(o.skip_ca && o.skip_cn && !o.no_encryption);
	CHECK_INT(o.open_ms, 1000);
	CHECK_STR(o.culture, "de-DE");
}
TEST(a_hash_table_is_taken_too)
{
	CHECK_INT(parse("@{IdleTimeout=60000; OutputBufferingMode='Drop'; IncludePortInSPN=$true}"), 0);
	CHECK_INT(o.idle_ms, 60000);
	CHECK_INT(o.buffering, BUFFERING_DROP);
	CHECK(o.include_port_in_spn);
}
TEST(an_unknown_field_is_refused_by_name)
{
	CHECK_INT(parse("Foo=1"), E_USAGE);
	CHECK(strstr(e.text, "'Foo'"));
}
TEST(a_value_out_of_range_is_refused_by_name)
{
	CHECK_INT(parse("OpenTimeout=-1"), E_USAGE);
	CHECK(strstr(e.text, "'OpenTimeout'"));
	CHECK_INT(parse("IdleTimeout=1000"), E_USAGE);
	CHECK(strstr(e.text, "IdleTimeout"));
	CHECK_INT(parse("OutputBufferingMode=Fast"), E_USAGE);
	CHECK(strstr(e.text, "Default, None, Drop, Block"));
}
TEST(a_proxy_uri_keeps_its_colons)
{
	CHECK_INT(parse("Proxy=http://proxy:3128,ProxyAccessType=IEConfig"), 0);
	CHECK_STR(o.proxy, "http://proxy:3128");
	CHECK_INT(o.proxy_access, PROXY_IE_CONFIG);
}
