#include "applets/target.h"
#include <stdlib.h>
#include "applets/trust.h"
#include "applets/ui/print.h"
#include "core/session_option.h"
#include "core/xport_ssh.h"
#include "core/xport_wsman.h"
#include "lib/num.h"
#include "net/http_auth.h"
#include "net/proxy.h"
#include "net/url.h"

#define HTTP_PORT 5985
#define HTTPS_PORT 5986
#define RESOURCE_PREFIX "http://schemas.microsoft.com/powershell/"
#define ENVELOPE_EXTRA (56u << 20)      /* what an answer may be larger than the object in it */

/* user@host:port as the page of Enter-PSSession has it; both outer parts may be missing.
 * [IPv6]:port has brackets. */
static int split_host(const char *typed, struct arena *a, struct xport_ssh_cfg *s, struct err *e)
{
	struct span host = span_str(typed), tail;
	size_t at = host.n, colon;
	uint64_t port;

	while (at && host.p[at - 1] != '@')
		at--;
	if (at) {
		s->user = arena_str(a, span_sub(host, 0, at - 1));
		host = span_sub(host, at, host.n);
	}
	tail = host;
	if (host.n && host.p[0] == '[')
		tail = span_sub(host, span_find(host, ']'), host.n);
	colon = span_find(tail, ':');
	if (colon < tail.n && span_find(span_sub(tail, colon + 1, tail.n), ':') == tail.n - colon - 1) {
		if (!num_u64(span_sub(tail, colon + 1, tail.n), &port) || !port || port > 65535)
			return err_set(e, E_USAGE,
				"'%s' is no host: the form is user@host:port, the port from 1 to 65535.", typed);
		s->port = (uint16_t)port;
		host.n -= tail.n - colon;
	}
	s->host = arena_str(a, host);
	return s->host ? 0 : err_set(e, E_USAGE, "The host name '%.100s…' is too long.", typed);
}

static int open_ssh(struct target *t, const char *typed, const struct connect_args *c,
	struct loop *l, struct arena *a, struct err *e)
{
	struct xport_ssh_cfg s = { .loop = l,
		.user = c->user,
		.port = (uint16_t)c->port,
		.key_file = c->key_file,
		.subsystem = c->subsystem ? c->subsystem : c->configuration,
		.program = getenv("PSSESSION_SSH") };
	struct buf name;

	if (split_host(typed, a, &s, e) < 0)
		return e->code;
	buf_init(&name, 1024);
	buf_printf(&name, "%s%s%s", s.user ? s.user : "", s.user ? "@" : "", s.host);
	t->name = arena_str(a, buf_span(&name));
	buf_free(&name);
	t->xport = xport_ssh_new(&s, e);
	return t->xport ? 0 : e->code;
}

/* Where a -ConnectionUri or a -ComputerName leads. */
static int find_url(const struct where *w, struct arena *a, struct url *u, struct err *e)
{
	const char *app = w->args.application ? w->args.application : "wsman";
	struct span name = span_str(w->name);
	struct buf path;

	if (w->set & SET_URI)
		return url_parse(name, u, e);
	if (span_is(name, "."))
		name = SPAN("localhost");
	if (!url_host_ok(name))
		return err_set(e, E_USAGE,
			"'%s' is not a computer name or address: a port goes with -Port, a URI with "
			"-ConnectionUri, an account with -Credential.", w->name);
	*u = (struct url){ .https = w->args.use_ssl };
	u->port = w->args.port ? (uint16_t)w->args.port : u->https ? HTTPS_PORT : HTTP_PORT;
	if (name.p[0] == '[')
		name = span_sub(name, 1, name.n - 2);
	memcpy(u->host, name.p, name.n);
	buf_init(&path, 4096);
	buf_printf(&path, "%s%s", *app == '/' ? "" : "/", app);
	if (buf_failed(&path) || !arena_dup(a, buf_span(&path), &u->path))
		err_set(e, E_USAGE, "The application name is too long.");
	buf_free(&path);
	return e->code;
}

/* A name becomes the resource URI of Windows' own session configurations; NULL = the default. */
static const char *resource(const struct connect_args *c, struct arena *a)
{
	struct buf uri;
	const char *found;

	if (!c->configuration)
		return NULL;
	buf_init(&uri, 8192);
	buf_printf(&uri, "%s%s", strstr(c->configuration, "://") ? "" : RESOURCE_PREFIX,
		c->configuration);
	found = buf_failed(&uri) ? NULL : arena_str(a, buf_span(&uri));
	buf_free(&uri);
	return found;
}

static int get_options(const struct connect_args *c, struct arena *a, struct session_option *o,
	struct err *e)
{
	const char *preference = getenv("PSSESSION_OPTION");

	session_option_init(o);
	if (preference && *preference && session_option_parse(preference, a, o, e) < 0)
		err_prefix(e, "PSSESSION_OPTION: ");
	else if (c->session_option)
		return session_option_parse(c->session_option, a, o, e);
	return e->code;
}

/* What -Authentication allows on the wire. */
static const unsigned schemes[] = {
	[AUTH_DEFAULT] = HTTP_NEGOTIATE | HTTP_KERBEROS | HTTP_NTLM,
	[AUTH_BASIC] = HTTP_BASIC,
	[AUTH_NEGOTIATE] = HTTP_NEGOTIATE,
	[AUTH_IMPLICIT] = HTTP_NEGOTIATE | HTTP_KERBEROS,
	[AUTH_CREDSSP] = HTTP_CREDSSP,
	[AUTH_DIGEST] = HTTP_DIGEST,
	[AUTH_KERBEROS] = HTTP_KERBEROS,
	[AUTH_NTLM] = HTTP_NTLM,
};

/* ProxyAccessType and Proxy decide, else https_proxy and no_proxy as other programs read them.
 * NULL = straight to the server. */
static int find_proxy(const struct session_option *o, const struct url *u,
	const struct connect_args *c, struct accounts *all, const struct http_proxy **out,
	struct err *e)
{
	const char *text = o->proxy, *none = getenv("no_proxy");
	struct http_proxy *found = arena_alloc(all->arena, sizeof(*found));
	struct proxy *p = arena_alloc(all->arena, sizeof(*p));
	struct account *acc;
	struct connect_args as = *c;

	*out = NULL;
	if (!text && (o->proxy_access == PROXY_NONE || o->proxy_access == PROXY_NO_PROXY_SERVER))
		return 0;
	if (!text)
		text = getenv("https_proxy");
	if (!text || !*text || !found || !p ||
		(!o->proxy && none && proxy_excluded(span_str(none), span_str(u->host), u->port)))
		return 0;
	if (!(acc = account_new(all)) || proxy_parse(span_str(text), p, acc->password, e) < 0)
		return e->code;
	if (o->proxy_user) {
		as.credential = o->proxy_user;
		as.password_file = NULL;
		as.password_fd = -1;
		if (account_find(all, &as, true, &acc, e) < 0)
			return e->code;
	} else if (*p->user && auth_split_user(span_str(p->user), &acc->cred, e) < 0) {
		return e->code;
	}
	*found = (struct http_proxy){ .host = p->host, .port = p->port,
		.cred = o->proxy_user || *p->user ? &acc->cred : NULL };
	*out = found;
	return 0;
}

/* TLS, where the URL has it; the user's certificate may be all the login there is. */
static int find_trust(struct accounts *all, const struct where *w, const struct session_option *o,
	const struct url *u, struct loop *l, struct trust **out, struct err *e)
{
	struct trust *t;

	*out = NULL;
	if (!u->https && (w->args.certificate || w->args.thumbprint))
		return err_set(e, E_USAGE, "Certificates log in over TLS only: add -UseSSL.");
	if (!u->https)
		return 0;
	if (!(t = arena_alloc(all->arena, sizeof(*t))))
		return err_set(e, E_USAGE, "too many servers");
	t->next = all->trust;
	all->trust = t;
	*out = t;
	return trust_set_up(t, &w->args, o, u, l, all->arena, e);
}

/* Schemes in which a ticket is of use. */
#define TICKET_SCHEMES (HTTP_NEGOTIATE | HTTP_KERBEROS | HTTP_CREDSSP)

/* Who logs in: an account with its password or keytab, the current user's tickets, or nobody (NULL:
 * the certificate says it). */
static int find_account(const struct where *w, const char *host, unsigned allowed,
	struct accounts *all, struct loop *l, struct account **out, struct err *e)
{
	const struct connect_args *c = &w->args;
	bool current = !c->credential || c->auth == AUTH_IMPLICIT;
	struct krb5_client_cfg krb5 = { .loop = l, .keytab = c->key_tab, .host = host, .kdc = c->kdc };
	struct account *acc;

	*out = NULL;
	if (allowed & HTTP_CERTIFICATE)
		return 0;
	if (c->credential && c->auth == AUTH_IMPLICIT)
		return err_set(e, E_USAGE,
			"-Authentication NegotiateWithImplicitCredential takes the current "
			"user's ticket: leave -Credential out.");
	if (current && (c->auth == AUTH_CREDSSP || !(allowed & TICKET_SCHEMES)))
		return err_set(e, E_AUTH,
			"No account given: add -Credential USER (or DOMAIN\\USER), and -PasswordFile FILE "
			"where nobody can type.");
	if (account_find(all, c, !current && !c->key_tab, &acc, e) < 0)
		return e->code;
	*out = acc;
	if (acc->krb5 || !(allowed & TICKET_SCHEMES))
		return 0;
	krb5.user = span_str(c->credential);
	krb5.password = current || c->key_tab ? NULL : acc->password;
	acc->krb5 = krb5_client_new(&krb5);
	return 0;
}

static int open_wsman(struct target *t, const struct where *w, struct accounts *all,
	struct loop *l, struct arena *a, struct err *e)
{
	const struct http_proxy *proxy;
	struct session_option o;
	struct account *acc;
	struct trust *trust;
	unsigned allowed;
	struct url u;

	if (w->args.allow_redirection)
		return err_set(e, E_USAGE, "This version does not follow redirections yet: leave "
			"-AllowRedirection out; the error then names the address to go to.");
	if (find_url(w, a, &u, e) < 0 || get_options(&w->args, a, &o, e) < 0)
		return e->code;
	t->name = arena_str(a, span_str(u.host));
	t->open_ms = (uint32_t)o.open_ms;
	if (find_trust(all, w, &o, &u, l, &trust, e) < 0)
		return e->code;
	allowed = trust && trust->cfg.client ? HTTP_CERTIFICATE : schemes[w->args.auth];
	if (find_account(w, t->name, allowed, all, l, &acc, e) < 0 ||
		find_proxy(&o, &u, &w->args, all, &proxy, e) < 0)
		return e->code;
	if (allowed == HTTP_CREDSSP)
		print_record(PRINT_WARNING, SPAN("CredSSP hands your password to the server: whoever "
			"controls it can use it elsewhere."));
	struct xport_wsman_cfg cfg = {
		.http = {
			.loop = l,
			.host = t->name,
			.port = u.port,
			.path = arena_str(a, u.path),
			.schemes = allowed,
			.allow_clear = o.no_encryption,
			.cred = acc && w->args.credential && !w->args.key_tab ? &acc->cred : NULL,
			.krb5 = acc ? acc->krb5 : NULL,
			.port_in_spn = o.include_port_in_spn,
			.tls = trust ? &trust->cfg : NULL,
			.proxy = proxy,
			.connect_ms = (uint32_t)o.open_ms,
			.body_max = (size_t)o.max_object + ENVELOPE_EXTRA,
		},
		.resource = resource(&w->args, a),
		.locale = o.ui_culture,
		.operation_ms = (uint32_t)o.operation_ms,
		.close_ms = (uint32_t)o.cancel_ms < CLOSE_MS ? (uint32_t)o.cancel_ms : CLOSE_MS,
		.no_profile = o.no_machine_profile,
	};
	t->xport = xport_wsman_new(&cfg);
	return 0;
}

int target_open(struct target *t, const char *typed, uint32_t set, const struct connect_args *c,
	struct accounts *all, struct loop *l, struct arena *a, struct err *e)
{
	struct where w;

	t->name = typed;
	t->open_ms = OPEN_MS;
	if (where_find(&w, typed, set, c, a, e) < 0)
		return e->code;
	if (w.set & SET_HOST)
		return open_ssh(t, w.name, &w.args, l, a, e);
	return open_wsman(t, &w, all, l, a, e);
}
