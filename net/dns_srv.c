#include "net/dns_srv.h"

/* RFC 1035, 4.1.1; types and class: RFC 2782, RFC 6891, RFC 1035 3.2.4 */
#define HEADER 12
#define FLAGS_ASK 0x0100                  /* recursion desired */
#define FLAG_ANSWER 0x8000
#define RCODE 0x000f
#define NAME_ERROR 3
#define TYPE_SRV 33
#define TYPE_OPT 41
#define CLASS_IN 1
#define LABEL_MAX 63
#define JUMPS_MAX 32                      /* compression pointers in one name */
#define RECORDS_MAX 64

static void put_u16(struct buf *b, uint16_t v)
{
	buf_putc(b, (uint8_t)(v >> 8));
	buf_putc(b, (uint8_t)v);
}

static bool put_name(struct buf *b, struct span name)
{
	size_t total = 1;

	while (name.n) {
		struct span label = span_cut(&name, '.');

		total += label.n + 1;
		if (!label.n || label.n > LABEL_MAX || total > DNS_NAME_MAX)
			return false;
		buf_putc(b, (uint8_t)label.n);
		buf_put(b, label);
	}
	buf_putc(b, 0);
	return total > 1;
}

bool dns_srv_ask(uint16_t id, struct span name, struct buf *out)
{
	static const uint16_t counts[] = { FLAGS_ASK, 1, 0, 0, 1 };
	size_t i;

	put_u16(out, id);
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		put_u16(out, counts[i]);
	if (!put_name(out, name))
		return false;
	put_u16(out, TYPE_SRV);
	put_u16(out, CLASS_IN);
	buf_putc(out, 0);                 /* OPT: root, type, our size, no extended flags, no data */
	put_u16(out, TYPE_OPT);
	put_u16(out, DNS_ANSWER_MAX);
	put_u16(out, 0);
	put_u16(out, 0);
	put_u16(out, 0);
	return !buf_failed(out);
}

/* Reads the name at *at as text with dots (empty for the root) and goes behind it. Pointers lead
 * backwards only, so that none can loop. */
static bool get_name(struct span msg, size_t *at, char text[DNS_NAME_MAX])
{
	size_t here = *at, n = 0, limit = here;
	unsigned jumps = 0;
	struct span label;
	uint8_t len;

	for (;;) {
		if (here >= msg.n)
			return false;
		len = msg.p[here++];
		if (!jumps)
			*at = here;
		if (len == 0)
			break;
		if (len >= 0xc0) {
			if (here >= msg.n || ++jumps > JUMPS_MAX)
				return false;
			if (jumps == 1)
				*at = here + 1;
			here = (size_t)(len & 0x3f) << 8 | msg.p[here];
			if (here >= limit)
				return false;
			limit = here;
			continue;
		}
		if (len > LABEL_MAX || !field_in(msg, here, len, &label) ||
		    n + len + 1 >= DNS_NAME_MAX)
			return false;
		if (memchr(label.p, 0, len) || memchr(label.p, '.', len))
			return false;
		memcpy(text + n, label.p, len);
		n += len;
		text[n++] = '.';
		here += len;
	}
	text[n ? n - 1 : 0] = 0;
	return true;
}

static bool u16_at(struct span msg, size_t *at, uint16_t *v)
{
	struct span s;

	if (!field_in(msg, *at, 2, &s))
		return false;
	*at += 2;
	*v = get_u16be(s.p);
	return true;
}

/* Header and question: does this answer what was asked? */
static bool is_answer(struct span msg, uint16_t id, struct span name, size_t *at)
{
	char asked[DNS_NAME_MAX];
	uint16_t type, class;

	if (msg.n < HEADER || get_u16be(msg.p) != id || !(get_u16be(msg.p + 2) & FLAG_ANSWER) ||
	    get_u16be(msg.p + 4) != 1)
		return false;
	*at = HEADER;
	return get_name(msg, at, asked) && span_is_ci(name, asked) && u16_at(msg, at, &type) &&
		u16_at(msg, at, &class) && type == TYPE_SRV && class == CLASS_IN;
}

/* One record; *is_srv when it is ours and names a host ("." means: no such service). */
static bool get_record(struct span msg, size_t *at, struct dns_srv *r, bool *is_srv)
{
	char owner[DNS_NAME_MAX];
	uint16_t type, class, len;
	struct span body;
	size_t in;

	*is_srv = false;
	if (!get_name(msg, at, owner) || !u16_at(msg, at, &type) || !u16_at(msg, at, &class))
		return false;
	*at += 4;                         /* time to live */
	if (!u16_at(msg, at, &len) || !field_in(msg, *at, len, &body))
		return false;
	in = *at;
	*at += len;
	if (type != TYPE_SRV || class != CLASS_IN)
		return true;
	if (!u16_at(msg, &in, &r->priority) || !u16_at(msg, &in, &r->weight) ||
	    !u16_at(msg, &in, &r->port) || !get_name(msg, &in, r->host) || in != *at)
		return false;
	*is_srv = r->host[0] && r->port;
	return true;
}

/* RFC 2782 draws among equal priorities by weight; one client asking now and then spreads no load,
 * so the heaviest goes first. */
static bool before(const struct dns_srv *a, const struct dns_srv *b)
{
	return a->priority < b->priority || (a->priority == b->priority && a->weight > b->weight);
}

int dns_srv_answer(struct span msg, uint16_t id, struct span name, struct dns_srv out[DNS_SRV_MAX])
{
	unsigned left, seen;
	struct dns_srv r;
	size_t at = 0;
	int n = 0, i;
	bool is_srv;

	if (!is_answer(msg, id, name, &at))
		return -1;
	if (get_u16be(msg.p + 2) & RCODE)
		return (get_u16be(msg.p + 2) & RCODE) == NAME_ERROR ? 0 : -1;
	left = get_u16be(msg.p + 6);
	for (seen = 0; seen < left && seen < RECORDS_MAX && at < msg.n; seen++) {
		if (!get_record(msg, &at, &r, &is_srv))
			return n ? n : -1;
		if (!is_srv || n == DNS_SRV_MAX)
			continue;
		for (i = n++; i > 0 && before(&r, &out[i - 1]); i--)
			out[i] = out[i - 1];
		out[i] = r;
	}
	return n;
}
