#include "net/http_challenge.h"

static bool is_token_char(uint8_t c)
{
	return c > ' ' && c < 0x7f && !strchr("\"(),/:;<=>?@[\\]{}", c);
}

static bool is_token68_char(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || (c && strchr("-._~+/",
		c));
}

static void skip(struct span *s, const char *set)
{
	while (s->n && s->p[0] && strchr(set, s->p[0]))
		*s = span_sub(*s, 1, s->n);
}

static struct span take(struct span *s, bool (*is)(uint8_t))
{
	struct span all = *s;

	while (s->n && is(s->p[0]))
		*s = span_sub(*s, 1, s->n);
	return span_sub(all, 0, all.n - s->n);
}

/* token68: base64 text and its padding, up to the next comma. */
static bool take_token68(struct span *s, struct span *token)
{
	struct span at = *s, all = *s;

	if (!take(&at, is_token68_char).n)
		return false;
	skip(&at, "=");
	*token = span_sub(all, 0, all.n - at.n);
	skip(&at, " \t");
	if (at.n && at.p[0] != ',')
		return false;
	*s = at;
	return true;
}

/* name = token or quoted string (value: with its quotes); false (and nothing taken) when the next
 * thing is none, so another challenge or garbage. */
static bool take_param(struct span *s, struct span *name, struct span *value)
{
	struct span at = *s, start;

	skip(&at, " \t,");
	*name = take(&at, is_token_char);
	if (!name->n)
		return false;
	skip(&at, " \t");
	if (!at.n || at.p[0] != '=')
		return false;
	at = span_sub(at, 1, at.n);
	skip(&at, " \t");
	start = at;
	if (at.n && at.p[0] == '"') {
		for (at = span_sub(at, 1, at.n); at.n && at.p[0] != '"'; at = span_sub(at, 1, at.n)) {
			if (at.p[0] == '\\')
				at = span_sub(at, 1, at.n);
		}
		if (!at.n)
			return false;
		at = span_sub(at, 1, at.n);
	} else if (!take(&at, is_token_char).n) {
		return false;
	}
	*value = span_sub(start, 0, start.n - at.n);
	*s = at;
	return true;
}

bool http_challenge_next(struct span *value, struct http_challenge *c)
{
	struct span rest, name, text;

	*c = (struct http_challenge){ 0 };
	skip(value, " \t,");
	c->scheme = take(value, is_token_char);
	if (!c->scheme.n || (value->n && !strchr(" \t,", value->p[0]))) {
		*value = SPAN_NONE;
		return false;
	}
	skip(value, " \t");
	if (take_token68(value, &c->token))
		return true;
	c->token = SPAN_NONE;
	rest = *value;
	while (take_param(value, &name, &text))
		;
	c->params = span_sub(rest, 0, rest.n - value->n);
	return true;
}

bool http_challenge_param(struct span params, const char *wanted, struct buf *value)
{
	struct span name, text;
	size_t i;

	do {
		if (!take_param(&params, &name, &text))
			return false;
	} while (!span_is_ci(name, wanted));
	if (text.p[0] != '"') {
		buf_put(value, text);
		return true;
	}
	for (i = 1; i < text.n - 1; i++) {
		i += text.p[i] == '\\';
		buf_putc(value, text.p[i]);
	}
	return true;
}
