/* How a service ticket is come by (RFC 4120, 3.1 and 3.3; RFC 6806): which message goes to which
 * realm's KDC, and what its answer means. An engine; it keeps the tickets it got. */
#ifndef NET_KRB5_KDC_H
#define NET_KRB5_KDC_H
#include "net/krb5_tickets.h"

#define KRB5_REALM_MAX 255
#define KRB5_HOPS 8                       /* realms on the way to one service */

struct krb5_login {                       /* who asks; all outlives the engine */
	struct krb5_principal client;     /* with its realm */
	const struct secret *password;    /* UTF-8, or NULL */
	struct span keytab;               /* as krb5_keytab_open left it; used without a password */
	bool forwardable;                 /* tickets that can be given away are wanted */
};                                        /* neither password nor keytab: tickets at hand alone */

struct krb5_kdc {
	struct krb5_tickets tickets;      /* those at hand may be added before a run */
	struct krb5_principal client;     /* who logged in; its realm is as the KDC spells it */
	int64_t offset_us;                /* the KDC's clock minus ours; 0 while it does not matter */
	struct span realm;                /* whose KDC gets the message that step put */
	/* its own: */
	const struct krb5_login *login;
	struct arena who, run;            /* names: for good, of the run under way */
	struct krb5_principal server;     /* what is wanted … */
	struct krb5_principal asked;      /* … and what the TGS was asked for: that, or krbtgt */
	bool forward;                     /* a forwarded ticket is wanted */
	bool as;                          /* the message under way is an AS-REQ … */
	bool proven;                      /* … with pre-authentication */
	bool clock_fixed, again;          /* once a run: the clock corrected, logged in anew */
	int tgt, got;                     /* places of the ticket to ask with, and of the one wanted */
	int64_t offset_was;               /* before this run */
	struct span hop[KRB5_HOPS];       /* realms asked */
	unsigned hop_n;
	uint32_t nonce;
	int32_t reply_etype;              /* the password's key, until the login is over; 0: none */
	struct secret *reply_key;
};
void krb5_kdc_init(struct krb5_kdc *k, const struct krb5_login *l);
void krb5_kdc_free(struct krb5_kdc *k);                  /* wipes */
/* Is there a ticket that lets us ask for others? One that is past its time counts where no login
 * can replace it: the KDC may know better than our clock. */
bool krb5_kdc_has_tgt(const struct krb5_kdc *k, int64_t clock_us);

/* Starts a run for the ticket of a server (copied); its realm is where it is known to live, or
 * empty: our KDC then says where. NULL: a forwarded ticket-granting ticket, to be given away. */
void krb5_kdc_want(struct krb5_kdc *k, const struct krb5_principal *server);
/* Empty answer at first, then what came back for the last message. clock_us: our Unix time. 1: out
 * goes to a KDC of k->realm; 0: the ticket is there; negative: e says why there is none, in one
 * sentence with the way out (E_AUTH: refused; E_NET: the service is unknown; E_USAGE: what was
 * given cannot do; E_PEER, E_LIMIT). The run is over with 0 or less. */
int krb5_kdc_step(struct krb5_kdc *k, struct span answer, int64_t clock_us, struct buf *out,
	struct err *e) MUST_CHECK;
/* The ticket that the run got; spans last until the next step. Wipe cred->key after use. */
void krb5_kdc_get(const struct krb5_kdc *k, struct krb5_cred *cred);
/* krbtgt/of@realm */
struct krb5_principal krb5_krbtgt(struct span of, struct span realm);
#endif
