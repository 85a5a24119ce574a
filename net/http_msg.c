#include "net/http_msg.h"
#include "lib/num.h"

static void put_host(struct buf *out, struct span host)
{
	bool bare = span_find(host, ':') < host.n && host.p[0] != '[';
	size_t zone = span_find(host, '%');

	buf_printf(out, "%s%.*s%s", bare ? "[" : "", (int)zone, (const char *)host.p,
		bare || (zone < host.n && host.p[0] == '[') ? "]" : "");
}

void http_msg_put_authority(struct buf *out, struct span host, uint16_t port)
{
	put_host(out, host);
	buf_printf(out, ":%u", port);
}

void http_msg_put_path(struct buf *out, struct span path)
{
	size_t i;

	if (!path.n || path.p[0] != '/')
		buf_putc(out, '/');
	for (i = 0; i < path.n; i++) {
		if (path.p[i] <= ' ' || path.p[i] >= 0x7f)
			buf_printf(out, "%%%02X", path.p[i]);
		else
			buf_putc(out, path.p[i]);
	}
}

static void put_field(struct buf *out, const char *name, struct span value)
{
	if (!value.n)
		return;
	buf_puts(out, name);
	buf_puts(out, ": ");
	buf_put(out, value);
	buf_puts(out, "\r\n");
}

void http_msg_put_post(struct buf *out, const struct http_post *p)
{
	buf_puts(out, "POST ");
	http_msg_put_path(out, p->path);
	buf_puts(out, " HTTP/1.1\r\nHost: ");
	/* The port is left out when it is the scheme's own: strict servers compare. */
	if (p->port == (p->https ? 443 : 80))
		put_host(out, p->host);
	else
		http_msg_put_authority(out, p->host, p->port);
	/* Sealed bodies must not come compressed: Exchange does so unless told. */
	buf_puts(out,
		"\r\nConnection: Keep-Alive\r\nUser-Agent: pssession\r\nAccept-Encoding: identity\r\n");
	put_field(out, "Authorization", p->auth);
	put_field(out, "Content-Type", p->type);
	buf_printf(out, "Content-Length: %zu\r\n\r\n", p->body_len);
}

void http_msg_put_connect(struct buf *out, struct span authority, struct span auth)
{
	buf_printf(out, "CONNECT %.*s HTTP/1.1\r\nHost: %.*s\r\nProxy-Connection: Keep-Alive\r\n"
		"User-Agent: pssession\r\n", SPAN_ARG(authority), SPAN_ARG(authority));
	put_field(out, "Proxy-Authorization", auth);
	buf_puts(out, "\r\n");
}

void http_msg_init(struct http_msg *m, size_t body_max)
{
	*m = (struct http_msg){ .state = HTTP_S_STATUS, .body_max = body_max };
	buf_init_secret(&m->head, HTTP_HEAD_MAX + 1);
}

void http_msg_free(struct http_msg *m)
{
	buf_free(&m->head);
}

static enum http_ev bad(struct http_msg *m, int code, const char *what)
{
	m->state = HTTP_S_BAD;
	m->keep = false;
	err_set(&m->err, code, "%s", what);
	return HTTP_BAD;
}

static struct span line_of(const struct http_msg *m)
{
	return span_sub(buf_span(&m->head), m->line_at, m->head.n);
}

/* Garbage is told from a status line at its first wrong byte, or it would be waited for until a
 * line feed comes. */
static bool may_be_status(struct span line)
{
	static const char want[] = "HTTP/1.";
	size_t n = line.n < sizeof(want) - 1 ? line.n : sizeof(want) - 1;

	return memcmp(line.p, want, n) == 0;
}

/* Takes bytes up to and with a line feed into head. HTTP_MORE: not complete yet; HTTP_HEAD: a line
 * is there, without CRLF. */
static enum http_ev take_line(struct http_msg *m, struct span *in)
{
	while (in->n) {
		uint8_t c = in->p[0];
		bool after_cr = m->cr;

		*in = span_sub(*in, 1, in->n);
		if (++m->head_n > HTTP_HEAD_MAX || m->head.n - m->line_at > HTTP_LINE_MAX)
			return bad(m, E_LIMIT, "endless headers");
		m->cr = c == '\r';
		if (after_cr && c != '\n')
			return bad(m, E_PEER, "a stray carriage return in the headers");
		if (c == '\n' && !after_cr && m->state >= HTTP_S_CHUNK)
			return bad(m, E_PEER, "a stray line feed between chunks");
		if (c == '\n')
			return HTTP_HEAD;
		if (m->cr)
			continue;
		buf_putc(&m->head, c);
		if (m->state == HTTP_S_STATUS && !may_be_status(line_of(m)))
			return bad(m, E_PEER, "no HTTP answer");
		if (c == 0)
			return bad(m, E_PEER, "a zero byte in the headers");
	}
	return HTTP_MORE;
}

/* RFC 9112 section 4: HTTP/1.x SP 3DIGIT [SP reason]. */
static bool status_line(struct http_msg *m)
{
	struct span s = line_of(m);
	uint64_t status;

	if (s.n < 12 || !may_be_status(s) || s.p[7] < '0' || s.p[7] > '9' || s.p[8] != ' ' ||
	    (s.n > 12 && s.p[12] != ' '))
		return false;
	if (s.p[9] < '1' || s.p[9] > '5' || !num_u64(span_sub(s, 9, 3), &status))
		return false;
	m->status = (int)status;
	m->old = s.p[7] == '0';
	return true;
}

static bool is_token(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", s.p[i]))
			return false;
	}
	return s.n > 0;
}

/* Keeps a field as it stands, to be found by http_msg_field(). Folded lines (obsolete, RFC 9112
 * section 5.2) are joined. */
static bool keep_field(struct http_msg *m)
{
	struct span s = line_of(m);

	if (s.p[0] == ' ' || s.p[0] == '\t') {
		if (!m->line_at)
			return false;
		m->head.p[m->line_at - 1] = ' ';
	} else if (!is_token(span_sub(s, 0, span_find(s, ':'))) || span_find(s, ':') == s.n) {
		return false;
	}
	buf_putc(&m->head, '\n');
	m->line_at = m->head.n;
	return true;
}

bool http_msg_field(const struct http_msg *m, const char *name, size_t nth, struct span *value)
{
	struct span all = span_sub(buf_span(&m->head), 0, m->line_at);

	while (all.n) {
		struct span line = span_cut(&all, '\n'), field = span_cut(&line, ':');

		if (!span_is_ci(field, name) || nth--)
			continue;
		*value = span_trim(line);
		return true;
	}
	return false;
}

/* Is a word in the comma-separated list that all fields of a name make? */
static bool has_word(const struct http_msg *m, const char *name, const char *word)
{
	struct span value;
	size_t i;

	for (i = 0; http_msg_field(m, name, i, &value); i++) {
		while (value.n) {
			if (span_is_ci(span_trim(span_cut(&value, ',')), word))
				return true;
		}
	}
	return false;
}

/* RFC 9112 section 6.3: several lengths must agree. 1 = there is one, 0 = none, -1 = nonsense. */
static int content_length(const struct http_msg *m, uint64_t *len)
{
	struct span value, one;
	uint64_t n;
	int found = 0;
	size_t i;

	for (i = 0; http_msg_field(m, "Content-Length", i, &value); i++) {
		do {
			one = span_trim(span_cut(&value, ','));
			if (!one.n || one.p[0] < '0' || one.p[0] > '9' || !num_u64(one, &n) ||
			    (found && n != *len))
				return -1;
			*len = n;
			found = 1;
		} while (value.n);
	}
	return found;
}

static enum http_ev head_done(struct http_msg *m)
{
	struct span coding, second;
	bool chunked = http_msg_field(m, "Transfer-Encoding", 0, &coding);
	int has_len = content_length(m, &m->left);

	if (m->status == 101)
		return bad(m, E_PEER, "a change of protocol nobody asked for");
	if (m->status < 200) {                          /* an interim answer: the real one follows */
		buf_clear(&m->head);
		m->line_at = m->field_n = 0;
		m->state = HTTP_S_STATUS;
		return HTTP_MORE;
	}
	if (m->tunnel && m->status < 300) {             /* RFC 9110 9.3.6: no body, whatever it says */
		m->keep = true;
		m->state = HTTP_S_DONE;
		return HTTP_HEAD;
	}
	if (m->old)
		m->keep = has_word(m, "Connection", "keep-alive");
	else
		m->keep = !has_word(m, "Connection", "close");
	if (has_len < 0)
		return bad(m, E_PEER, "conflicting or malformed Content-Length");
	if (chunked && (has_len || m->old))             /* a way to smuggle: RFC 9112 section 6.1 */
		return bad(m, E_PEER, "both chunked and another length");
	if (chunked && (!span_is_ci(coding, "chunked") ||
	    http_msg_field(m, "Transfer-Encoding", 1, &second)))
		return bad(m, E_PEER, "a transfer encoding that was not asked for");
	if (has_len && m->left > m->body_max)
		return bad(m, E_LIMIT, "a larger answer than is accepted");
	if (m->status == 204 || m->status == 304 || (has_len && !m->left))
		m->state = HTTP_S_DONE;
	else
		m->state = chunked ? HTTP_S_CHUNK : has_len ? HTTP_S_LENGTH : HTTP_S_UNTIL_CLOSE;
	m->keep = m->keep && m->state != HTTP_S_UNTIL_CLOSE;
	return HTTP_HEAD;
}

/* A chunk's size; extensions are skipped. */
static enum http_ev chunk_line(struct http_msg *m)
{
	struct span s = line_of(m), size = span_trim(span_cut(&s, ';'));

	if (!num_hex(size, &m->left))
		return bad(m, E_PEER, "a malformed chunk size");
	m->state = m->left ? HTTP_S_DATA : HTTP_S_TRAILER;
	if (m->left > m->body_max - m->body_n)
		return bad(m, E_LIMIT, "a larger answer than is accepted");
	m->head_n = 1;                                  /* the cap starts anew with each chunk */
	return HTTP_MORE;
}

/* A whole line of status, fields, chunk framing or trailer. */
static enum http_ev on_line(struct http_msg *m)
{
	struct span s = line_of(m);
	enum http_ev ev = HTTP_MORE;

	switch (m->state) {
	case HTTP_S_STATUS:
		if (!status_line(m))
			return bad(m, E_PEER, "a malformed status line");
		m->state = HTTP_S_FIELD;
		break;
	case HTTP_S_FIELD:
		if (!s.n)
			return head_done(m);
		if (++m->field_n > HTTP_FIELDS_MAX)
			return bad(m, E_LIMIT, "endless headers");
		return keep_field(m) ? HTTP_MORE : bad(m, E_PEER, "a malformed header field");
	case HTTP_S_CHUNK:
		ev = chunk_line(m);
		break;
	case HTTP_S_DATA_END:
		if (s.n)
			return bad(m, E_PEER, "a chunk longer than its size");
		m->state = HTTP_S_CHUNK;
		break;
	default:                                        /* a trailer says nothing that we need */
		if (!s.n)
			m->state = HTTP_S_END;
		ev = s.n ? HTTP_MORE : HTTP_END;
		break;
	}
	m->head.n = m->line_at;
	return ev;
}

static enum http_ev take_body(struct http_msg *m, struct span *in, struct span *out)
{
	uint64_t most = m->state == HTTP_S_UNTIL_CLOSE ? m->body_max - m->body_n : m->left;

	if (!in->n)
		return HTTP_MORE;
	if (!most)
		return bad(m, E_LIMIT, "a larger answer than is accepted");
	*out = span_sub(*in, 0, most < in->n ? (size_t)most : in->n);
	*in = span_sub(*in, out->n, in->n);
	m->body_n += out->n;
	if (m->state == HTTP_S_UNTIL_CLOSE)
		return HTTP_BODY;
	m->left -= out->n;
	if (!m->left)
		m->state = m->state == HTTP_S_DATA ? HTTP_S_DATA_END : HTTP_S_DONE;
	return HTTP_BODY;
}

enum http_ev http_msg_feed(struct http_msg *m, struct span *in, struct span *out)
{
	enum http_ev ev;

	for (;;) {
		switch (m->state) {
		case HTTP_S_BAD:
			return HTTP_BAD;
		case HTTP_S_DONE:                   /* nothing more of it comes */
			m->state = HTTP_S_END;
			return HTTP_END;
		case HTTP_S_END:
			return in->n ? bad(m, E_PEER, "bytes behind the answer") : HTTP_MORE;
		case HTTP_S_LENGTH:
		case HTTP_S_UNTIL_CLOSE:
		case HTTP_S_DATA:
			return take_body(m, in, out);
		default:
			ev = take_line(m, in);
			if (ev == HTTP_HEAD)
				ev = on_line(m);
			else if (ev == HTTP_MORE)
				return ev;
			if (ev != HTTP_MORE)
				return ev;
		}
	}
}

enum http_ev http_msg_eof(struct http_msg *m)
{
	if (m->state == HTTP_S_BAD)
		return HTTP_BAD;
	if (m->state == HTTP_S_UNTIL_CLOSE || m->state == HTTP_S_DONE || m->state == HTTP_S_END) {
		m->state = HTTP_S_END;
		return HTTP_END;
	}
	return bad(m, E_PEER, m->head_n ? "a truncated answer" : "an empty reply");
}
