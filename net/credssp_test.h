/* A mechanism inside CredSSP for tests: two tokens each way, and seals that show what they hold. */
#ifndef NET_CREDSSP_TEST_H
#define NET_CREDSSP_TEST_H
#include "net/credssp.h"

#define TEST_SIG "0123456789abcdef"      /* in front of what is sealed, each byte of which + 1 */

struct test_inner { struct auth a; unsigned steps; bool early; };

static inline int test_inner_step(struct auth *a, struct span in, struct buf *out, struct err *e)
{
	struct test_inner *t = (struct test_inner *)a;

	switch (t->steps++) {
	case 0:
		buf_puts(out, "one");
		return 1;
	case 1:
		if (!span_is(in, "ONE"))
			return err_set(e, E_AUTH, "not ONE");
		buf_puts(out, "two");
		a->can_wrap = true;
		a->complete = t->early;
		return !t->early;
	}
	a->complete = span_is(in, "TWO");
	return a->complete ? 0 : err_set(e, E_AUTH, "not TWO");
}

static inline int test_inner_wrap(struct auth *a, struct span plain, struct buf *out,
	size_t *sig_len, struct err *e)
{
	size_t i;

	(void)e;
	BUG_ON(!a->can_wrap);
	*sig_len = 16;
	buf_puts(out, TEST_SIG);
	for (i = 0; i < plain.n; i++)
		buf_putc(out, (uint8_t)(plain.p[i] + 1));
	return 0;
}

static inline int test_inner_unwrap(struct auth *a, struct span sig, struct span sealed,
	struct buf *plain, struct err *e)
{
	size_t i;

	if (!a->complete || !span_is(sig, TEST_SIG))
		return err_set(e, E_PEER, "wrong signature");
	for (i = 0; i < sealed.n; i++)
		buf_putc(plain, (uint8_t)(sealed.p[i] - 1));
	return 0;
}

static inline void test_inner_free(struct auth *a)
{
	(void)a;
}

static const struct auth_ops test_inner_ops = { .step = test_inner_step, .wrap = test_inner_wrap,
	.unwrap = test_inner_unwrap, .free = test_inner_free };

/* A conversation with the nonce 00 01 02 … and an RSA key of two small numbers. */
#define TEST_KEY "\x30\x06\x02\x01\x03\x02\x01\x05"

static inline void test_begin(struct credssp *c, struct test_inner *t,
	const struct auth_cred *cred)
{
	size_t i;

	*t = (struct test_inner){ .a = { .ops = &test_inner_ops } };
	*c = (struct credssp){ .inner = &t->a, .cred = cred, .key = SPAN(TEST_KEY), .old_ok = true };
	for (i = 0; i < CREDSSP_NONCE_LEN; i++)
		c->nonce[i] = (uint8_t)i;
}
#endif
