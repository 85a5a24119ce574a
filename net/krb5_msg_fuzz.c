/* Messages as they come, and the parts that are sealed in them as if the key were known. */
#include "net/asn1.h"
#include "net/krb5_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_pa(struct span list)
{
	struct krb5_etype_info info;
	struct span value, rest;
	int32_t type;

	while (krb5_next_pa(&list, &type, &value)) {
		if (krb5_first_etype_info(value, &rest)) {
			while (krb5_next_etype_info(&rest, &info))
				;
		}
	}
}

static void open_rep(struct krb5_kdc_rep *r, const struct krb5_key *k)
{
	struct krb5_cred c, copy;
	struct err e = { 0 };
	struct arena a;
	struct buf plain;

	buf_init_secret(&plain, 1 << 20);
	arena_init(&a, 1 << 20);
	if (krb5_open_kdc_rep(r, k, KRB5_U_AS_REP, 0, &plain, &c, &e) == 0) {
		BUG_ON(!c.key.etype || !c.server.part_n);
		if (krb5_cred_dup(&a, &c, &copy))
			krb5_principal_text(&copy.server, &plain);
	}
	arena_free(&a);
	buf_free(&plain);
}

/* The input as the sealed part of an AP-REP. */
static void open_ap_rep(struct span sealed, const struct krb5_key *k)
{
	struct krb5_ap_rep rep;
	struct err e = { 0 };
	size_t app, seq, field, part;
	struct buf b;

	buf_init(&b, 1 << 20);
	app = der_open(&b, DER_APP + 15);
	seq = der_open(&b, DER_SEQ);
	der_put_field_int(&b, 0, 5);
	der_put_field_int(&b, 1, 15);
	field = der_open(&b, DER_CTX + 2);
	part = der_open(&b, DER_SEQ);
	der_put_field_int(&b, 0, k->etype);
	der_put_field(&b, 2, DER_OCTETS, sealed);
	der_close(&b, part);
	der_close(&b, field);
	der_close(&b, seq);
	der_close(&b, app);
	if (krb5_open_ap_rep(buf_span(&b), k, 0, &rep, &e) < 0)
		BUG_ON(rep.subkey.etype);
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size), list;
	struct krb5_kdc_rep r;
	struct krb5_error ke;
	struct krb5_key k;
	struct buf sealed;

	BUG_ON(!krb5_key_set(&k, KRB5_AES128_SHA1, SPAN("0123456789abcdef")));
	krb5_msg_type(in);
	if (krb5_get_kdc_rep(in, &r)) {
		BUG_ON(!r.client.part_n || !r.ticket.n);
		read_pa(r.pa);
		open_rep(&r, &k);
	}
	if (krb5_get_error(in, &ke) && krb5_get_method_data(ke.data, &list))
		read_pa(list);
	read_pa(in);
	buf_init(&sealed, 1 << 20);
	krb5_encrypt(&k, KRB5_U_AS_REP, in, &sealed);
	r = (struct krb5_kdc_rep){ .etype = k.etype, .sealed = buf_span(&sealed) };
	open_rep(&r, &k);
	buf_clear(&sealed);
	krb5_encrypt(&k, KRB5_U_AP_REP, in, &sealed);
	open_ap_rep(buf_span(&sealed), &k);
	buf_free(&sealed);
	return 0;
}
