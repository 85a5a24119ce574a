#include "applets/ui/history.h"
#include "tests/unit.h"

static struct history h;

static void all(struct buf *out)
{
	size_t pos = h.all.n;
	struct span s;

	buf_init(out, 1000);
	while (history_prev(&h, &pos, &s))
		buf_printf(out, "%.*s|", SPAN_ARG(s));
}

TEST(lines_come_newest_first_and_once_in_a_row)
{
	size_t pos = 0;
	struct span s;
	struct buf b;

	history_init(&h, 100);
	history_add(&h, SPAN("one"));
	history_add(&h, SPAN("two"));
	history_add(&h, SPAN("two"));
	history_add(&h, SPAN(""));
	history_add(&h, SPAN("one"));
	all(&b);
	CHECK_STR(buf_cstr(&b), "one|two|one|");
	buf_free(&b);
	CHECK(history_next(&h, &pos, &s) && span_is(s, "two"));
	CHECK(history_next(&h, &pos, &s) && span_is(s, "one"));
	CHECK(!history_next(&h, &pos, &s) && pos == h.all.n && !s.n);
	history_free(&h);
}

TEST(the_oldest_make_room)
{
	struct buf b;

	history_init(&h, 12);
	history_add(&h, SPAN("one"));
	history_add(&h, SPAN("two"));
	history_add(&h, SPAN("three"));
	all(&b);
	CHECK_STR(buf_cstr(&b), "three|two|");
	buf_free(&b);
	history_add(&h, SPAN("eleven byte"));
	all(&b);
	CHECK_STR(buf_cstr(&b), "eleven byte|");
	buf_free(&b);
	history_add(&h, SPAN("twelve bytes"));
	CHECK_INT(h.all.n, 12);
	history_free(&h);
}

TEST(secrets_are_known_by_their_words)
{
	CHECK(history_is_secret(SPAN("$x = ConvertTo-SecureString hello -AsPlainText")));
	CHECK(history_is_secret(SPAN("net use PassWord")));
	CHECK(history_is_secret(SPAN("$apikey = 'x'")));
	CHECK(!history_is_secret(SPAN("Get-ChildItem pass word")));
}
