#include "net/auth_test.h"

static struct auth_ntlm *ntlm;
static struct buf out, challenge;
static struct err err;

static void begin(const struct auth_target *t)
{
	buf_init(&out, 1 << 20);
	buf_init(&challenge, 1 << 20);
	err = (struct err){ 0 };
	ntlm = (struct auth_ntlm *)auth_ntlm_new(&test_cred, t);
	CHECK_INT(ntlm->a.ops->step(&ntlm->a, SPAN_NONE, &out, &err), 1);
	CHECK(!ntlm->a.can_wrap);
}

static int answer(uint32_t flags, struct span info)
{
	test_challenge(&challenge, flags, info);
	buf_clear(&out);
	return ntlm->a.ops->step(&ntlm->a, buf_span(&challenge), &out, &err);
}

static void end(void)
{
	ntlm->a.ops->free(&ntlm->a);
	buf_free(&out);
	buf_free(&challenge);
}

static bool has(struct span whole, struct span part)
{
	return span_search(whole, part) < whole.n;
}

/* MS-NLMP 4.2.1 and 4.2.4. The document's client sends an LMv2 response and no MIC there, so what
 * is compared are the NTLMv2 response, the session keys and the sealed message. */
TEST(published_vectors_of_ms_nlmp_4_2_4)
{
	static const struct auth_target no_spn;
	static const char want_nt[] = "\x68\xcd\x0a\xb8\x51\xe5\x1c\x96\xaa\xbc\x92\x7b\xeb\xef\x6a\x1c"
		"\1\1\0\0\0\0\0\0" "\0\0\0\0\0\0\0\0" "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa" "\0\0\0\0"
		"\2\0\x0c\0D\0o\0m\0a\0i\0n\0" "\1\0\x0c\0S\0e\0r\0v\0e\0r\0" "\0\0\0\0" "\0\0\0\0";
	static const char want_sealed[] = "\1\0\0\0\x7f\xb3\x8e\xc5\xc5\x5d\x49\x76\0\0\0\0"
		"\x54\xe5\x01\x65\xbf\x19\x36\xdc\x99\x60\x20\xc1\x81\x1b\x0f\x06\xfb\x5f";
	struct span nt;
	size_t sig_len;

	test_cred_set("User", "Domain", "Password");
	begin(&no_spn);
	memset(ntlm->nonce, 0xaa, 8);
	memset(ntlm->exported_key, 0x55, 16);
	CHECK_INT(answer(0xe28a8233u, U("\2\0\x0c\0D\0o\0m\0a\0i\0n\0" "\1\0\x0c\0S\0e\0r\0v\0e\0r\0"
		"\0\0\0\0")), 0);
	nt = test_field(buf_span(&out), F_NT);
	CHECK_MEM(nt.p, nt.n, want_nt, sizeof(want_nt) - 1);
	CHECK_MEM(test_field(buf_span(&out), F_KEY).p, 16,
		"\xc5\xda\xd2\x54\x4f\xc9\x79\x90\x94\xce\x1c\xe9\x0b\xc9\xd0\x3e", 16);
	CHECK_MEM(ntlm->out.sign_key, 16,
		"\x47\x88\xdc\x86\x1b\x47\x82\xf3\x5d\x43\xfd\x98\xfe\x1a\x2d\x39", 16);
	CHECK_MEM(ntlm->out.seal_key, 16,
		"\x59\xf6\x00\x97\x3c\xc4\x96\x0a\x25\x48\x0a\x7c\x19\x6e\x4c\x58", 16);
	CHECK(!ntlm->a.wants_mic);      /* no timestamp, no MIC */
	buf_clear(&out);
	CHECK_INT(ntlm->a.ops->wrap(&ntlm->a, U("P\0l\0a\0i\0n\0t\0e\0x\0t\0"), &out, &sig_len,
		&err), 0);
	CHECK_INT(sig_len, 16);
	CHECK_MEM(out.p, out.n, want_sealed, sizeof(want_sealed) - 1);
	end();
}

TEST(target_info_keeps_its_order_and_gets_flags_time_and_spn)
{
	static const char want[] = "\2\0\4\0V\0M\0" "\1\0\4\0V\0M\0" "\7\0\x8\0\1\2\3\4\5\6\7\x8"
		"\6\0\4\0\2\0\0\0" "\x9\0\x22\0H\0T\0T\0P\0/\0h\0o\0s\0t\0.\0e\0x\0a\0m\0p\0l\0e\0"
		"\0\0\0\0" "\0\0\0\0";
	struct span nt;

	test_cred_set("u", "", "p");
	begin(&test_target);
	CHECK_INT(answer(NTLM_FLAGS, U(TEST_INFO)), 0);
	nt = test_field(buf_span(&out), F_NT);
	CHECK_MEM(nt.p + 24, 8, "\1\2\3\4\5\6\7\x8", 8);
	CHECK_MEM(nt.p + 44, nt.n - 44, want, sizeof(want) - 1);
	CHECK(ntlm->a.wants_mic);
	CHECK(!secret_eq(out.p + 72, (uint8_t[16]){ 0 }, 16));     /* the MIC */
	CHECK(get_u32le(out.p + 60) & 0x02000000);
	end();
}

TEST(flags_of_the_server_stay_and_get_the_mic_bit)
{
	test_cred_set("u", "", "p");
	begin(&test_target);
	CHECK_INT(answer(NTLM_FLAGS, U("\6\0\4\0\4\0\0\0" "\7\0\x8\0\1\2\3\4\5\6\7\x8" "\0\0\0\0")), 0);
	CHECK(has(buf_span(&out), U("\6\0\4\0\6\0\0\0" "\7\0\x8\0")));
	CHECK(!has(buf_span(&out), U("\6\0\4\0\2\0\0\0")));
	end();
}

TEST(bindings_and_spn_are_ours_alone)
{
	struct auth_target t = test_target;

	t.channel_binding = U("0123456789abcdef");
	test_cred_set("u", "", "p");
	begin(&t);
	CHECK_INT(answer(NTLM_FLAGS, U("\x0a\0\x10\0" "relayed relayed!" "\x9\0\4\0E\0V\0"
		TEST_INFO)), 0);
	CHECK(has(buf_span(&out), U("\x0a\0\x10\0" "0123456789abcdef" "\x9\0\x22\0H\0T\0T\0P\0/\0")));
	CHECK(!has(buf_span(&out), U("relayed")));
	CHECK(!has(buf_span(&out), U("E\0V\0")));
	end();
}

TEST(without_tls_there_is_no_binding)
{
	test_cred_set("u", "", "p");
	begin(&test_target);
	CHECK_INT(answer(NTLM_FLAGS, U(TEST_INFO)), 0);
	CHECK(!has(test_field(buf_span(&out), F_NT), U("\x0a\0\x10\0")));
	end();
}

TEST(our_time_counts_when_the_server_tells_none)
{
	struct auth_target t = test_target;

	t.filetime = 0x1122334455667788u;
	test_cred_set("u", "", "p");
	begin(&t);
	CHECK_INT(answer(NTLM_FLAGS, U("\1\0\4\0V\0M\0" "\0\0\0\0")), 0);
	CHECK_INT(get_u64le(test_field(buf_span(&out), F_NT).p + 24), 0x1122334455667788u);
	CHECK(!has(buf_span(&out), U("\6\0\4\0")));
	end();
}

TEST(names_go_out_as_typed_and_a_dot_is_the_target_machine)
{
	test_cred_set("J\xc3\xb6rg", "D\xc3\xb6m", "p");
	begin(&test_target);
	CHECK_INT(answer(NTLM_FLAGS, U(TEST_INFO)), 0);
	CHECK(span_eq(test_field(buf_span(&out), F_USER), U("J\0\xf6\0r\0g\0")));
	CHECK(span_eq(test_field(buf_span(&out), F_DOMAIN), U("D\0\xf6\0m\0")));
	end();
	test_cred_set("admin", ".", "p");
	begin(&test_target);
	CHECK_INT(answer(NTLM_FLAGS, U(TEST_INFO)), 0);
	CHECK(span_eq(test_field(buf_span(&out), F_DOMAIN), U("V\0M\0")));
	end();
}

TEST(typed_users_are_split)
{
	static const struct { const char *typed, *domain, *user; } c[] = {
		{ "user", "", "user" }, { "DOM\\user", "DOM", "user" }, { ".\\user", ".", "user" },
		{ "user@dom.example", "", "user@dom.example" }, { "\\user", "", "user" },
		{ "DOM\\a\\b", "DOM", "a\\b" }, { "DOM\\u@x", "DOM", "u@x" },
	};
	struct auth_cred cred;
	size_t i;

	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		CHECK_INT(auth_split_user(span_str(c[i].typed), &cred, &err), 0);
		CHECK(span_is(cred.domain, c[i].domain));
		CHECK(span_is(cred.user, c[i].user));
	}
	err = (struct err){ 0 };
	CHECK_INT(auth_split_user(SPAN("DOM\\"), &cred, &err), E_USAGE);
	err = (struct err){ 0 };
	CHECK_INT(auth_split_user(SPAN(""), &cred, &err), E_USAGE);
}

TEST(less_than_ntlmv2_with_128_bit_sealing_is_refused)
{
	static const uint32_t need[] = { 1, 0x10, 0x20, 0x80000, 0x800000, 0x20000000, 0x40000000 };
	size_t i;

	test_cred_set("u", "", "p");
	for (i = 0; i < sizeof(need) / sizeof(need[0]); i++) {
		begin(&test_target);
		CHECK_INT(answer(NTLM_FLAGS & ~need[i], U(TEST_INFO)), E_AUTH);
		CHECK_INT(out.n, 0);
		CHECK(!ntlm->a.can_wrap);
		end();
	}
}

TEST(a_password_that_is_not_utf8_is_refused)
{
	test_cred_set("u", "", "p\xff");
	begin(&test_target);
	CHECK_INT(answer(NTLM_FLAGS, U(TEST_INFO)), E_USAGE);
	end();
}

static int feed_challenge(struct span in)
{
	struct auth *a = auth_ntlm_new(&test_cred, &test_target);
	uint8_t *copy = malloc(in.n ? in.n : 1);
	struct err e = { 0 };
	struct buf o;
	int r;

	if (!copy)
		abort();
	if (in.n)
		memcpy(copy, in.p, in.n);
	buf_init(&o, 1 << 20);
	CHECK_INT(a->ops->step(a, SPAN_NONE, &o, &e), 1);
	r = a->ops->step(a, span_of(copy, in.n), &o, &e);
	CHECK(r == 0 || r == e.code);
	CHECK_INT(a->can_wrap, r == 0);
	a->ops->free(a);
	buf_free(&o);
	free(copy);
	return r;
}

TEST(a_challenge_cut_anywhere_is_refused)
{
	struct buf b;
	size_t i;

	test_cred_set("u", "", "p");
	buf_init(&b, 4096);
	test_challenge(&b, NTLM_FLAGS, U(TEST_INFO));
	CHECK_INT(feed_challenge(SPAN_NONE), E_AUTH);
	for (i = 1; i < b.n; i++)
		CHECK_INT(feed_challenge(span_sub(buf_span(&b), 0, i)), E_PEER);
	CHECK_INT(feed_challenge(buf_span(&b)), 0);
	buf_free(&b);
}

TEST(a_challenge_changed_anywhere_does_no_harm)
{
	static const uint8_t to[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	struct buf b;
	size_t i, k;
	uint8_t was;

	test_cred_set("u", ".", "p");
	buf_init(&b, 4096);
	test_challenge(&b, NTLM_FLAGS, U(TEST_INFO));
	for (i = 0; i < b.n; i++) {
		for (k = 0; k < sizeof(to); k++) {
			was = b.p[i];
			b.p[i] = to[k];
			feed_challenge(buf_span(&b));
			b.p[i] = was;
		}
	}
	buf_free(&b);
}

TEST(target_info_without_an_end_or_with_a_pair_outside_is_refused)
{
	struct buf b;

	test_cred_set("u", "", "p");
	buf_init(&b, 4096);
	test_challenge(&b, NTLM_FLAGS, U("\1\0\4\0V\0M\0"));
	CHECK_INT(feed_challenge(buf_span(&b)), E_PEER);
	buf_clear(&b);
	test_challenge(&b, NTLM_FLAGS, U("\1\0\5\0V\0M\0" "\0"));
	CHECK_INT(feed_challenge(buf_span(&b)), E_PEER);
	buf_free(&b);
}

static const uint8_t key[16] = "0123456789abcde";

static void open_one(struct auth_ntlm *n, struct span msg, int want)
{
	struct buf plain;
	struct err e = { 0 };

	buf_init(&plain, 1000);
	CHECK_INT(n->a.ops->unwrap(&n->a, span_sub(msg, 0, 16), span_sub(msg, 16, msg.n), &plain, &e),
		want);
	if (want == 0)
		CHECK(span_is(buf_span(&plain), "text"));
	else
		CHECK_INT(plain.n, 0);
	buf_free(&plain);
}

static void seal_one(struct auth_ntlm *n, struct buf *b)
{
	struct err e = { 0 };
	size_t sig_len;

	buf_init(b, 1000);
	CHECK_INT(n->a.ops->wrap(&n->a, SPAN("text"), b, &sig_len, &e), 0);
}

TEST(messages_open_once_in_order_and_whole)
{
	struct auth_ntlm *client, *server;
	struct buf m[3];
	unsigned i, bit;

	test_cred_set("u", "", "p");
	client = test_server(key);      /* only its ends change: what server seals, client opens */
	ntlm_side_init(&client->in, key, false);
	server = test_server(key);
	for (i = 0; i < 3; i++)
		seal_one(server, &m[i]);
	CHECK_INT(get_u32le(m[2].p + 12), 2);
	open_one(client, buf_span(&m[0]), 0);
	open_one(client, buf_span(&m[1]), 0);
	open_one(client, buf_span(&m[1]), E_PEER);       /* again */
	open_one(client, buf_span(&m[2]), E_PEER);       /* broken for good */
	for (bit = 0; bit < 8 * m[0].n; bit += 3) {
		client->state = NTLM_DONE;
		ntlm_side_init(&client->in, key, false);
		m[0].p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		open_one(client, buf_span(&m[0]), E_PEER);
		m[0].p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	client->state = NTLM_DONE;
	ntlm_side_init(&client->in, key, false);
	open_one(client, buf_span(&m[1]), E_PEER);       /* one was lost */
	client->state = NTLM_DONE;
	open_one(client, span_sub(buf_span(&m[0]), 0, 15), E_PEER);
	for (i = 0; i < 3; i++)
		buf_free(&m[i]);
	client->a.ops->free(&client->a);
	server->a.ops->free(&server->a);
}

TEST(our_own_message_sent_back_is_refused)
{
	struct auth_ntlm *server;
	struct buf m;

	test_cred_set("u", "", "p");
	server = test_server(key);
	seal_one(server, &m);
	open_one(server, buf_span(&m), E_PEER);
	buf_free(&m);
	server->a.ops->free(&server->a);
}

TEST(an_answer_over_the_cap_is_e_limit)
{
	struct auth_ntlm *server, *client;
	struct buf m, plain;
	struct err e = { 0 };

	test_cred_set("u", "", "p");
	server = test_server(key);
	client = test_server(key);
	ntlm_side_init(&client->in, key, false);
	seal_one(server, &m);
	buf_init(&plain, 3);
	CHECK_INT(client->a.ops->unwrap(&client->a, span_of(m.p, 16), span_of(m.p + 16, 4), &plain, &e),
		E_LIMIT);
	buf_free(&plain);
	buf_free(&m);
	server->a.ops->free(&server->a);
	client->a.ops->free(&client->a);
}
