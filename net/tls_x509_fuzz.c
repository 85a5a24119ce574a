/* A chain as a server sends it, each certificate after its length (2 bytes); its last one is
 * trusted. */
#include "net/tls_x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void receive(struct tls_chain *c, struct span in)
{
	struct span cert;

	c->vtable->start_chain(&c->vtable, NULL);
	while (in.n >= 2) {
		cert = span_sub(in, 2, get_u16be(in.p));
		c->vtable->start_cert(&c->vtable, (uint32_t)cert.n);
		c->vtable->append(&c->vtable, cert.p, cert.n);
		c->vtable->end_cert(&c->vtable);
		in = span_sub(in, 2 + cert.n, in.n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct tls_trust careful, careless = { .skip_ca = true, .skip_cn = true };
	struct tls_name name = { .dns = SPAN("srv.example") };
	struct tls_anchor anchors;
	struct tls_chain chain;
	struct err e = { 0 };
	uint8_t binding[16];
	int r;

	tls_chain_init(&chain);
	receive(&chain, span_of(data, size));
	if (chain.vtable->end_chain(&chain.vtable) == 0) {
		tls_cert_binding(&chain.leaf, binding);
		tls_anchor_init(&anchors, &chain);
		tls_anchor_feed(&anchors, tls_chain_cert(&chain, chain.n - 1));
		tls_anchor_end_file(&anchors);
		r = tls_x509_judge(&chain, &careful, &anchors, &name, "srv.example", 1800000000, &e);
		BUG_ON((r < 0) != (e.code < 0));
		e = (struct err){ 0 };
		r = tls_x509_judge(&chain, &careless, &anchors, &name, "srv.example", 1800000000, &e);
		tls_anchor_free(&anchors);
	}
	tls_chain_free(&chain);
	return 0;
}
