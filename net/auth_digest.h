/* Digest (RFC 7616): MD5 and SHA-256, each also as -sess; qop auth alone. A token is the header's
 * parameters. step() with an empty one answers the last challenge once more, for another request;
 * before the first challenge there is nothing to say (1, out empty). With a challenge it has been
 * refused: only a stale nonce is a reason to go on. */
#ifndef NET_AUTH_DIGEST_H
#define NET_AUTH_DIGEST_H
#include <bearssl_hash.h>
#include "lib/arena.h"
#include "net/auth.h"

/* target: method and uri are what the request line has. */
struct auth *auth_digest_new(const struct auth_cred *c, const struct auth_target *t);
/* Is there an algorithm and a quality of protection that we have? */
bool auth_digest_usable(struct span params);

/* Inside, for its own tests: */
struct auth_digest {
	struct auth a;
	struct arena arena;               /* holds this object too */
	const struct auth_cred *cred;
	struct span method, uri;
	const br_hash_class *hash;        /* NULL: no challenge yet */
	bool sess;
	struct buf realm, nonce, opaque;
	char cnonce[64];
	uint32_t count;                   /* requests made with this nonce */
};
#endif
