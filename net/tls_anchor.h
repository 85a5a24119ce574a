/* Trust anchors: of the certificates that stream by, those that issued one of a chain's are kept,
 * so that the system's whole list is never in memory. An engine; tls_anchor_io.h has the files. */
#ifndef NET_TLS_ANCHOR_H
#define NET_TLS_ANCHOR_H
#include "lib/arena.h"
#include "net/tls_cert.h"
#include "net/tls_pem.h"

#define TLS_ANCHORS_MAX 8

struct tls_chain;
struct tls_anchor {
	const struct tls_chain *chain;
	br_x509_trust_anchor list[TLS_ANCHORS_MAX];
	size_t n;
	bool has_leaf;          /* the leaf itself is among the trusted certificates */
	size_t seen;            /* certificates that went by */
	/* its own: */
	struct tls_pem pem;
	struct arena mem;
};
void tls_anchor_init(struct tls_anchor *a, const struct tls_chain *chain /* whole */);
void tls_anchor_feed(struct tls_anchor *a, struct span bytes);
void tls_anchor_end_file(struct tls_anchor *a);
void tls_anchor_free(struct tls_anchor *a);
#endif
