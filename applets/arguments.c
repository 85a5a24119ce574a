#include "applets/arguments.h"
#include <stdlib.h>

static bool is_double(const char *s)
{
	size_t digits = 0, dots = 0;

	for (s += *s == '-'; *s; s++) {
		digits += *s >= '0' && *s <= '9';
		dots += *s == '.';
		if (*s != '.' && (*s < '0' || *s > '9'))
			return false;
	}
	return digits && dots == 1;
}

static struct ps_val *argument(char *text, struct arena *a)
{
	bool quoted = params_unquote(text);
	struct span s = span_str(text);
	int64_t n;

	if (quoted)
		return ps_str(a, s);
	if (num_i64(s, &n))
		return n >= INT32_MIN && n <= INT32_MAX ? ps_i32(a, (int32_t)n) : ps_i64(a, n);
	if (is_double(text))
		return ps_new(a, PS_DB, s);
	if (span_is_ci(s, "$true") || span_is_ci(s, "$false"))
		return ps_bool(a, s.n == 5);
	return span_is_ci(s, "$null") ? ps_nil(a) : ps_str(a, s);
}

int arguments_parse(const char *text, struct arena *a, struct pipe_param **out, size_t *n,
	struct err *e)
{
	struct str_list parts = { 0 };

	*n = 0;
	if (!text)
		return 0;
	if (!params_split(a, text, &parts) || !(*out = arena_alloc(a, parts.n * sizeof **out)))
		return err_set(e, E_USAGE, "The list given to parameter 'ArgumentList' is too long.");
	for (; *n < parts.n; ++*n)
		(*out)[*n] = (struct pipe_param){ .val = argument(parts.v[*n], a) };
	return 0;
}
