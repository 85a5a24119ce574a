/* A WWW-Authenticate value: what is found lies inside it; the choice keeps to what is allowed. */
#include "net/http_auth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct span part, struct span all)
{
	BUG_ON(part.n && (part.p < all.p || part.p + part.n > all.p + all.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span all = span_of(data, size), rest = all, token;
	const struct http_auth_row *row;
	struct http_offer offer = { 0 };
	struct http_challenge c;
	unsigned allowed = size ? data[0] & 7 : 7;
	struct err e = { 0 };

	while (http_auth_next(&rest, &c)) {
		check_inside(c.scheme, all);
		check_inside(c.token, all);
		check_inside(c.params, all);
		BUG_ON(!c.scheme.n || (c.token.n && c.params.n));
	}
	if (http_auth_token(all, "Negotiate", &token))
		check_inside(token, all);
	http_auth_offer(&offer, all);
	row = http_auth_choose(allowed, &offer, false, &e);
	BUG_ON(row ? !(row->scheme & allowed & offer.schemes) || !row->seals : e.code != E_AUTH);
	return 0;
}
