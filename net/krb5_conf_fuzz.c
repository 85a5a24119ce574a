/* krb5.conf, resolv.conf, and names looked up in them. */
#include "net/krb5_conf.h"
#include "net/krb5_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of(data, size), v, host;
	struct krb5_conf c = { .text = text };
	struct krb5_conf_item item;
	struct krb5_principal p;
	struct err e = { 0 };
	struct arena a;
	uint16_t port;
	size_t i;

	while (krb5_conf_next(&c, &item)) {
		BUG_ON(!item.key.n || item.key.p < data || item.key.p + item.key.n > data + size);
		port = 88;
		if (krb5_conf_host(item.value, &host, &port))
			BUG_ON(!host.n || !port);
	}
	for (i = 0; krb5_conf_find(text, "realms", SPAN("ALPHA.TEST"), "kdc", i, &v); i++)
		;
	krb5_conf_bool(text, "libdefaults", "dns_lookup_kdc", true);
	krb5_conf_host_realm(text, SPAN("web.alpha.test"), &v);
	krb5_conf_spelling(text, SPAN("alpha.test"), &v);
	for (i = 0; krb5_conf_nameserver(text, i, &host, &port); i++)
		BUG_ON(!host.n || !port);
	arena_init(&a, 4096);
	if (krb5_name_user(text, SPAN_NONE, text, text, &a, &p, &e) == 0)
		BUG_ON(!p.part_n || !p.realm.n);
	e = (struct err){ 0 };
	if (krb5_name_service(text, text, &a, &p, &e) == 0)
		BUG_ON(p.part_n != 2 || !p.part[1].n);
	arena_free(&a);
	return 0;
}
