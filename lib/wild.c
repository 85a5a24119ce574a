#include "lib/wild.h"
#include "lib/utf.h"

static uint32_t next(struct span *s)
{
	uint32_t cp = 0;
	size_t n = utf8_get_lax(*s, &cp);

	*s = span_sub(*s, n, s->n);
	return utf_upper(cp);
}

/* Whether c is in the set that begins behind '[' at *s; goes behind its ']'. */
static bool in_set(struct span *s, uint32_t c)
{
	bool hit = false;
	uint32_t from, to;

	for (bool first = true; first || s->p[0] != ']'; first = false) {
		from = to = next(s);
		if (s->n > 1 && s->p[0] == '-' && s->p[1] != ']') {
			next(s);
			to = next(s);
		}
		hit |= c >= from && c <= to;
	}
	next(s);
	return hit;
}

/* One character of the name against the front of the pattern. */
static bool fits_one(struct span *pattern, uint32_t c, bool sets)
{
	uint32_t p = next(pattern);

	if (p == '?')
		return true;
	/* the first character of a set may be ']' */
	if (p == '[' && sets && pattern->n > 1 &&
		span_find(span_sub(*pattern, 1, pattern->n), ']') < pattern->n - 1)
		return in_set(pattern, c);
	if (p == '`' && sets && pattern->n)
		p = next(pattern);
	return p == c;
}

bool wild_match(struct span pattern, struct span name, bool sets)
{
	struct span star = SPAN_NONE, back = name, was;
	bool starred = false;

	while (name.n) {
		if (pattern.n && pattern.p[0] == '*') {
			star = pattern = span_sub(pattern, 1, pattern.n);
			back = name;
			starred = true;
			continue;
		}
		was = name;
		if (pattern.n && fits_one(&pattern, next(&name), sets))
			continue;
		if (!starred)
			return false;
		name = was;
		next(&back);
		name = back;
		pattern = star;
	}
	while (pattern.n && pattern.p[0] == '*')
		pattern = span_sub(pattern, 1, pattern.n);
	return !pattern.n;
}

bool wild_is(struct span s)
{
	return span_find(s, '*') < s.n || span_find(s, '?') < s.n || span_find(s, '[') < s.n;
}

bool wild_ok(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '`')
			i++;
		else if (s.p[i] == '[' && (i += 2 + span_find(span_sub(s, i + 2, s.n), ']')) >= s.n)
			return false;
	}
	return true;
}
