#include "net/http_auth.h"
#include "net/auth_credssp.h"
#include "net/auth_digest.h"

static struct auth *make_kerberos(const struct http_auth_want *w)
{
	return auth_krb5_new(w->ticket, &w->target, &w->krb5);
}

static struct auth *make_negotiate(const struct http_auth_want *w)
{
	if (w->ticket)
		return auth_spnego_new(make_kerberos(w), AUTH_OIDS_KRB5);
	return auth_spnego_new(auth_ntlm_new(w->cred, &w->target), AUTH_OID_NTLM);
}

/* What logs in inside CredSSP is bound to the TLS session there. */
static struct auth *make_inside(const void *ctx, struct span binding)
{
	struct http_auth_want w = *(const struct http_auth_want *)ctx;

	w.target.channel_binding = binding;
	return make_negotiate(&w);
}

static struct auth *make_credssp(const struct http_auth_want *w)
{
	return auth_credssp_new(w->cred, w->old_credssp, make_inside, w);
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

#define NONE HTTP_TICKET_NONE
#define MAY HTTP_TICKET_MAY
#define MUST HTTP_TICKET_MUST
static const struct http_auth_row rows[] = {            /* the better one first */
	{ HTTP_NEGOTIATE, "Negotiate", "Negotiate", HTTP_TOKEN, true, MAY, make_negotiate },
	{ HTTP_KERBEROS, "Kerberos", "Kerberos", HTTP_TOKEN, true, MUST, make_kerberos },
	{ HTTP_KERBEROS, "Negotiate", "Kerberos", HTTP_TOKEN, true, MUST, make_negotiate },
	{ HTTP_NTLM, "NTLM", "NTLM", HTTP_TOKEN, true, NONE, make_ntlm },
	{ HTTP_CREDSSP, "CredSSP", "Credssp", HTTP_TOKEN, true, MAY, make_credssp },
	{ HTTP_DIGEST, "Digest", "Digest", HTTP_PARAMS, false, NONE, make_digest },
	{ HTTP_BASIC, "Basic", "Basic", HTTP_TOKEN, false, NONE, make_basic },
	{ HTTP_CERTIFICATE, "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual", NULL,
		HTTP_BARE, false, NONE, make_certificate },
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
		if (c.scheme.n + 3 < sizeof(o->names) - at &&
			span_search(span_str(o->names), c.scheme) == at) {
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

enum why_not { OK, UNSAFE, NO_TICKET, NO_ACCOUNT };

/* Whether a row can be used with what there is. */
static enum why_not check(const struct http_auth_want *w, const struct http_auth_row *row)
{
	bool refused = w->no_ticket && w->no_ticket->code == E_AUTH;

	if (!row->seals && !w->tls && (!w->clear_ok || row->form == HTTP_BARE))
		return UNSAFE;
	if (row->ticket == HTTP_TICKET_MUST)
		return w->ticket ? OK : NO_TICKET;
	if (row->form == HTTP_BARE || (w->ticket && row->scheme == HTTP_NEGOTIATE))
		return OK;
	/* A KDC that refused the user is not to be followed by another try with the same password. */
	if (row->ticket == HTTP_TICKET_MAY && (refused || (!w->cred && w->no_ticket)))
		return NO_TICKET;
	return w->cred ? OK : NO_ACCOUNT;
}

static void explain(const struct http_auth_want *w, const struct http_offer *o,
	const struct http_auth_row *row, enum why_not why, struct err *e)
{
	const char *peer = w->proxy ? "proxy" : "server";
	size_t i = 0, other = 0;

	if (why == UNSAFE) {
		err_set(e, E_AUTH, "%s protects nothing that is sent over HTTP: use HTTPS (-UseSSL), or "
			"allow it with -SessionOption NoEncryption", row->word ? row->word : "a certificate");
		return;
	}
	if (why == NO_TICKET && w->no_ticket) {
		err_copy(e, w->no_ticket);
		err_prefix(e, "no Kerberos ticket: ");
		return;
	}
	if (why != OK) {
		err_set(e, E_AUTH, why == NO_TICKET ? "there is nothing to get a Kerberos ticket with" :
			"%s takes a user name and a password: give -Credential", row->word);
		return;
	}
	while (i < ROW_N - 1 && !(rows[i].scheme & w->schemes))
		i++;
	while (o && other < ROW_N && !((1u << other) & o->rows))
		other++;
	if (!o || !o->names[0])
		err_set(e, E_AUTH, "the %s asks for a login but offers no way to log in", peer);
	else if (other < ROW_N)
		err_set(e, E_AUTH, "the %s offers %s, not %s: try %s%s", peer, o->names,
			rows[i].word ? rows[i].word : "logins by certificate", w->proxy ?
			"-SessionOption ProxyAuthentication=" : "-Authentication ", rows[other].word);
	else
		err_set(e, E_AUTH, "the %s offers only %s, which is not supported: enable Negotiate "
			"there", peer, o->names);
}

const struct http_auth_row *http_auth_choose(const struct http_auth_want *w,
	const struct http_offer *o, unsigned *tried, struct err *e)
{
	const struct http_auth_row *unfit = NULL;
	unsigned i, open = ~*tried & (o ? o->rows : ~0u);
	enum why_not why = OK, one;

	for (i = 0; i < ROW_N; i++) {
		if (!(rows[i].scheme & w->schemes) || !(open & 1u << i))
			continue;
		one = check(w, &rows[i]);
		if (one == OK) {
			*tried |= 1u << i;
			return &rows[i];
		}
		if (!unfit || one == UNSAFE) {
			unfit = &rows[i];
			why = one;
		}
		if (one == NO_TICKET && w->no_ticket && w->no_ticket->code == E_AUTH)
			break;
	}
	explain(w, o, unfit, why, e);
	return NULL;
}

enum http_ticket_use http_auth_ticket(const struct http_auth_want *w,
	const struct http_auth_row *row)
{
	unsigned may = w->cred ? HTTP_NEGOTIATE | HTTP_CREDSSP : 0;

	if (row)
		return row->ticket == HTTP_TICKET_MAY && !w->cred ? HTTP_TICKET_MUST : row->ticket;
	if (w->schemes & may)
		return HTTP_TICKET_MAY;
	return w->schemes & (HTTP_KERBEROS | HTTP_NEGOTIATE) ? HTTP_TICKET_MUST : HTTP_TICKET_NONE;
}
