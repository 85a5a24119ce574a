/* -SessionOption: the fields of New-PSSessionOption that a client can honour, as "Name[=value],…"
 * or PowerShell's @{Name=value; …}. */
#ifndef CORE_SESSION_OPTION_H
#define CORE_SESSION_OPTION_H
#include "lib/arena.h"
#include "lib/err.h"

enum buffering_mode { BUFFERING_DEFAULT, BUFFERING_NONE, BUFFERING_DROP, BUFFERING_BLOCK };
enum proxy_access {
	PROXY_NONE, PROXY_IE_CONFIG, PROXY_WINHTTP_CONFIG, PROXY_AUTO_DETECT, PROXY_NO_PROXY_SERVER,
};

struct session_option {                 /* texts lie in the arena; NULL = not given */
	int32_t open_ms, cancel_ms, operation_ms;            /* 0 = no end */
	int32_t idle_ms;                    /* -1 = the server's */
	int32_t max_data, max_object;       /* bytes; data per command, 0 = no limit; one object */
	int32_t max_redirection, max_retry;
	bool no_machine_profile, no_compression, no_encryption, use_utf16, include_port_in_spn;
	bool old_credssp;                   /* AllowEncryptionOracle: versions with a hole */
	bool skip_ca, skip_cn, skip_revocation;
	const char *culture, *ui_culture;
	int32_t buffering;                  /* enum buffering_mode */
	int32_t proxy_access;               /* enum proxy_access */
	int32_t proxy_authentication;       /* 0 Negotiate, 1 Basic, 2 Digest; -1 = any */
	const char *proxy, *proxy_user;     /* Proxy=URI, ProxyCredential=user */
};
/* PowerShell's defaults. */
void session_option_init(struct session_option *o);
/* Adds what text says. E_USAGE naming an unknown field, a value of the wrong type or out of range.
 */
int session_option_parse(const char *text, struct arena *a, struct session_option *o,
	struct err *e) MUST_CHECK;
#endif
