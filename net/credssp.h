/* CredSSP's conversation (MS-CSSP) as it goes inside TLS: a TSRequest in, a TSRequest out. The TLS
 * around it is net/auth_credssp.h. An engine. */
#ifndef NET_CREDSSP_H
#define NET_CREDSSP_H
#include "net/auth.h"

#define CREDSSP_NONCE_LEN 32

enum credssp_state { CREDSSP_START, CREDSSP_LOGIN, CREDSSP_KEY, CREDSSP_GIVEN, CREDSSP_DONE,
	CREDSSP_BROKEN };
struct credssp {                          /* zeroed, then these set */
	struct auth *inner;               /* seals, and proves either side to the other; not owned */
	const struct auth_cred *cred;     /* what is given away */
	struct span key;                  /* subjectPublicKey of the server's certificate in TLS */
	uint8_t nonce[CREDSSP_NONCE_LEN]; /* random */
	/* Versions 2 to 4 are taken: there somebody in between can make the client seal what he wants
	 * (CVE-2018-0886). */
	bool old_ok;
	/* its own: */
	enum credssp_state state;
	unsigned version;                 /* that both speak, 2 to 6; 0: the server was not heard yet */
};
/* Like auth_ops.step, the server's TSRequest as token. The password goes out only after the server
 * has sealed its answer to the key, by which it shows that it is who the mechanism inside vouches
 * for, and that nobody has another TLS session with it; as the last thing, then 1: the server may
 * say nothing (complete) or that it refuses. */
int credssp_step(struct credssp *c, struct span in, struct buf *out, struct err *e) MUST_CHECK;
#endif
