/* Per-message tokens of Kerberos' GSS-API mechanism: RFC 4121, 4.2, and with RC4 those of RFC
 * 4757, 7.2 and 7.3. An engine: one number counts the tokens made, the other those checked. */
#ifndef NET_KRB5_GSS_H
#define NET_KRB5_GSS_H
#include "lib/err.h"
#include "net/krb5_crypto.h"

#define KRB5_GSS_OID SPAN("\x2a\x86\x48\x86\xf7\x12\x01\x02\x02")

struct krb5_gss {
	struct krb5_key key;
	bool from_acceptor;               /* we are the server (tests alone) */
	bool acceptor_subkey;             /* the key is the one that the acceptor chose */
	uint64_t out_seq, in_seq;
};
unsigned krb5_gss_padding(const struct krb5_gss *g);     /* bytes the sealed part is longer */
/* Appends a confidential wrap token, laid out as Windows splits it: header, checksum and confounder
 * (*sig_len bytes), then as much as plain, and padding. The whole is also a token as gss_unwrap
 * takes it. */
void krb5_gss_wrap(struct krb5_gss *g, struct span plain, struct buf *out, size_t *sig_len);
/* Appends the plain text of a token in two parts, wherever it was cut. False: changed on its
 * way, not the next one, or over the maximum of plain (then that buf has failed). */
bool krb5_gss_unwrap(struct krb5_gss *g, struct span sig, struct span sealed, struct buf *plain)
	MUST_CHECK;
void krb5_gss_put_mic(struct krb5_gss *g, struct span data, struct buf *out);
bool krb5_gss_check_mic(struct krb5_gss *g, struct span data, struct span mic) MUST_CHECK;
/* The token in GSS-API's framing (RFC 2743, 3.1), with Kerberos' OID. */
void krb5_gss_put_frame(struct span token, struct buf *out);
/* What is framed; false for another mechanism. */
bool krb5_gss_get_frame(struct span framed, struct span *token);
#endif
