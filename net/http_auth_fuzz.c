/* A WWW-Authenticate value: what is found lies inside it; the choice keeps to what is allowed. */
#include "net/http_auth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct span part, struct span all)
{
	BUG_ON(part.n && (part.p < all.p || part.p + part.n > all.p + all.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span all = span_of(data, size), rest = all, found;
	static const struct auth_cred account;
	struct http_auth_want w = { .schemes = size ? data[0] & 127 : 127, .cred = &account };
	const struct http_auth_row *row;
	struct http_offer offer = { 0 };
	struct http_challenge c;
	struct err e = { 0 };
	unsigned tried = 0;
	struct buf value;

	buf_init(&value, 64);
	while (http_challenge_next(&rest, &c)) {
		check_inside(c.scheme, all);
		check_inside(c.token, all);
		check_inside(c.params, all);
		BUG_ON(!c.scheme.n || (c.token.n && c.params.n));
		http_challenge_param(c.params, "realm", &value);
	}
	buf_free(&value);
	http_auth_offer(&offer, all);
	row = http_auth_choose(&w, &offer, &tried, &e);
	BUG_ON(row ? !(row->scheme & w.schemes) || !row->seals : e.code != E_AUTH);
	if (row && http_auth_find(all, row, &found))
		check_inside(found, all);
	return 0;
}
