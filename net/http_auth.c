#include "net/http_auth.h"

static struct auth *make_negotiate(const struct auth_cred *c, const struct auth_target *t)
{
	return auth_spnego_new(auth_ntlm_new(c, t), AUTH_OID_NTLM);
}

static struct auth *make_basic(const struct auth_cred *c, const struct auth_target *t)
{
	(void)t;
	return auth_basic_new(c);
}

static const struct http_auth_row rows[] = {            /* the better one first */
	{ HTTP_NEGOTIATE, "Negotiate", true, make_negotiate },
	{ HTTP_NTLM, "NTLM", true, auth_ntlm_new },
	{ HTTP_BASIC, "Basic", false, make_basic },
};
#define ROW_N (sizeof(rows) / sizeof(rows[0]))

static bool is_token_char(uint8_t c)
{
	return c > ' ' && c < 0x7f && !strchr("\"(),/:;<=>?@[\\]{}", c);
}

static bool is_token68_char(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || (c && strchr("-._~+/",
		c));
}

static void skip(struct span *s, const char *set)
{
	while (s->n && s->p[0] && strchr(set, s->p[0]))
		*s = span_sub(*s, 1, s->n);
}

static struct span take(struct span *s, bool (*is)(uint8_t))
{
	struct span all = *s;

	while (s->n && is(s->p[0]))
		*s = span_sub(*s, 1, s->n);
	return span_sub(all, 0, all.n - s->n);
}

/* token68: base64 text and its padding, up to the next comma. */
static bool take_token68(struct span *s, struct span *token)
{
	struct span at = *s, all = *s;

	if (!take(&at, is_token68_char).n)
		return false;
	skip(&at, "=");
	*token = span_sub(all, 0, all.n - at.n);
	skip(&at, " \t");
	if (at.n && at.p[0] != ',')
		return false;
	*s = at;
	return true;
}

/* name = token or quoted string; false (and nothing taken) when the next thing is none, so another
 * challenge or garbage. */
static bool take_param(struct span *s)
{
	struct span at = *s;

	skip(&at, " \t,");
	if (!take(&at, is_token_char).n)
		return false;
	skip(&at, " \t");
	if (!at.n || at.p[0] != '=')
		return false;
	at = span_sub(at, 1, at.n);
	skip(&at, " \t");
	if (at.n && at.p[0] == '"') {
		for (at = span_sub(at, 1, at.n); at.n && at.p[0] != '"'; at = span_sub(at, 1, at.n)) {
			if (at.p[0] == '\\')
				at = span_sub(at, 1, at.n);
		}
		if (!at.n)
			return false;
		at = span_sub(at, 1, at.n);
	} else if (!take(&at, is_token_char).n) {
		return false;
	}
	*s = at;
	return true;
}

bool http_auth_next(struct span *value, struct http_challenge *c)
{
	struct span rest;

	*c = (struct http_challenge){ 0 };
	skip(value, " \t,");
	c->scheme = take(value, is_token_char);
	if (!c->scheme.n || (value->n && !strchr(" \t,", value->p[0]))) {
		*value = SPAN_NONE;
		return false;
	}
	skip(value, " \t");
	if (take_token68(value, &c->token))
		return true;
	c->token = SPAN_NONE;
	rest = *value;
	while (take_param(value))
		;
	c->params = span_sub(rest, 0, rest.n - value->n);
	return true;
}

void http_auth_offer(struct http_offer *o, struct span value)
{
	struct http_challenge c;
	size_t i, at;

	while (http_auth_next(&value, &c)) {
		at = strlen(o->names);
		if (c.scheme.n + 3 < sizeof(o->names) - at) {
			if (at)
				memcpy(o->names + at, ", ", 2);
			memcpy(o->names + at + (at ? 2 : 0), c.scheme.p, c.scheme.n);
		}
		for (i = 0; i < ROW_N; i++) {
			if (span_is_ci(c.scheme, rows[i].name))
				o->schemes |= rows[i].scheme;
		}
	}
}

bool http_auth_token(struct span value, const char *scheme, struct span *token)
{
	struct http_challenge c;

	while (http_auth_next(&value, &c)) {
		if (!span_is_ci(c.scheme, scheme))
			continue;
		*token = c.token;
		return true;
	}
	return false;
}

static void explain(unsigned allowed, const struct http_offer *o,
	const struct http_auth_row *unsafe, struct err *e)
{
	size_t i = 0, other = 0;

	if (unsafe) {
		err_set(e, E_AUTH, "%s sends the password unprotected over HTTP: use HTTPS, or allow it "
			"with -SessionOption NoEncryption", unsafe->name);
		return;
	}
	while (i < ROW_N - 1 && !(rows[i].scheme & allowed))
		i++;
	while (o && other < ROW_N && !(rows[other].scheme & o->schemes))
		other++;
	if (!o || !o->names[0])
		err_set(e, E_AUTH, "the server asks for a login but offers no way to log in");
	else if (other < ROW_N)
		err_set(e, E_AUTH, "the server offers %s, not %s: try -Authentication %s", o->names,
			rows[i].name, rows[other].name);
	else
		err_set(e, E_AUTH, "the server offers only %s, which is not supported: enable Negotiate "
			"there", o->names);
}

const struct http_auth_row *http_auth_choose(unsigned allowed, const struct http_offer *o,
	bool clear_ok, struct err *e)
{
	const struct http_auth_row *unsafe = NULL;
	size_t i;

	for (i = 0; i < ROW_N; i++) {
		if (!(rows[i].scheme & allowed) || (o && !(rows[i].scheme & o->schemes)))
			continue;
		if (rows[i].seals || clear_ok)
			return &rows[i];
		unsafe = &rows[i];
	}
	explain(allowed, o, unsafe, e);
	return NULL;
}
