/* Proxies as https_proxy and no_proxy have them, and -SessionOption Proxy. An engine: reading the
 * environment is for others. */
#ifndef NET_PROXY_H
#define NET_PROXY_H
#include "lib/secret.h"
#include "net/url.h"

#define PROXY_USER_MAX 255

struct proxy {
	char host[URL_HOST_MAX + 1];
	uint16_t port;
	char user[PROXY_USER_MAX + 1];  /* as typed (DOMAIN\user); empty = none */
};

/* [http://][user[:password]@]host[:port][/], user and password percent-encoded; the port is 80
 * without one, as in a URI. Other schemes (https, socks5) are refused. password is set, maybe to
 * nothing. E_USAGE; the sentence never holds the text, for the password may be in it. */
int proxy_parse(struct span text, struct proxy *p, struct secret *password, struct err *e)
	MUST_CHECK;
/* Does a no_proxy list have this host? Its words, between commas or blanks: "*"; a name, which
 * stands for all names below it, too; an address; IPv4 networks as 10.0.0.0/8; each perhaps with
 * ":port" behind. */
bool proxy_excluded(struct span no_proxy, struct span host, uint16_t port);
#endif
