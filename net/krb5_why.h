/* Sentences for what a KDC refuses: who, what was asked, and the way out. No I/O. */
#ifndef NET_KRB5_WHY_H
#define NET_KRB5_WHY_H
#include "net/krb5_kdc.h"

/* The KDC of k->realm refused the login (k->as), or the ticket asked for: E_AUTH; E_NET when it is
 * the service that Kerberos does not know or cannot serve. */
int krb5_why(const struct krb5_kdc *k, const struct krb5_error *ke, int64_t clock_us,
	struct err *e);
/* Our clock and a KDC's disagree, and what it says could not be used. */
int krb5_why_skew(const struct krb5_kdc *k, int64_t clock_us, int64_t kdc_us, struct err *e);
/* No login could be tried: there is neither password nor keytab, nor a ticket that is good. */
int krb5_why_no_ticket(const struct krb5_kdc *k, struct err *e);
#endif
