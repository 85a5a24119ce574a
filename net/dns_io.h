/* SRV lookups on the loop: UDP to the name servers of resolv.conf, one after the other, twice. */
#ifndef NET_DNS_IO_H
#define NET_DNS_IO_H
#include "net/dns_srv.h"
#include "net/loop_io.h"
#include "net/stream.h"

struct dns_lookup {                       /* the caller's memory, zeroed before its first use */
	struct loop *loop;
	struct span conf;                 /* resolv.conf */
	struct span name;
	/* n records, best first; 0: there are none; -1: no name server answered */
	void (*done)(void *ctx, const struct dns_srv *srv, int n);
	void *ctx;
	/* its own: */
	struct stream *s;
	struct timer patience;
	unsigned server, round, junk;
	uint16_t id;
	bool sent;
};
/* Fill in the upper part, which stays as it is until done. done is called once, from the loop; it
 * may start the next lookup. */
void dns_lookup_start(struct dns_lookup *d);
void dns_lookup_stop(struct dns_lookup *d);     /* done is not called; fine when not started */
#endif
