/* What every connecting applet shares: the parameters that say where, how and as whom. */
#ifndef APPLETS_CONNECT_H
#define APPLETS_CONNECT_H
#include "core/params.h"

/* Parameter sets: one bit for each way to name the far side, or a session that is there already. */
enum {
	SET_COMPUTER = 1 << 0, SET_HOST = 1 << 1, SET_URI = 1 << 2, SET_CONTAINER = 1 << 3,
	SET_COMMAND = 1 << 4, SET_CONNECTION = 1 << 5, SET_VMID = 1 << 6,
	SET_VMNAME = 1 << 11,
	SET_SESSION = 1 << 7, SET_NAME = 1 << 8, SET_INSTANCE = 1 << 9, SET_ID = 1 << 10,
};
#define SET_SSH (SET_HOST | SET_CONNECTION)
#define SET_VM (SET_VMID | SET_VMNAME)
/* What a child process leads to. */
#define SET_CHILD (SET_SSH | SET_CONTAINER | SET_COMMAND | SET_VM)
#define SET_WHERE (SET_COMPUTER | SET_URI | SET_CHILD)
#define SET_KEPT (SET_SESSION | SET_NAME | SET_INSTANCE | SET_ID)
#define SET_SHIFT 16                    /* applets that need each set twice: on a server with */
#define SET_MORE(set) ((uint32_t)(set) << SET_SHIFT)    /* -InstanceId; -FilePath for a script */
#define SET_ANY(set) ((set) | SET_MORE(set))

struct connect_args {
	uint64_t given;                     /* by the command line or the configuration file */
	const char *credential, *password_file, *password_fd, *key_tab, *kdc;
	const char *configuration, *application, *session_option;
	const char *thumbprint, *certificate, *certificate_key, *ca_certificate, *fingerprint;
	const char *user, *key_file, *subsystem, *options;
	int32_t port, auth, connecting_ms;
	const char *session_name;           /* no parameter: how the session is called on the server */
	bool use_ssl, allow_redirection, network_access, readable_password, admin;
	bool ssh_transport;                 /* always */
};
/* -Authentication */
enum {
	AUTH_DEFAULT, AUTH_BASIC, AUTH_NEGOTIATE, AUTH_IMPLICIT, AUTH_CREDSSP, AUTH_DIGEST,
	AUTH_KERBEROS, AUTH_NTLM,
};

/* All but those that name the far side. */
extern const struct param connect_params[];
#define CONNECT_PARAMS(type, field) P_GROUP(type, field, connect_params)
/* These, as lists, all into one struct str_list. */
extern const struct param where_params[];
#define WHERE_PARAMS(type, field) P_GROUP(type, field, where_params)

/* Where one word of the user leads, after his configuration file was asked. */
struct where {
	const char *name;                   /* host, user@host:port, URI, …, by set */
	uint32_t set;                       /* one of SET_WHERE, never SET_CONNECTION */
	struct connect_args args;
};
/* typed: the word, or NULL where -Options name the host; set: what it was given as. Reads the file
 * that $PSSESSION_CONFIG names, else pssession/config in $XDG_CONFIG_HOME or ~/.config if there is
 * one, which nobody else may be able to write, as with ssh. The command line wins. Texts lie in the
 * arena. */
int where_find(struct where *w, const char *typed, uint32_t set, const struct connect_args *c,
	struct arena *a, struct err *e) MUST_CHECK;
/* $XDG_CONFIG_HOME/pssession/NAME or ~/.config/pssession/NAME; NULL without a home. */
const char *config_path(struct arena *a, const char *name);
#endif
