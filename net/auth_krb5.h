/* Kerberos 5 as a GSS-API mechanism (RFC 4121, RFC 4757 for RC4): an auth for the scheme
 * "Kerberos", or inside SPNEGO with AUTH_OIDS_KRB5. */
#ifndef NET_AUTH_KRB5_H
#define NET_AUTH_KRB5_H
#include "net/auth.h"
#include "net/krb5_msg.h"

struct krb5_options {
	int64_t now_us;                   /* Unix microseconds, corrected by the KDC's clock */
	const struct krb5_cred *forward;  /* a forwarded TGT to give away, or NULL: no delegation */
};
/* service_ticket: for HTTP/host; copied. Mutual authentication is always required; t gives host
 * (for messages) and channel binding. */
struct auth *auth_krb5_new(const struct krb5_cred *service_ticket, const struct auth_target *t,
	const struct krb5_options *o);
#endif
