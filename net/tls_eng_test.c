#include "net/tls_eng.h"
#include "lib/rand.h"
#include "net/tls_client.h"
#include "net/tls_test.h"

/* The kernel's place is taken by a counter, so that a handshake can be played again. */
static uint8_t counter;

void rand_bytes(void *p, size_t n)
{
	uint8_t *at = p;

	while (n--)
		*at++ = counter++;
}

/* The other end: BearSSL's server, RSA key exchange, which takes no time to replay. */
static struct {
	br_ssl_server_context cc;
	struct tls_client id;           /* its certificate and key */
	uint8_t buf[BR_SSL_BUFSIZE_BIDI];
} server;

static struct tls_eng eng;
static struct buf record;               /* what the server said */
static struct buf plain;

static void start_server(void)
{
	static const uint8_t seed[32] = { 1 };
	struct err e = { 0 };

	tls_client_init(&server.id);
	CHECK_INT(tls_client_cert(&server.id, span_str(pem_rsa), "", &e), 0);
	CHECK_INT(tls_client_key(&server.id, span_str(pem_rsa_key), NULL, "", &e), 0);
	br_ssl_server_init_minr2g(&server.cc, server.id.chain, server.id.n, &server.id.rsa);
	br_ssl_engine_set_buffer(&server.cc.eng, server.buf, sizeof(server.buf), 1);
	br_ssl_engine_inject_entropy(&server.cc.eng, seed, sizeof(seed));
	server.cc.eng.rng_os_rand_done = 1;
	CHECK(br_ssl_server_reset(&server.cc));
	buf_init(&record, 1 << 20);
	buf_init(&plain, 1 << 20);
}

static void stop_server(void)
{
	tls_client_free(&server.id);
	buf_free(&record);
	buf_free(&plain);
}

/* The server takes what the client sends, and appends its answer to record. Returns plain text. */
static struct span serve(struct span in)
{
	br_ssl_engine_context *s = &server.cc.eng;
	struct span got = SPAN_NONE;
	uint8_t *p;
	size_t n;

	for (;;) {
		if ((p = br_ssl_engine_sendrec_buf(s, &n))) {
			buf_put(&record, span_of(p, n));
			br_ssl_engine_sendrec_ack(s, n);
		} else if ((p = br_ssl_engine_recvapp_buf(s, &n))) {
			got = span_of(p, n);
			br_ssl_engine_recvapp_ack(s, n);
		} else if (in.n && (p = br_ssl_engine_recvrec_buf(s, &n))) {
			n = n < in.n ? n : in.n;
			memcpy(p, in.p, n);
			br_ssl_engine_recvrec_ack(s, n);
			in = span_sub(in, n, in.n);
		} else {
			return got;
		}
	}
}

static void server_says(const char *text)
{
	uint8_t *p;
	size_t n;

	p = br_ssl_engine_sendapp_buf(&server.cc.eng, &n);
	CHECK(p && n >= strlen(text));
	memcpy(p, text, strlen(text));
	br_ssl_engine_sendapp_ack(&server.cc.eng, strlen(text));
	br_ssl_engine_flush(&server.cc.eng, 0);
	serve(SPAN_NONE);
}

/* Tokens back and forth until the client waits for something else. */
static int exchange(void)
{
	struct span said = SPAN_NONE;
	struct buf out;
	size_t at = record.n;
	int r;

	buf_init(&out, 1 << 20);
	do {
		buf_clear(&out);
		r = tls_eng_token(&eng, said, &plain, &out);
		at = record.n;
		serve(buf_span(&out));
		said = span_sub(buf_span(&record), at, record.n);
	} while (r == 0 && (said.n || out.n));
	buf_free(&out);
	return r;
}

static void handshake(void)
{
	counter = 0;
	tls_eng_init(&eng, "srv.example", NULL);
	CHECK_INT(exchange(), 0);
	CHECK_INT(tls_eng_state(&eng), TLS_ENG_CERT);
	tls_eng_accept(&eng);
	CHECK_INT(exchange(), 0);
	CHECK_INT(tls_eng_state(&eng), TLS_ENG_OPEN);
}

TEST(tokens_are_sealed_and_opened)
{
	struct span got;
	struct buf out;

	start_server();
	handshake();
	CHECK_STR(br_ssl_engine_get_server_name(&server.cc.eng), "srv.example");
	CHECK(span_eq(eng.chain.leaf.key, server.id.leaf.key));
	buf_init(&out, 1 << 20);
	CHECK_INT(tls_eng_seal(&eng, SPAN("hello"), &out), 0);
	CHECK_INT(tls_eng_head_len(&eng), 13);          /* AES-GCM: a trailer of 16 */
	CHECK_INT(out.n, 13 + 5 + 16);
	got = serve(buf_span(&out));
	CHECK(span_is(got, "hello"));
	buf_clear(&record);
	server_says("an answer");
	buf_clear(&out);
	CHECK_INT(tls_eng_token(&eng, buf_span(&record), &plain, &out), 0);
	CHECK(span_is(buf_span(&plain), "an answer") && !out.n);
	buf_free(&out);
	tls_eng_free(&eng);
	stop_server();
}

TEST(long_texts_take_records_of_16384_bytes)
{
	static uint8_t text[40000];
	struct buf out;

	start_server();
	handshake();
	buf_init(&out, 1 << 20);
	CHECK_INT(tls_eng_seal(&eng, span_of(text, sizeof(text)), &out), 0);
	CHECK_INT(out.n, sizeof(text) + 3 * 29);
	CHECK_INT(get_u16be(out.p + 3), 16384 + 24);
	buf_free(&out);
	tls_eng_free(&eng);
	stop_server();
}

TEST(nothing_is_sent_before_the_certificate_is_accepted)
{
	struct buf out;

	start_server();
	counter = 0;
	buf_init(&out, 1 << 20);
	tls_eng_init(&eng, NULL, NULL);
	CHECK_INT(tls_eng_put(&eng, SPAN("secret")), 0);
	CHECK_INT(exchange(), 0);
	CHECK_INT(tls_eng_state(&eng), TLS_ENG_CERT);
	CHECK(!tls_eng_out(&eng).n && !tls_eng_put(&eng, SPAN("secret")));
	CHECK_INT(tls_eng_token(&eng, SPAN_NONE, &plain, &out), 0);
	CHECK(!out.n);
	buf_free(&out);
	tls_eng_free(&eng);
	stop_server();
}

static void start_client(void)
{
	counter = 0;
	buf_clear(&plain);
	tls_eng_init(&eng, "srv.example", NULL);
}

/* Bytes of the server, whose own pace does not matter; ours vanish. */
static void feed_client(const uint8_t *p, size_t len)
{
	struct span in = span_of(p, len), s;
	uint8_t *room;
	size_t n;

	for (;;) {
		if (tls_eng_state(&eng) == TLS_ENG_CERT)
			tls_eng_accept(&eng);
		if ((s = tls_eng_out(&eng)).n) {
			tls_eng_sent(&eng, s.n);
		} else if ((s = tls_eng_plain(&eng)).n) {
			buf_put(&plain, s);
			tls_eng_got(&eng, s.n);
		} else if (in.n && (room = tls_eng_room(&eng, &n)) && n) {
			n = n < in.n ? n : in.n;
			memcpy(room, in.p, n);
			tls_eng_fed(&eng, n);
			in = span_sub(in, n, in.n);
		} else {
			return;
		}
	}
}

static void finish_client(void)
{
	CHECK(span_is(buf_span(&plain), "first second"));
	CHECK_INT(tls_eng_state(&eng), TLS_ENG_ENDED);
	tls_eng_free(&eng);
}

TEST(a_conversation_may_be_cut_anywhere)
{
	start_server();
	handshake();
	tls_eng_free(&eng);
	server_says("first ");
	server_says("second");
	br_ssl_engine_close(&server.cc.eng);
	serve(SPAN_NONE);
	each_split(record.p, record.n, start_client, feed_client, finish_client);
	stop_server();
}

TEST(a_changed_byte_ends_it)
{
	struct buf copy;
	size_t i;

	start_server();
	handshake();
	tls_eng_free(&eng);
	server_says("first ");
	buf_init(&copy, 1 << 20);
	for (i = 0; i < record.n; i += 7) {
		buf_clear(&copy);
		buf_put(&copy, buf_span(&record));
		copy.p[i] ^= 0x20;
		start_client();
		feed_client(copy.p, copy.n);
		CHECK(!plain.n);
		tls_eng_free(&eng);
	}
	buf_free(&copy);
	stop_server();
}

static const char *why(const char *bytes, size_t n)
{
	static char text[400];

	counter = 0;
	tls_eng_init(&eng, NULL, NULL);
	feed_client((const uint8_t *)bytes, n);
	CHECK_INT(tls_eng_state(&eng), TLS_ENG_FAILED);
	CHECK_INT(eng.err.code, E_TLS);
	snprintf(text, sizeof(text), "%s", eng.err.text);
	tls_eng_free(&eng);
	return text;
}

TEST(failures_are_told_in_words)
{
	CHECK(strstr(why("\x15\3\3\0\2\2\x46", 7), "the server wants TLS 1.3, and this client has"));
	CHECK(strstr(why("\x15\3\3\0\2\2\x28", 7), "no cipher suite in common"));
	CHECK(strstr(why("\x15\3\3\0\2\2\x28", 7), "(alert 40)"));
	CHECK(strstr(why("HTTP/1.1 400 Bad", 16), "plain HTTP on this port"));
	CHECK(strstr(why("SSH-2.0-OpenSSH", 15), "speaks SSH on this port: use -HostName"));
	CHECK(strstr(why("220 mail ESMTP", 14), "does not speak TLS"));
	CHECK(strstr(why("\x16\3\1\0\6\2\0\0\2\3\1", 11), "only TLS 1.0 or 1.1"));
}
