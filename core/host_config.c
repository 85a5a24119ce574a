#include "core/host_config.h"
#include "lib/wild.h"

static struct span next_word(struct span *line)
{
	struct span word;
	size_t n = 0;

	*line = span_trim(*line);
	if (line->n && line->p[0] == '"') {
		*line = span_sub(*line, 1, line->n);
		return span_cut(line, '"');
	}
	while (n < line->n && line->p[n] != ' ' && line->p[n] != '\t' && line->p[n] != '=')
		n++;
	word = span_sub(*line, 0, n);
	*line = span_sub(*line, n, line->n);
	return word;
}

/* A pattern that matches, and none with ! that does. */
static bool section_applies(struct span patterns, struct span host)
{
	bool hit = false;
	struct span p;

	for (p = next_word(&patterns); p.n; p = next_word(&patterns)) {
		bool negative = p.p[0] == '!';
		if (!wild_match(negative ? span_sub(p, 1, p.n) : p, host, false))
			continue;
		if (negative)
			return false;
		hit = true;
	}
	return hit;
}

static bool is_open(struct span line)
{
	bool open = false;

	for (size_t i = 0; i < line.n; i++)
		open ^= line.p[i] == '"';
	return open;
}

/* ssh_config's yes and no are a switch's $true and $false. */
static const char *switch_value(const char *value)
{
	struct span v = span_str(value);

	return span_is_ci(v, "yes") ? "$true" : span_is_ci(v, "no") ? "$false" : value;
}

static char *make_word(struct span name, struct span value, const char *home, struct arena *a)
{
	char *plain = arena_str(a, value), *word = NULL;
	struct buf b;

	if (!plain)
		return NULL;
	params_unquote(plain);
	home = home && plain[0] == '~' && plain[1] == '/' ? home : NULL;
	buf_init(&b, 8192);
	buf_printf(&b, "-%.*s%s%s%s", SPAN_ARG(name), value.n ? ":" : "", home ? home : "",
		home ? plain + 1 : switch_value(plain));
	if (!buf_failed(&b))
		word = arena_str(a, buf_span(&b));
	buf_free(&b);
	return word;
}

char *host_config_next(struct host_config *c, struct arena *a, struct err *e)
{
	while (c->rest.n) {
		struct span line = span_trim(span_cut(&c->rest, '\n')), name;
		char *word;

		c->line++;
		if (!line.n || line.p[0] == '#')
			continue;
		if (is_open(line)) {
			err_set(e, E_USAGE, "a quote is not closed");
			return NULL;
		}
		name = next_word(&line);
		line = span_trim(line);
		if (line.n && line.p[0] == '=')
			line = span_trim(span_sub(line, 1, line.n));
		if (span_is_ci(name, "Host")) {
			c->others = !section_applies(line, c->host);
		} else if (!name.n) {
			err_set(e, E_USAGE, "this is no \"Name value\"");
			return NULL;
		} else if (!c->others) {
			if (!(word = make_word(name, line, c->home, a)))
				err_set(e, E_USAGE, "the value is too long");
			return word;
		}
	}
	return NULL;
}
