/* Session key exchange and SecureString (MS-PSRP 2.2.2.3 to 2.2.2.5, 2.2.5.1.24). An RSA key pair
 * of our own, then the server's AES-256 key, in one locked slot; each is wiped when done with. */
#ifndef CORE_PSRP_KEY_H
#define CORE_PSRP_KEY_H
#include "lib/buf.h"
#include "lib/err.h"

struct psrp_key;
struct psrp_key *psrp_key_new(void);
void psrp_key_free(struct psrp_key *k);                   /* wipes; NULL is fine */
/* Makes the RSA-2048 pair (some 0.2 s) and appends base64 of its PUBLICKEYBLOB. Once. */
void psrp_key_public(struct psrp_key *k, struct buf *base64);
/* Takes EncryptedSessionKey: base64 of a SIMPLEBLOB. E_PEER when it is not meant for our key. */
int psrp_key_session(struct psrp_key *k, struct span base64, struct err *e) MUST_CHECK;
/* The text of an SS element and back; false without a session key, or when it is malformed or does
 * not fit. utf8 should be a secret buf. */
bool psrp_key_encrypt(const struct psrp_key *k, struct span utf8, struct buf *base64);
bool psrp_key_decrypt(const struct psrp_key *k, struct span base64, struct buf *utf8);
#endif
