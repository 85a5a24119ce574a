/* What every connecting applet shares: parameters that say where and as whom, and the transports
 * made from them. */
#ifndef APPLETS_COMMON_H
#define APPLETS_COMMON_H
#include "core/params.h"
#include "core/session.h"
#include "lib/secret.h"
#include "net/auth.h"

/* Parameter sets: one bit for each way to name the far side. */
enum { SET_COMPUTER = 1 << 0, SET_HOST = 1 << 1 };

struct connect_args {
	const char *credential, *password_file, *configuration, *application, *user, *key_file,
		*subsystem;
	int32_t port, auth;
};
extern const struct param
	connect_params[]; /* all but -ComputerName and -HostName, which each applet words itself */
#define CONNECT_PARAMS(type, field) P_GROUP(type, field, connect_params)

/* The account, asked for once and used for every target; lives until the last session is gone. */
struct account { struct auth_cred cred; struct secret *password; };
/* E_AUTH or E_USAGE with the way out. Nothing is asked for SSH: its own programs do. */
int account_get(
	struct account *acc, const struct connect_args *c, uint32_t set, struct err *e) MUST_CHECK;
void account_wipe(struct account *acc);

struct target {
	const char *name; /* as prompts and errors show it: "server01", "alice@server01" */
	struct xport *xport;                      /* until a session takes it */
};
/* A transport to `host` (of -ComputerName or -HostName, by set). NULL with e set. Pieces of text
 * live in the arena. */
int target_open(struct target *t, const char *host, const struct connect_args *c, uint32_t set,
	const struct account *acc, struct loop *l, struct arena *a, struct err *e) MUST_CHECK;

#define OPEN_MS 180000                            /* OpenTimeout of PowerShell */
/* One line on stderr: "[srv1] Connecting to remote server srv1 failed with the following error
 * message : …", or, when the session was open already, that it was lost. */
void report_session(const char *name, bool was_open, const struct err *e);
#endif
