#include "net/tls_eng.h"
#include "lib/rand.h"
#include "lib/secret.h"
#include "net/tls_client.h"
#include "net/tls_err.h"

#define PIECE 16384                     /* plain text of a record at most */

/* Windows Server 2012 R2 has the last ones only. */
static const uint16_t suites[] = {
	BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	BR_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
	BR_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
	BR_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384,
	BR_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384,
	BR_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
	BR_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
	BR_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
	BR_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
	BR_TLS_RSA_WITH_AES_128_GCM_SHA256,
	BR_TLS_RSA_WITH_AES_256_GCM_SHA384,
	BR_TLS_RSA_WITH_AES_128_CBC_SHA256,
	BR_TLS_RSA_WITH_AES_256_CBC_SHA256,
	BR_TLS_RSA_WITH_AES_128_CBC_SHA,
	BR_TLS_RSA_WITH_AES_256_CBC_SHA,
};

/* One implementation of each: small, and with words of 64 bits. The instructions of x86 for AES-GCM
 * are 4 KiB, and no line or server of PowerShell's is as fast as this without them. */
static void choose_ciphers(br_ssl_engine_context *eng)
{

	br_ssl_engine_set_gcm(eng, &br_sslrec_in_gcm_vtable, &br_sslrec_out_gcm_vtable);
	br_ssl_engine_set_aes_ctr(eng, &br_aes_ct64_ctr_vtable);
	br_ssl_engine_set_ghash(eng, br_ghash_ctmul64);
	br_ssl_engine_set_chapol(eng, &br_sslrec_in_chapol_vtable, &br_sslrec_out_chapol_vtable);
	br_ssl_engine_set_chacha20(eng, br_chacha20_ct_run);
	br_ssl_engine_set_poly1305(eng, br_poly1305_ctmul_run);
	br_ssl_engine_set_cbc(eng, &br_sslrec_in_cbc_vtable, &br_sslrec_out_cbc_vtable);
	br_ssl_engine_set_aes_cbc(eng, &br_aes_ct64_cbcenc_vtable, &br_aes_ct64_cbcdec_vtable);
}

static void choose_keys(br_ssl_client_context *cc)
{
	br_ssl_client_set_rsapub(cc, br_rsa_i31_public);
	br_ssl_engine_set_rsavrfy(&cc->eng, br_rsa_i31_pkcs1_vrfy);
	br_ssl_engine_set_ec(&cc->eng, &br_ec_prime_i31);
	br_ssl_engine_set_ecdsa(&cc->eng, br_ecdsa_i31_vrfy_asn1);
	br_ssl_engine_set_hash(&cc->eng, br_sha1_ID, &br_sha1_vtable);
	br_ssl_engine_set_hash(&cc->eng, br_sha256_ID, &br_sha256_vtable);
	br_ssl_engine_set_hash(&cc->eng, br_sha384_ID, &br_sha384_vtable);
	br_ssl_engine_set_hash(&cc->eng, br_sha512_ID, &br_sha512_vtable);
	br_ssl_engine_set_prf_sha256(&cc->eng, br_tls12_sha256_prf);
	br_ssl_engine_set_prf_sha384(&cc->eng, br_tls12_sha384_prf);
}

static void seed(br_ssl_engine_context *eng)
{
	uint8_t random[48];

	rand_bytes(random, sizeof(random));
	br_ssl_engine_inject_entropy(eng, random, sizeof(random));
	secret_wipe(random, sizeof(random));
	eng->rng_os_rand_done = 1;      /* BearSSL need not look for more */
}

void tls_eng_init(struct tls_eng *e, const char *server_name, const struct tls_client *client)
{
	br_ssl_engine_context *eng = &e->cc.eng;

	memset(e, 0, sizeof(*e));
	tls_chain_init(&e->chain);
	br_ssl_client_zero(&e->cc);
	br_ssl_engine_set_versions(eng, BR_TLS12, BR_TLS12);
	br_ssl_engine_set_suites(eng, suites, sizeof(suites) / sizeof(suites[0]));
	choose_ciphers(eng);
	choose_keys(&e->cc);
	br_ssl_engine_set_x509(eng, &e->chain.vtable);
	br_ssl_engine_set_buffers_bidi(eng, e->in, sizeof(e->in), e->out, sizeof(e->out));
	if (client)
		tls_client_use(client, &e->cc);
	seed(eng);
	br_ssl_client_reset(&e->cc, server_name, 0);
}

void tls_eng_free(struct tls_eng *e)
{
	tls_chain_free(&e->chain);
	secret_wipe(e, sizeof(*e));
}

static void fail(struct tls_eng *e)
{
	int code = br_ssl_engine_last_error(&e->cc.eng), cause = code;

	/* handshake_failure once there is a suite: it was about the client certificate */
	if (e->accepted && code == BR_ERR_RECV_FATAL_ALERT + 40)
		cause = BR_ERR_RECV_FATAL_ALERT + (e->cc.client_auth_vtable ? 42 : 116);
	if (code == BR_ERR_UNSUPPORTED_VERSION && e->in[1] != 3)
		err_set(&e->err, E_TLS, "%s",
			!memcmp(e->in, "HTTP/", 5) ? "the server speaks plain HTTP on this port: take that of "
				"HTTPS, or no -UseSSL" :
			!memcmp(e->in, "SSH-", 4) ? "the server speaks SSH on this port: use -HostName, or "
				"check -Port" :
			"the server does not speak TLS on this port: check -Port, or leave out -UseSSL");
	else if (e->chain.err.code)
		err_copy(&e->err, &e->chain.err);
	else
		err_set(&e->err, E_TLS, "%s (%s %d)", tls_err_text(cause),
			code >= BR_ERR_RECV_FATAL_ALERT ? "alert" : "code", code & 0xff);
}

enum tls_eng_state tls_eng_state(struct tls_eng *e)
{
	unsigned br = br_ssl_engine_current_state(&e->cc.eng);

	if (br == BR_SSL_CLOSED && br_ssl_engine_last_error(&e->cc.eng))
		fail(e);
	if (e->err.code)
		return TLS_ENG_FAILED;
	if (br == BR_SSL_CLOSED || e->cc.eng.shutdown_recv)
		return TLS_ENG_ENDED;
	if (!e->accepted)
		return e->chain.whole ? TLS_ENG_CERT : TLS_ENG_SHAKING;
	if (br & (BR_SSL_SENDAPP | BR_SSL_RECVAPP))
		e->opened = true;
	return e->opened ? TLS_ENG_OPEN : TLS_ENG_SHAKING;
}

void tls_eng_accept(struct tls_eng *e)
{
	e->accepted = true;
}

uint8_t *tls_eng_room(struct tls_eng *e, size_t *n)
{
	return br_ssl_engine_recvrec_buf(&e->cc.eng, n);
}

/* Renegotiation must be a whole handshake: a server that resumes the session instead does not get
 * to ask for the client's certificate. */
void tls_eng_fed(struct tls_eng *e, size_t n)
{
	if (e->opened)
		br_ssl_client_forget_session(&e->cc);
	if (n)
		br_ssl_engine_recvrec_ack(&e->cc.eng, n);
}

struct span tls_eng_out(struct tls_eng *e)
{
	struct span s;

	if (e->chain.whole && !e->accepted)
		return SPAN_NONE;
	s.p = br_ssl_engine_sendrec_buf(&e->cc.eng, &s.n);
	return s;
}

void tls_eng_sent(struct tls_eng *e, size_t n)
{
	br_ssl_engine_sendrec_ack(&e->cc.eng, n);
}

struct span tls_eng_plain(struct tls_eng *e)
{
	struct span s;

	if (!e->accepted)
		return SPAN_NONE;
	s.p = br_ssl_engine_recvapp_buf(&e->cc.eng, &s.n);
	return s;
}

void tls_eng_got(struct tls_eng *e, size_t n)
{
	br_ssl_engine_recvapp_ack(&e->cc.eng, n);
}

size_t tls_eng_put(struct tls_eng *e, struct span plain)
{
	uint8_t *p;
	size_t n;

	if (!e->accepted)
		return 0;
	p = br_ssl_engine_sendapp_buf(&e->cc.eng, &n);
	if (n > plain.n)
		n = plain.n;
	if (n) {
		memcpy(p, plain.p, n);
		br_ssl_engine_sendapp_ack(&e->cc.eng, n);
	}
	return n;
}

void tls_eng_flush(struct tls_eng *e)
{
	br_ssl_engine_flush(&e->cc.eng, 0);
}

void tls_eng_close(struct tls_eng *e)
{
	br_ssl_engine_close(&e->cc.eng);
}

static void take_out(struct tls_eng *e, struct buf *out)
{
	struct span s;

	while ((s = tls_eng_out(e)).n) {
		buf_put(out, s);
		tls_eng_sent(e, s.n);
	}
}

static void take_plain(struct tls_eng *e, struct buf *plain)
{
	struct span s;

	while ((s = tls_eng_plain(e)).n) {
		buf_put(plain, s);
		tls_eng_got(e, s.n);
	}
}

int tls_eng_token(struct tls_eng *e, struct span cipher, struct buf *plain, struct buf *out)
{
	uint8_t *room;
	size_t n;

	take_out(e, out);
	while (cipher.n) {
		room = tls_eng_room(e, &n);
		if (!n)
			break;
		if (n > cipher.n)
			n = cipher.n;
		memcpy(room, cipher.p, n);
		tls_eng_fed(e, n);
		cipher = span_sub(cipher, n, cipher.n);
		take_plain(e, plain);
		take_out(e, out);
	}
	if (tls_eng_state(e) == TLS_ENG_FAILED)
		return e->err.code;
	if (cipher.n)
		return err_set(&e->err, E_TLS, "the server sends more than TLS has room for");
	return 0;
}

int tls_eng_seal(struct tls_eng *e, struct span plain, struct buf *out)
{
	size_t n;

	while (plain.n) {
		n = tls_eng_put(e, span_sub(plain, 0, PIECE));
		if (!n)
			return err_set(&e->err, E_TLS, "TLS cannot send now");
		tls_eng_flush(e);
		take_out(e, out);
		plain = span_sub(plain, n, plain.n);
	}
	return tls_eng_state(e) == TLS_ENG_FAILED ? e->err.code : 0;
}

size_t tls_eng_head_len(const struct tls_eng *e)
{
	size_t nonce = 16;              /* CBC's vector (RFC 5246, 6.2.3.2) */

	switch (e->cc.eng.session.cipher_suite) {
	case BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256:
	case BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256:
		nonce = 0;
		break;
	case BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256:
	case BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256:
	case BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384:
	case BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384:
	case BR_TLS_RSA_WITH_AES_128_GCM_SHA256:
	case BR_TLS_RSA_WITH_AES_256_GCM_SHA384:
		nonce = 8;              /* RFC 5288, 3 */
		break;
	}
	return 5 + nonce;
}
