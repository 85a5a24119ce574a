/* krb5.conf and resolv.conf, as much of them as finding a KDC takes. An engine. */
#ifndef NET_KRB5_CONF_H
#define NET_KRB5_CONF_H
#include <stdint.h>
#include "lib/span.h"

/* One relation "key = value". Sections are flat or hold one level of groups, "sub = { … }"; what is
 * deeper is left out. "include" and "includedir" come as keys of section "": whoever looks for
 * them can say that there was more to read. All spans point into the text. */
struct krb5_conf_item { struct span section, sub, key, value; };
struct krb5_conf {                      /* where the reader stands; zeroed but for text at first */
	struct span text;
	struct span section, sub;
	unsigned depth;
};
bool krb5_conf_next(struct krb5_conf *c, struct krb5_conf_item *item);
/* The nth value of a key; sub is compared with case. Keys before the first section: "". */
bool krb5_conf_find(struct span text, const char *section, struct span sub, const char *key,
	size_t nth, struct span *value);
bool krb5_conf_bool(struct span text, const char *section, const char *key, bool otherwise);
/* The realm that [domain_realm] gives a host: its own line, else that of the nearest domain. */
bool krb5_conf_host_realm(struct span text, struct span host, struct span *realm);
/* How [realms] spells a realm that was typed in any case. */
bool krb5_conf_spelling(struct span text, struct span typed, struct span *realm);

/* HOST, HOST:PORT, [IPv6]:PORT, IPv6: port stays as it is when none is given. False when malformed
 * or longer than a host name can be. */
bool krb5_conf_host(struct span s, struct span *host, uint16_t *port);
/* The nth name server of resolv.conf; a port as above, for tests, is 53 otherwise. */
bool krb5_conf_nameserver(struct span text, size_t nth, struct span *host, uint16_t *port);
#endif
