#include "net/tls_anchor.h"
#include "net/tls_x509.h"

#define MEM_MAX (64u << 10)

void tls_anchor_init(struct tls_anchor *a, const struct tls_chain *chain)
{
	memset(a, 0, sizeof(*a));
	a->chain = chain;
	tls_pem_init(&a->pem);
	arena_init(&a->mem, MEM_MAX);
}

void tls_anchor_free(struct tls_anchor *a)
{
	tls_pem_free(&a->pem);
	arena_free(&a->mem);
}

static bool issued_one(const struct tls_anchor *a, struct span subject)
{
	struct tls_cert cert;
	struct err e = { 0 };
	size_t i;

	for (i = 0; i < a->chain->n; i++)
		if (tls_cert_read(&cert, tls_chain_cert(a->chain, i), &e) == 0 &&
		    span_eq(cert.issuer, subject))
			return true;
	return false;
}

static void keep(struct tls_anchor *a, struct span der)
{
	struct tls_cert cert;
	struct err e = { 0 };
	struct span copy;

	if (a->n == TLS_ANCHORS_MAX || !arena_dup(&a->mem, der, &copy) ||
	    tls_cert_read(&cert, copy, &e) < 0)
		return;
	a->list[a->n++] = (br_x509_trust_anchor){ .flags = BR_X509_TA_CA, .pkey = cert.pkey,
		.dn = { .data = (uint8_t *)cert.subject.p, .len = cert.subject.n } };
}

static void look_at(struct tls_anchor *a)
{
	struct tls_cert cert;
	struct err e = { 0 };

	if (a->pem.label.n && !span_is(a->pem.label, "CERTIFICATE") &&
	    !span_is(a->pem.label, "X509 CERTIFICATE"))
		return;
	if (tls_cert_read(&cert, a->pem.der, &e) < 0)
		return;
	a->seen++;
	if (span_eq(cert.der, a->chain->leaf.der))
		a->has_leaf = true;
	else if (cert.ca && cert.pkey.key_type && issued_one(a, cert.subject))
		keep(a, cert.der);
}

void tls_anchor_feed(struct tls_anchor *a, struct span bytes)
{
	while (tls_pem_next(&a->pem, &bytes))
		look_at(a);
}

void tls_anchor_end_file(struct tls_anchor *a)
{
	if (tls_pem_end(&a->pem))
		look_at(a);
	tls_pem_free(&a->pem);
	tls_pem_init(&a->pem);
}
