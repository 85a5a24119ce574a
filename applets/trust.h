/* What the parameters and the user say of servers' certificates, and the user's own certificate. */
#ifndef APPLETS_TRUST_H
#define APPLETS_TRUST_H
#include "applets/connect.h"
#include "core/session_option.h"
#include "net/tls_io.h"
#include "net/url.h"

struct trust {                          /* one target's; outlives its connections */
	struct tls_cfg cfg;
	struct tls_trust trust;
	struct tls_client client;           /* cfg.client may be another target's */
	const char *host, *cert, *key;      /* cert, key: the files of client */
	uint16_t port;
	bool told;                          /* what SkipCACheck and SkipCNCheck let pass */
	struct trust *next;                 /* all, to be wiped at the end */
};
/* Fills t->cfg. E_USAGE and E_AUTH with the way out; asks for the pass phrase of an encrypted key.
 */
int trust_set_up(struct trust *t, const struct connect_args *c, const struct session_option *o,
	const struct url *u, struct loop *l, struct arena *a, struct err *e) MUST_CHECK;
void trust_wipe(struct trust *t);
#endif
