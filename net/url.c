#include "net/url.h"
#include "lib/num.h"

static bool is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

/* UTF-8 names are the resolver's business. */
static bool is_name(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (!((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '-' ||
			c == '.' ||
		      c == '_' || c >= 0x80))
			return false;
	}
	return s.n > 0 && s.p[0] != '-';
}

/* Enough to tell it from a name and to keep it harmless in a header: the resolver judges the
 * rest. */
static bool is_ipv6(struct span s)
{
	size_t at = span_find(s, '%'), colons = 0, i;

	for (i = 0; i < at; i++) {
		if (s.p[i] == ':')
			colons++;
		else if (s.p[i] != '.' && !is_hex(s.p[i]))
			return false;
	}
	return colons >= 2 && at <= 45 && (at == s.n || is_name(span_sub(s, at + 1, s.n)));
}

bool url_host_ok(struct span host)
{
	if (host.n > URL_HOST_MAX)
		return false;
	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		return is_ipv6(span_sub(host, 1, host.n - 2));
	return is_name(host) || is_ipv6(host);
}

/* RFC 3986 section 3.3 and 3.4; '#' is left out: a fragment names nothing on a server. */
static bool is_path(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (c <= ' ' || c >= 0x7f || strchr("\"#<>\\^`{|}", c))
			return false;
		if (c == '%' && (s.n - i < 3 || !is_hex(s.p[i + 1]) || !is_hex(s.p[i + 2])))
			return false;
	}
	return s.n && s.p[0] == '/';
}

static bool parse_port(struct span s, struct url *u)
{
	return !s.n || (s.p[0] == ':' && num_port(span_sub(s, 1, s.n), &u->port));
}

int url_authority(struct span s, struct url *u, struct err *e)
{
	struct span host;
	size_t end;

	if (span_find(s, '@') < s.n)
		return err_set(e, E_USAGE, "a user name does not belong in a URI: use -Credential");
	u->ipv6 = s.n && s.p[0] == '[';
	if (u->ipv6) {
		end = span_find(s, ']');
		if (end == s.n)
			return err_set(e, E_USAGE, "the URI's '[' has no ']'");
		host = span_sub(s, 1, end - 1);
		s = span_sub(s, end + 1, s.n);
	} else {
		end = span_find(s, ':');
		host = span_sub(s, 0, end);
		s = span_sub(s, end, s.n);
	}
	if (!parse_port(s, u))
		return err_set(e, E_USAGE, "the URI's port is not a number from 1 to 65535");
	if (!host.n || host.n > URL_HOST_MAX || span_find(host, 0) < host.n)
		return err_set(e, E_USAGE, "the URI's host is missing, too long or no text");
	memcpy(u->host, host.p, host.n);
	end = span_find(host, '%');             /* RFC 6874 writes the zone's '%' as "%25" */
	if (host.n - end > 2 && host.p[end + 1] == '2' && host.p[end + 2] == '5')
		memmove(u->host + end + 1, u->host + end + 3, host.n - end - 2);
	host = span_str(u->host);
	if (!(u->ipv6 ? is_ipv6(host) : is_name(host)))
		return err_set(e, E_USAGE, "the URI's host is neither a name nor an address");
	return 0;
}

int url_parse(struct span text, struct url *u, struct err *e)
{
	struct span rest;
	size_t end = 0;

	*u = (struct url){ .https = span_starts_ci(text, "https://") };
	if (!u->https && !span_starts_ci(text, "http://"))
		return err_set(e, E_USAGE, "a URI starts with http:// or https://");
	u->port = u->https ? 443 : 80;
	rest = span_sub(text, u->https ? 8 : 7, text.n);
	while (end < rest.n && !strchr("/?#", rest.p[end]))
		end++;
	u->path = end < rest.n ? span_sub(rest, end, rest.n) : SPAN("/");
	if (!is_path(u->path))
		return err_set(e, E_USAGE, "the URI's path must start with '/' and have no spaces, "
			"fragments or other characters that are not allowed in a URI (write them as %%XX)");
	return url_authority(span_sub(rest, 0, end), u, e);
}
