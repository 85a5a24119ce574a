/* Kerberos messages (RFC 4120) in DER, both ways. An engine: spans of what was read point into the
 * message, or into the plain text buffer handed in; times are Unix seconds, or microseconds where
 * the name says us. */
#ifndef NET_KRB5_MSG_H
#define NET_KRB5_MSG_H
#include "lib/arena.h"
#include "net/krb5_crypto.h"

enum krb5_msg_type { KRB5_AS_REQ = 10, KRB5_AS_REP = 11, KRB5_TGS_REQ = 12, KRB5_TGS_REP = 13,
	KRB5_AP_REQ = 14, KRB5_AP_REP = 15, KRB5_CRED = 22, KRB5_ERROR = 30 };
/* Key usages, 7.5.1 */
enum krb5_usage { KRB5_U_PA_TIMESTAMP = 1, KRB5_U_AS_REP = 3, KRB5_U_TGS_REQ_SUM = 6,
	KRB5_U_TGS_REQ_AUTH = 7, KRB5_U_TGS_REP = 8, KRB5_U_AP_REQ_AUTH = 11, KRB5_U_AP_REP = 12,
	KRB5_U_CRED = 14 };
enum krb5_name_type { KRB5_NT_PRINCIPAL = 1, KRB5_NT_SRV_INST = 2,
	KRB5_NT_ENTERPRISE = 10 };
/* KDCOptions and TicketFlags: bit 0 of ASN.1 is the highest */
#define KRB5_FORWARDABLE 0x40000000u
#define KRB5_FORWARDED   0x20000000u
#define KRB5_CANONICALIZE 0x00010000u     /* option alone: referrals are welcome */
#define KRB5_RENEWABLE_OK 0x00000010u     /* option alone */
/* Pre-authentication data, 7.5.2 */
enum krb5_pa_type { KRB5_PA_TGS_REQ = 1, KRB5_PA_ENC_TIMESTAMP = 2, KRB5_PA_PW_SALT = 3,
	KRB5_PA_ETYPE_INFO = 11, KRB5_PA_ETYPE_INFO2 = 19 };
/* Error codes, 7.5.9: those somebody acts on */
enum krb5_error_code { KRB5_E_CLIENT_UNKNOWN = 6, KRB5_E_SERVER_UNKNOWN = 7, KRB5_E_POLICY = 12,
	KRB5_E_BADOPTION = 13, KRB5_E_ETYPE = 14, KRB5_E_REVOKED = 18, KRB5_E_KEY_EXPIRED = 23,
	KRB5_E_PREAUTH_FAILED = 24, KRB5_E_PREAUTH_REQUIRED = 25, KRB5_E_INTEGRITY = 31,
	KRB5_E_TKT_EXPIRED = 32, KRB5_E_TKT_NOT_YET = 33, KRB5_E_NOT_US = 35, KRB5_E_SKEW = 37,
	KRB5_E_MODIFIED = 41, KRB5_E_BAD_VERSION = 44, KRB5_E_NO_KEY = 45,
	KRB5_E_RESPONSE_TOO_BIG = 52, KRB5_E_WRONG_REALM = 68 };

#define KRB5_PARTS 4
struct krb5_principal {                   /* "HTTP/host@REALM" has two parts */
	int32_t type;
	unsigned part_n;
	struct span realm, part[KRB5_PARTS];      /* UTF-8; realm may be empty where not known */
};
/* the same realm and parts; the type is only a hint */
bool krb5_principal_eq(const struct krb5_principal *a, const struct krb5_principal *b);
void krb5_principal_text(const struct krb5_principal *p, struct buf *out);      /* for people */

struct krb5_cred {                        /* a ticket and what belongs to it */
	struct krb5_principal client, server;
	struct krb5_key key;              /* session key */
	int64_t auth_time, start_time, end_time, renew_till;    /* 0: not stated */
	uint32_t flags;                   /* TicketFlags */
	struct span ticket;               /* the Ticket as received, DER with its tag */
};
/* Deep copy into an arena (wipe it: the session key is in out, not in the arena). */
bool krb5_cred_dup(struct arena *a, const struct krb5_cred *in, struct krb5_cred *out) MUST_CHECK;

/* Which message this is (a krb5_msg_type); 0: none of ours. */
unsigned krb5_msg_type(struct span msg);

/* PA-DATA: a list is what a SEQUENCE OF PA-DATA holds, so appending makes one. */
void krb5_put_pa(struct buf *list, int32_t type, struct span value);
/* PA-ENC-TIMESTAMP, 5.2.7.2 */
void krb5_put_pa_timestamp(struct buf *list, const struct krb5_key *k, int64_t now_us);
bool krb5_next_pa(struct span *list, int32_t *type, struct span *value);        /* false: no more */
bool krb5_find_pa(struct span list, int32_t type, struct span *value);

struct krb5_etype_info { int32_t etype; bool has_salt; struct span salt, params; };
/* Takes one entry off the value of PA-ETYPE-INFO2 or, old, PA-ETYPE-INFO (start: the PA's value,
 * later what is left of it). False: no more, or malformed. */
bool krb5_first_etype_info(struct span pa_value, struct span *rest);    /* then next on rest */
bool krb5_next_etype_info(struct span *rest, struct krb5_etype_info *out);

struct krb5_kdc_req {
	const struct krb5_principal *client;      /* AS: who logs in; TGS: NULL */
	const struct krb5_principal *server;      /* its realm: whose KDC is asked */
	uint32_t options;                 /* KRB5_FORWARDABLE … */
	int64_t till;                     /* 0: as long as possible */
	uint32_t nonce;                   /* random, below 2^31 */
	const int32_t *etype;             /* best first */
	unsigned etype_n;
};
/* Append the message. AS: pa = list of PA-DATA, or empty. */
void krb5_put_as_req(const struct krb5_kdc_req *r, struct span pa, struct buf *out);
/* Authenticated by tgt (its session key, no subkey: the answer is under tgt->key, KRB5_U_TGS_REP).
 * A forwarded TGT to delegate: options KRB5_FORWARDABLE | KRB5_FORWARDED, server krbtgt/REALM. */
void krb5_put_tgs_req(const struct krb5_kdc_req *r, const struct krb5_cred *tgt, int64_t now_us,
	struct buf *out);

struct krb5_kdc_rep {                     /* AS-REP or TGS-REP, spans point into it */
	unsigned type;
	struct span pa;                   /* list of PA-DATA: ETYPE-INFO2 may stand here, too */
	struct krb5_principal client;
	struct span ticket;
	int32_t etype;                    /* of the sealed part: which of our keys opens it */
	struct span sealed;
};
bool krb5_get_kdc_rep(struct span msg, struct krb5_kdc_rep *r);
/* Opens the sealed part into plain (secret buf, keeps what spans of cred need) and checks that the
 * nonce is the one asked with. cred->server is the name the KDC vouches for: compare it with the
 * one asked for; krbtgt/OTHER instead is a referral (RFC 6806, 8). E_AUTH: the key does not open it
 * (for an AS-REP: wrong password). */
int krb5_open_kdc_rep(const struct krb5_kdc_rep *r, const struct krb5_key *k, uint32_t usage,
	uint32_t nonce, struct buf *plain, struct krb5_cred *cred, struct err *e) MUST_CHECK;

struct krb5_error {                       /* KRB-ERROR, 5.9.1; nothing of it is authenticated */
	int32_t code;
	int64_t server_us;                /* the sender's clock */
	struct krb5_principal client, server;     /* client.realm: where to, with WRONG_REALM */
	struct span text, data;           /* e-text, e-data */
};
bool krb5_get_error(struct span msg, struct krb5_error *out);
/* e-data of PREAUTH_REQUIRED and PREAUTH_FAILED: METHOD-DATA as a list of PA-DATA. */
bool krb5_get_method_data(struct span data, struct span *list);
/* What an error code means, for people ("the account is locked, disabled or expired"); never
 * NULL. */
const char *krb5_error_text(int32_t code);

struct krb5_ap_req {
	const struct krb5_cred *cred;
	bool mutual;
	uint32_t usage;                   /* KRB5_U_AP_REQ_AUTH */
	int32_t sum_type;                 /* of the authenticator's checksum; none if sum is empty */
	struct span sum;
	const struct krb5_key *subkey;    /* or NULL */
	bool has_seq;
	uint32_t seq;
	int64_t now_us;
};
void krb5_put_ap_req(const struct krb5_ap_req *r, struct buf *out);
struct krb5_ap_rep { struct krb5_key subkey; bool has_seq; uint32_t seq; };     /* wipe after use */
/* Opens an AP-REP and checks that it answers the AP-REQ of now_us (mutual authentication). */
int krb5_open_ap_rep(struct span msg, const struct krb5_key *session, int64_t now_us,
	struct krb5_ap_rep *out, struct err *e) MUST_CHECK;
/* KRB-CRED with one (forwarded) ticket, sealed with that key: delegation. */
void krb5_put_cred(const struct krb5_cred *c, const struct krb5_key *k, int64_t now_us,
	struct buf *out);
#endif
