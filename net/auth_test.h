/* What the tests of the mechanisms share: credentials, a challenge, the server's end. */
#ifndef NET_AUTH_TEST_H
#define NET_AUTH_TEST_H
#include "net/auth_ntlm.h"
#include "tests/unit.h"

#define NTLM_FLAGS 0xe28a8235u            /* what Windows answers */

/* Text of a test as UTF-16LE in a span that a literal can hold: U("V\0M\0"). */
#define U(lit) span_of(lit, sizeof(lit) - 1)

static struct secret *test_password;
static struct auth_cred test_cred;
static const struct auth_target test_target = { .host = { (const uint8_t *)"host.example", 12 },
	.service = { (const uint8_t *)"HTTP", 4 } };

static inline void test_cred_set(const char *user, const char *domain, const char *password)
{
	if (!test_password)
		test_password = secret_new();
	if (!secret_set(test_password, span_str(password)))
		abort();
	test_cred = (struct auth_cred){ span_str(user), span_str(domain), test_password };
}

/* CHALLENGE_MESSAGE with that target info; nonce 0123456789abcdef. */
static inline void test_challenge(struct buf *out, uint32_t flags, struct span info)
{
	uint8_t head[56] = "NTLMSSP\0\2";

	put_u32le(head + 16, 56);
	put_u32le(head + 20, flags);
	put_u64be(head + 24, 0x0123456789abcdefu);
	put_u16le(head + 40, (uint16_t)info.n);
	put_u16le(head + 42, (uint16_t)info.n);
	put_u32le(head + 44, 56);
	head[48] = 10;
	head[55] = 15;
	buf_put(out, span_of(head, 56));
	buf_put(out, info);
}

#define TEST_INFO "\2\0\4\0V\0M\0" "\1\0\4\0V\0M\0" "\7\0\x8\0\1\2\3\4\5\6\7\x8" "\0\0\0\0"

/* A field of AUTHENTICATE_MESSAGE: its descriptor stands at `at`. */
static inline struct span test_field(struct span msg, size_t at)
{
	struct span f = SPAN_NONE;

	if (!field_in(msg, get_u32le(msg.p + at + 4), get_u16le(msg.p + at), &f))
		FAIL("field at %zu lies outside", at);
	return f;
}
enum { F_LM = 12, F_NT = 20, F_DOMAIN = 28, F_USER = 36, F_KEY = 52 };

/* An engine that stands at the server's end of the session with this exported key. */
static inline struct auth_ntlm *test_server(const uint8_t key[16])
{
	struct auth_ntlm *n = (struct auth_ntlm *)auth_ntlm_new(&test_cred, &test_target);

	ntlm_side_init(&n->in, key, true);
	ntlm_side_init(&n->out, key, false);
	n->state = NTLM_DONE;
	n->a.can_wrap = n->a.complete = true;
	return n;
}
#endif
