#include "applets/connect.h"
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
#include "core/host_config.h"
#include "lib/file_io.h"

#define CONFIG_MAX (1u << 20)
#define WSMAN SET_ANY(SET_COMPUTER | SET_URI)
#define COMPUTER SET_ANY(SET_COMPUTER)
#define SSH SET_ANY(SET_HOST)
#define ARGS struct connect_args

const struct param connect_params[] = {
	P_GIVEN(ARGS, given),
	P_TYPED(ARGS, credential, "Credential", NULL, "PSCredential", .sets = WSMAN, .pos = 3,
		.pos_sets = SET_WHERE),
	P_STR(ARGS, password_file, "PasswordFile", NULL, .sets = WSMAN),
	P_INT(ARGS, password_fd, "PasswordFd", NULL, 0, INT32_MAX, .sets = WSMAN),
	P_SWITCH(ARGS, readable_password, "AllowReadablePasswordFile", NULL, .sets = WSMAN),
	P_ENUM(ARGS, auth, "Authentication", NULL, "AuthenticationMechanism",
		"Default|Basic|Negotiate|NegotiateWithImplicitCredential|Credssp|Digest|Kerberos|NTLM",
		.sets = WSMAN),
	P_STR(ARGS, key_tab, "KeyTab", NULL, .sets = WSMAN),
	P_STR(ARGS, kdc, "Kdc", NULL, .sets = WSMAN),
	P_INT(ARGS, port, "Port", NULL, 1, 65535, .sets = COMPUTER | SSH),
	P_SWITCH(ARGS, use_ssl, "UseSSL", NULL, .sets = COMPUTER),
	P_STR(ARGS, application, "ApplicationName", NULL, .sets = COMPUTER),
	P_STR(ARGS, configuration, "ConfigurationName", NULL),
	P_SWITCH(ARGS, allow_redirection, "AllowRedirection", NULL, .sets = SET_ANY(SET_URI)),
	P_TYPED(ARGS, session_option, "SessionOption", NULL, "PSSessionOption", .sets = WSMAN),
	P_SWITCH(ARGS, network_access, "EnableNetworkAccess", NULL, .sets = WSMAN),
	P_STR(ARGS, thumbprint, "CertificateThumbprint", NULL, .sets = WSMAN),
	P_STR(ARGS, certificate, "Certificate", NULL, .sets = WSMAN),
	P_STR(ARGS, certificate_key, "CertificateKey", NULL, .sets = WSMAN),
	P_STR(ARGS, ca_certificate, "CACertificate", NULL, .sets = WSMAN),
	P_STR(ARGS, fingerprint, "CertificateFingerprint", NULL, .sets = WSMAN),
	P_STR(ARGS, user, "UserName", NULL, .sets = SSH),
	P_STR(ARGS, key_file, "KeyFilePath", "IdentityFilePath", .sets = SSH),
	P_STR(ARGS, subsystem, "Subsystem", NULL, .sets = SSH),
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

/* A name that the file gives to the far side replaces the word of the user. */
static bool is_where(const char *word, const char **name, uint32_t *set)
{
	static const struct { const char *name; uint32_t set; } to[] = {
		{ "-ComputerName:", SET_COMPUTER }, { "-HostName:", SET_HOST },
		{ "-ConnectionUri:", SET_URI },
	};

	for (size_t i = 0; i < sizeof(to) / sizeof(*to); i++) {
		if (!span_starts_ci(span_str(word), to[i].name))
			continue;
		*name = word + strlen(to[i].name);
		*set = to[i].set;
		return true;
	}
	return false;
}

static int apply(struct where *w, const char *typed, struct span file, struct arena *a,
	struct err *e)
{
	struct str_list words;
	const char *name;
	uint32_t set;
	size_t kept = 0;

	if (host_config_words(file, typed, a, &words, e) < 0)
		return e->code;
	for (size_t i = 0; i < words.n; i++) {
		if (!is_where(words.v[i], &name, &set)) {
			words.v[kept++] = words.v[i];
		} else if (w->name == typed) {      /* the first one counts */
			w->name = name;
			w->set = set;
		}
	}
	return params_fill(connect_params, words.v, kept, a, &w->args, e);
}

int where_find(struct where *w, const char *typed, uint32_t set, const struct connect_args *c,
	struct arena *a, struct err *e)
{
	const char *path = getenv("PSSESSION_CONFIG");
	struct span text;
	struct buf file;

	*w = (struct where){ .name = typed, .set = set, .args = *c };
	if (!path || !*path)
		path = config_path(a, "config");
	if (!path || access(path, F_OK) < 0)
		return 0;
	buf_init(&file, CONFIG_MAX);
	if (file_read(path, &file, e) == 0 && arena_dup(a, buf_span(&file), &text) &&
		apply(w, typed, text, a, e) < 0)
		err_prefix(e, "'%s': ", path);
	buf_free(&file);
	return e->code;
}
