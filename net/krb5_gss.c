#include "net/krb5_gss.h"
#include "lib/rand.h"
#include "lib/secret.h"
#include "net/asn1.h"
#include "net/krb5_prim.h"
#include "net/oldcrypt.h"

#define HEADER 16
#define CONFOUNDER 16
#define BY_ACCEPTOR 1                     /* flags, RFC 4121, 4.2.2 */
#define SEALED 2
#define ACCEPTOR_SUBKEY 4
enum usage { ACCEPTOR_SEAL = 22, ACCEPTOR_SIGN = 23, INITIATOR_SEAL = 24, INITIATOR_SIGN = 25 };

#define RC4_HEADER 8                      /* token id, algorithms, filler */
#define RC4_WRAP_LEN 32                   /* … with sequence, checksum and confounder */
#define RC4_MIC_LEN 24
static const uint8_t rc4_wrap_head[RC4_HEADER] = { 2, 1, 0x11, 0, 0x10, 0, 0xff, 0xff };
static const uint8_t rc4_mic_head[RC4_HEADER] = { 1, 1, 0x11, 0, 0xff, 0xff, 0xff, 0xff };
enum rc4_salt { RC4_WRAP = 13, RC4_MIC = 15 };

/* Windows' own number for Kerberos (MS-SPNG 3.1.5.2) */
#define WINDOWS_OID SPAN("\x2a\x86\x48\x82\xf7\x12\x01\x02\x02")

void krb5_gss_put_frame(struct span token, struct buf *out)
{
	size_t app = der_open(out, DER_APP);

	der_put(out, DER_OID, KRB5_GSS_OID);
	buf_put(out, token);
	der_close(out, app);
}

bool krb5_gss_get_frame(struct span framed, struct span *token)
{
	struct span oid;

	return der_get(&framed, DER_APP, token) && !framed.n && der_get(token, DER_OID, &oid) &&
		(span_eq(oid, KRB5_GSS_OID) || span_eq(oid, WINDOWS_OID));
}

unsigned krb5_gss_padding(const struct krb5_gss *g)
{
	return g->key.etype == KRB5_RC4 ? 1 : 0;
}

static void put_header(const struct krb5_gss *g, bool ours, bool wrap, uint64_t seq,
	uint8_t h[HEADER])
{
	memset(h, 0xff, HEADER);
	h[0] = wrap ? 5 : 4;
	h[1] = 4;
	h[2] = (g->from_acceptor == ours ? BY_ACCEPTOR : 0) | (wrap ? SEALED : 0) |
		(g->acceptor_subkey ? ACCEPTOR_SUBKEY : 0);
	if (wrap)
		put_u32be(h + 4, 0);            /* EC and RRC */
	put_u64be(h + 8, seq);
}

/* The last n of all bytes come first. */
static void rotate_right(uint8_t *p, size_t all, size_t n)
{
	uint8_t moved[HEADER + KRB5_SUM_MAX];

	memcpy(moved, p + all - n, n);
	memmove(p + n, p, all - n);
	memcpy(p, moved, n);
}

static void aes_wrap(struct krb5_gss *g, struct span plain, struct buf *out, size_t *sig_len)
{
	size_t start = out->n, turn;
	uint8_t h[HEADER], none[KRB5_SUM_MAX];
	struct buf text;

	put_header(g, true, true, g->out_seq++, h);
	buf_init_secret(&text, SIZE_MAX);
	buf_put(&text, plain);
	buf_put(&text, span_of(h, HEADER));
	turn = HEADER + krb5_sum(&g->key, 0, SPAN_NONE, none);
	put_u16be(h + 6, (uint16_t)turn);
	buf_put(out, span_of(h, HEADER));
	krb5_encrypt(&g->key, g->from_acceptor ? ACCEPTOR_SEAL : INITIATOR_SEAL, buf_span(&text), out);
	/* What follows the text goes in front of it, so that sealed and plain text are as long as each
	 * other. This is what Windows sends over HTTP, too: EC 0 (MS-KILE 3.4.5.4.1 says 16). */
	if (!buf_failed(out))
		rotate_right(out->p + start + HEADER, out->n - start - HEADER, turn);
	*sig_len = HEADER + turn + CONFOUNDER;
	buf_free(&text);
}

/* Undoes the rotation, opens, checks the copy of the header inside (RRC is not in it). */
static bool aes_open(struct krb5_gss *g, struct span token, size_t turn, struct buf *plain)
{
	struct span body = span_sub(token, HEADER, token.n);
	size_t start = plain->n, ec = get_u16be(token.p + 4), n;
	uint8_t h[HEADER];
	struct buf cipher;
	bool ok;

	buf_init(&cipher, body.n);
	turn %= body.n;
	buf_put(&cipher, span_sub(body, turn, body.n));
	buf_put(&cipher, span_sub(body, 0, turn));
	ok = krb5_decrypt(&g->key, g->from_acceptor ? INITIATOR_SEAL : ACCEPTOR_SEAL,
		buf_span(&cipher), plain);
	buf_free(&cipher);
	if (!ok)
		return false;
	n = plain->n - start;
	memcpy(h, token.p, HEADER);
	put_u16be(h + 6, 0);
	ok = n >= HEADER + ec && secret_eq(plain->p + plain->n - HEADER, h, HEADER);
	plain->n -= ok ? HEADER + ec : n;
	return ok;
}

static bool aes_unwrap(struct krb5_gss *g, struct span token, struct buf *plain)
{
	uint8_t h[HEADER];
	size_t ec, rrc;

	put_header(g, false, true, g->in_seq, h);
	if (token.n <= HEADER || memcmp(token.p, h, 4) || memcmp(token.p + 8, h + 8, 8))
		return false;
	ec = get_u16be(token.p + 4);
	rrc = get_u16be(token.p + 6);
	/* DEVIATION RFC 4121 4.2.5: in DCE style Windows turns by EC and RRC (MS-KILE 3.4.5.4.1). */
	if (!aes_open(g, token, rrc, plain) && (!ec || !aes_open(g, token, rrc + ec, plain)))
		return false;
	g->in_seq++;
	return true;
}

static struct span mac16(struct span key, struct span data, uint8_t out[16])
{
	krb5_hmac(&br_md5_vtable, key, data, SPAN_NONE, out, 16);
	return span_of(out, 16);
}

/* SGN_CKSUM over header and text. */
static void rc4_checksum(const struct krb5_gss *g, enum rc4_salt salt, const uint8_t *head,
	struct span text, uint8_t out[8])
{
	uint8_t salt_le[4], sign_key[16], digest[16], mac[16];
	br_md5_context c;

	put_u32le(salt_le, salt);
	br_md5_init(&c);
	br_md5_update(&c, salt_le, 4);
	br_md5_update(&c, head, RC4_HEADER);
	br_md5_update(&c, text.p, text.n);
	br_md5_out(&c, digest);
	mac16(span_of(g->key.b, g->key.n), span_of("signaturekey", 13), sign_key);
	mac16(span_of(sign_key, 16), span_of(digest, 16), mac);
	memcpy(out, mac, 8);
	secret_wipe(sign_key, sizeof(sign_key));
}

/* RC4 in place with HMAC(HMAC(key, 0), more). */
static void rc4_under(const uint8_t key[16], struct span more, uint8_t *p, size_t n)
{
	uint8_t k[16], k2[16];
	struct rc4 c;

	mac16(mac16(span_of(key, 16), SPAN("\0\0\0\0"), k), more, k2);
	rc4_init(&c, span_of(k2, 16));
	rc4_run(&c, p, n);
	secret_wipe(k, sizeof(k));
	secret_wipe(k2, sizeof(k2));
	secret_wipe(&c, sizeof(c));
}

/* SND_SEQ: number and direction, under the checksum. */
static void rc4_seq(const struct krb5_gss *g, bool ours, uint64_t seq, const uint8_t sum[8],
	uint8_t out[8])
{
	put_u32be(out, (uint32_t)seq);
	memset(out + 4, g->from_acceptor == ours ? 0xff : 0, 4);
	rc4_under(g->key.b, span_of(sum, 8), out, 8);
}

static void rc4_text(const struct krb5_gss *g, uint64_t seq, uint8_t *p, size_t n)
{
	uint8_t key[16], number[4];
	unsigned i;

	for (i = 0; i < 16; i++)
		key[i] = g->key.b[i] ^ 0xf0;
	put_u32be(number, (uint32_t)seq);
	rc4_under(key, span_of(number, 4), p, n);
	secret_wipe(key, sizeof(key));
}

static void rc4_wrap(struct krb5_gss *g, struct span plain, struct buf *out, size_t *sig_len)
{
	size_t start = out->n, n = 8 + plain.n + 1;     /* confounder, text, padding */
	struct buf token;
	uint8_t *p;

	buf_init_secret(&token, SIZE_MAX);
	p = buf_room(&token, RC4_WRAP_LEN + plain.n + 1);
	memcpy(p, rc4_wrap_head, RC4_HEADER);
	rand_bytes(p + 24, 8);
	if (plain.n)
		memcpy(p + RC4_WRAP_LEN, plain.p, plain.n);
	p[RC4_WRAP_LEN + plain.n] = 1;
	rc4_checksum(g, RC4_WRAP, p, span_of(p + 24, n), p + 16);
	rc4_text(g, g->out_seq, p + 24, n);
	rc4_seq(g, true, g->out_seq++, p + 16, p + 8);
	buf_add(&token, 24 + n);
	krb5_gss_put_frame(buf_span(&token), out);
	*sig_len = out->n - start - plain.n - 1;
	buf_free(&token);
}

/* Windows' DCE style frames the signature alone, and pads nothing. */
static bool rc4_unwrap(struct krb5_gss *g, struct span token, size_t sig_n, struct buf *plain)
{
	struct span t;
	uint8_t sum[8], seq[8], *p;
	size_t n, pad = 0;
	bool framed_alone, ok;

	framed_alone = krb5_gss_get_frame(span_sub(token, 0, sig_n), &t) && t.n == RC4_WRAP_LEN;
	if (!framed_alone && !krb5_gss_get_frame(token, &t))
		return false;
	if (t.n < RC4_WRAP_LEN || memcmp(t.p, rc4_wrap_head, RC4_HEADER))
		return false;
	n = (size_t)(token.p + token.n - t.p) - 24;
	p = buf_room(plain, n);
	if (!p)
		return false;
	memcpy(p, t.p + 24, n);
	rc4_text(g, g->in_seq, p, n);
	rc4_checksum(g, RC4_WRAP, t.p, span_of(p, n), sum);
	rc4_seq(g, false, g->in_seq, sum, seq);
	if (!framed_alone)
		pad = p[n - 1];
	ok = secret_eq(sum, t.p + 16, 8) && secret_eq(seq, t.p + 8, 8) && pad <= 8 && pad <= n - 8 &&
		(framed_alone || pad);
	if (!ok) {
		secret_wipe(p, n);
		return false;
	}
	g->in_seq++;
	memmove(p, p + 8, n - 8);
	buf_add(plain, n - 8 - pad);
	return true;
}

void krb5_gss_wrap(struct krb5_gss *g, struct span plain, struct buf *out, size_t *sig_len)
{
	if (g->key.etype == KRB5_RC4)
		rc4_wrap(g, plain, out, sig_len);
	else
		aes_wrap(g, plain, out, sig_len);
}

bool krb5_gss_unwrap(struct krb5_gss *g, struct span sig, struct span sealed, struct buf *plain)
{
	struct buf token;
	bool ok;

	buf_init(&token, SIZE_MAX);
	buf_put(&token, sig);
	buf_put(&token, sealed);
	ok = g->key.etype == KRB5_RC4 ? rc4_unwrap(g, buf_span(&token), sig.n, plain) :
		aes_unwrap(g, buf_span(&token), plain);
	buf_free(&token);
	return ok;
}

void krb5_gss_put_mic(struct krb5_gss *g, struct span data, struct buf *out)
{
	uint8_t t[RC4_MIC_LEN], sum[KRB5_SUM_MAX];
	struct buf text;

	if (g->key.etype == KRB5_RC4) {
		memcpy(t, rc4_mic_head, RC4_HEADER);
		rc4_checksum(g, RC4_MIC, t, data, t + 16);
		rc4_seq(g, true, g->out_seq++, t + 16, t + 8);
		krb5_gss_put_frame(span_of(t, RC4_MIC_LEN), out);
		return;
	}
	put_header(g, true, false, g->out_seq++, t);
	buf_put(out, span_of(t, HEADER));
	buf_init(&text, SIZE_MAX);
	buf_put(&text, data);
	buf_put(&text, span_of(t, HEADER));
	buf_put(out, span_of(sum, krb5_sum(&g->key, g->from_acceptor ? ACCEPTOR_SIGN : INITIATOR_SIGN,
		buf_span(&text), sum)));
	buf_free(&text);
}

bool krb5_gss_check_mic(struct krb5_gss *g, struct span data, struct span mic)
{
	struct krb5_gss peer = *g;
	struct span theirs = mic, ours;
	struct buf want;
	bool ok;

	/* There is nothing random in it: what the peer must have made can be made here, too. */
	peer.from_acceptor = !g->from_acceptor;
	peer.out_seq = g->in_seq;
	buf_init(&want, 200);
	krb5_gss_put_mic(&peer, data, &want);
	ours = buf_span(&want);
	if (g->key.etype == KRB5_RC4)           /* the OID in front may be either */
		ok = krb5_gss_get_frame(mic, &theirs) && krb5_gss_get_frame(ours, &ours);
	else
		ok = true;
	ok = ok && theirs.n == ours.n && secret_eq(theirs.p, ours.p, ours.n);
	if (ok)
		g->in_seq++;
	buf_free(&want);
	secret_wipe(&peer, sizeof(peer));
	return ok;
}
