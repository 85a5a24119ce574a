#include "net/dns_srv.h"
#include "net/krb5_test.h"

#define NAME "_kerberos._udp.EXAMPLE.COM"
#define QUESTION "095f6b65726265726f73 045f756470 074558414d504c45 03434f4d 00 0021 0001"
/* header: id, flags, one question, so many answers */
#define HEAD(flags, answers) "1234 " flags " 0001 " answers " 0000 0001 "
#define RECORD(len) "c00c 0021 0001 0000003c " len " "

static struct dns_srv srv[DNS_SRV_MAX];

static int answer(const char *text)
{
	struct span whole = hex(text);
	uint8_t *copy = malloc(whole.n);
	int n;

	memcpy(copy, whole.p, whole.n);
	n = dns_srv_answer(span_of(copy, whole.n), 0x1234, SPAN(NAME), srv);
	free(copy);
	return n;
}

TEST(a_question_asks_for_srv_and_takes_long_answers)
{
	struct buf b;

	buf_init(&b, 512);
	CHECK(dns_srv_ask(0x1234, SPAN(NAME), &b));
	CHECK_HEX(b.p, b.n, "1234 0100 0001 0000 0000 0001 " QUESTION " 00 0029 1000 0000 0000 0000");
	buf_free(&b);
}

TEST(names_that_dns_cannot_hold_are_not_asked)
{
	char label[70], name[300];
	struct buf b;
	size_t i;

	memset(label, 'a', 64);
	label[64] = 0;
	memset(name, 0, sizeof(name));
	for (i = 0; i < 260; i += 2) {
		name[i] = 'a';
		name[i + 1] = '.';
	}
	name[259] = 'a';
	buf_init(&b, 512);
	CHECK(!dns_srv_ask(1, SPAN(""), &b));
	CHECK(!dns_srv_ask(1, SPAN("a..b"), &b));
	CHECK(!dns_srv_ask(1, SPAN(".a"), &b));
	CHECK(!dns_srv_ask(1, span_str(label), &b));
	buf_clear(&b);
	CHECK(!dns_srv_ask(1, span_str(name), &b));
	buf_free(&b);
}

TEST(records_come_best_first)
{
	CHECK_INT(answer(HEAD("8180", "0003") QUESTION
		RECORD("000a") "0002 0064 0058 01 63 c023"
		RECORD("000a") "0001 0001 0059 01 61 c023"
		RECORD("000a") "0001 0005 005a 01 62 c023"), 3);
	CHECK_STR(srv[0].host, "b.COM");
	CHECK_STR(srv[1].host, "a.COM");
	CHECK_STR(srv[2].host, "c.COM");
	CHECK_INT(srv[0].port, 90);
	CHECK_INT(srv[1].port, 89);
	CHECK_INT(srv[2].port, 88);
}

TEST(other_records_and_absent_services_are_passed_over)
{
	CHECK_INT(answer(HEAD("8180", "0003") QUESTION
		"c00c 0005 0001 0000003c 0002 c023"               /* an alias */
		RECORD("0007") "0000 0000 0058 00"                /* no such service */
		RECORD("000a") "0001 0005 005a 01 62 c023"), 1);
	CHECK_STR(srv[0].host, "b.COM");
}

TEST(no_such_name_is_an_answer_and_a_failure_is_none)
{
	CHECK_INT(answer(HEAD("8183", "0000") QUESTION), 0);
	CHECK_INT(answer(HEAD("8180", "0000") QUESTION), 0);
	CHECK_INT(answer(HEAD("8182", "0000") QUESTION), -1);
	CHECK_INT(answer(HEAD("8185", "0000") QUESTION), -1);
}

TEST(what_answers_another_question_is_refused)
{
	static const char body[] = RECORD("000a") "0001 0005 005a 01 62 c023";
	char text[400];
	struct span s;

	snprintf(text, sizeof(text), "%s%s%s", HEAD("8180", "0001"), QUESTION, body);
	CHECK_INT(answer(text), 1);
	s = hex(text);
	CHECK_INT(dns_srv_answer(s, 0x1235, SPAN(NAME), srv), -1);
	CHECK_INT(dns_srv_answer(s, 0x1234, SPAN("_kerberos._tcp.EXAMPLE.COM"), srv), -1);
	CHECK_INT(dns_srv_answer(s, 0x1234, SPAN("_KERBEROS._udp.example.com"), srv), 1);
	snprintf(text, sizeof(text), "%s%s%s", HEAD("0100", "0001"), QUESTION, body);
	CHECK_INT(answer(text), -1);                      /* a question */
	snprintf(text, sizeof(text), "1234 8180 0000 0001 0000 0000 %s", body);
	CHECK_INT(answer(text), -1);                      /* without the question */
}

TEST(hostile_names_end_the_answer)
{
	static const char *const names[] = {
		"0008 0001 0005 005a c03e",                   /* points to itself */
		"0008 0001 0005 005a c0ff",                   /* past the end */
		"0008 0001 0005 005a c040",                   /* forwards */
		"0007 0001 0005 005a 40",                     /* a kind of label that is none */
		"0008 0001 0005 005a 3f61",                   /* longer than the answer */
		"0009 0001 0005 005a 0100 00",                /* a NUL in it */
		"0009 0001 0005 005a 012e 00",                /* a dot in it */
		"000b 0001 0005 005a 01 62 c023 00",             /* more than the name */
		"0006 0001 0005 005a",                        /* no name */
		"ffff 0001 0005 005a 01 62 c023",
		"0004 0001 0005",
	};
	char text[400];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(text, sizeof(text), "%s%sc00c 0021 0001 0000003c %s", HEAD("8180", "0001"),
			QUESTION, names[i]);
		CHECK_INT(answer(text), -1);
	}
}

/* A chain of pointers, each to the one before it: as many as are followed, and one more. */
static int chain(size_t pointers)
{
	char text[2000] = HEAD("8180", "0002") QUESTION "c00c 0010 0001 0000003c ";
	size_t root = 12 + 32 + 12, i;

	snprintf(text + strlen(text), 20, "%04zx 00", 1 + 2 * pointers);
	for (i = 0; i < pointers; i++)
		snprintf(text + strlen(text), 20, "c0%02zx", i ? root + 1 + 2 * (i - 1) : root);
	snprintf(text + strlen(text), 100, RECORD("000a") "0001 0005 005a 0161 c0%02zx",
		root + 1 + 2 * (pointers - 1));
	return answer(text);
}

TEST(chains_of_pointers_end)
{
	CHECK_INT(chain(31), 1);
	CHECK_STR(srv[0].host, "a");
	CHECK_INT(chain(32), -1);
}

TEST(a_truncated_answer_gives_what_it_holds)
{
	static const char text[] = HEAD("8380", "0003") QUESTION
		RECORD("000a") "0001 0005 005a 01 62 c023" RECORD("000a") "0001 0005";
	struct span whole = hex(text);
	size_t n, first = 12 + 32 + 12 + 10;

	for (n = 0; n <= whole.n; n++) {
		uint8_t *copy = malloc(n ? n : 1);
		int got;

		memcpy(copy, whole.p, n);
		got = dns_srv_answer(span_of(copy, n), 0x1234, SPAN(NAME), srv);
		CHECK(n >= first ? got == 1 : got <= 0);
		free(copy);
	}
}

TEST(more_records_than_are_kept)
{
	char text[2000] = HEAD("8180", "000c") QUESTION;
	size_t i;

	for (i = 0; i < 12; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%04zx 0000 0058 01 62 c023",
			RECORD("000a"), i);
	CHECK_INT(answer(text), DNS_SRV_MAX);
	CHECK_INT(srv[DNS_SRV_MAX - 1].priority, DNS_SRV_MAX - 1);
}
