/* Credential files that other Kerberos programs wrote: FILE: caches of versions 3 and 4, keytabs of
 * version 0x502 (both as MIT documents them), big-endian. An engine; spans point into the file. */
#ifndef NET_KRB5_STORE_H
#define NET_KRB5_STORE_H
#include "lib/err.h"
#include "net/krb5_msg.h"

struct krb5_ccache {
	struct krb5_principal client;     /* whose cache it is */
	int64_t offset_us;                /* KDC's clock minus ours, as kinit saw it; 0 if not noted */
	struct span rest;                 /* credentials not yet read */
	bool old;                         /* version 3 */
};
/* E_USAGE: not a cache, of another version, or cut off before its first ticket. */
int krb5_ccache_open(struct krb5_ccache *c, struct span file, struct err *e) MUST_CHECK;
/* The next ticket; what we cannot use (settings, unknown enctypes) is passed over. False at the
 * end, which a file that was cut off has early. Wipe out->key after use. */
bool krb5_ccache_next(struct krb5_ccache *c, struct krb5_cred *out);

struct krb5_keytab_entry { struct krb5_principal owner; uint32_t kvno; struct krb5_key key; };
int krb5_keytab_open(struct span file, struct span *rest, struct err *e) MUST_CHECK;
bool krb5_keytab_next(struct span *rest, struct krb5_keytab_entry *out);
#endif
