#include "net/http_seal.h"
#include "lib/num.h"

#define SPEC "MS-WSMV 2.2.9.1"
#define BOUNDARY "Encrypted Boundary"
#define OCTETS "\tContent-Type: application/octet-stream\r\n"

int http_seal_put(struct auth *a, struct span plain, const char *content_type, struct buf *out,
	struct buf *type, struct err *e)
{
	size_t sig_len = 0, at;
	int r;

	BUG_ON(!a->seal_protocol);
	buf_printf(type, "multipart/encrypted;protocol=\"%s\";boundary=\"" BOUNDARY "\"",
		a->seal_protocol);
	buf_printf(out, "--" BOUNDARY "\r\n\tContent-Type: %s\r\n\tOriginalContent: type=%s;Length=%zu"
		"\r\n--" BOUNDARY "\r\n" OCTETS, a->seal_protocol, content_type, plain.n + a->padding);
	at = out->n;
	buf_put(out, SPAN("\0\0\0\0"));
	r = a->ops->wrap(a, plain, out, &sig_len, e);
	buf_puts(out, "--" BOUNDARY "--\r\n");
	if (r == 0 && (buf_failed(out) || buf_failed(type)))
		r = err_set(e, E_LIMIT, "the message is too large to be sealed");
	if (r == 0)
		put_u32le(out->p + at, (uint32_t)sig_len);
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

int http_seal_get(struct auth *a, struct span body, struct buf *plain, struct err *e)
{
	struct span s = body, type, sig, sealed;
	uint64_t length;
	enum edge edge;
	size_t sig_len;
	int r;

	if (edge_of(take_line(&s)) != EDGE_NEXT)
		return err_peer(e, SPEC, 0);
	do {
		if (!read_original(&s, &type, &length) ||
		    !span_is_ci(take_line(&s), "Content-Type: application/octet-stream") || s.n < 4)
			return err_peer(e, SPEC, (size_t)(s.p - body.p));
		/* The sealed bytes may hold anything, the boundary too: only the lengths tell their end. */
		sig_len = get_u32le(s.p);
		if (!field_in(s, 4, sig_len, &sig) || length > s.n ||
		    !field_in(s, 4 + sig_len, (size_t)length, &sealed))
			return err_peer(e, SPEC, (size_t)(s.p - body.p));
		s = span_sub(s, 4 + sig_len + sealed.n, s.n);
		edge = edge_of(take_line(&s));
		if (edge == EDGE_NONE)
			return err_peer(e, SPEC, (size_t)(s.p - body.p));
		r = a->ops->unwrap(a, sig, sealed, plain, e);
		if (r < 0)
			return r;
	} while (edge == EDGE_NEXT);
	return 0;
}
