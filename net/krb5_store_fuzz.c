/* A credential cache and a keytab: whatever the bytes are, what comes out is whole. */
#include "net/krb5_store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(struct span file, const struct krb5_principal *p)
{
	unsigned i;

	BUG_ON(!p->part_n || p->part_n > KRB5_PARTS);
	for (i = 0; i < p->part_n; i++)
		BUG_ON(p->part[i].n && (p->part[i].p < file.p ||
			p->part[i].p + p->part[i].n > file.p + file.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span file = span_of(data, size), rest;
	struct krb5_keytab_entry k;
	struct krb5_ccache cc;
	struct krb5_cred c;
	struct err e = { 0 };

	if (krb5_ccache_open(&cc, file, &e) == 0) {
		while (krb5_ccache_next(&cc, &c)) {
			check_name(file, &c.client);
			check_name(file, &c.server);
			BUG_ON(!c.ticket.n || c.key.n != krb5_key_len(c.key.etype));
		}
	}
	e = (struct err){ 0 };
	if (krb5_keytab_open(file, &rest, &e) == 0) {
		while (krb5_keytab_next(&rest, &k)) {
			check_name(file, &k.owner);
			BUG_ON(k.key.n != krb5_key_len(k.key.etype));
		}
	}
	return 0;
}
