/* CredSSP (MS-CSSP) as a login of HTTP, scheme "CredSSP": a TLS session inside its tokens, in it a
 * login by another mechanism, and then user name and password for the server to use as its own.
 * Whether the user wants that is the caller's to ask. */
#ifndef NET_AUTH_CREDSSP_H
#define NET_AUTH_CREDSSP_H
#include "net/auth.h"

/* old_ok: versions 2 to 4 will do (see credssp.h). make: the mechanism inside, SPNEGO around NTLM
 * or Kerberos, called once, in some step; owned from there. binding: to the TLS session inside (16
 * bytes, as in auth_target), gone after the call. ctx lives until then. The server's certificate
 * is not judged: the login is bound to its key. can_wrap comes true with complete: bodies are
 * sealed after the login, by the TLS session. */
struct auth *auth_credssp_new(const struct auth_cred *c, bool old_ok,
	struct auth *(*make)(const void *ctx, struct span binding), const void *ctx);
#endif
