/* A Kerberos client on the loop: finds KDCs, gets tickets, keeps them for further connections. */
#ifndef NET_KRB5_IO_H
#define NET_KRB5_IO_H
#include "net/auth_krb5.h"
#include "net/loop_io.h"

struct krb5_client_cfg {                  /* loop and password are needed for good */
	struct loop *loop;
	struct span user;                 /* as typed; may be empty with a keytab or a cache */
	const struct secret *password;    /* or NULL: the keytab is used, else the cache */
	const char *keytab;               /* file, or NULL */
	const char *ccache;               /* file; NULL: $KRB5CCNAME, else /tmp/krb5cc_UID */
	const char *host;                 /* a server: its domain may be DOMAIN\user's; or NULL */
	const char *kdc;                  /* HOST[:port] of the user's realm, or NULL */
	const char *conf;                 /* krb5.conf; NULL: $KRB5_CONFIG, else /etc/krb5.conf */
	const char *resolv_conf;          /* NULL: /etc/resolv.conf */
	bool delegate;                    /* a forwarded ticket shall go to each service */
};
struct krb5_client;

/* Never NULL: what is wrong with the files or the user's name, each ticket asked for says. */
struct krb5_client *krb5_client_new(const struct krb5_client_cfg *cfg);
/* Wipes; drops what is under way without calling done. Fine inside done. */
void krb5_client_free(struct krb5_client *c);

/* ticket and o, which are good for the call only, go to auth_krb5_new; or both are NULL, and err
 * says in one sentence why there is no ticket. E_AUTH: the user was refused, another scheme should
 * not try the same password. Otherwise it may: E_NET: no KDC, or none that knows the service;
 * E_USAGE: user, host or file will not do; E_PEER, E_LIMIT: a KDC talks nonsense. */
typedef void krb5_ticket_done(void *ctx, const struct krb5_cred *ticket,
	const struct krb5_options *o, const struct err *err);
/* spn: "HTTP/host" or, with IncludePortInSPN, "HTTP/host:port". done is called once, from the loop;
 * it may ask for the next ticket. Any number may be under way: they are served one after the other.
 * hurried: there is another way to log in, so KDCs that say nothing for 5 s, or did not lately, are
 * not waited for. */
void krb5_client_ticket(struct krb5_client *c, struct span spn, bool hurried,
	krb5_ticket_done *done, void *ctx);
/* For -Authentication Default: is there a ticket for that, or a KDC that knows the user? A silent
 * one has 2 s, once for all who ask. A wrong password does not show here. */
void krb5_client_likely(struct krb5_client *c, struct span spn,
	void (*done)(void *ctx, bool likely), void *ctx);
/* Drops what was asked for with this ctx; done is not called. */
void krb5_client_cancel(struct krb5_client *c, const void *ctx);
/* The KDC's clock minus ours in seconds, where it had to be corrected: worth a warning. Else 0. */
int64_t krb5_client_skew(const struct krb5_client *c);
#endif
