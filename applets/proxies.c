#include "applets/proxies.h"
#include <stdlib.h>
#include "net/http_auth.h"
#include "net/proxy.h"

struct proxies {
	struct http_proxy http;
	struct proxy parsed;
	const char *text, *user;            /* what it was made from */
	struct proxies *next;
};

/* ProxyAuthentication; not given: all that proxies know. */
static unsigned schemes(const struct session_option *o)
{
	static const unsigned known[] = { HTTP_NEGOTIATE | HTTP_NTLM, HTTP_BASIC, HTTP_DIGEST };

	return o->proxy_authentication < 0 ? 0 : known[o->proxy_authentication];
}

/* Its account: ProxyCredential, or what stands in the URI. */
static int log_in(struct proxies *p, struct accounts *all, const struct connect_args *c,
	struct err *e)
{
	struct account *acc = account_new(all);
	struct connect_args as = *c;

	if (!acc)
		return err_many(e, "accounts");
	if (proxy_parse(span_str(p->text), &p->parsed, acc->password, e) < 0)
		return e->code;
	if (p->user) {
		as.credential = p->user;
		as.password_file = NULL;
		as.password_fd = NULL;
		if (account_find(all, &as, true, &acc, e) < 0)
			return e->code;
	} else if (*p->parsed.user && auth_split_user(span_str(p->parsed.user), &acc->cred, e) < 0) {
		return e->code;
	}
	p->http.cred = p->user || *p->parsed.user ? &acc->cred : NULL;
	return 0;
}

static bool is_same(const struct proxies *p, const char *text, const struct session_option *o)
{
	return !strcmp(p->text, text) && span_eq(span_str(p->user), span_str(o->proxy_user)) &&
		p->http.schemes == schemes(o);
}

int proxies_find(struct accounts *all, const struct session_option *o, const struct url *u,
	const struct connect_args *c, const struct http_proxy **out, struct err *e)
{
	const char *text = o->proxy, *none = getenv("no_proxy");
	struct proxies *p = all->proxies;

	*out = NULL;
	if (o->proxy_access == PROXY_NO_PROXY_SERVER || (!text && o->proxy_access == PROXY_NONE))
		return !o->proxy_user ? 0 : err_set(e, E_USAGE, "Proxy credentials cannot be specified "
			"without a proxy: -SessionOption Proxy or ProxyAccessType names it.");
	if (!text)
		text = getenv("https_proxy");
	if (!text || !*text ||
		(!o->proxy && none && proxy_excluded(span_str(none), span_str(u->host), u->port)))
		return 0;
	while (p && !is_same(p, text, o))
		p = p->next;
	if (!p) {
		if (!(p = arena_alloc(all->arena, sizeof(*p))))
			return err_many(e, "proxies");
		p->text = text;
		p->user = o->proxy_user;
		p->http.schemes = schemes(o);
		if (log_in(p, all, c, e) < 0)
			return e->code;
		p->http.host = p->parsed.host;
		p->http.port = p->parsed.port;
		p->next = all->proxies;
		all->proxies = p;
	}
	*out = &p->http;
	return 0;
}
