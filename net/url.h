/* Endpoint URIs: http and https only, strict (RFC 3986, RFC 6874). An engine. */
#ifndef NET_URL_H
#define NET_URL_H
#include <stdint.h>
#include "lib/err.h"
#include "lib/span.h"

#define URL_HOST_MAX 255

struct url {
	bool https;
	char host[URL_HOST_MAX + 1];    /* IPv6 without brackets, its zone behind '%' */
	bool ipv6;
	uint16_t port;                  /* the scheme's own (80, 443) when the URI has none */
	struct span path;               /* with the query; points into the text; "/" if it has none */
};

/* User information, a fragment, and bytes that a URI cannot hold are refused: E_USAGE says why. */
int url_parse(struct span text, struct url *u, struct err *e) MUST_CHECK;
/* Takes host[:port] alone; u->port stays without one. E_USAGE. */
int url_authority(struct span text, struct url *u, struct err *e) MUST_CHECK;
/* Could a user's word be a host: a name, IPv4, or IPv6 with or without brackets and zone? */
bool url_host_ok(struct span host);
#endif
