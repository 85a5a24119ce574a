#include "core/pairs.h"
#include "core/params.h"

static char *pair_word(struct span pair, struct arena *a)
{
	size_t eq = span_find(pair, '=');
	struct span name = span_trim(span_sub(pair, 0, eq));
	char *value = arena_str(a, span_trim(span_sub(pair, eq + 1, pair.n))), *made;
	struct buf word;

	if (!value)
		return NULL;
	params_unquote(value);
	buf_init(&word, 1 << 16);
	buf_printf(&word, "-%.*s%s%s", SPAN_ARG(name), eq < pair.n ? ":" : "", value);
	made = buf_failed(&word) ? NULL : arena_str(a, buf_span(&word));
	buf_free(&word);
	return made;
}

bool pairs_split(const char *text, struct arena *a, char ***words, size_t *n)
{
	struct span s = span_trim(span_str(text)), pair;
	size_t depth = 0, start = 0;
	uint8_t quote = 0;

	*n = 0;
	if (s.n > 2 && span_starts(s, "@{") && s.p[s.n - 1] == '}')
		s = span_sub(s, 2, s.n - 3);
	if (!(*words = arena_alloc(a, (s.n / 2 + 2) * sizeof(**words))))
		return false;
	for (size_t i = 0; i <= s.n; i++) {
		uint8_t c = i < s.n ? s.p[i] : '\n';

		if (quote ? c == quote : c == '\'' || c == '"')
			quote = quote ? 0 : c;
		depth += !quote && c == '{';
		depth -= !quote && c == '}' && depth;
		if (i < s.n && (quote || depth || !strchr(",;\n", c) || !c))
			continue;
		pair = span_trim(span_sub(s, start, i - start));
		start = i + 1;
		if (pair.n && !((*words)[(*n)++] = pair_word(pair, a)))
			return false;
	}
	return true;
}
