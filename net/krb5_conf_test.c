#include "net/krb5_conf.h"
#include "tests/unit.h"

#define CONF \
	"# a comment\n" \
	"includedir /etc/krb5.conf.d/\n" \
	"\n" \
	"[logging]\n" \
	" default = FILE:/var/log/krb5libs.log\n" \
	"[libdefaults]\r\n" \
	"\tdefault_realm = EXAMPLE.COM \r\n" \
	" ; dns_lookup_kdc = yes\n" \
	" dns_lookup_kdc = false\n" \
	" quoted = \"a b\"\n" \
	"[realms]\n" \
	" EXAMPLE.COM = {\n" \
	"  kdc = kdc1.example.com:88\n" \
	"  admin_server = kdc1.example.com\n" \
	"  kdc = kdc2.example.com\n" \
	"  v4_instance_convert = {\n" \
	"   kdc = never\n" \
	"   deeper = {\n" \
	"    kdc = never\n" \
	"   }\n" \
	"  }\n" \
	"  kdc* = 192.0.2.1\n" \
	" }\n" \
	" example.com = {\n" \
	"  kdc = small\n" \
	" }\n" \
	" Other.Example = {\n" \
	" }\n" \
	" THIRD = {\n" \
	"  kdc = third\n" \
	" }\n" \
	"[domain_realm]\n" \
	" .example.com = EXAMPLE.COM\n" \
	" .sub.example.com = SUB.EXAMPLE.COM\n" \
	" special.example.com = SPECIAL\n" \
	" example.com = BARE\n" \
	"[realms]\n" \
	" EXAMPLE.COM = {\n" \
	"  kdc = late\n" \
	" }\n"

static void check_text(struct span got, const char *want)
{
	CHECK_MEM(got.p, got.n, want, strlen(want));
}

static void check_find(const char *section, const char *sub, const char *key, size_t nth,
	const char *want)
{
	struct span v;

	CHECK(krb5_conf_find(SPAN(CONF), section, span_str(sub), key, nth, &v) == (want != NULL));
	if (want)
		check_text(v, want);
}

TEST(values_are_found_by_section_and_group)
{
	check_find("libdefaults", "", "default_realm", 0, "EXAMPLE.COM");
	check_find("libdefaults", "", "default_realm", 1, NULL);
	check_find("libdefaults", "", "quoted", 0, "a b");
	check_find("realms", "EXAMPLE.COM", "kdc", 0, "kdc1.example.com:88");
	check_find("realms", "EXAMPLE.COM", "kdc", 1, "kdc2.example.com");
	check_find("realms", "EXAMPLE.COM", "kdc", 2, "192.0.2.1");
	check_find("realms", "EXAMPLE.COM", "kdc", 3, "late");
	check_find("realms", "EXAMPLE.COM", "kdc", 4, NULL);
	check_find("realms", "example.com", "kdc", 0, "small");
	check_find("realms", "", "kdc", 0, NULL);
	check_find("realms", "NONE", "kdc", 0, NULL);
	check_find("", "", "includedir", 0, "/etc/krb5.conf.d/");
}

TEST(yes_and_no)
{
	CHECK(!krb5_conf_bool(SPAN(CONF), "libdefaults", "dns_lookup_kdc", true));
	CHECK(krb5_conf_bool(SPAN(CONF), "libdefaults", "nothing", true));
	CHECK(!krb5_conf_bool(SPAN(CONF), "libdefaults", "nothing", false));
	CHECK(krb5_conf_bool(SPAN("[l]\na = Yes\n"), "l", "a", false));
	CHECK(krb5_conf_bool(SPAN("[l]\na = 1"), "l", "a", false));
}

static void check_realm(const char *host, const char *want)
{
	struct span realm;

	CHECK(krb5_conf_host_realm(SPAN(CONF), span_str(host), &realm) == (want != NULL));
	if (want)
		check_text(realm, want);
}

TEST(a_host_has_the_realm_of_its_own_line_or_its_nearest_domain)
{
	check_realm("a.example.com", "EXAMPLE.COM");
	check_realm("A.EXAMPLE.com", "EXAMPLE.COM");
	check_realm("a.b.example.com", "EXAMPLE.COM");
	check_realm("a.sub.example.com", "SUB.EXAMPLE.COM");
	check_realm("special.example.com", "SPECIAL");
	check_realm("example.com", "BARE");
	check_realm("aexample.com", NULL);
	check_realm("x.special.example.com", "EXAMPLE.COM");
	check_realm("com", NULL);
	check_realm("", NULL);
}

static void check_spelling(const char *typed, const char *want)
{
	struct span realm;

	CHECK(krb5_conf_spelling(SPAN(CONF), span_str(typed), &realm) == (want != NULL));
	if (want)
		check_text(realm, want);
}

TEST(realms_are_spelled_as_the_file_does)
{
	check_spelling("EXAMPLE.COM", "EXAMPLE.COM");
	check_spelling("example.com", "example.com");
	check_spelling("Example.Com", "EXAMPLE.COM");
	check_spelling("third", "THIRD");
	check_spelling("none", NULL);
	check_spelling("", NULL);
}

TEST(broken_files_are_read_as_far_as_they_make_sense)
{
	static const char *const odd[] = { "", "\n", "[", "[]", "[a", "=", "= x", "}", "}}}\n[a]\nb=c",
		"a = {", "{", "[a]\nb = {\nc = {\nd = {\n", "include", "include ", "\"", "a = \"" };
	struct krb5_conf_item item;
	struct krb5_conf c;
	size_t i;

	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		uint8_t *copy = malloc(strlen(odd[i]) + !odd[i][0]);

		memcpy(copy, odd[i], strlen(odd[i]));
		c = (struct krb5_conf){ .text = span_of(copy, strlen(odd[i])) };
		while (krb5_conf_next(&c, &item))
			CHECK(item.key.n > 0);
		free(copy);
	}
}

static void check_host(const char *s, const char *want, unsigned want_port)
{
	struct span host;
	uint16_t port = 88;

	CHECK(krb5_conf_host(span_str(s), &host, &port) == (want != NULL));
	if (want) {
		check_text(host, want);
		CHECK_INT(port, want_port);
	}
}

TEST(hosts_and_ports)
{
	check_host("kdc", "kdc", 88);
	check_host("kdc:750", "kdc", 750);
	check_host("192.0.2.1:89", "192.0.2.1", 89);
	check_host("2001:db8::1", "2001:db8::1", 88);
	check_host("[2001:db8::1]", "2001:db8::1", 88);
	check_host("[2001:db8::1]:750", "2001:db8::1", 750);
	check_host("", NULL, 0);
	check_host(":88", NULL, 0);
	check_host("kdc:", NULL, 0);
	check_host("kdc:0", NULL, 0);
	check_host("kdc:65536", NULL, 0);
	check_host("kdc:x", NULL, 0);
	check_host("[]:1", NULL, 0);
	check_host("[::1]x", NULL, 0);
	check_host("https://kdc.example.com/KdcProxy", NULL, 0);
	check_host("two words", NULL, 0);
}

TEST(name_servers_of_resolv_conf)
{
	static const char text[] = "# nameserver 1.1.1.1\nsearch x\nnameserver 192.0.2.53\n"
		"nameserver\t2001:db8::53\nnameservers 1.2.3.4\nnameserver  [127.0.0.1]:5353 x\n"
		"nameserver\n";
	struct span host;
	uint16_t port;

	CHECK(krb5_conf_nameserver(span_str(text), 0, &host, &port));
	check_text(host, "192.0.2.53");
	CHECK_INT(port, 53);
	CHECK(krb5_conf_nameserver(span_str(text), 1, &host, &port));
	check_text(host, "2001:db8::53");
	CHECK(krb5_conf_nameserver(span_str(text), 2, &host, &port));
	check_text(host, "127.0.0.1");
	CHECK_INT(port, 5353);
	CHECK(!krb5_conf_nameserver(span_str(text), 3, &host, &port));
}
