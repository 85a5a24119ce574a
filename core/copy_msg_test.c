#include "core/copy_msg.h"
#include "lib/b64.h"
#include "tests/unit.h"

static struct copy_msg msg;

/* Whether text is a message, now in msg. */
static bool get(const char *text)
{
	struct ps_val v = { .tag = PS_S, .text = span_str(text) };

	return copy_msg_get(&v, &msg);
}

TEST(a_file_has_size_time_attribute_and_a_name_with_blanks)
{
	CHECK(get("f 4711 630000000000000000 1 a folder/my file"));
	CHECK_INT(msg.kind, 'f');
	CHECK_INT(msg.size, 4711);
	CHECK_INT(msg.ticks, 630000000000000000);
	CHECK(msg.read_only);
	CHECK(span_is(msg.text, "a folder/my file"));
}

TEST(each_kind_has_its_fields)
{
	CHECK(get("d 0 5 0 x") && msg.kind == 'd' && msg.ticks == 5 && span_is(msg.text, "x"));
	CHECK(get("o 17") && msg.kind == 'o' && msg.size == 17 && !msg.text.n);
	CHECK(get("e AB") && msg.kind == 'e' && span_is(msg.text, "AB"));
	CHECK(get("x no way") && msg.kind == 'x' && span_is(msg.text, "no way"));
	CHECK(get("w left out") && msg.kind == 'w' && span_is(msg.text, "left out"));
	CHECK(get("t 18") && msg.kind == 't' && msg.size == 18);
	CHECK(get("k") && msg.kind == 'k');
	CHECK(get("y 3 C:\\a b") && msg.kind == 'y' && msg.entry == 3 && span_is(msg.text, "C:\\a b"));
	CHECK(get("n 4 ") && msg.kind == 'n' && msg.entry == 4 && !msg.text.n);
	CHECK(get("r 5 6 AB") && msg.entry == 5 && msg.size == 6 && span_is(msg.text, "AB"));
}

TEST(what_is_no_message_is_refused)
{
	static const char *const wrong[] = {
		"", " ", "q", "kk", "f", "f 1", "f 1 2", "f 1 2 ", "f -1 2 0 x", "f 1 2  x", "o", "o x",
		"y", "y x y", "r 1", "n ", "f 9223372036854775808 2 0 x", "f 18446744073709551616 2 0 x",
	};
	struct ps_val number = { .tag = PS_I32, .text = SPAN("1") };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		CHECK(!get(wrong[i]));
	CHECK(!copy_msg_get(&number, &msg));
	CHECK(!copy_msg_get(NULL, &msg));
}

TEST(a_message_cut_anywhere_is_itself_shorter_or_none)
{
	static const char whole[] = "f 4711 630000000000000000 1 name";
	char cut[sizeof(whole)];

	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		memcpy(cut, whole, n);
		cut[n] = '\0';
		CHECK(get(cut) == (n >= 27));
	}
}

TEST(a_byte_array_is_a_piece_also_when_boxed)
{
	struct ps_val v = { .tag = PS_BA, .text = SPAN("AAAA") };
	struct ps_val box = { .tag = PS_OBJ, .base = &v };

	CHECK(copy_msg_get(&v, &msg) && msg.kind == 'b' && span_is(msg.text, "AAAA"));
	CHECK(copy_msg_get(&box, &msg) && msg.kind == 'b' && span_is(msg.text, "AAAA"));
}

TEST(a_piece_comes_back_and_no_byte_of_it_may_change)
{
	static const struct span plain = SPAN("one and the same, one and the same, one and the same");
	struct buf got, text;
	struct ps_val *v;
	struct arena a;
	size_t n;

	arena_init(&a, SIZE_MAX);
	buf_init(&got, 1000);
	v = copy_piece(&a, plain, &n);
	CHECK(copy_msg_get(v, &msg) && msg.kind == 'b' && msg.text.n == n);
	CHECK(copy_plain(&msg, &got) && span_eq(buf_span(&got), plain));
	for (size_t i = 0; i < n; i++) {
		buf_init(&text, 1000);
		buf_put(&text, v->text);
		text.p[i] = '!';
		buf_clear(&got);
		msg.text = buf_span(&text);
		CHECK(!copy_plain(&msg, &got));
		msg.text = span_sub(v->text, 0, i);
		CHECK(!copy_plain(&msg, &got));
		buf_free(&text);
	}
	buf_free(&got);
	arena_free(&a);
}

TEST(the_hash_may_be_told_in_between)
{
	br_sha256_context sha;

	br_sha256_init(&sha);
	CHECK_STR(copy_hex(&sha).s, "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855");
	br_sha256_update(&sha, "abc", 3);
	CHECK_STR(copy_hex(&sha).s, "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD");
}
