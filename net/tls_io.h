/* TLS as a stream over another stream. */
#ifndef NET_TLS_IO_H
#define NET_TLS_IO_H
#include "net/loop_io.h"
#include "net/stream.h"
#include "net/tls_client.h"
#include "net/tls_x509.h"

struct tls_cfg {                /* outlives the stream, with all it points to */
	struct loop *loop;
	const char *host;       /* as for sock_connect(): name, IPv4, IPv6 also with brackets, "." */
	uint32_t handshake_ms;  /* counts from the connection on */
	const struct tls_trust *trust;
	const struct tls_client *client;        /* or NULL */
};
/* Owns `under`, connecting or connected, from here; closing the stream closes it. Set ready
 * and ctx before the next turn of the loop. `open` comes true when the server is trusted and the
 * handshake done; the error is E_TLS when TLS or the certificate was the reason.
 * Reading gives 0 after the server's goodbye (close_notify) only; an end without it, which somebody
 * in between could have made, is a failure (E_NET). TLS 1.2 has no half-close: after stream_shut()
 * what still comes is dropped. */
struct stream *tls_io_new(struct stream *under, const struct tls_cfg *cfg);
/* The channel binding of an open stream, for struct auth_target; false when it is not TLS. */
bool tls_io_binding(const struct stream *s, uint8_t out[16]);
#endif
