/* multipart/encrypted bodies (MS-WSMV 2.2.9.1): text work around an auth's wrap and unwrap. */
#ifndef NET_HTTP_SEAL_H
#define NET_HTTP_SEAL_H
#include "net/auth.h"

/* Appends the sealed multipart body of plain to out and its Content-Type header value to type. */
int http_seal_put(struct auth *a, struct span plain, const char *content_type, struct buf *out,
	struct buf *type, struct err *e) MUST_CHECK;
bool http_seal_is(struct span content_type);              /* is this Content-Type a sealed body? */
/* Appends the plain text. Any number of parts (multipart/x-multi-encrypted), and of such bodies one
 * behind the other, as an answer with several envelopes may have them; each one's stated
 * Length, signature and sequence are checked. On failure plain may hold the parts before. */
int http_seal_get(struct auth *a, struct span body, struct buf *plain, struct err *e) MUST_CHECK;
/* The Content-Type that was sealed ("application/soap+xml;charset=UTF-8"), inside body; empty
 * when none is stated. Unprotected text: good for a hint, not for a decision. */
struct span http_seal_type(struct span body);
#endif
