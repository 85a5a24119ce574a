#include "core/simple_line.h"
#include <stdio.h>

/* What PowerShell gives a meaning to, and constants do not need. */
static const struct { char c; const char *what; } scripts[] = {
	{ '$', "variables ('…' and ` keep a $ as it is)" },
	{ '(', "expressions" },
	{ ')', "expressions" },
	{ '{', "script blocks" },
	{ '}', "script blocks" },
	{ ';', "several statements" },
	{ '\n', "several statements" },
	{ '&', "call operators and jobs" },
	{ '<', "redirections" },
	{ '>', "redirections" },
};

struct scan {
	struct span s;                    /* what is left */
	struct arena *a;
	struct buf word;
	bool quoted;                      /* the word had quotes or escapes: never a number */
	struct err *e;
};

static int refuse(struct scan *s, const char *what)
{
	return err_set(s->e, E_USAGE, "%s", what);
}

static int peek(const struct scan *s)
{
	return s->s.n ? s->s.p[0] : -1;
}

static uint8_t take(struct scan *s)
{
	uint8_t c = s->s.p[0];

	s->s = span_sub(s->s, 1, s->s.n);
	return c;
}

static bool take_if(struct scan *s, int c)
{
	if (peek(s) != c)
		return false;
	take(s);
	return true;
}

/* Blanks, an escaped end of line, and a comment, which reaches to the end of its line. */
static void blanks(struct scan *s)
{
	while (peek(s) == ' ' || peek(s) == '\t')
		take(s);
	if (peek(s) == '#')
		s->s = span_sub(s->s, span_find(s->s, '\n'), s->s.n);
}

static void escaped(struct scan *s)
{
	static const char from[] = "0abefnrtv", to[] = "\0\a\b\x1b\f\n\r\t\v";
	const char *at;

	if (!s->s.n)
		return;
	at = memchr(from, peek(s), sizeof(from) - 1);
	s->quoted = true;
	buf_putc(&s->word, at ? (uint8_t)to[at - from] : s->s.p[0]);
	take(s);
}

static int check(struct scan *s)
{
	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++)
		if (peek(s) == scripts[i].c)
			return refuse(s, scripts[i].what);
	return 0;
}

static int quotes(struct scan *s)
{
	uint8_t quote = take(s), c;

	s->quoted = true;
	while (s->s.n) {
		if (quote == '"' && peek(s) == '$')
			return check(s);
		c = take(s);
		if (c == quote && !take_if(s, quote))
			return 0;
		if (c == '`' && quote == '"')
			escaped(s);
		else
			buf_putc(&s->word, c);
	}
	return refuse(s, "strings without an end");
}

/* Up to what ends a word; colon: that of "-Name:value" does, and belongs to it. */
static int word(struct scan *s, bool colon)
{
	int c, r;

	buf_clear(&s->word);
	s->quoted = false;
	while ((c = peek(s)) >= 0 && !memchr(" \t|,", c, 4)) {
		if ((r = c == '"' || c == '\'' ? quotes(s) : check(s)) < 0)
			return r;
		if (c == '"' || c == '\'')
			continue;
		take(s);
		if (c == '`')
			escaped(s);
		else
			buf_putc(&s->word, (uint8_t)c);
		if (c == ':' && colon)
			break;
	}
	return 0;
}

/* A number that has one spelling only is one; others are text, which servers convert. */
static struct ps_val *constant(struct scan *s)
{
	struct span w = buf_span(&s->word);
	char text[24];
	int64_t n;

	if (!s->quoted && num_i64(w, &n)) {
		snprintf(text, sizeof(text), "%lld", (long long)n);
		if (span_is(w, text))
			return n == (int32_t)n ? ps_i32(s->a, (int32_t)n) : ps_i64(s->a, n);
	}
	return ps_str(s->a, w);
}

static struct ps_val *named(struct scan *s)
{
	static const char *const names[] = { "$true", "$false", "$null" };
	struct span rest;
	size_t i, n;

	for (i = 0; i < 3; i++) {
		n = strlen(names[i]);
		rest = span_sub(s->s, n, 1);
		if (!span_starts_ci(s->s, names[i]) || (rest.n && !memchr(" \t|,", rest.p[0], 4)))
			continue;
		s->s = span_sub(s->s, n, s->s.n);
		return i < 2 ? ps_bool(s->a, i == 0) : ps_nil(s->a);
	}
	return NULL;
}

/* One constant, or several with commas between them. NULL: refused. */
static struct ps_val *value(struct scan *s)
{
	struct ps_val *v, *list = NULL;

	do {
		blanks(s);
		if (peek(s) < 0 || peek(s) == '|' || peek(s) == ',') {
			refuse(s, "commas without a value, or parameters without theirs");
			return NULL;
		}
		if (peek(s) == '@') {
			refuse(s, "arrays in @(), hash tables and splatting");
			return NULL;
		}
		if (!(v = named(s))) {
			if (word(s, false) < 0)
				return NULL;
			v = constant(s);
		}
		blanks(s);
		if (!list && peek(s) == ',')
			list = ps_list(s->a, "System.Object[]\0System.Array\0System.Object\0");
		ps_append(s->a, list, v);
	} while (take_if(s, ','));
	return list ? list : v;
}

/* -Name, -Name:value, an argument. Minus and a digit make a number. */
static int argument(struct scan *s, struct pipe_param *p)
{
	uint8_t second = s->s.n > 1 ? s->s.p[1] | 0x20 : 0;

	*p = (struct pipe_param){ 0 };
	if (peek(s) != '-' || second < 'a' || second > 'z') {
		p->val = value(s);
		return s->e->code;
	}
	if (word(s, true) < 0)
		return s->e->code;
	p->name = arena_str(s->a, buf_span(&s->word));
	if (s->word.p[s->word.n - 1] == ':')
		p->val = value(s);
	else
		p->val = ps_nil(s->a);
	return s->e->code;
}

static int command(struct scan *s, struct pipe_cmd *cmd)
{
	struct pipe_param p[SIMPLE_LINE_PARAMS], *kept;
	size_t n = 0;

	blanks(s);
	if (peek(s) < 0 || strchr("|,\"'@-+![0123456789", peek(s)) || word(s, false) < 0 ||
		buf_span(&s->word).n == 0 || span_is(buf_span(&s->word), "."))
		return refuse(s, peek(s) == '|' || peek(s) < 0 ? "empty commands" : "expressions");
	if (!arena_dup(s->a, buf_span(&s->word), &cmd->text))
		return refuse(s, "lines that long");
	for (blanks(s); peek(s) >= 0 && peek(s) != '|'; blanks(s)) {
		if (n == SIMPLE_LINE_PARAMS)
			return refuse(s, "that many arguments");
		if (argument(s, &p[n++]) < 0)
			return s->e->code;
	}
	kept = arena_alloc(s->a, (n + 1) * sizeof(*kept));
	if (!kept || arena_failed(s->a))
		return refuse(s, "lines that long");
	memcpy(kept, p, n * sizeof(*kept));
	cmd->param = kept;
	cmd->param_n = n;
	return 0;
}

int simple_line_parse(struct span line, struct arena *a, struct simple_line *out, struct err *e)
{
	struct scan s = { .s = span_trim(line), .a = a, .e = e };

	*out = (struct simple_line){ .n = 0 };
	blanks(&s);
	if (!s.s.n)
		return 0;
	buf_init(&s.word, line.n + 1);
	do {
		if (out->n == SIMPLE_LINE_CMDS)
			refuse(&s, "that many commands");
		else if (command(&s, &out->cmd[out->n]) == 0)
			out->n++;
	} while (!e->code && take_if(&s, '|'));
	buf_free(&s.word);
	return e->code;
}
