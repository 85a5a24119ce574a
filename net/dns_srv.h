/* DNS questions for SRV records (RFC 1035, RFC 2782) over UDP, with EDNS0 (RFC 6891) for long
 * answers. An engine. */
#ifndef NET_DNS_SRV_H
#define NET_DNS_SRV_H
#include <stdint.h>
#include "lib/buf.h"

#define DNS_NAME_MAX 255
#define DNS_ANSWER_MAX 4096
#define DNS_SRV_MAX 8                     /* records kept of one answer */

struct dns_srv { uint16_t priority, weight, port; char host[DNS_NAME_MAX]; };

/* Puts a whole query. False: name ("_kerberos._udp.EXAMPLE.COM") is no name for DNS. */
bool dns_srv_ask(uint16_t id, struct span name, struct buf *out);
/* Count of records, best first (0: it has none), or -1: not the answer to that question, malformed,
 * or the server failed. A truncated answer gives what it holds. */
int dns_srv_answer(struct span msg, uint16_t id, struct span name, struct dns_srv out[DNS_SRV_MAX]);
#endif
