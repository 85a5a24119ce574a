#include "core/json_write.h"
#include "lib/utf.h"

static void put_string(struct buf *out, struct span s)
{
	uint32_t cp;
	size_t n;

	buf_putc(out, '"');
	for (; s.n; s = span_sub(s, n, s.n)) {
		n = utf8_get_lax(s, &cp);
		if (cp == '"' || cp == '\\')
			buf_printf(out, "\\%c", (char)cp);
		else if (cp < 0x20 || cp == 0x7f || (cp >= 0xd800 && cp <= 0xdfff))
			buf_printf(out, "\\u%04x", (unsigned)cp);
		else
			utf8_put(out, cp);
	}
	buf_putc(out, '"');
}

static void begin(struct json *j)
{
	if (j->comma)
		buf_putc(j->out, ',');
	j->comma = true;
}

void json_open(struct json *j, char bracket)
{
	begin(j);
	buf_putc(j->out, (uint8_t)bracket);
	j->comma = false;
}

void json_close(struct json *j, char bracket)
{
	buf_putc(j->out, (uint8_t)bracket);
	j->comma = true;
}

void json_key(struct json *j, struct span name)
{
	begin(j);
	put_string(j->out, name);
	buf_putc(j->out, ':');
	j->comma = false;
}

void json_str(struct json *j, struct span s)
{
	begin(j);
	put_string(j->out, s);
}

void json_raw(struct json *j, struct span s)
{
	begin(j);
	buf_put(j->out, s);
}

static size_t digits(struct span s, size_t at)
{
	size_t n = at;

	while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	return n - at;
}

bool json_is_number(struct span s)
{
	size_t at = s.n && s.p[0] == '-', n = digits(s, at);

	if (!n || (n > 1 && s.p[at] == '0'))
		return false;
	at += n;
	if (at < s.n && s.p[at] == '.') {
		if (!(n = digits(s, at + 1)))
			return false;
		at += 1 + n;
	}
	if (at < s.n && (s.p[at] | 32) == 'e') {
		at++;
		at += at < s.n && (s.p[at] == '+' || s.p[at] == '-');
		if (!(n = digits(s, at)))
			return false;
		at += n;
	}
	return at == s.n;
}
