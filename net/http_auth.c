#include "net/http_auth.h"
#include "net/auth_digest.h"

static struct auth *make_negotiate(const struct http_auth_want *w)
{
	return auth_spnego_new(auth_ntlm_new(w->cred, &w->target), AUTH_OID_NTLM);
}

static struct auth *make_ntlm(const struct http_auth_want *w)
{
	return auth_ntlm_new(w->cred, &w->target);
}

static struct auth *make_digest(const struct http_auth_want *w)
{
	return auth_digest_new(w->cred, &w->target);
}

static struct auth *make_basic(const struct http_auth_want *w)
{
	return auth_basic_new(w->cred);
}

/* The certificate is TLS's; the header, a security profile of DSP0226, asks for it to count. */
static int certificate_step(struct auth *a, struct span in, struct buf *out, struct err *e)
{
	(void)a;
	(void)in;
	(void)out;
	(void)e;
	return 0;
}

static void certificate_free(struct auth *a)
{
	(void)a;
}

static struct auth *make_certificate(const struct http_auth_want *w)
{
	static const struct auth_ops ops = { .step = certificate_step, .free = certificate_free };
	static struct auth certificate = { .ops = &ops, .complete = true };

	(void)w;
	return &certificate;
}

static const struct http_auth_row rows[] = {            /* the better one first */
	{ HTTP_NEGOTIATE, "Negotiate", "Negotiate", HTTP_TOKEN, true, make_negotiate },
	{ HTTP_NTLM, "NTLM", "NTLM", HTTP_TOKEN, true, make_ntlm },
	{ HTTP_DIGEST, "Digest", "Digest", HTTP_PARAMS, false, make_digest },
	{ HTTP_BASIC, "Basic", "Basic", HTTP_TOKEN, false, make_basic },
	{ HTTP_CERTIFICATE, "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual", NULL,
		HTTP_BARE, false, make_certificate },
};
enum { ROW_N = sizeof(rows) / sizeof(rows[0]) };

static bool is_for(const struct http_challenge *c, const struct http_auth_row *row)
{
	return span_is_ci(c->scheme, row->name) &&
		(row->form != HTTP_PARAMS || auth_digest_usable(c->params));
}

void http_auth_offer(struct http_offer *o, struct span value)
{
	struct http_challenge c;
	size_t i, at;

	while (http_challenge_next(&value, &c)) {
		at = strlen(o->names);
		if (c.scheme.n + 3 < sizeof(o->names) - at) {
			if (at)
				memcpy(o->names + at, ", ", 2);
			memcpy(o->names + at + (at ? 2 : 0), c.scheme.p, c.scheme.n);
		}
		for (i = 0; i < ROW_N; i++) {
			if (is_for(&c, &rows[i]))
				o->rows |= 1u << i;
		}
	}
}

bool http_auth_find(struct span value, const struct http_auth_row *row, struct span *found)
{
	struct http_challenge c;

	while (http_challenge_next(&value, &c)) {
		if (!is_for(&c, row))
			continue;
		*found = row->form == HTTP_PARAMS ? c.params : c.token;
		return true;
	}
	return false;
}

static void explain(const struct http_auth_want *w, const struct http_offer *o,
	const struct http_auth_row *unsafe, struct err *e)
{
	size_t i = 0, other = 0;

	if (unsafe) {
		err_set(e, E_AUTH, "%s protects nothing that is sent over HTTP: use HTTPS (-UseSSL), or "
			"allow it with -SessionOption NoEncryption",
			unsafe->word ? unsafe->word : "a certificate");
		return;
	}
	while (i < ROW_N - 1 && !(rows[i].scheme & w->schemes))
		i++;
	while (o && other < ROW_N && !((1u << other) & o->rows))
		other++;
	if (!o || !o->names[0])
		err_set(e, E_AUTH, "the server asks for a login but offers no way to log in");
	else if (other < ROW_N)
		err_set(e, E_AUTH, "the server offers %s, not %s: try -Authentication %s", o->names,
			rows[i].word ? rows[i].word : "logins by certificate", rows[other].word);
	else
		err_set(e, E_AUTH, "the server offers only %s, which is not supported: enable Negotiate "
			"there", o->names);
}

const struct http_auth_row *http_auth_choose(const struct http_auth_want *w,
	const struct http_offer *o, unsigned *tried, struct err *e)
{
	const struct http_auth_row *unsafe = NULL;
	unsigned i, open = ~*tried & (o ? o->rows : ~0u);

	for (i = 0; i < ROW_N; i++) {
		if (!(rows[i].scheme & w->schemes) || !(open & 1u << i))
			continue;
		if (w->tls || rows[i].seals || (w->clear_ok && rows[i].form != HTTP_BARE)) {
			*tried |= 1u << i;
			return &rows[i];
		}
		unsafe = &rows[i];
	}
	explain(w, o, unsafe, e);
	return NULL;
}
