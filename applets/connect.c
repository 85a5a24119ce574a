#include "applets/connect.h"
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
#include "core/host_config.h"
#include "core/pairs.h"
#include "lib/file_io.h"

#define CONFIG_MAX (1u << 20)
#define WSMAN SET_ANY(SET_COMPUTER | SET_URI)
#define COMPUTER SET_ANY(SET_COMPUTER)
#define SSH SET_ANY(SET_HOST | SET_VM)
#define ACCOUNT SET_ANY(SET_COMPUTER | SET_URI | SET_VM)
#define REQUIRED "Cannot process command because of one or more missing mandatory parameters: %s."
#define ARGS struct connect_args

const struct param connect_params[] = {
	P_GIVEN(ARGS, given),
	P_TYPED(ARGS, credential, "Credential", TYPE_CREDENTIAL, .sets = ACCOUNT, .pos = 2,
		.pos_sets = PARAMS_LONE),
	P_STR(ARGS, password_file, "PasswordFile", .sets = WSMAN),
	P_TYPED(ARGS, password_fd, "PasswordFd", TYPE_INT, .sets = WSMAN),
	P_SWITCH(ARGS, readable_password, "AllowReadablePasswordFile", .sets = WSMAN),
	P_ENUM(ARGS, auth, "Authentication", TYPE_MECHANISM,
		"Default|Basic|Negotiate|NegotiateWithImplicitCredential|Credssp|Digest|Kerberos|NTLM",
		.sets = WSMAN),
	P_STR(ARGS, key_tab, "KeyTab", .sets = WSMAN),
	P_STR(ARGS, kdc, "Kdc", .sets = WSMAN),
	P_INT(ARGS, port, "Port", 1, 16, .sets = COMPUTER | SSH),
	P_SWITCH(ARGS, use_ssl, "UseSSL", .sets = COMPUTER),
	P_STR(ARGS, application, "ApplicationName", .sets = COMPUTER),
	P_STR(ARGS, configuration, "ConfigurationName",
		.sets = SET_ANY(SET_WHERE & ~(SET_COMMAND | SET_CONNECTION))),
	P_SWITCH(ARGS, allow_redirection, "AllowRedirection", .sets = SET_ANY(SET_URI)),
	P_TYPED(ARGS, session_option, "SessionOption", TYPE_SESSION_OPTION, .sets = WSMAN),
	P_SWITCH(ARGS, network_access, "EnableNetworkAccess", .sets = WSMAN),
	P_STR(ARGS, thumbprint, "CertificateThumbprint", .sets = WSMAN),
	P_STR(ARGS, certificate, "Certificate", .sets = WSMAN),
	P_STR(ARGS, certificate_key, "CertificateKey", .sets = WSMAN),
	P_STR(ARGS, ca_certificate, "CACertificate", .sets = WSMAN),
	P_STR(ARGS, fingerprint, "CertificateFingerprint", .sets = WSMAN),
	P_STR(ARGS, user, "UserName", .sets = SSH),
	P_STR(ARGS, key_file, "KeyFilePath\0IdentityFilePath", .sets = SSH),
	P_STR(ARGS, subsystem, "Subsystem", .sets = SSH),
	P_INT(ARGS, connecting_ms, "ConnectingTimeout", -1, 31, .sets = SSH),
	P_TYPED(ARGS, options, "Options", TYPE_TABLE, .sets = SSH),
	P_SWITCH(ARGS, ssh_transport, "SSHTransport", .sets = SSH),
	P_SWITCH(ARGS, admin, "RunAsAdministrator", .sets = SET_ANY(SET_CONTAINER)),
	P_END
};

#define ROW(kind, names, type, set, ...)                                                           \
	P_##kind(struct str_list, v, names, type, P_ONLY(SET_ANY(set)), __VA_ARGS__)
const struct param where_params[] = {
	ROW(STRS, "ComputerName\0Cn", TYPE_STRINGS, SET_COMPUTER, .pos = 1),
	ROW(STRS, "HostName", TYPE_STRINGS, SET_HOST, .pos = 1),
	ROW(STRS, "SSHConnection", TYPE_TABLES, SET_CONNECTION),
	ROW(STRS, "ConnectionUri\0URI\0CU", TYPE_URIS, SET_URI, .pos = 1),
	ROW(STRS, "ContainerId", TYPE_STRINGS, SET_CONTAINER),
	ROW(STRS, "VMId\0VMGuid", TYPE_GUIDS, SET_VMID),
	ROW(STRS, "VMName", TYPE_STRINGS, SET_VMNAME),
	ROW(WORD, "Command", TYPE_STRING, SET_COMMAND),
	P_END
};

const char *config_path(struct arena *a, const char *name)
{
	const char *found = NULL;
	struct buf path;

	buf_init(&path, 4096);
	if (file_config_path(name, &path) && !buf_failed(&path))
		found = arena_str(a, buf_span(&path));
	buf_free(&path);
	return found;
}

/* A name that the file gives to the far side, if the user's word leaves it open. */
static bool is_where(const char *word, const struct where *w, const char **name, uint32_t *set)
{
	struct span s = span_sub(span_str(word), 1, span_find(span_str(word), ':') - 1);
	bool found = false;

	for (const struct param *p = where_params; p->name && word[s.n + 1]; p++) {
		if (!span_is_ci(s, p->name) || p->sets & SET_CONNECTION)
			continue;
		found = true;
		if (*name == w->name && (w->set == SET_COMPUTER || w->set & p->sets)) {
			*name = word + s.n + 2;
			*set = p->sets & SET_WHERE;
		}
	}
	return found;
}

/* What sections are about: the host in user@host:port or in a URI. */
static struct span bare_host(struct span typed)
{
	size_t scheme = span_search(typed, SPAN("://")), at;

	if (scheme < typed.n)
		typed = span_sub(typed, scheme + 3, typed.n);
	typed = span_sub(typed, 0, span_find(typed, '/'));
	while ((at = span_find(typed, '@')) < typed.n)
		typed = span_sub(typed, at + 1, typed.n);
	if (typed.n && typed.p[0] == '[')
		return span_sub(typed, 1, span_find(typed, ']') - 1);
	at = span_find(typed, ':');
	if (span_find(span_sub(typed, at + 1, typed.n), ':') == typed.n - at - 1)
		typed = span_sub(typed, 0, at);
	return typed;
}

/* The first of a name counts, and one of the command line before it. */
static int apply(struct where *w, struct span file, const char *path, struct arena *a,
	struct err *e)
{
	struct host_config c = { .rest = file, .host = bare_host(span_str(w->name)),
		.home = getenv("HOME") };
	const char *name = w->name;
	uint32_t set = w->set;
	char *word;

	while ((word = host_config_next(&c, a, e)) && !e->code)
		if (!is_where(word, w, &name, &set) &&
			params_fill(connect_params, &word, 1, a, &w->args, e) < 0)
			break;
	if (e->code)
		err_prefix(e, "'%s' line %zu: ", path, c.line);
	w->name = name;
	w->set = set;
	return e->code;
}

static bool is_tls(const struct where *w)
{
	return w->args.use_ssl || (w->set == SET_URI && span_starts_ci(span_str(w->name), "https:"));
}

/* What -Options, or -SSHConnection, call the host. */
static bool is_host(const char *word)
{
	struct span w = span_str(word);

	return span_starts_ci(w, "-Host:") || span_starts_ci(w, "-HostName:") ||
		span_starts_ci(w, "-ComputerName:");
}

static int find_host(struct where *w, const char *pairs, bool all, struct arena *a, struct err *e)
{
	char **words;
	size_t n;

	w->name = NULL;
	if (!pairs_split(pairs, a, &words, &n))
		return err_many(e, "SSH options");
	for (size_t i = 0; i < n; i++) {
		if (is_host(words[i]))
			w->name = strchr(words[i], ':') + 1;
		else if (all && params_fill(connect_params, &words[i], 1, a, &w->args, e) < 0)
			return err_prefix(e, "SSHConnection: "), e->code;
	}
	w->set = SET_HOST;
	return w->name ? 0 : err_set(e, E_USAGE, REQUIRED, *pairs ? "HostName" : "ComputerName");
}

int where_find(struct where *w, const char *typed, uint32_t set, const struct connect_args *c,
	struct arena *a, struct err *e)
{
	const char *named = getenv("PSSESSION_CONFIG"), *path = named;
	struct buf file;
	int r;

	*w = (struct where){ .name = typed, .set = set, .args = *c };
	if (set & SET_CONNECTION ? find_host(w, typed, true, a, e) < 0 :
		!typed && find_host(w, c->options ? c->options : "", false, a, e) < 0)
		return e->code;
	if (!named || !*named) {
		path = config_path(a, "config");
		if (path && access(path, F_OK) < 0)
			path = NULL;
	}
	buf_init(&file, CONFIG_MAX);
	r = !path ? 0 : path == named ? file_read(path, &file, e) : file_read_safe(path, &file, e);
	if (r == 0 && path)
		r = apply(w, buf_span(&file), path, a, e);
	buf_free(&file);
	if (r == 0 && c->ca_certificate && !is_tls(w) && !c->allow_redirection)
		r = err_set(e, E_USAGE, "-CACertificate is for TLS: add -UseSSL, or leave it out.");
	return r;
}
