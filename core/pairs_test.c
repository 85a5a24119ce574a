#include "core/pairs.h"
#include "lib/buf.h"
#include "tests/unit.h"

static struct arena arena;

/* The words, '|' between. */
static const char *split(const char *text)
{
	static char out[512];
	char **words;
	size_t n;

	arena_free(&arena);
	arena_init(&arena, 4096);
	if (!pairs_split(text, &arena, &words, &n))
		return NULL;
	out[0] = 0;
	for (size_t i = 0; i < n; i++)
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s", i ? "|" : "", words[i]);
	return out;
}

TEST(both_ways_to_write_them)
{
	CHECK_STR(split("Port=22,User=me"), "-Port:22|-User:me");
	CHECK_STR(split("@{\n\tPort=22\n\tUser = 'UserA'\n Host = \"LinuxServer02\"\n}"),
		"-Port:22|-User:UserA|-Host:LinuxServer02");
	CHECK_STR(split("@{ A = $true; B }"), "-A:$true|-B");
	CHECK_STR(split(""), "");
	CHECK_STR(split("@{}"), "");
	CHECK_STR(split(" , ;,"), "");
}

TEST(separators_inside_quotes_and_braces_are_text)
{
	CHECK_STR(split("A='x,y;z',B=\"1\n2\""), "-A:x,y;z|-B:1\n2");
	CHECK_STR(split("@{A='it''s'; O=@{X=1;Y=2}; B=3}"), "-A:it's|-O:@{X=1;Y=2}|-B:3");
}

TEST(odd_text_is_taken_as_it_is)
{
	CHECK_STR(split("A=b=c"), "-A:b=c");
	CHECK_STR(split("=x"), "-:x");
	CHECK_STR(split("A='x"), "-A:'x");
	CHECK_STR(split("}}A=1,B=2"), "-}}A:1|-B:2");
}

TEST(there_may_be_no_room)
{
	char text[4000];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	CHECK(!split(text));
}
