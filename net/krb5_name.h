/* From what a user types to Kerberos names. An engine. */
#ifndef NET_KRB5_NAME_H
#define NET_KRB5_NAME_H
#include "lib/err.h"
#include "net/krb5_msg.h"

/* user@REALM, DOMAIN\user, or user (realm: home, else default_realm of conf, which is krb5.conf).
 * Realms are spelled as [realms] does, else in capitals. A domain without dots means our own realm,
 * or that of the domain of host (may be empty), when one begins so. Spans of p live in a. E_USAGE:
 * what is missing; `.\user` is local. */
int krb5_name_user(struct span typed, struct span home, struct span host, struct span conf,
	struct arena *a, struct krb5_principal *p, struct err *e) MUST_CHECK;
/* "HTTP/host" or "HTTP/host:port", the realm being what [domain_realm] says, or empty. E_USAGE:
 * there are no tickets for addresses and for "localhost". */
int krb5_name_service(struct span spn, struct span conf, struct arena *a, struct krb5_principal *p,
	struct err *e) MUST_CHECK;
#endif
