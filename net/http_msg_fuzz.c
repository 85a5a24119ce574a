/* An answer, whole and then cut where the first byte says: both must come to the same. */
#include "net/http_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct result { enum http_ev last; int status; size_t body_n; uint32_t sum; };

static bool feed(struct http_msg *m, struct span in, struct result *r)
{
	struct span whole = in, out;
	enum http_ev ev;
	size_t i;

	while ((ev = http_msg_feed(m, &in, &out)) != HTTP_MORE) {
		r->last = ev;
		BUG_ON(in.p < whole.p || in.p + in.n != whole.p + whole.n);
		if (ev == HTTP_BAD || ev == HTTP_END)
			return false;
		if (ev != HTTP_BODY)
			continue;
		BUG_ON(out.p < whole.p || out.p + out.n > whole.p + whole.n || !out.n);
		for (i = 0; i < out.n; i++)
			r->sum = r->sum * 31 + out.p[i];
		r->body_n += out.n;
	}
	return true;
}

static struct result run(struct span all, size_t cut)
{
	struct result r = { 0 };
	struct http_msg m;
	struct span value;

	http_msg_init(&m, 1000);
	if (feed(&m, span_sub(all, 0, cut), &r) && feed(&m, span_sub(all, cut, all.n), &r))
		r.last = http_msg_eof(&m);
	BUG_ON((r.last == HTTP_BAD) != (m.err.code != 0) || r.body_n > 1000);
	http_msg_field(&m, "Content-Type", 0, &value);
	r.status = m.status;
	http_msg_free(&m);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct result a, b;
	struct span all;

	if (!size)
		return 0;
	all = span_of(data + 1, size - 1);
	a = run(all, all.n);
	b = run(all, data[0] < all.n ? data[0] : all.n / 2);
	BUG_ON(a.last != b.last || a.status != b.status || a.body_n != b.body_n || a.sum != b.sum);
	return 0;
}
