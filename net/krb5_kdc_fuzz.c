/* What a KDC may say at any time: to a login without and with proof, to who asks for a ticket. */
#include "net/krb5_kdc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW_US 1795266926000000LL

static void add_tgt(struct krb5_kdc *k)
{
	struct krb5_cred tgt = { .client = k->client, .end_time = NOW_US / 1000000 + 3600,
		.server = krb5_krbtgt(SPAN("ALPHA.TEST"), SPAN("ALPHA.TEST")), .ticket = SPAN("x") };

	BUG_ON(!krb5_key_set(&tgt.key, 17, SPAN("0123456789abcdef")));
	BUG_ON(krb5_tickets_add(&k->tickets, &tgt, false) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* a keytab's entry: alice@ALPHA.TEST, type 17; a password would take 4096 rounds each time */
	static const uint8_t entry[] = "\0\0\0\x32\0\1\0\x0a" "ALPHA.TEST\0\5alice\0\0\0\1\0\0\0\0"
		"\1\0\x11\0\x10" "0123456789abcdef";
	struct krb5_login login = { .keytab = { entry, sizeof(entry) - 1 }, .client = { .part_n = 1,
		.type = KRB5_NT_PRINCIPAL, .realm = SPAN("ALPHA.TEST"), .part = { SPAN("alice") } } };
	struct krb5_principal web = { .part_n = 2, .part = { SPAN("HTTP"), SPAN("web") } };
	struct err e = { 0 };
	struct krb5_kdc k;
	struct buf out;
	int turn, i, r;

	buf_init(&out, 65536);
	for (turn = 0; turn < 2; turn++) {
		e = (struct err){ 0 };
		krb5_kdc_init(&k, &login);
		if (turn)
			add_tgt(&k);
		krb5_kdc_want(&k, &web);
		r = krb5_kdc_step(&k, SPAN_NONE, NOW_US, &out, &e);
		BUG_ON(r != 1);
		for (i = 0; r == 1; i++) {
			BUG_ON(!out.n || !k.realm.n || i > 40);
			buf_clear(&out);
			r = size ? krb5_kdc_step(&k, span_of(data, size), NOW_US, &out, &e) : E_PEER;
		}
		BUG_ON(r >= 0 || (size && (!e.code || !e.text[0])));
		krb5_kdc_free(&k);
	}
	buf_free(&out);
	return 0;
}
