#include "net/http_msg.h"
#include "tests/unit.h"

static struct http_msg m;
static struct buf body;
static enum http_ev last;
static bool had_head;
static size_t cap;

static void start(void)
{
	http_msg_free(&m);
	http_msg_init(&m, cap);
	buf_free(&body);
	buf_init(&body, 1 << 20);
	last = HTTP_MORE;
	had_head = false;
}

static void feed(const uint8_t *p, size_t n)
{
	struct span in = span_of(p, n), out;
	enum http_ev ev;

	while ((ev = http_msg_feed(&m, &in, &out)) != HTTP_MORE) {
		if (ev == HTTP_HEAD)
			had_head = true;
		if (ev == HTTP_BODY)
			buf_put(&body, out);
		else
			last = ev;
		if (ev == HTTP_BAD)
			return;
	}
	CHECK_INT(in.n, 0);
}

static void feed_text(const char *text)
{
	feed((const uint8_t *)text, strlen(text));
}

static void check_answer(int status, const char *want)
{
	CHECK_INT(last, HTTP_END);
	CHECK(had_head);
	CHECK_INT(m.status, status);
	CHECK_MEM(body.p, body.n, want, strlen(want));
}

static void is_hello(void)
{
	check_answer(200, "hello");
	CHECK(m.keep);
}

static void is_refused(void)
{
	CHECK_INT(last, HTTP_BAD);
	CHECK_INT(m.err.code, E_PEER);
}

static void is_over_a_cap(void)
{
	CHECK_INT(last, HTTP_BAD);
	CHECK_INT(m.err.code, E_LIMIT);
}

static void split(const char *text, void (*finish)(void))
{
	cap = 1000;
	each_split(text, strlen(text), start, feed, finish);
}

TEST(a_body_of_stated_length_is_read)
{
	split("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello", is_hello);
	split("HTTP/1.1 200\r\ncontent-length:5\r\n\r\nhello", is_hello);
	split("HTTP/1.1 200 OK\nContent-Length: 5, 5\nContent-Length: 5\n\nhello", is_hello);
}

TEST(chunks_with_extensions_and_trailer_are_joined)
{
	split("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	      "2;a=\"b;c\"\r\nhe\r\n003 ; x\r\nllo\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n", is_hello);
	split("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", is_hello);
}

TEST(interim_answers_are_skipped)
{
	split("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 x\r\nContent-Length: 9\r\n\r\n"
	      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", is_hello);
}

static void is_204(void)
{
	check_answer(204, "");
	CHECK(m.keep);
}

TEST(some_answers_have_no_body)
{
	split("HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n", is_204);
	split("HTTP/1.1 204 No Content\r\n\r\n", is_204);
}

static void ends_with_connection(void)
{
	CHECK_INT(last, HTTP_HEAD);
	CHECK_INT(http_msg_eof(&m), HTTP_END);
	CHECK(!m.keep);
	CHECK_MEM(body.p, body.n, "hello", 5);
}

TEST(without_a_length_the_body_ends_with_the_connection)
{
	split("HTTP/1.1 200 OK\r\n\r\nhello", ends_with_connection);
	split("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nhello", ends_with_connection);
}

static void closes(void)
{
	check_answer(200, "");
	CHECK(!m.keep);
}

static void stays(void)
{
	check_answer(200, "");
	CHECK(m.keep);
}

TEST(the_connection_stays_or_closes_as_told)
{
	split("HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n", closes);
	split("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", closes);
	split("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n", stays);
	split("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", stays);
}

TEST(lengths_that_conflict_or_are_nonsense_are_refused)
{
	split("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", is_refused);
	split("HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello", is_refused);
	split("HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello", is_refused);
	split("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello", is_refused);
	split("HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\nhello", is_refused);
	split("HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nhello", is_refused);
	split("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhello", is_refused);
	split("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	      is_refused);
	split("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", is_refused);
	split("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n",
	      is_refused);
	split("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", is_refused);
}

TEST(malformed_chunks_are_refused)
{
#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	split(CHUNKED "\r\n", is_refused);
	split(CHUNKED "x\r\n", is_refused);
	split(CHUNKED "-1\r\n", is_refused);
	split(CHUNKED "0x5\r\nhello\r\n0\r\n\r\n", is_refused);
	split(CHUNKED "4\r\nhello\r\n0\r\n\r\n", is_refused);
	split(CHUNKED "6\r\nhello\r\n0\r\n\r\n", is_refused);
	split(CHUNKED "10000000000000005\r\nhello", is_refused);
	split(CHUNKED "ffffffffffffffff\r\nhello", is_over_a_cap);
	split(CHUNKED "5\r\nhello\r\n3e4\r\n", is_over_a_cap);
}

static void is_no_http(void)
{
	is_refused();
	CHECK_STR(m.err.text, "no HTTP answer");
}

TEST(garbage_is_told_at_its_first_wrong_byte)
{
	split("S", is_no_http);
	split("HTTP/2", is_no_http);
	split("\x15\x03\x01", is_no_http);
	cap = 1000;
	each_split("\0HTTP", 5, start, feed, is_no_http);
	split("SSH-2.0-OpenSSH_9.2\r\n", is_no_http);
}

TEST(malformed_heads_are_refused)
{
	static const char *const bad[] = {
		"\r\n", "HTTP/1.1\r\n", "HTTP/1.1 20\r\n", "HTTP/1.1 2000 OK\r\n", "HTTP/1.1 099 x\r\n",
		"HTTP/1.1 600 x\r\n", "HTTP/1.x 200 OK\r\n", "HTTP/1.1  200 OK\r\n", "HTTP/1.1 -20 OK\r\n",
		"HTTP/1.1 101 Switching\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n",
		"HTTP/1.1 200 OK\r\nName : x\r\n", "HTTP/1.1 200 OK\r\n: x\r\n",
			"HTTP/1.1 200 OK\r\n x: y\r\n",
		"HTTP/1.1 200 OK\rx", "HTTP/1.1 200 OK\r\nA: b\rc\r\n", "HTTP/1.1 200 OK\r\nA\x01: b\r\n",
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		split(bad[i], is_refused);
	start();
	feed((const uint8_t *)"HTTP/1.1 200 OK\r\nA: \0b\r\n", 24);
	is_refused();
}

static void has_fields(void)
{
	struct span v;

	check_answer(401, "");
	CHECK(http_msg_field(&m, "www-authenticate", 0, &v) && span_is(v, "Basic realm=\"x: y\""));
	CHECK(http_msg_field(&m, "WWW-Authenticate", 1, &v) && span_is(v, "Negotiate   YII= , \tNTLM"));
	CHECK(!http_msg_field(&m, "WWW-Authenticate", 2, &v));
	CHECK(!http_msg_field(&m, "WWW", 0, &v) && !http_msg_field(&m, "HTTP/1.1 401 x", 0, &v));
	CHECK(http_msg_field(&m, "Empty", 0, &v) && !v.n);
}

TEST(fields_are_found_by_name_and_folded_lines_joined)
{
	split("HTTP/1.1 401 Empty: x\r\nWWW-Authenticate:   Basic realm=\"x: y\" \t\r\nEmpty:\r\n"
	      "WWW-AUTHENTICATE: Negotiate\r\n  YII= ,\r\n\tNTLM\r\nContent-Length: 0\r\n\r\n",
		has_fields);
}

TEST(endless_heads_hit_a_cap)
{
	char line[64];
	int i;

	start();
	feed_text("HTTP/1.1 200 OK\r\nA: ");
	for (i = 0; i < 200000 && last != HTTP_BAD; i++)
		feed_text("x");
	is_over_a_cap();
	CHECK(i <= HTTP_LINE_MAX);
	start();
	feed_text("HTTP/1.1 200 OK\r\n");
	for (i = 0; i < 1000 && last != HTTP_BAD; i++) {
		snprintf(line, sizeof(line), "Field-%d: x\r\n", i);
		feed_text(line);
	}
	CHECK_INT(i, HTTP_FIELDS_MAX + 1);
	is_over_a_cap();
	start();
	for (i = 0; i < 100000 && last != HTTP_BAD; i++)
		feed_text("HTTP/1.1 100 Continue\r\n\r\n");
	is_over_a_cap();
	start();
	feed_text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
	for (i = 0; i < 100000 && last != HTTP_BAD; i++)
		feed_text("Trailer: x\r\n");
	is_over_a_cap();
	start();
	feed_text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;");
	for (i = 0; i < 200000 && last != HTTP_BAD; i++)
		feed_text("x");
	is_over_a_cap();
}

TEST(bodies_have_a_cap)
{
	cap = 4;
	start();
	feed_text("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
	is_over_a_cap();
	start();
	feed_text("HTTP/1.1 200 OK\r\n\r\nhello");
	is_over_a_cap();
	start();
	feed_text("HTTP/1.1 200 OK\r\n\r\nhell");
	CHECK_INT(http_msg_eof(&m), HTTP_END);
	cap = 1000;
}

TEST(many_small_chunks_are_no_endless_head)
{
	int i;

	cap = 100000;
	start();
	feed_text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (i = 0; i < 50000; i++)
		feed_text("1\r\nx\r\n");
	feed_text("0\r\n\r\n");
	CHECK_INT(last, HTTP_END);
	CHECK_INT(body.n, 50000);
}

TEST(an_end_too_early_is_told_from_an_empty_reply)
{
	static const char all[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell";
	size_t i;

	cap = 1000;
	for (i = 0; i < sizeof(all); i++) {
		start();
		feed((const uint8_t *)all, i);
		CHECK_INT(http_msg_eof(&m), HTTP_BAD);
		CHECK_STR(m.err.text, i ? "a truncated answer" : "an empty reply");
	}
}

TEST(bytes_behind_an_answer_are_left_and_refused)
{
	struct span in = SPAN("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nrest"), out;

	cap = 1000;
	start();
	CHECK_INT(http_msg_feed(&m, &in, &out), HTTP_HEAD);
	CHECK_INT(http_msg_feed(&m, &in, &out), HTTP_END);
	CHECK(span_is(in, "rest"));
	CHECK_INT(http_msg_feed(&m, &in, &out), HTTP_BAD);
}

static void check_post(const char *host, uint16_t port, const char *path, const char *want)
{
	struct buf out;

	buf_init(&out, 4096);
	http_msg_put_post(&out, &(struct http_post){ .host = span_str(host), .port = port,
		.path = span_str(path), .auth = SPAN("Negotiate YII="), .body_len = 12 });
	CHECK(strncmp(buf_cstr(&out), want, strlen(want)) == 0);
	CHECK(strstr(buf_cstr(&out), "\r\nAuthorization: Negotiate YII=\r\n"));
	CHECK(strstr(buf_cstr(&out), "\r\nAccept-Encoding: identity\r\n"));
	CHECK(strstr(buf_cstr(&out), "\r\nContent-Length: 12\r\n\r\n"));
	CHECK(!strstr(buf_cstr(&out), "Content-Type"));
	buf_free(&out);
}

TEST(a_post_names_its_host_as_the_address_needs)
{
	check_post("srv1", 5985, "/wsman", "POST /wsman HTTP/1.1\r\nHost: srv1:5985\r\n");
	check_post("srv1", 80, "", "POST / HTTP/1.1\r\nHost: srv1\r\n");
	check_post("fe80::1%eth0", 5985, "x", "POST /x HTTP/1.1\r\nHost: [fe80::1]:5985\r\n");
	check_post("[fe80::1%eth0]", 5985, "/x", "POST /x HTTP/1.1\r\nHost: [fe80::1]:5985\r\n");
	check_post("[::1]", 80, "/x", "POST /x HTTP/1.1\r\nHost: [::1]\r\n");
}

TEST(a_path_cannot_smuggle_a_header)
{
	check_post("srv1", 80, "/a b\r\nX: y", "POST /a%20b%0D%0AX:%20y HTTP/1.1\r\nHost: srv1\r\n");
}
