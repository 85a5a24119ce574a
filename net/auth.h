/* Authentication mechanisms as sans-IO engines behind one vtable; each serves exactly one connection. */
#ifndef NET_AUTH_H
#define NET_AUTH_H
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/secret.h"

struct auth_cred {                        /* what the user gave; outlives every auth made from it */
	struct span user;                 /* UTF-8, without domain; user@realm forms stay whole */
	struct span domain;               /* UTF-8, may be empty */
	const struct secret *password;    /* UTF-8 */
};
struct auth_target {                      /* whom we talk to */
	struct span host;                 /* as the user named it, without brackets */
	struct span service;              /* "HTTP": SPN = service/host */
	struct span channel_binding;      /* MD5 of gss_channel_bindings (16 bytes), empty without TLS */
};

struct auth;
struct auth_ops {
	/* Eats the peer's token (empty at first), appends ours to out. 1: send out and come back with the answer; 0: complete (out may still hold
	 * a token to send; can_wrap is true from here on, and even before with ready_early); negative: refused or broken, recorded in e. */
	int (*step)(struct auth *a, struct span in, struct buf *out, struct err *e);
	/* Message protection: appends signature||ciphertext as the mechanism lays it out; *sig_len = length of the first part. */
	int (*wrap)(struct auth *a, struct span plain, struct buf *out, size_t *sig_len, struct err *e);
	int (*unwrap)(struct auth *a, struct span sig, struct span sealed, struct buf *plain, struct err *e);   /* checks signature and sequence */
	void (*free)(struct auth *a);     /* wipes keys */
};
struct auth {                             /* first member of each implementation */
	const struct auth_ops *ops;
	const char *scheme;               /* HTTP token: "Negotiate", "NTLM", "Basic", … */
	const char *seal_protocol;        /* "application/HTTP-SPNEGO-session-encrypted", …; NULL = cannot seal */
	bool can_wrap;                    /* keys exist */
	bool complete;                    /* peer has proven itself as far as the mechanism can */
};

/* Raw NTLMv2 (MS-NLMP), and any mechanism inside SPNEGO (RFC 4178). The returned object owns its state; free through ops. */
struct auth *auth_ntlm_new(const struct auth_cred *c, const struct auth_target *t);
struct auth *auth_spnego_new(struct auth *inner /* owned from here */, struct span mech_oid /* DER body */);
struct auth *auth_basic_new(const struct auth_cred *c);
/* With the mechListMIC (RFC 4178 section 5): signature over data without encryption; NULL ops->... when the mechanism has none. */
int auth_ntlm_mic(struct auth *a, struct span data, uint8_t out[16]) MUST_CHECK;
int auth_ntlm_check_mic(struct auth *a, struct span data, struct span mic) MUST_CHECK;
void auth_ntlm_reset_seal(struct auth *a);   /* RC4 handles restart after the mechListMIC exchange (features.md C 7); sequences do not */
#endif
