/* What the Kerberos tests share: bytes written as hexadecimal, an answer of a server. */
#ifndef NET_KRB5_TEST_H
#define NET_KRB5_TEST_H
#include "net/asn1.h"
#include "net/krb5_msg.h"
#include "tests/unit.h"

/* Blanks are skipped; each call's bytes last for seven more calls. */
static inline struct span hex(const char *text)
{
	static uint8_t out[8][2048];
	static unsigned turn;
	uint8_t *p = out[turn = (turn + 1) % 8];
	unsigned digit, half = 0;
	size_t n = 0;

	for (; *text; text++) {
		if (*text == ' ')
			continue;
		digit = (unsigned)*text;
		digit = digit <= '9' ? digit - '0' : (digit | 32) - 'a' + 10;
		if (half++ & 1)
			p[n++] |= (uint8_t)digit;
		else
			p[n] = (uint8_t)(digit << 4);
	}
	return span_of(p, n);
}

#define CHECK_HEX(got, got_len, text) do { \
	struct span want_ = hex(text); \
	CHECK_MEM(got, got_len, want_.p, want_.n); \
} while (0)
/* AP-REP with that encrypted part. */
static inline void test_ap_rep(struct buf *b, const struct krb5_key *k, struct span part)
{
	size_t app = der_open(b, DER_APP + 15), seq = der_open(b, DER_SEQ), field, data;
	struct buf cipher;

	buf_init(&cipher, 1000);
	krb5_encrypt(k, KRB5_U_AP_REP, part, &cipher);
	der_put_field_int(b, 0, 5);
	der_put_field_int(b, 1, 15);
	field = der_open(b, DER_CTX + 2);
	data = der_open(b, DER_SEQ);
	der_put_field_int(b, 0, k->etype);
	der_put_field(b, 2, DER_OCTETS, buf_span(&cipher));
	der_close(b, data);
	der_close(b, field);
	der_close(b, seq);
	der_close(b, app);
	buf_free(&cipher);
}
#endif
