#include "net/krb5_tickets.h"
#include <stdio.h>
#include "tests/unit.h"

static struct krb5_tickets tab;

static struct krb5_principal name(const char *service, const char *host, const char *realm)
{
	return (struct krb5_principal){ .type = KRB5_NT_SRV_INST, .part_n = 2,
		.realm = span_str(realm), .part = { span_str(service), span_str(host) } };
}

static int add(const char *service, const char *host, uint8_t key, int64_t end, bool forwarded)
{
	struct krb5_cred c = { .client = name("alice", "", "R"), .server = name(service, host, "R"),
		.end_time = end, .ticket = SPAN("ticket") };
	uint8_t bytes[32];

	memset(bytes, key, sizeof(bytes));
	CHECK(krb5_key_set(&c.key, KRB5_AES256_SHA1, span_of(bytes, 32)));
	return krb5_tickets_add(&tab, &c, forwarded);
}

static int find(const char *service, const char *host, bool forwarded, bool dead_too)
{
	struct krb5_principal server = name(service, host, "other");

	return krb5_tickets_find(&tab, &server, forwarded, dead_too, 1000 * 1000000LL);
}

TEST(a_ticket_comes_back_with_its_key)
{
	struct krb5_cred c;
	int place;

	krb5_tickets_init(&tab);
	CHECK(add("HTTP", "a", 1, 2000, false) >= 0 && add("HTTP", "b", 2, 2000, false) >= 0);
	place = find("HTTP", "B", false, false);
	CHECK(place >= 0);
	krb5_tickets_get(&tab, place, &c);
	CHECK_INT(c.key.etype, KRB5_AES256_SHA1);
	CHECK(c.key.n == 32 && c.key.b[0] == 2 && c.key.b[31] == 2);
	CHECK_MEM(c.ticket.p, c.ticket.n, "ticket", 6);
	CHECK_MEM(c.server.part[1].p, c.server.part[1].n, "b", 1);
	CHECK_INT(tab.ticket[place].cred.key.b[0], 0);      /* in locked memory alone */
	CHECK_INT(find("HTTP", "c", false, false), -1);
	krb5_tickets_free(&tab);
}

TEST(ended_and_forwarded_tickets_are_found_only_when_asked_for)
{
	krb5_tickets_init(&tab);
	add("HTTP", "old", 1, 1000, false);
	add("HTTP", "brief", 1, 1059, false);
	add("krbtgt", "R", 1, 2000, true);
	CHECK_INT(find("HTTP", "old", false, false), -1);
	CHECK_INT(find("HTTP", "brief", false, false), -1);
	CHECK(find("HTTP", "old", false, true) >= 0);
	CHECK_INT(find("krbtgt", "R", false, true), -1);
	CHECK(find("krbtgt", "R", true, false) >= 0);
	krb5_tickets_free(&tab);
}

TEST(a_newer_ticket_takes_the_place_of_the_older)
{
	int place;

	krb5_tickets_init(&tab);
	place = add("HTTP", "a", 1, 1000, false);
	CHECK_INT(add("HTTP", "A", 2, 2000, false), place);
	CHECK(add("HTTP", "a", 2, 2000, true) != place);
	krb5_tickets_free(&tab);
}

TEST(a_full_table_gives_up_service_tickets_only)
{
	char host[16];
	int i;

	krb5_tickets_init(&tab);
	add("krbtgt", "R", 1, 2000, false);
	for (i = 0; i < 100; i++) {
		snprintf(host, sizeof(host), "h%d", i);
		CHECK(add("HTTP", host, 1, 2000, false) >= 0);
		CHECK(find("HTTP", host, false, false) >= 0);
	}
	CHECK(find("krbtgt", "R", false, false) >= 0);
	CHECK(find("HTTP", "h69", false, false) >= 0);
	CHECK_INT(find("HTTP", "h68", false, false), -1);
	krb5_tickets_free(&tab);
}

TEST(what_does_not_fit_leaves_an_empty_place)
{
	struct krb5_cred c = { .client = name("alice", "", "R"), .server = name("HTTP", "a", "R"),
		.end_time = 2000 };
	uint8_t key[16] = { 0 }, *ticket = calloc(1, 200000);

	CHECK(krb5_key_set(&c.key, KRB5_AES128_SHA1, span_of(key, 16)));
	krb5_tickets_init(&tab);
	c.ticket = span_of(ticket, 200000);
	CHECK_INT(krb5_tickets_add(&tab, &c, false), -1);
	CHECK_INT(find("HTTP", "a", false, true), -1);
	c.ticket = span_of(ticket, 60000);
	CHECK(krb5_tickets_add(&tab, &c, false) >= 0);
	free(ticket);
	krb5_tickets_free(&tab);
}

TEST(forgotten_tickets_are_gone_with_their_keys)
{
	size_t i;

	krb5_tickets_init(&tab);
	add("HTTP", "a", 1, 2000, false);
	krb5_tickets_forget(&tab);
	CHECK_INT(find("HTTP", "a", false, true), -1);
	for (i = 0; i < SECRET_MAX; i++)
		CHECK_INT(tab.keys->b[i], 0);
	krb5_tickets_free(&tab);
}
