#include "net/krb5_store.h"

#define TAG_OFFSET 1            /* ccache header: seconds and microseconds to add to our clock */

/* Fields of either file: integers, and bytes behind their length. Past the end all are empty and
 * `cut` stays set, so that a caller checks once. */
struct fields { struct span rest; bool cut; };

static struct span take(struct fields *f, size_t n)
{
	struct span s = SPAN_NONE;

	if (f->cut || !field_in(f->rest, 0, n, &s)) {
		f->cut = true;
		return SPAN_NONE;
	}
	f->rest = span_sub(f->rest, n, f->rest.n);
	return s;
}

static uint32_t take_int(struct fields *f, unsigned bytes)
{
	struct span s = take(f, bytes);
	uint32_t v = 0;
	size_t i;

	for (i = 0; i < s.n; i++)
		v = v << 8 | s.p[i];
	return v;
}

/* len_n: bytes of each length, 4 in a ccache, 2 in a keytab. More parts than we keep are skipped,
 * the principal then has no part and equals none that we look for. */
static void take_parts(struct fields *f, unsigned len_n, uint32_t count, struct krb5_principal *p)
{
	uint32_t i;

	p->realm = take(f, take_int(f, len_n));
	for (i = 0; i < count && !f->cut; i++) {
		struct span part = take(f, take_int(f, len_n));

		if (i < KRB5_PARTS)
			p->part[i] = part;
	}
	p->part_n = count <= KRB5_PARTS ? count : 0;
}

static void take_principal(struct fields *f, struct krb5_principal *p)
{
	uint32_t count;

	*p = (struct krb5_principal){ .type = (int32_t)take_int(f, 4) };
	count = take_int(f, 4);
	take_parts(f, 4, count, p);
}

/* Addresses and authorization data: type and bytes each, of no use to us. */
static void skip_list(struct fields *f)
{
	uint32_t n = take_int(f, 4);

	for (; n && !f->cut; n--) {
		take(f, 2);
		take(f, take_int(f, 4));
	}
}

static void take_header(struct fields *f, struct krb5_ccache *c)
{
	struct fields h = { .rest = take(f, take_int(f, 2)) };

	while (h.rest.n && !h.cut) {
		uint32_t tag = take_int(&h, 2);
		struct fields v = { .rest = take(&h, take_int(&h, 2)) };

		if (tag != TAG_OFFSET || v.rest.n != 8)
			continue;
		c->offset_us = (int64_t)(int32_t)take_int(&v, 4) * 1000000;
		c->offset_us += (int32_t)take_int(&v, 4);
	}
	f->cut |= h.cut;
}

int krb5_ccache_open(struct krb5_ccache *c, struct span file, struct err *e)
{
	struct fields f = { .rest = file };
	uint32_t magic = take_int(&f, 2);

	*c = (struct krb5_ccache){ .old = magic == 0x0503 };
	if (f.cut || magic >> 8 != 5)
		return err_set(e, E_USAGE, "it is no Kerberos credential cache");
	if (magic != 0x0503 && magic != 0x0504)
		return err_set(e, E_USAGE, "credential caches of version %u are not read, only 3 and 4",
			magic & 0xff);
	if (!c->old)
		take_header(&f, c);
	take_principal(&f, &c->client);
	if (f.cut)
		return err_set(e, E_USAGE, "the credential cache is cut off; get a new one with kinit");
	c->rest = f.rest;
	return 0;
}

static bool take_cred(struct fields *f, bool old, struct krb5_cred *c)
{
	int32_t etype;
	bool known;

	take_principal(f, &c->client);
	take_principal(f, &c->server);
	etype = (int16_t)take_int(f, 2);
	if (old)
		take(f, 2);
	known = krb5_key_set(&c->key, etype, take(f, take_int(f, 4)));
	c->auth_time = take_int(f, 4);
	c->start_time = take_int(f, 4);
	c->end_time = take_int(f, 4);
	c->renew_till = take_int(f, 4);
	known &= !take_int(f, 1);               /* user-to-user tickets are not for us */
	c->flags = take_int(f, 4);
	skip_list(f);
	skip_list(f);
	c->ticket = take(f, take_int(f, 4));
	take(f, take_int(f, 4));
	return known && c->ticket.n && c->client.part_n && c->server.part_n;
}

bool krb5_ccache_next(struct krb5_ccache *c, struct krb5_cred *out)
{
	struct fields f = { .rest = c->rest };
	bool usable = false;

	while (!usable && f.rest.n && !f.cut) {
		*out = (struct krb5_cred){ 0 };
		usable = take_cred(&f, c->old, out) && !span_is(out->server.realm, "X-CACHECONF:");
	}
	c->rest = f.cut ? SPAN_NONE : f.rest;
	return usable && !f.cut;
}

int krb5_keytab_open(struct span file, struct span *rest, struct err *e)
{
	if (file.n < 2 || get_u16be(file.p) != 0x0502)
		return err_set(e, E_USAGE, "it is no keytab (of version 0x502)");
	*rest = span_sub(file, 2, file.n);
	return 0;
}

static bool take_entry(struct fields *f, struct krb5_keytab_entry *k)
{
	uint32_t count = take_int(f, 2), more;
	int32_t etype;
	bool known;

	take_parts(f, 2, count, &k->owner);
	k->owner.type = (int32_t)take_int(f, 4);
	take(f, 4);                             /* when it was written */
	k->kvno = take_int(f, 1);
	etype = (int16_t)take_int(f, 2);
	known = krb5_key_set(&k->key, etype, take(f, take_int(f, 2)));
	if (f->rest.n >= 4 && (more = take_int(f, 4)) != 0)
		k->kvno = more;
	return known && !f->cut && k->owner.part_n;
}

/* An entry's negative length is a hole that a deleted one left. */
bool krb5_keytab_next(struct span *rest, struct krb5_keytab_entry *out)
{
	struct fields all = { .rest = *rest }, one;
	bool usable = false;

	while (!usable && all.rest.n && !all.cut) {
		int64_t n = (int32_t)take_int(&all, 4);

		one = (struct fields){ .rest = take(&all, (size_t)(n < 0 ? -n : n)) };
		*out = (struct krb5_keytab_entry){ 0 };
		usable = n > 0 && !all.cut && take_entry(&one, out);
	}
	*rest = all.cut ? SPAN_NONE : all.rest;
	return usable;
}
