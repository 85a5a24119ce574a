/* Authentication mechanisms as sans-IO engines behind one vtable; each serves one connection. */
#ifndef NET_AUTH_H
#define NET_AUTH_H
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/secret.h"

struct auth_cred {                        /* what the user gave; outlives every auth made from it */
	struct span user;                 /* UTF-8, without domain; user@realm forms stay whole */
	struct span domain;               /* UTF-8, may be empty; "." = the target machine itself */
	const struct secret *password;    /* UTF-8 */
};
/* Cuts what the user typed: DOMAIN\user, .\user, user@realm (stays whole, empty domain), user.
 * E_USAGE for an empty user. Nothing is copied. */
int auth_split_user(struct span typed, struct auth_cred *c, struct err *e) MUST_CHECK;

struct auth_target {                      /* whom we talk to; copied where kept */
	struct span host;                 /* as the user named it, without brackets */
	struct span service;              /* "HTTP": SPN = service/host */
	struct span channel_binding;      /* MD5 of gss_channel_bindings (16 bytes), or none */
	uint64_t filetime;                /* now, 100 ns since 1601: used if the server tells no time */
	struct span method, uri;          /* of the request line, which Digest covers */
};

struct auth;
struct auth_ops {
	/* Eats the peer's token (empty at first), appends ours to out (which should be a secret buf:
	 * Basic's token is the password). 1: send out, if not empty, and come back with the answer's
	 * token; 0: complete, out may still hold a token to send; negative: refused (E_AUTH) or broken
	 * (E_PEER, E_LIMIT), recorded in e, and the object is good for free() only.
	 * The answer to the last token may carry one as well: with 1 it must be given to step before
	 * anything sealed in the same answer is unwrapped. An answer without token is an empty one. */
	int (*step)(struct auth *a, struct span in, struct buf *out, struct err *e);
	/* Message protection, from can_wrap on: appends signature||ciphertext as the mechanism lays it
	 * out; *sig_len = length of the first part. can_wrap may come true while step still returns 1
	 * (NTLM's keys exist when the last token is made): a sealed body may then go out in the same
	 * request as that token. Each wrap counts: what is wrapped must be sent, once, in order. */
	int (*wrap)(struct auth *a, struct span plain, struct buf *out, size_t *sig_len, struct err *e);
	/* Checks signature and sequence, appends the plain text; only once complete. */
	int (*unwrap)(struct auth *a, struct span sig, struct span sealed, struct buf *plain,
		struct err *e);
	/* SPNEGO's mechListMIC (RFC 4178, 5), both NULL for mechanisms without: signature over data.
	 * Its number in the sequence is taken. NTLM, as MS-NLMP's SPNEGO users have it: the cipher of
	 * that direction starts afresh behind it. */
	int (*put_mic)(struct auth *a, struct span data, struct buf *out, struct err *e);
	int (*check_mic)(struct auth *a, struct span data, struct span mic, struct err *e);
	void (*free)(struct auth *a);     /* wipes keys */
};
struct auth {                             /* first member of each implementation */
	const struct auth_ops *ops;
	const char *scheme;               /* HTTP token: "Negotiate", "NTLM", "Basic", … */
	const char *seal_protocol;        /* "application/HTTP-SPNEGO-session-encrypted", or NULL */
	bool can_wrap;                    /* keys exist */
	bool complete;                    /* peer has proven itself as far as the mechanism can */
	uint8_t padding;                  /* bytes that wrap adds behind the text */
	bool wants_mic;                   /* inside SPNEGO: mechListMICs are due both ways */
	/* CredSSP alone, else 0: wrap takes so many bytes at most and makes a TLS record, *sig_len is
	 * the length of its trailer; unwrap takes records, sig empty. */
	uint16_t piece;
};

/* Raw NTLMv2 (MS-NLMP): MIC, channel binding, SPN, 128-bit sealing. Refuses servers with less. */
struct auth *auth_ntlm_new(const struct auth_cred *c, const struct auth_target *t);
/* A mechanism inside SPNEGO (RFC 4178). mechs: its OIDs in DER, all naming the one mechanism, the
 * one whose token is sent at once first; static text. */
struct auth *auth_spnego_new(struct auth *inner /* owned from here */, struct span mechs);
#define AUTH_OID_NTLM SPAN("\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a")
/* Windows' own number for Kerberos 5 (MS-SPNG 3.1.5.2), and the one of RFC 4121. */
#define AUTH_OIDS_KRB5 SPAN("\x06\x09\x2a\x86\x48\x82\xf7\x12\x01\x02\x02" \
	"\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02")
/* Basic (RFC 7617): one step. Whether the connection is private enough is the caller's to judge. */
struct auth *auth_basic_new(const struct auth_cred *c);
#endif
