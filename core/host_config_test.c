#include "core/host_config.h"
#include "tests/unit.h"

static struct arena arena;
static struct { char *v[10]; size_t n; } w;
static struct host_config c;
static struct err e;

static const char file[] =
	"Port 1\n"
	"# saved\n"
	"Host srv1 srv2\n"
	"  Credential CORP\\bob\n"
	"\tUseSSL\n"
	"Host *.example !db.example\n"
	"  ComputerName = real.example\r\n"
	"  UseSSL no\n"
	"  ConfigurationName 'PowerShell 7'\n";

static int words(struct span text, const char *host)
{
	arena_free(&arena);
	arena_init(&arena, 1 << 16);
	e = (struct err){ 0 };
	c = (struct host_config){ .rest = text, .host = span_str(host), .home = "/home/bob" };
	for (w.n = 0; (w.v[w.n] = host_config_next(&c, &arena, &e)); w.n++)
		CHECK(w.n < 9);
	return e.code;
}

TEST(lines_before_any_host_apply_to_all)
{
	CHECK_INT(words(span_str(file), "other"), 0);
	CHECK_INT(w.n, 1);
	CHECK_STR(w.v[0], "-Port:1");
}
TEST(patterns_may_stand_in_quotes_that_are_closed)
{
	CHECK_INT(words(SPAN("Host \"a b\" \"srv*\"\nPort 7\n"), "srv1"), 0);
	CHECK_INT(w.n, 1);
	CHECK_INT(words(SPAN("Host \"x\"\nPort 7\n"), "srv1"), 0);
	CHECK_INT(w.n, 0);
	CHECK_INT(words(SPAN("Port 1\nHost \"srv1\n"), "srv1"), E_USAGE);
	CHECK_INT(c.line, 2);
	CHECK_INT(words(SPAN("Credential \"bob\n"), "srv1"), E_USAGE);
}
TEST(a_section_applies_to_each_of_its_hosts)
{
	CHECK_INT(words(span_str(file), "SRV2"), 0);
	CHECK_INT(w.n, 3);
	CHECK_STR(w.v[1], "-Credential:CORP\\bob");
	CHECK_STR(w.v[2], "-UseSSL");
}
TEST(wildcards_match_and_an_exclamation_mark_takes_out)
{
	CHECK_INT(words(span_str(file), "web.example"), 0);
	CHECK_INT(w.n, 4);
	CHECK_STR(w.v[1], "-ComputerName:real.example");
	CHECK_STR(w.v[2], "-UseSSL:$false");
	CHECK_STR(w.v[3], "-ConfigurationName:PowerShell 7");
	CHECK_INT(words(span_str(file), "db.example"), 0);
	CHECK_INT(w.n, 1);
}
TEST(a_line_without_a_name_is_refused)
{
	CHECK_INT(words(SPAN("Port 1\n\n= 5\nPort 2\n"), "h"), E_USAGE);
	CHECK_STR(e.text, "this is no \"Name value\"");
	CHECK_INT(c.line, 3);
	CHECK_INT(w.n, 1);
}
TEST(a_value_can_begin_at_home)
{
	CHECK_INT(words(SPAN("KeyTab ~/k\nKdc ~bob\nKeyTab '~/a b'\n"), "h"), 0);
	CHECK_INT(w.n, 3);
	CHECK_STR(w.v[0], "-KeyTab:/home/bob/k");
	CHECK_STR(w.v[1], "-Kdc:~bob");
	CHECK_STR(w.v[2], "-KeyTab:/home/bob/a b");
}
TEST(a_value_too_long_is_refused)
{
	struct buf text;

	buf_init(&text, 20000);
	buf_printf(&text, "Port 1\nKdc %09000d\n", 1);
	CHECK_INT(words(buf_span(&text), "h"), E_USAGE);
	CHECK_INT(c.line, 2);
	buf_free(&text);
}
