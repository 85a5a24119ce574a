/* Endpoint URIs: http and https only, strict (RFC 3986, RFC 6874). No system calls, no allocation. */
#ifndef NET_URL_H
#define NET_URL_H
#include <stdint.h>
#include "lib/err.h"
#include "lib/span.h"

#define URL_HOST_MAX 255

struct url {
	bool https;
	char host[URL_HOST_MAX + 1];      /* IPv6 without brackets, its zone behind '%' */
	bool ipv6;
	uint16_t port;                    /* the scheme's own (80, 443) when the URI has none */
	struct span path;                 /* with the query; points into the text; "/" when there is none */
};

/* User information, a fragment, spaces and other bytes that a URI cannot hold are refused: E_USAGE with the reason. */
int url_parse(struct span text, struct url *u, struct err *e) MUST_CHECK;
/* A host as a user names it: a name, IPv4, or IPv6 with or without brackets and zone. False when it could not be one. */
bool url_host_ok(struct span host);
#endif
