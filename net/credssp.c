#include "net/credssp.h"
#include <bearssl_hash.h>
#include "lib/utf.h"
#include "net/asn1.h"

#define SPEC "MS-CSSP 2.2.1"
#define OURS 6                            /* version */
#define HASHES 5                          /* from here on the key is bound by hashes */
#define OLDEST 2
#define TOKEN_MAX 0x20000
#define SIG_LEN 16                        /* NTLM's; Kerberos takes its tokens cut anywhere */

struct request {                          /* TSRequest, from the server; spans point into it */
	int64_t version, error;
	struct span token, key_auth;
	bool has_token, has_key;
};

/* NegoData (2.2.1.1): a list, in which never more than one token was seen. */
static bool read_nego(struct span list, struct span *token)
{
	struct span item;

	return der_get(&list, DER_SEQ, &item) && !list.n && der_field(&item, 0, DER_OCTETS, token) &&
		!item.n;
}

/* authInfo ([2]) is the client's alone. */
static bool read_request(struct span in, struct request *q)
{
	struct span seq, list = SPAN_NONE, error = SPAN_NONE, nonce;
	bool has_error = false, has_nonce = false;

	*q = (struct request){ 0 };
	if (!der_get(&in, DER_SEQ, &seq) || in.n || !der_field_int(&seq, 0, &q->version) ||
	    !der_option(&seq, 1, DER_SEQ, &list, &q->has_token) ||
	    !der_option(&seq, 3, DER_OCTETS, &q->key_auth, &q->has_key) ||
	    !der_option(&seq, 4, DER_INT, &error, &has_error) ||
	    !der_option(&seq, 5, DER_OCTETS, &nonce, &has_nonce) || seq.n)
		return false;
	return (!q->has_token || read_nego(list, &q->token)) &&
		(!has_error || der_int(error, &q->error));
}

static void put_nego(struct span token, struct buf *out)
{
	size_t field = der_open(out, DER_CTX + 1), list = der_open(out, DER_SEQ);
	size_t item = der_open(out, DER_SEQ);

	der_put_field(out, 0, DER_OCTETS, token);
	der_close(out, item);
	der_close(out, list);
	der_close(out, field);
}

/* What is empty is left out; the nonce goes with the key. */
static void put_request(const struct credssp *c, struct span token, struct span auth_info,
	struct span key_auth, struct buf *out)
{
	size_t seq = der_open(out, DER_SEQ);

	der_put_field_int(out, 0, OURS);
	if (token.n)
		put_nego(token, out);
	if (auth_info.n)
		der_put_field(out, 2, DER_OCTETS, auth_info);
	if (key_auth.n)
		der_put_field(out, 3, DER_OCTETS, key_auth);
	if (key_auth.n && c->version >= HASHES)
		der_put_field(out, 5, DER_OCTETS, span_of(c->nonce, CREDSSP_NONCE_LEN));
	der_close(out, seq);
}

/* What a side says of the key (3.1.5): its hash, or, before version 5, the key itself from the
 * client and one more from the server. */
static void put_binding(const struct credssp *c, bool from_client, struct buf *out)
{
	static const char client[] = "CredSSP Client-To-Server Binding Hash";  /* count with NUL */
	static const char server[] = "CredSSP Server-To-Client Binding Hash";
	br_sha256_context h;
	uint8_t hash[32];

	if (c->version < HASHES) {
		buf_put(out, c->key);
		if (!from_client && out->n)
			out->p[0]++;
		return;
	}
	br_sha256_init(&h);
	br_sha256_update(&h, from_client ? client : server, sizeof(client));
	br_sha256_update(&h, c->nonce, CREDSSP_NONCE_LEN);
	br_sha256_update(&h, c->key.p, c->key.n);
	br_sha256_out(&h, hash);
	buf_put(out, span_of(hash, sizeof(hash)));
}

/* The next token of the mechanism inside; as soon as it can seal, the key goes along. */
static int go_on(struct credssp *c, struct span in, struct buf *out, struct err *e)
{
	struct auth *inner = c->inner;
	struct buf token, key, sealed;
	size_t sig_len;
	int r;

	buf_init(&token, TOKEN_MAX);
	buf_init(&key, TOKEN_MAX);
	buf_init(&sealed, TOKEN_MAX);
	r = inner->ops->step(inner, in, &token, e);
	if (r >= 0 && inner->can_wrap) {
		put_binding(c, true, &key);
		c->state = CREDSSP_KEY;
		r = inner->ops->wrap(inner, buf_span(&key), &sealed, &sig_len, e);
	}
	if (r >= 0 && !token.n && !sealed.n)
		r = err_peer(e, SPEC, 0);
	if (r >= 0) {
		put_request(c, buf_span(&token), SPAN_NONE, buf_span(&sealed), out);
		r = 1;
	}
	buf_free(&token);
	buf_free(&key);
	buf_free(&sealed);
	return r;
}

/* Ends the login inside with the server's last token, if that is still to come. */
static int finish(struct credssp *c, const struct request *q, struct err *e)
{
	struct buf more;
	int r;

	if (c->inner->complete)
		return q->has_token ? err_peer(e, SPEC, 0) : 0;
	buf_init(&more, TOKEN_MAX);
	r = c->inner->ops->step(c->inner, q->token, &more, e);
	if (r > 0 || (r == 0 && more.n))
		r = err_peer(e, SPEC, 0);
	buf_free(&more);
	return r;
}

static int check_key(struct credssp *c, const struct request *q, struct err *e)
{
	struct buf got, want;
	int r;

	if (!q->has_key)
		return err_set(e, E_TLS, "the server did not prove that the key of its TLS session is its "
			"own (MS-CSSP 3.1.5); the password was not sent");
	buf_init(&got, TOKEN_MAX);
	buf_init(&want, TOKEN_MAX);
	put_binding(c, false, &want);
	r = c->inner->ops->unwrap(c->inner, span_sub(q->key_auth, 0, SIG_LEN),
		span_sub(q->key_auth, SIG_LEN, q->key_auth.n), &got, e);
	if (r == 0 && !span_eq(buf_span(&got), buf_span(&want)))
		r = err_set(e, E_TLS, "the server has another TLS session than this one (its public key "
			"differs): somebody is in between; the password was not sent");
	buf_free(&got);
	buf_free(&want);
	return r;
}

static bool put_text(struct buf *b, unsigned n, struct span text)
{
	size_t field = der_open(b, DER_CTX + n), octets = der_open(b, DER_OCTETS);
	bool ok = utf16le_put(b, text);

	der_close(b, octets);
	der_close(b, field);
	return ok;
}

/* TSCredentials with TSPasswordCreds (2.2.1.2.1) */
static bool put_credentials(const struct auth_cred *cred, struct buf *b)
{
	size_t all = der_open(b, DER_SEQ), field, octets, creds;
	bool ok;

	der_put_field_int(b, 0, 1);
	field = der_open(b, DER_CTX + 1);
	octets = der_open(b, DER_OCTETS);
	creds = der_open(b, DER_SEQ);
	ok = put_text(b, 0, cred->domain) && put_text(b, 1, cred->user) &&
		put_text(b, 2, secret_span(cred->password));
	der_close(b, creds);
	der_close(b, octets);
	der_close(b, field);
	der_close(b, all);
	return ok && !buf_failed(b);
}

static int give(struct credssp *c, struct buf *out, struct err *e)
{
	struct buf plain, sealed;
	size_t sig_len;
	int r;

	buf_init_secret(&plain, TOKEN_MAX);
	buf_init(&sealed, TOKEN_MAX);
	if (put_credentials(c->cred, &plain))
		r = c->inner->ops->wrap(c->inner, buf_span(&plain), &sealed, &sig_len, e);
	else
		r = err_set(e, E_USAGE, "user name or password is not valid UTF-8, or too long");
	if (r == 0)
		put_request(c, SPAN_NONE, buf_span(&sealed), SPAN_NONE, out);
	buf_free(&plain);
	buf_free(&sealed);
	c->state = CREDSSP_GIVEN;
	return r < 0 ? r : 1;
}

/* errorCode: an NTSTATUS (MS-ERREF 2.3) */
static int refused(uint32_t code, struct err *e)
{
	static const struct { uint32_t code; const char *text; } known[] = {
		{ 0xc000005e, "it reaches no domain controller" },
		{ 0xc0000064, "the user name or password is incorrect" },
		{ 0xc000006a, "the user name or password is incorrect" },
		{ 0xc000006d, "the user name or password is incorrect" },
		{ 0xc000006e, "the account is restricted (an empty password, perhaps)" },
		{ 0xc000006f, "the account may not log on at this time" },
		{ 0xc0000070, "the account may not log on from here" },
		{ 0xc0000071, "the password has expired" },
		{ 0xc0000072, "the account is disabled" },
		{ 0xc0000133, "the clocks differ too much" },
		{ 0xc000015b, "the account may not log on there this way" },
		{ 0xc0000193, "the account has expired" },
		{ 0xc0000224, "the password must be changed first" },
		{ 0xc0000234, "the account is locked" },
		{ 0xc0000413, "the account may not log on to that machine" },
	};
	const char *text = "CredSSP failed there";
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].code == code)
			text = known[i].text;
	}
	return err_set(e, E_AUTH, "the server refused it: %s (status %08lx)", text,
		(unsigned long)code);
}

static int check_version(struct credssp *c, int64_t theirs, struct err *e)
{
	unsigned version = theirs > OURS ? OURS : (unsigned)theirs;

	if (theirs < OLDEST)
		return err_set(e, E_PEER, "the server's version of CredSSP, %ld, is not known",
			(long)theirs);
	if (version < HASHES && !c->old_ok)
		return err_set(e, E_AUTH, "the server speaks CredSSP %u only, which does not keep out "
			"somebody in between (CVE-2018-0886): use HTTPS (-UseSSL), update the server, or take "
			"it as it is with -SessionOption AllowEncryptionOracle", version);
	if (c->version && c->version != version)
		return err_set(e, E_PEER, "the server changes its version of CredSSP on the way");
	c->version = version;
	return 0;
}

static int answer(struct credssp *c, struct span in, struct buf *out, struct err *e)
{
	enum credssp_state state = c->state;
	struct request q;

	if (!in.n && state == CREDSSP_GIVEN) {
		c->state = CREDSSP_DONE;
		return 0;
	}
	if (!in.n)
		return err_set(e, E_AUTH, "the server broke off the login");
	if (!read_request(in, &q))
		return err_peer(e, SPEC, 0);
	if (check_version(c, q.version, e) < 0)
		return e->code;
	if (q.error)
		return refused((uint32_t)q.error, e);
	if (state == CREDSSP_LOGIN && q.has_token && !q.has_key)
		return go_on(c, q.token, out, e);
	if (state != CREDSSP_KEY)
		return err_peer(e, SPEC, 0);
	if (finish(c, &q, e) < 0 || check_key(c, &q, e) < 0)
		return e->code;
	return give(c, out, e);
}

int credssp_step(struct credssp *c, struct span in, struct buf *out, struct err *e)
{
	int r;

	if (c->state == CREDSSP_START) {
		c->state = CREDSSP_LOGIN;
		r = go_on(c, SPAN_NONE, out, e);
	} else {
		r = answer(c, in, out, e);
	}
	if (r < 0)
		c->state = CREDSSP_BROKEN;
	return r;
}
