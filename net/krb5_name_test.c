#include "net/krb5_name.h"
#include "tests/unit.h"

static const char conf[] = "[libdefaults]\ndefault_realm = CORP.EXAMPLE.COM\n"
	"[realms]\nMixed.Example = {\nkdc = x\n}\n[domain_realm]\n.example.org = ORG\n";

static struct arena a;
static struct err e;
static struct krb5_principal p;

static int name_user(struct span typed, const char *home, const char *host, const char *file)
{
	e = (struct err){ 0 };
	return krb5_name_user(typed, span_str(home), span_str(host), span_str(file), &a, &p, &e);
}

static void check_text(struct span got, const char *want)
{
	CHECK_MEM(got.p, got.n, want, strlen(want));
}

static void check_at(const char *host, const char *typed, const char *home, const char *file,
	const char *want)
{
	struct buf b;

	arena_init(&a, 16384);
	buf_init(&b, 1000);
	CHECK_INT(name_user(span_str(typed), home, host, file), 0);
	krb5_principal_text(&p, &b);
	CHECK_STR(buf_cstr(&b), want);
	CHECK_INT(p.type, KRB5_NT_PRINCIPAL);
	buf_free(&b);
	arena_free(&a);
}

static void check_user(const char *typed, const char *home, const char *file, const char *want)
{
	check_at("", typed, home, file, want);
}

TEST(a_short_domain_is_that_of_the_host)
{
	check_at("srv.corp.example.com", "CORP\\alice", "", "", "alice@CORP.EXAMPLE.COM");
	check_at("srv.corp.example.com", "alice@corp", "", "", "alice@CORP.EXAMPLE.COM");
	check_at("srv.other.example.com", "CORP\\alice", "", "", "alice@CORP");
	check_at("srv", "CORP\\alice", "", "", "alice@CORP");
	check_at("corp.example.com", "CORP\\alice", "", "", "alice@CORP");
}

TEST(users_get_a_realm)
{
	check_user("alice@EXAMPLE.COM", "", "", "alice@EXAMPLE.COM");
	check_user("alice@example.com", "", "", "alice@EXAMPLE.COM");
	check_user("alice@mixed.example", "", conf, "alice@Mixed.Example");
	check_user("alice", "", conf, "alice@CORP.EXAMPLE.COM");
	check_user("alice", "HOME", conf, "alice@HOME");
	check_user("CORP\\alice", "", conf, "alice@CORP.EXAMPLE.COM");
	check_user("corp\\alice", "", conf, "alice@CORP.EXAMPLE.COM");
	check_user("alice@corp", "", conf, "alice@CORP.EXAMPLE.COM");
	check_user("OTHER\\alice", "", conf, "alice@OTHER");
	check_user("other.example\\alice", "", conf, "alice@OTHER.EXAMPLE");
	check_user("jörg@example.com", "", "", "jörg@EXAMPLE.COM");
	check_user("HTTP/web@EXAMPLE.COM", "", "", "HTTP/web@EXAMPLE.COM");
}

TEST(an_at_in_a_name_stays_there)
{
	arena_init(&a, 16384);
	CHECK_INT(name_user(SPAN("a@b@EXAMPLE.COM"), "", "", ""), 0);
	check_text(p.part[0], "a@b");
	check_text(p.realm, "EXAMPLE.COM");
	arena_free(&a);
}

static void check_refused(const char *typed, const char *why)
{
	arena_init(&a, 16384);
	CHECK_INT(name_user(span_str(typed), "", "", ""), E_USAGE);
	if (!strstr(e.text, why))
		FAIL("\"%s\" lacks \"%s\"", e.text, why);
	arena_free(&a);
}

TEST(users_without_realm_are_refused_with_the_way_out)
{
	check_refused("alice", "tells no realm for Kerberos: give the user as user@REALM");
	check_refused("@EXAMPLE.COM", "tells no user");
	check_refused("", "tells no user");
	check_refused(".\\alice", "an account of the host itself");
	check_refused("\\alice", "tells no realm");
	check_refused("a/b/c/d/e@EXAMPLE.COM", "too long");
}

static void check_service(const char *spn, const char *host, const char *realm)
{
	arena_init(&a, 16384);
	e = (struct err){ 0 };
	CHECK_INT(krb5_name_service(span_str(spn), span_str(conf), &a, &p, &e), host ? 0 : E_USAGE);
	if (host) {
		CHECK_INT(p.type, KRB5_NT_SRV_INST);
		CHECK_INT(p.part_n, 2);
		check_text(p.part[0], "HTTP");
		check_text(p.part[1], host);
		check_text(p.realm, realm);
	}
	arena_free(&a);
}

TEST(services_are_of_hosts_with_names)
{
	check_service("HTTP/web.example.org", "web.example.org", "ORG");
	check_service("HTTP/WEB.Example.org", "web.example.org", "ORG");
	check_service("HTTP/web.example.org:5985", "web.example.org:5985", "ORG");
	check_service("HTTP/web", "web", "");
	check_service("HTTP/1web.2.3.4x", "1web.2.3.4x", "");
	check_service("HTTP/192.0.2.1", NULL, NULL);
	check_service("HTTP/192.0.2.1:5985", NULL, NULL);
	check_service("HTTP/2001:db8::1", NULL, NULL);
	check_service("HTTP/[2001:db8::1]:5985", NULL, NULL);
	check_service("HTTP/fe80::1%eth0", NULL, NULL);
	check_service("HTTP/localhost", NULL, NULL);
	check_service("HTTP/.", NULL, NULL);
	check_service("HTTP/", NULL, NULL);
	check_service("web", NULL, NULL);
}

TEST(names_longer_than_the_arena_are_refused)
{
	char typed[3000];

	memset(typed, 'a', sizeof(typed));
	memcpy(typed, "HTTP/", 5);
	arena_init(&a, 1000);
	e = (struct err){ 0 };
	CHECK_INT(krb5_name_service(span_of(typed, sizeof(typed)), SPAN_NONE, &a, &p, &e), E_USAGE);
	CHECK_INT(name_user(span_of(typed, sizeof(typed)), "R", "", ""), E_USAGE);
	arena_free(&a);
}
