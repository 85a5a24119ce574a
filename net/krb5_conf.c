#include "net/krb5_conf.h"
#include "lib/num.h"

#define HOST_MAX 253
#define DEPTH_MAX 16

/* "key = value": value without quotes, and without the "*" that ends a key or a value for good. */
static bool relation(struct span line, struct span *key, struct span *value)
{
	size_t at = span_find(line, '=');

	if (at == line.n)
		return false;
	*key = span_trim(span_sub(line, 0, at));
	*value = span_trim(span_sub(line, at + 1, line.n));
	if (key->n && key->p[key->n - 1] == '*')
		key->n--;
	if (value->n >= 2 && value->p[0] == '"' && value->p[value->n - 1] == '"')
		*value = span_sub(*value, 1, value->n - 2);
	return key->n > 0;
}

static bool include(struct span line, struct krb5_conf_item *item)
{
	struct span rest = line;
	struct span word = span_cut(&rest, ' ');

	if (!span_is(word, "include") && !span_is(word, "includedir"))
		return false;
	*item = (struct krb5_conf_item){ .key = word, .value = span_trim(rest) };
	return true;
}

/* What a line is: true for a relation to hand out. */
static bool read_line(struct krb5_conf *c, struct span line, struct krb5_conf_item *item)
{
	struct span key, value;

	if (!line.n || line.p[0] == '#' || line.p[0] == ';')
		return false;
	if (line.p[0] == '[' && !c->depth) {
		c->section = span_trim(span_sub(line, 1, span_find(line, ']') - 1));
		return false;
	}
	if (line.p[0] == '}') {
		c->depth -= c->depth > 0;
		return false;
	}
	if (include(line, item))
		return true;
	if (!relation(line, &key, &value))
		return false;
	if (span_is(value, "{")) {
		if (!c->depth)
			c->sub = key;
		c->depth += c->depth < DEPTH_MAX;
		return false;
	}
	*item = (struct krb5_conf_item){ c->section, c->depth ? c->sub : SPAN_NONE, key, value };
	return c->depth < 2;
}

bool krb5_conf_next(struct krb5_conf *c, struct krb5_conf_item *item)
{
	while (c->text.n)
		if (read_line(c, span_trim(span_cut(&c->text, '\n')), item))
			return true;
	return false;
}

bool krb5_conf_find(struct span text, const char *section, struct span sub, const char *key,
	size_t nth, struct span *value)
{
	struct krb5_conf c = { .text = text };
	struct krb5_conf_item item;

	while (krb5_conf_next(&c, &item)) {
		if (!span_is(item.section, section) || !span_eq(item.sub, sub) ||
		    !span_is(item.key, key) || nth--)
			continue;
		*value = item.value;
		return true;
	}
	return false;
}

bool krb5_conf_bool(struct span text, const char *section, const char *key, bool otherwise)
{
	static const char *const yes[] = { "true", "yes", "y", "t", "1", "on" };
	struct span v;
	size_t i;

	if (!krb5_conf_find(text, section, SPAN_NONE, key, 0, &v))
		return otherwise;
	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (span_is_ci(v, yes[i]))
			return true;
	return false;
}

/* "host" in [domain_realm] is that host alone, ".domain" all below it. */
bool krb5_conf_host_realm(struct span text, struct span host, struct span *realm)
{
	struct krb5_conf c = { .text = text };
	struct krb5_conf_item item;
	size_t best = 0;

	while (krb5_conf_next(&c, &item)) {
		if (!span_is(item.section, "domain_realm") || item.sub.n || item.key.n <= best ||
		    item.key.n > host.n)
			continue;
		if (item.key.n < host.n && item.key.p[0] != '.')
			continue;
		if (!span_eq_ci(item.key, span_sub(host, host.n - item.key.n, item.key.n)))
			continue;
		best = item.key.n;
		*realm = item.value;
	}
	return best > 0;
}

bool krb5_conf_spelling(struct span text, struct span typed, struct span *realm)
{
	struct krb5_conf c = { .text = text };
	struct krb5_conf_item item;
	bool found = false;

	while (krb5_conf_next(&c, &item)) {
		if (!span_is(item.section, "realms") || !span_eq_ci(item.sub, typed))
			continue;
		if (!found || span_eq(item.sub, typed))
			*realm = item.sub;
		found = true;
	}
	return found;
}

bool krb5_conf_host(struct span s, struct span *host, uint16_t *port)
{
	struct span name = s, number = SPAN_NONE;
	size_t colon = span_find(s, ':'), bracket = span_find(s, ']');

	if (s.n && s.p[0] == '[' && bracket < s.n) {
		name = span_sub(s, 1, bracket - 1);
		number = span_sub(s, bracket + 1, s.n);
		if (number.n && number.p[0] != ':')
			return false;
	} else if (colon < s.n && span_find(span_sub(s, colon + 1, s.n), ':') == s.n - colon - 1) {
		name = span_sub(s, 0, colon);
		number = span_sub(s, colon, s.n);
	}
	if (!name.n || name.n > HOST_MAX || span_find(name, ' ') < name.n ||
	    span_find(name, '/') < name.n || span_find(name, 0) < name.n)
		return false;
	if (number.n && !num_port(span_sub(number, 1, number.n), port))
		return false;
	*host = name;
	return true;
}

bool krb5_conf_nameserver(struct span text, size_t nth, struct span *host, uint16_t *port)
{
	while (text.n) {
		struct span rest = span_trim(span_cut(&text, '\n'));

		if (!span_starts(rest, "nameserver") || rest.n < 12 ||
		    (rest.p[10] != ' ' && rest.p[10] != '\t'))
			continue;
		rest = span_trim(span_sub(rest, 11, rest.n));
		*port = 53;
		if (krb5_conf_host(span_sub(rest, 0, span_find(rest, ' ')), host, port) && !nth--)
			return true;
	}
	return false;
}
