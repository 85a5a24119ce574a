/* Inside of the NTLM engine, for its own tests; everyone else uses net/auth.h. */
#ifndef NET_AUTH_NTLM_H
#define NET_AUTH_NTLM_H
#include "lib/arena.h"
#include "net/auth.h"
#include "net/oldcrypt.h"

struct ntlm_side {                        /* one direction of a session: signs, seals, counts */
	uint8_t sign_key[16], seal_key[16];
	struct rc4 rc4;
	uint32_t seq;
};
/* MS-NLMP 3.4.5.2 and 3.4.5.3, 128 bit: the keys of one direction. */
void ntlm_side_init(struct ntlm_side *s, const uint8_t exported_key[16], bool from_client);

enum ntlm_state { NTLM_START, NTLM_NEGOTIATED, NTLM_DONE, NTLM_BROKEN };
struct auth_ntlm {
	struct auth a;
	struct arena arena;               /* holds this object too */
	const struct auth_cred *cred;
	struct span spn, channel_binding; /* UTF-8; 16 bytes or none */
	uint64_t filetime;
	enum ntlm_state state;
	uint8_t nonce[8], exported_key[16];       /* random; the key is wiped once used */
	struct ntlm_side out, in;
};
#endif
