#include "applets/common.h"
#include <stddef.h>
#include <stdlib.h>
#include "applets/ui/cred.h"
#include "applets/ui/print.h"
#include "core/xport_ssh.h"
#include "core/xport_wsman.h"
#include "net/http_auth.h"

#define WSMAN_PORT 5985
#define RESOURCE_PREFIX "http://schemas.microsoft.com/powershell/"
#define BODY_MAX (256u << 20)             /* MaximumReceivedObjectSize (200 MiB) in its envelope */

/* Where a row of connect_params may stand; the bits repeat above for applets that multiply the
 * sets. */
#define IN_WSMAN (SET_COMPUTER | SET_COMPUTER << 8)
#define IN_SSH (SET_HOST | SET_HOST << 8)

enum { AUTH_DEFAULT, AUTH_NEGOTIATE, AUTH_NTLM };

const struct param connect_params[] = { P_TYPED(struct connect_args, credential, "Credential", NULL,
											"PSCredential", .sets = IN_WSMAN),
	P_STR(struct connect_args, password_file, "PasswordFile", NULL, .sets = IN_WSMAN),
	P_ENUM(struct connect_args, auth, "Authentication", NULL, "AuthenticationMechanism",
		"Default|Negotiate|NTLM", .sets = IN_WSMAN),
	P_INT(struct connect_args, port, "Port", NULL, 1, 65535),
	P_STR(struct connect_args, application, "ApplicationName", NULL, .sets = IN_WSMAN),
	P_STR(struct connect_args, configuration, "ConfigurationName", NULL),
	P_STR(struct connect_args, user, "UserName", NULL, .sets = IN_SSH),
	P_STR(struct connect_args, key_file, "KeyFilePath", "IdentityFilePath", .sets = IN_SSH),
	P_STR(struct connect_args, subsystem, "Subsystem", NULL, .sets = IN_SSH), P_END };

int account_get(struct account *acc, const struct connect_args *c, uint32_t set, struct err *e)
{
	if (set & SET_HOST)
		return 0;
	if (!c->credential)
		return err_set(e, E_AUTH,
			"No account given: add -Credential USER (or DOMAIN\\USER), and -PasswordFile FILE "
			"where nobody can type.");
	acc->password = secret_new();
	acc->cred.password = acc->password;
	if (auth_split_user(span_str(c->credential), &acc->cred, e) < 0)
		return e->code;
	if (c->password_file)
		return cred_file(c->password_file, acc->password, e);
	return cred_ask(c->credential, acc->password, e);
}

void account_wipe(struct account *acc)
{
	secret_free(acc->password);
	acc->password = NULL;
}

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

static int open_wsman(struct target *t, const char *host, const struct connect_args *c,
	const struct account *acc, struct loop *l, struct arena *a, struct err *e)
{
	const char *colon = strchr(host, ':');
	static const unsigned schemes[] = {
		[AUTH_DEFAULT] = HTTP_NEGOTIATE | HTTP_NTLM,
		[AUTH_NEGOTIATE] = HTTP_NEGOTIATE,
		[AUTH_NTLM] = HTTP_NTLM,
	};
	const char *app = c->application ? c->application : "wsman";
	struct buf path, resource;

	if (!*host || strpbrk(host, "/\\@ ") || (colon && !strchr(colon + 1, ':')))
		return err_set(e, E_USAGE, "'%s' is not a computer name or address; a port goes with -Port, "
			"a path with -ApplicationName, an account with -Credential", host);
	buf_init(&path, 1024);
	buf_init(&resource, 1024);
	buf_printf(&path, "%s%s", *app == '/' ? "" : "/", app);
	if (c->configuration && !strstr(c->configuration, "://"))
		buf_puts(&resource, RESOURCE_PREFIX);
	buf_puts(&resource, c->configuration ? c->configuration : "");
	struct xport_wsman_cfg w = { .http = { .loop = l, .host = host,
			.port = c->port ? (uint16_t)c->port : WSMAN_PORT, .path = arena_str(a, buf_span(&path)),
			.schemes = schemes[c->auth], .cred = &acc->cred, .connect_ms = OPEN_MS,
			.body_max = BODY_MAX },
		.resource = c->configuration ? arena_str(a, buf_span(&resource)) : NULL };
	if (buf_failed(&path) || buf_failed(&resource))
		err_set(e, E_USAGE, "The application or configuration name is too long.");
	buf_free(&path);
	buf_free(&resource);
	if (e->code)
		return e->code;
	t->name = host;
	t->xport = xport_wsman_new(&w);
	return 0;
}

int target_open(struct target *t, const char *host, const struct connect_args *c, uint32_t set,
	const struct account *acc, struct loop *l, struct arena *a, struct err *e)
{
	if (set & SET_HOST)
		return open_ssh(t, host, c, l, a, e);
	return open_wsman(t, host, c, acc, l, a, e);
}

void report_session(const char *name, bool was_open, const struct err *e)
{
	if (e->code == E_USAGE)
		print_err(e);
	else if (was_open)
		print_own("[%s] The session has ended: %s", name, e->text);
	else
		print_own(
			"[%s] Connecting to remote server %s failed with the following error message : %s",
			name, name, e->text);
}
