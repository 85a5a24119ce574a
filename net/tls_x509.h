/* The server's certificates: kept as they came (for channel binding, CredSSP and people), and
 * checked. An engine. */
#ifndef NET_TLS_X509_H
#define NET_TLS_X509_H
#include "net/tls_anchor.h"
#include "net/tls_cert.h"

#define TLS_CHAIN_MAX 10        /* certificates */

/* What BearSSL fills during the handshake; says yes to all that can be read, because the verdict
 * needs files and people. It comes later, by tls_x509_judge. */
struct tls_chain {
	const br_x509_class *vtable;    /* first: BearSSL's */
	bool whole;             /* all certificates are here, and leaf is valid */
	struct tls_cert leaf;
	uint8_t print[TLS_PRINT_LEN], binding[16];      /* of leaf; good also while renegotiating */
	size_t n;
	struct err err;         /* why BearSSL was told no */
	/* its own: */
	size_t at[TLS_CHAIN_MAX + 1];
	struct buf der;
};
void tls_chain_init(struct tls_chain *c);
void tls_chain_free(struct tls_chain *c);
struct span tls_chain_cert(const struct tls_chain *c, size_t i);         /* 0 = leaf */

enum tls_doubt {
	TLS_DOUBT_CA = 1,       /* its issuer is unknown here */
	TLS_DOUBT_CHAIN = 2,    /* something else is wrong with its chain */
	TLS_DOUBT_NAME = 4,
	TLS_DOUBT_TIME = 8,
};

struct tls_trust {              /* what the user wishes */
	const char *ca_file;    /* -CACertificate, in place of the system's; or NULL */
	bool skip_ca, skip_cn;  /* skip_ca: the chain as a whole */
	bool pinned;            /* this leaf and no other; nothing else counts then */
	uint8_t pin[TLS_PRINT_LEN];
	/* Somebody to ask about a certificate that is in doubt, or NULL. why: clauses. 0: go on; or
	 * negative, with the reason in *e, which holds the usual one (E_TLS) already. Until it
	 * returns, nothing was sent but a ClientHello. */
	int (*ask)(void *ctx, const struct tls_chain *c, const char *why, struct err *e);
	/* Told, in a sentence, what skip_ca or skip_cn let pass; or NULL. */
	void (*passed)(void *ctx, const char *text);
	void *ctx;
};

/* What speaks against it: tls_doubt bits, 0 = nothing, and the reasons appended to why.
 * now: seconds since 1970. host: as people know it. */
unsigned tls_x509_doubts(const struct tls_chain *c, const struct tls_anchor *a,
	const struct tls_name *name, const char *host, int64_t now, struct buf *why);
/* The pin alone: 0 when there is one and it fits, E_TLS when it does not, 1 when there is none. */
int tls_x509_pinned(const struct tls_chain *c, const struct tls_trust *t, const char *host,
	struct err *e);
/* The verdict without a pin: 0, or negative with the reason and the way out in *e. */
int tls_x509_judge(const struct tls_chain *c, const struct tls_trust *t,
	const struct tls_anchor *a, const struct tls_name *name, const char *host, int64_t now,
	struct err *e);
#endif
