#include "net/http_login.h"
#include "lib/b64.h"

#define TOKEN_MAX 65536
#define ROUNDS_MAX 20                   /* CredSSP takes about eight */

void http_login_fresh(struct http_login *l)
{
	l->tried = l->rounds = 0;
}

void http_login_drop(struct http_login *l)
{
	l->more = false;
	l->legs = 0;
	if (l->auth && l->row->seals)
		http_login_free(l);
}

void http_login_free(struct http_login *l)
{
	if (l->auth)
		l->auth->ops->free(l->auth);
	l->auth = NULL;
}

static int failed(struct http_login *l, struct err *e)
{
	err_prefix(e, "login at %s by %s failed: ", l->who, l->row->name);
	return e->code;
}

/* Gives the peer's token, or challenge, to the mechanism; what it answers becomes the header. */
static int step(struct http_login *l, struct span in, struct buf *value, struct err *e)
{
	struct buf token;
	int r;

	buf_init_secret(&token, TOKEN_MAX);
	r = l->auth->ops->step(l->auth, in, &token, e);
	if (r >= 0 && buf_failed(&token))
		r = err_set(e, E_LIMIT, "the token is too large");
	if (r > 0 && !token.n && l->row->form == HTTP_TOKEN)
		r = err_set(e, E_PEER, "the server asks for more than there is to say");
	if (r >= 0 && (token.n || l->row->form == HTTP_BARE)) {
		l->legs++;
		buf_puts(value, l->row->name);
		if (token.n)
			buf_putc(value, ' ');
		if (l->row->form == HTTP_PARAMS)
			buf_put(value, buf_span(&token));
		else
			b64_put(value, buf_span(&token));
	}
	l->more = r > 0;
	buf_free(&token);
	return r < 0 ? failed(l, e) : 0;
}

int http_login_start(struct http_login *l, struct buf *value, struct err *e)
{
	if (!l->row && l->want.proxy)
		return 0;
	if (!l->row)
		l->row = http_auth_choose(&l->want, NULL, &l->tried, e);
	if (!l->row) {
		err_prefix(e, "login at %s is not possible: ", l->who);
		return e->code;
	}
	if (l->row->seals)
		http_login_free(l);
	if (!l->auth)
		l->auth = l->row->make(&l->want);
	l->legs = 0;
	return step(l, SPAN_NONE, value, e);
}

/* The header in which the peer says what it wants. */
static const char *asking(const struct http_login *l)
{
	return l->want.proxy ? "Proxy-Authenticate" : "WWW-Authenticate";
}

/* The header with that scheme's token or challenge, if there is one. */
static bool find(const struct http_login *l, const struct http_msg *m, struct span *found)
{
	struct span value;
	size_t i;

	for (i = 0; l->row && http_msg_field(m, asking(l), i, &value); i++) {
		if (http_auth_find(value, l->row, found))
			return true;
	}
	return false;
}

bool http_login_has_token(const struct http_login *l, const struct http_msg *m)
{
	struct span found = SPAN_NONE;

	return find(l, m, &found) && found.n;
}

/* Steps with what the peer's header holds. */
static int step_found(struct http_login *l, struct span found, struct buf *value, struct err *e)
{
	struct buf token;
	int r;

	if (l->row->form != HTTP_TOKEN)
		return step(l, found, value, e);
	buf_init_secret(&token, TOKEN_MAX);
	if (!b64_get(&token, found) || buf_failed(&token))
		r = err_set(e, E_PEER, "login at %s failed: its token is malformed", l->who);
	else
		r = step(l, buf_span(&token), value, e);
	buf_free(&token);
	return r;
}

/* Perhaps another scheme is offered that may be used. */
static int other_scheme(struct http_login *l, const struct http_msg *m, struct err *e)
{
	struct http_offer offer = { 0 };
	const struct http_auth_row *row;
	struct span value;
	size_t i;

	for (i = 0; http_msg_field(m, asking(l), i, &value); i++)
		http_auth_offer(&offer, value);
	row = http_auth_choose(&l->want, &offer, &l->tried, e);
	if (!row) {
		err_prefix(e, "login at %s failed: ", l->who);
		return e->code;
	}
	http_login_free(l);
	l->row = row;
	l->legs = 0;
	return 1;
}

static int denied(struct http_login *l, struct err *e)
{
	if (l->row->form == HTTP_BARE)
		return err_set(e, E_AUTH, "access to %s denied: it knows no account for the certificate",
			l->who);
	if (l->want.ticket && l->row->ticket != HTTP_TICKET_NONE)
		return err_set(e, E_AUTH, "access to %s denied, though the KDC gave a ticket: may the "
			"account log on there remotely, and are the clocks right?", l->who);
	if (l->legs == 1)
		return err_set(e, E_AUTH, "access to %s denied: the user name or password is incorrect, or "
			"%s is not accepted for this account", l->who, l->row->name);
	return err_set(e, E_AUTH, "access to %s denied: the user name or password is incorrect, or the "
		"account may not log on there remotely (an account of a domain is DOMAIN\\USER)", l->who);
}

int http_login_refused(struct http_login *l, const struct http_msg *m, bool alive,
	struct buf *value, struct err *e)
{
	struct span found = SPAN_NONE;
	bool here = find(l, m, &found);

	if (l->rounds++ >= ROUNDS_MAX)
		return err_set(e, E_PEER, "%s asks for a login again and again", l->who);
	if (here && (l->row->form == HTTP_PARAMS || (l->more && found.n))) {
		if (!alive && l->row->seals)
			return err_set(e, E_PEER, "%s closes the connection during the login: is a proxy in "
				"between?", l->who);
		return step_found(l, found, value, e) < 0 ? e->code : !alive;
	}
	if (l->row && (l->legs > 1 || here || l->row->form == HTTP_BARE))
		return denied(l, e);
	if (other_scheme(l, m, e) < 0)
		return e->code;
	if (l->row->form != HTTP_PARAMS || !find(l, m, &found))
		return 1;
	l->auth = l->row->make(&l->want);       /* its challenge is here already */
	return step_found(l, found, value, e) < 0 ? e->code : !alive;
}

int http_login_accepted(struct http_login *l, const struct http_msg *m, struct err *e)
{
	struct span found = SPAN_NONE;
	struct buf out;
	int r;

	find(l, m, &found);
	buf_init_secret(&out, HTTP_LOGIN_MAX);
	r = step_found(l, found, &out, e);
	if (r == 0 && (l->more || out.n)) {
		err_set(e, E_PEER, "the server ended it too early");
		r = failed(l, e);
	}
	l->more = false;
	buf_free(&out);
	return r;
}
