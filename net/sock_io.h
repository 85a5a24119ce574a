/* TCP sockets as streams. */
#ifndef NET_SOCK_IO_H
#define NET_SOCK_IO_H
#include "net/loop_io.h"
#include "net/stream.h"

/* Resolves and connects without blocking the loop, every address in turn, within connect_ms in all.
 * Never NULL: failures come through ready() (E_NET: what failed, and the way out; passing unless
 * the host refused, is unknown or took connect_ms).
 * host: name, IPv4, IPv6 with or without brackets or zone; "." and "localhost" need no resolver.
 * Set stream->ready and ctx before the next turn of the loop. */
struct stream *sock_connect(struct loop *l, const char *host, uint16_t port, uint32_t connect_ms);
/* UDP to the host's first address, from which alone answers are taken: a write is a datagram, a
 * read gives one (what does not fit is lost; 0 is an empty one, not the end). Open says nothing
 * about the peer; a port where nobody listens fails a later read or write. */
struct stream *sock_connect_udp(struct loop *l, const char *host, uint16_t port,
	uint32_t connect_ms);
#endif
