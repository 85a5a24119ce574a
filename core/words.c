#include "core/words.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Copies one word to *to, which moves behind its NUL; where the text goes on, or NULL when a quote
 * is left open. */
static const char *copy_word(const char *s, char **to)
{
	char quote = 0;

	for (; *s && (quote || !is_blank(*s)); s++) {
		bool mark = *s == '\'' || *s == '"';

		if (mark && (!quote || quote == *s)) {
			quote = quote ? 0 : *s;
			continue;
		}
		if (*s == '\\' && (!quote || (quote == '"' && (s[1] == '"' || s[1] == '\\'))) && !*++s)
			return NULL;
		*(*to)++ = *s;
	}
	*(*to)++ = '\0';
	return quote ? NULL : s;
}

int words_split(const char *text, struct arena *a, const char *const **argv, struct err *e)
{
	size_t len = strlen(text), n = 0;
	const char **v = arena_alloc(a, (len / 2 + 2) * sizeof(*v));
	char *to = arena_alloc(a, len + 2);
	const char *s = text;

	if (!v || !to)
		return err_set(e, E_USAGE, "The command is too long.");
	while (is_blank(*s))
		s++;
	while (*s) {
		v[n++] = to;
		if (!(s = copy_word(s, &to)))
			return err_set(e, E_USAGE, "A quote has no end in the command: %s", text);
		while (is_blank(*s))
			s++;
	}
	if (!n)
		return err_set(e, E_USAGE, "The command is empty.");
	*argv = v;
	return 0;
}
