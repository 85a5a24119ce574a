#include "net/http_seal.h"
#include "lib/num.h"

#define SPEC "MS-WSMV 2.2.9.1"
#define BOUNDARY "Encrypted Boundary"
#define TLS_DATA 23                       /* a record's type (RFC 5246, 6.2.1) */
#define OCTETS "\tContent-Type: application/octet-stream\r\n"

static int put_part(struct auth *a, struct span plain, const char *content_type, struct buf *out,
	struct err *e)
{
	size_t sig_len = 0, at;
	int r;

	buf_printf(out, "--" BOUNDARY "\r\n\tContent-Type: %s\r\n\tOriginalContent: type=%s;Length=%zu"
		"\r\n--" BOUNDARY "\r\n" OCTETS, a->seal_protocol, content_type, plain.n + a->padding);
	at = out->n;
	buf_put(out, SPAN("\0\0\0\0"));
	r = a->ops->wrap(a, plain, out, &sig_len, e);
	if (r == 0 && !buf_failed(out))
		put_u32le(out->p + at, (uint32_t)sig_len);
	return r;
}

int http_seal_put(struct auth *a, struct span plain, const char *content_type, struct buf *out,
	struct buf *type, struct err *e)
{
	size_t piece = a->piece ? a->piece : plain.n;
	int r;

	BUG_ON(!a->seal_protocol);
	buf_printf(type, "multipart/%s;protocol=\"%s\";boundary=\"" BOUNDARY "\"",
		plain.n > piece ? "x-multi-encrypted" : "encrypted", a->seal_protocol);
	do {
		r = put_part(a, span_sub(plain, 0, piece), content_type, out, e);
		plain = span_sub(plain, piece, plain.n);
	} while (r == 0 && plain.n);
	buf_puts(out, "--" BOUNDARY "--\r\n");
	if (r == 0 && (buf_failed(out) || buf_failed(type)))
		r = err_set(e, E_LIMIT, "the message is too large to be sealed");
	return r;
}

bool http_seal_is(struct span content_type)
{
	struct span type = span_trim(span_cut(&content_type, ';'));

	return span_is_ci(type, "multipart/encrypted") ||
		span_is_ci(type, "multipart/x-multi-encrypted");
}

static struct span take_line(struct span *s)
{
	return span_trim(span_cut(s, '\n'));
}

enum edge { EDGE_NONE, EDGE_NEXT, EDGE_LAST };

/* A line as "--Encrypted Boundary" or "--Encrypted Boundary--".
 * DEVIATION MS-WSMV 2.2.9.1: Exchange writes "-- Encrypted Boundary". */
static enum edge edge_of(struct span line)
{
	if (!span_starts(line, "--"))
		return EDGE_NONE;
	line = span_trim(span_sub(line, 2, line.n));
	if (!span_starts_ci(line, BOUNDARY))
		return EDGE_NONE;
	line = span_trim(span_sub(line, sizeof(BOUNDARY) - 1, line.n));
	return !line.n ? EDGE_NEXT : span_is(line, "--") ? EDGE_LAST : EDGE_NONE;
}

/* "type=application/soap+xml;charset=UTF-8;Length=237": what stands before Length is the type. */
static bool read_content(struct span value, struct span *type, uint64_t *length)
{
	struct span rest = value, item, before;
	bool has_length = false;

	while (rest.n) {
		item = span_trim(span_cut(&rest, ';'));
		if (!span_starts_ci(item, "Length="))
			continue;
		has_length = num_u64(span_sub(item, 7, item.n), length);
		before = span_trim(span_of(value.p, (size_t)(item.p - value.p)));
		if (span_starts_ci(before, "type="))
			*type = span_sub(before, 5, before.n - 6);      /* without its ";" */
	}
	return has_length;
}

/* The header lines of a part that says what was sealed, up to and with the edge behind it. */
static bool read_original(struct span *s, struct span *type, uint64_t *length)
{
	struct span line;
	bool has_length = false;
	enum edge edge;

	*type = SPAN_NONE;
	while (s->n) {
		line = take_line(s);
		edge = edge_of(line);
		if (edge != EDGE_NONE)
			return edge == EDGE_NEXT && has_length;
		if (span_is_ci(span_trim(span_cut(&line, ':')), "OriginalContent"))
			has_length = read_content(span_trim(line), type, length);
	}
	return false;
}

struct span http_seal_type(struct span body)
{
	struct span type = SPAN_NONE;
	uint64_t length;

	take_line(&body);
	return read_original(&body, &type, &length) ? type : SPAN_NONE;
}

/* Takes what is sealed off *s. It may hold anything, the boundary too: only the lengths tell its
 * end. Those of TLS are in its records; the trailer's, in front, adds nothing to that. */
static bool take_sealed(const struct auth *a, struct span *s, uint64_t length, struct span *sig,
	struct span *sealed)
{
	size_t n = 0;

	if (s->n < 4)
		return false;
	if (a->piece) {
		*s = span_sub(*s, 4, s->n);
		while (s->n - n > 4 && s->p[n] == TLS_DATA) {
			if (!field_in(*s, n + 5, get_u16be(s->p + n + 3), sig))
				return false;
			n += 5 + sig->n;
		}
		*sig = SPAN_NONE;
		*sealed = span_sub(*s, 0, n);
	} else {
		if (!field_in(*s, 4, get_u32le(s->p), sig) || length > s->n ||
		    !field_in(*s, 4 + sig->n, (size_t)length, sealed))
			return false;
		n = 4 + sig->n + sealed->n;
	}
	*s = span_sub(*s, n, s->n);
	return true;
}

int http_seal_get(struct auth *a, struct span body, struct buf *plain, struct err *e)
{
	struct span s = body, type, sig, sealed;
	uint64_t length;
	enum edge edge;
	size_t before;

	if (edge_of(take_line(&s)) != EDGE_NEXT)
		return err_peer(e, SPEC, 0);
	do {
		if (!read_original(&s, &type, &length) ||
		    !span_is_ci(take_line(&s), "Content-Type: application/octet-stream") ||
		    !take_sealed(a, &s, length, &sig, &sealed))
			return err_peer(e, SPEC, (size_t)(s.p - body.p));
		edge = edge_of(take_line(&s));
		if (edge == EDGE_NONE)
			return err_peer(e, SPEC, (size_t)(s.p - body.p));
		before = plain->n;
		if (a->ops->unwrap(a, sig, sealed, plain, e) < 0)
			return e->code;
		if (a->piece && plain->n - before != length)
			return err_peer(e, SPEC, (size_t)(s.p - body.p));
	} while (edge == EDGE_NEXT || edge_of(take_line(&s)) == EDGE_NEXT);
	return 0;
}
