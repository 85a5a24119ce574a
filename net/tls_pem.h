/* PEM (RFC 7468) read as it comes: the blocks of base64 between BEGIN and END lines; what stands
 * around them is skipped. A file that begins as DER (the .cer of Windows) is one block without a
 * label. An engine. */
#ifndef NET_TLS_PEM_H
#define NET_TLS_PEM_H
#include "lib/buf.h"

#define TLS_PEM_MAX 65536       /* bytes of a block's base64, or of a DER file */

struct tls_pem {
	/* of the block that was told last, good until the next call: */
	struct span label;      /* "CERTIFICATE", "PRIVATE KEY"; empty = a DER file */
	struct span der;        /* empty when its base64 is broken or it is too long */
	bool old_cipher;        /* encrypted as OpenSSL once did ("Proc-Type: 4,ENCRYPTED") */
	/* its own: */
	enum { TLS_PEM_START, TLS_PEM_TEXT, TLS_PEM_BODY, TLS_PEM_DER } state;
	char line[128], name[64];
	size_t line_n;
	struct buf body, out;
};

void tls_pem_init(struct tls_pem *p);
/* Takes bytes off *in; true when a block is whole. */
bool tls_pem_next(struct tls_pem *p, struct span *in);
/* The input has ended: true when that makes a block whole. Call once. */
bool tls_pem_end(struct tls_pem *p);
void tls_pem_free(struct tls_pem *p);   /* wipes */
#endif
