#include "applets/target_wsman.h"
#include <stdlib.h>
#include <strings.h>
#include "applets/proxies.h"
#include "applets/trust.h"
#include "applets/ui/culture.h"
#include "applets/ui/print.h"
#include "core/xport_wsman.h"
#include "net/http_auth.h"

#define HTTP_PORT 5985
#define HTTPS_PORT 5986
#define RESOURCE_PREFIX "http://schemas.microsoft.com/powershell/"
#define ENVELOPE_EXTRA (56u << 20)      /* what an answer may be larger than the object in it */
#define URI_MAX 4096
#define RETRY_MS 1000

/* Kept so that the same session can be opened elsewhere. Lies in the arena. */
struct target_wsman {
	struct where where;
	struct session_option option;
	struct accounts *all;
	struct loop *loop;
	struct arena *arena;
	const char *named;                  /* the host the user named */
	struct url url;                     /* where it leads now */
	struct xport_wsman_cfg cfg;
	struct buf redirect;                /* where the server says it should */
	int32_t hops, retries;
	struct account_krb5 *krb5;          /* or NULL */
};

/* As PowerShell has it: nobody means the root of a host. */
static int parse_uri(struct span text, struct url *u, struct err *e)
{
	if (url_parse(text, u, e) < 0)
		return e->code;
	if (span_is(u->path, "/"))
		u->path = SPAN("/wsman");
	return 0;
}

/* Where a -ConnectionUri or a -ComputerName leads. */
static int find_url(const struct where *w, struct arena *a, struct url *u, struct err *e)
{
	const char *app = w->args.application ? w->args.application : "wsman";
	struct span name = span_str(w->name);
	struct buf path;

	if (w->set & SET_URI)
		return parse_uri(name, u, e);
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

static const char *configuration(const struct connect_args *c)
{
	if (!c->configuration)
		return "Microsoft.PowerShell";
	return c->configuration + (span_starts_ci(span_str(c->configuration), RESOURCE_PREFIX) ?
		strlen(RESOURCE_PREFIX) : 0);
}

static int get_options(const struct connect_args *c, struct arena *a, struct session_option *o,
	struct err *e)
{
	const char *preference = getenv("PSSESSION_OPTION");

	session_option_init(o);
	if (preference && *preference && session_option_parse(preference, a, o, e) < 0) {
		err_prefix(e, "PSSESSION_OPTION: ");
		return e->code;
	}
	if (c->session_option && session_option_parse(c->session_option, a, o, e) < 0)
		return e->code;
	if (!o->open_ms)
		o->open_ms = INT32_MAX;
	if (!o->operation_ms)
		o->operation_ms = INT32_MAX;
	return 0;
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

/* TLS, where the URL has it; the user's certificate may be all the login there is. */
static int find_trust(struct accounts *all, const struct where *w, const struct session_option *o,
	const struct url *u, struct loop *l, struct trust **out, struct err *e)
{
	struct trust *t;

	*out = NULL;
	if (w->args.certificate_key && !w->args.certificate)
		return err_set(e, E_USAGE, "-CertificateKey goes with -Certificate.");
	if (!u->https && (w->args.certificate || w->args.thumbprint || w->args.fingerprint))
		return err_set(e, E_USAGE, "Certificates are shown over TLS only: add -UseSSL.");
	if (!u->https)
		return 0;
	if (!(t = arena_alloc(all->arena, sizeof(*t))))
		return err_many(e, "servers");
	t->next = all->trust;
	all->trust = t;
	*out = t;
	return trust_set_up(t, &w->args, o, u, l, all->arena, e);
}

/* Schemes in which a ticket is of use. */
#define TICKET_SCHEMES (HTTP_NEGOTIATE | HTTP_KERBEROS | HTTP_CREDSSP)

/* Who logs in: an account with its password or keytab, the current user's tickets, or nobody (NULL:
 * the certificate says it). */
static int find_account(struct target_wsman *w, const char *host, unsigned allowed,
	struct account **out, struct err *e)
{
	const struct connect_args *c = &w->where.args;
	bool current = !c->credential || c->auth == AUTH_IMPLICIT;
	struct krb5_client_cfg krb5 = {
		.loop = w->loop, .keytab = c->key_tab, .host = host, .kdc = c->kdc,
	};
	struct account *acc;

	*out = NULL;
	w->krb5 = NULL;
	if (allowed & HTTP_CERTIFICATE)
		return 0;
	if (c->credential && c->auth == AUTH_IMPLICIT)
		return err_set(e, E_USAGE,
			"-Authentication NegotiateWithImplicitCredential takes the current "
			"user's ticket: leave -Credential out.");
	if (!c->credential && (c->password_file || c->password_fd))
		return err_set(e, E_USAGE, "A password needs its user: add -Credential USER.");
	if (current && (c->auth == AUTH_CREDSSP || !(allowed & TICKET_SCHEMES)))
		return err_set(e, E_AUTH,
			"No account given: add -Credential USER (or DOMAIN\\USER), and -PasswordFile FILE "
			"where nobody can type.");
	if (account_find(w->all, c, !current && !c->key_tab, &acc, e) < 0)
		return e->code;
	*out = acc;
	if (!(allowed & TICKET_SCHEMES))
		return 0;
	krb5.user = span_str(c->credential);
	krb5.password = current || c->key_tab ? NULL : acc->password;
	w->krb5 = account_krb5(w->all, acc, &krb5);
	return 0;
}

/* What may be used at that host. A redirection is no reason to hand the password itself to somebody
 * the user did not name. */
static int find_schemes(const struct target_wsman *w, const struct trust *trust, unsigned *out,
	struct err *e)
{
	const struct connect_args *c = &w->where.args;

	*out = trust && trust->cfg.client ? HTTP_CERTIFICATE : schemes[c->auth];
	if (!strcasecmp(w->url.host, w->named) || !(*out & (HTTP_BASIC | HTTP_CREDSSP)))
		return 0;
	return err_set(e, E_AUTH, "'%s' redirects to another host, '%s', and -Authentication %s would "
		"give it the password: if you trust it, name it with -ConnectionUri", w->named,
		w->url.host, c->auth == AUTH_BASIC ? "Basic" : "Credssp");
}

static int connect(struct target *t, struct err *e)
{
	struct target_wsman *w = t->wsman;
	const struct connect_args *c = &w->where.args;
	const struct session_option *o = &w->option;
	const struct http_proxy *proxy;
	const char *local = culture_name(w->arena);
	const char *host = arena_str(w->arena, span_str(w->url.host));
	struct account *acc;
	struct trust *trust;
	unsigned allowed;

	if (find_trust(w->all, &w->where, o, &w->url, w->loop, &trust, e) < 0 ||
		find_schemes(w, trust, &allowed, e) < 0 ||
		find_account(w, host, allowed, &acc, e) < 0 ||
		proxies_find(w->all, o, &w->url, c, &proxy, e) < 0)
		return e->code;
	if (allowed == HTTP_CREDSSP && !w->all->told_credssp)
		print_record(PRINT_WARNING, SPAN("CredSSP hands your password to the server: whoever "
			"controls it can use it elsewhere."));
	w->all->told_credssp |= allowed == HTTP_CREDSSP;
	w->cfg = (struct xport_wsman_cfg){
		.http = {
			.loop = w->loop,
			.host = host,
			.port = w->url.port,
			.path = arena_str(w->arena, w->url.path),
			.schemes = allowed,
			.allow_clear = o->no_encryption,
			/* TLS around it keeps everybody out */
			.old_credssp = o->old_credssp || (trust && !o->skip_ca && !o->skip_cn),
			.cred = acc && c->credential && !c->key_tab ? &acc->cred : NULL,
			.krb5 = w->krb5 ? w->krb5->client : NULL,
			.port_in_spn = o->include_port_in_spn,
			.tls = trust ? &trust->cfg : NULL,
			.proxy = proxy,
			.connect_ms = t->open_ms,
			.body_max = (size_t)o->max_object + ENVELOPE_EXTRA,
		},
		.resource = resource(c, w->arena),
		.shell_name = c->session_name,
		.locale = o->ui_culture ? o->ui_culture : local,
		.data_locale = o->culture ? o->culture : local,
		.operation_ms = (uint32_t)o->operation_ms,
		.retry_ms = o->max_retry ? 0 : 1,
		.close_ms = (uint32_t)o->cancel_ms < CLOSE_MS ? (uint32_t)o->cancel_ms : CLOSE_MS,
		.no_profile = o->no_machine_profile,
		.utf16 = o->use_utf16,
		.idle_ms = o->idle_ms > 0 ? (uint32_t)o->idle_ms : 0,
		.buffering = (enum buffering_mode)o->buffering,
		.max_object = (uint32_t)o->max_object,
		.max_data = (uint64_t)o->max_data,
		.redirect = &w->redirect,
	};
	if (arena_failed(w->arena))
		return err_many(e, "servers");
	t->xport = xport_wsman_new(&w->cfg);
	return 0;
}

int target_wsman_open(struct target *t, const struct where *where, struct accounts *all,
	struct loop *l, struct arena *a, struct err *e)
{
	struct target_wsman *w = arena_alloc(a, sizeof(*w));

	if (!w)
		return err_many(e, "servers");
	*w = (struct target_wsman){ .where = *where, .all = all, .loop = l, .arena = a };
	buf_init(&w->redirect, URI_MAX);
	if (find_url(where, a, &w->url, e) < 0 || get_options(&where->args, a, &w->option, e) < 0)
		return e->code;
	w->named = arena_str(a, span_str(w->url.host));
	t->wsman = w;
	t->name = w->named;
	t->configuration = configuration(&where->args);
	t->transport = "WSMan";
	t->open_ms = (uint32_t)w->option.open_ms;
	return connect(t, e);
}

const struct xport_wsman_cfg *target_wsman_cfg(const struct target *t)
{
	return &t->wsman->cfg;
}

/* As the user allows it, and never from where others cannot listen to where they can. */
static int follow(struct target_wsman *w, const char *to, struct err *e)
{
	struct url next;

	if (!to)
		return err_set(e, E_LIMIT, "'%s' redirects again and again", w->named);
	if (!w->where.args.allow_redirection)
		return err_set(e, E_REMOTE, "'%s' redirects to '%.180s': if you trust it, connect there "
			"with -ConnectionUri, or add -AllowRedirection to a -ConnectionUri", w->named, to);
	if (w->hops++ >= w->option.max_redirection)
		return err_set(e, E_REMOTE, "'%s' redirects to '%.180s', and %d redirections were followed "
			"already: -SessionOption MaximumRedirection allows more", w->named, to, w->hops - 1);
	if (parse_uri(span_str(to), &next, e) < 0) {
		err_prefix(e, "'%s' redirects to '%.120s': ", w->named, to);
		return e->code = E_REMOTE;      /* not the user's doing */
	}
	if (w->url.https && !next.https)
		return err_set(e, E_TLS, "'%s' redirects from HTTPS to '%.180s', where anybody could "
			"listen: this is never followed", w->url.host, to);
	w->url = next;
	return 0;
}

static struct xport *redirected(struct target *t, struct err *why)
{
	struct target_wsman *w = t->wsman;
	const char *to = arena_str(w->arena, buf_span(&w->redirect));
	struct err e = { 0 };

	buf_clear(&w->redirect);
	if (follow(w, to, &e) < 0 || connect(t, &e) < 0) {
		*why = e;
		return NULL;
	}
	print_words(PRINT_WARNING, "The connection is redirected to '%s'.", to);
	return t->xport;
}

struct xport *target_wsman_reopen(struct target *t, struct err *why, uint32_t *pause_ms)
{
	struct target_wsman *w = t->wsman;

	if (w->redirect.n)
		return redirected(t, why);
	if (!why->passing || w->retries >= w->option.max_retry)
		return NULL;
	*pause_ms = RETRY_MS;
	print_own("[%s] Trying again (%d of %d): %s", t->name, ++w->retries, w->option.max_retry,
		why->text);
	return xport_wsman_new(&w->cfg);
}

void target_opened(const struct target *t)
{
	struct account_krb5 *k = t->wsman ? t->wsman->krb5 : NULL;

	if (k)
		account_warn_of_clock(k);
}

void target_free(struct target *t)
{
	if (t->wsman)
		buf_free(&t->wsman->redirect);
	t->wsman = NULL;
}
