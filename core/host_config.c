#include "core/host_config.h"
#include "lib/wild.h"

#define WORDS_MAX 64

static struct span next_word(struct span *line)
{
	struct span word;
	size_t n = 0;

	*line = span_trim(*line);
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

/* ssh_config's yes and no are a switch's $true and $false. */
static const char *switch_value(const char *value)
{
	struct span v = span_str(value);

	return span_is_ci(v, "yes") ? "$true" : span_is_ci(v, "no") ? "$false" : value;
}

static bool add_word(struct span name, struct span value, bool has_value, struct arena *a,
	struct str_list *out)
{
	struct buf word;
	char *plain = arena_str(a, value);

	if (!plain || out->n == WORDS_MAX)
		return false;
	params_unquote(plain);
	buf_init(&word, 8192);
	buf_printf(&word, "-%.*s%s%s", SPAN_ARG(name), has_value ? ":" : "", switch_value(plain));
	out->v[out->n] = buf_failed(&word) ? NULL : arena_str(a, buf_span(&word));
	buf_free(&word);
	return out->v[out->n++];
}

int host_config_words(struct span file, const char *host, struct arena *a, struct str_list *out,
	struct err *e)
{
	bool applies = true;
	size_t number = 0;

	out->n = 0;
	if (!(out->v = arena_alloc(a, WORDS_MAX * sizeof(*out->v))))
		return err_set(e, E_USAGE, "the configuration file is too long");
	while (file.n) {
		struct span line = span_trim(span_cut(&file, '\n')), name;
		number++;
		if (!line.n || line.p[0] == '#')
			continue;
		name = next_word(&line);
		line = span_trim(line);
		if (line.n && line.p[0] == '=')
			line = span_trim(span_sub(line, 1, line.n));
		if (span_is_ci(name, "Host"))
			applies = section_applies(line, span_str(host));
		else if (!name.n || (applies && !add_word(name, line, line.n > 0, a, out)))
			return err_set(e, E_USAGE, "line %zu is no \"Name value\"", number);
	}
	return 0;
}
