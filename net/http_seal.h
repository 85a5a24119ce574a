/* multipart/encrypted bodies (MS-WSMV 2.2.9.1): pure text work around auth wrap and unwrap. */
#ifndef NET_HTTP_SEAL_H
#define NET_HTTP_SEAL_H
#include "net/auth.h"

/* Appends the sealed multipart body of plain to out and its Content-Type header value to type. */
int http_seal_put(struct auth *a, struct span plain, const char *content_type, struct buf *out, struct buf *type, struct err *e) MUST_CHECK;
bool http_seal_is(struct span content_type);              /* is this Content-Type a sealed body? */
/* Appends the plain text; every part's stated Length, signature and sequence are checked. */
int http_seal_get(struct auth *a, struct span body, struct buf *plain, struct err *e) MUST_CHECK;
#endif
