/* The proxies on the way to servers, with their accounts. */
#ifndef APPLETS_PROXIES_H
#define APPLETS_PROXIES_H
#include "applets/account.h"
#include "core/session_option.h"
#include "net/http_open.h"
#include "net/url.h"

/* What ProxyAccessType and Proxy say, else https_proxy and no_proxy as other programs read them.
 * *out NULL: straight to the server. One and the same proxy for all targets it serves. */
int proxies_find(struct accounts *all, const struct session_option *o, const struct url *u,
	const struct connect_args *c, const struct http_proxy **out, struct err *e) MUST_CHECK;
#endif
