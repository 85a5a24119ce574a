#include "net/proxy.h"
#include "lib/num.h"

/* Undoes percent-encoding; false when it is malformed, too long or no text. */
static bool decode(struct span s, uint8_t *out, size_t max, size_t *n)
{
	uint64_t v;

	for (*n = 0; s.n; s = span_sub(s, 1, s.n)) {
		v = s.p[0];
		if (v == '%') {
			if (s.n < 3 || !num_hex(span_sub(s, 1, 2), &v))
				return false;
			s = span_sub(s, 2, s.n);
		}
		if (!v || *n >= max)
			return false;
		out[(*n)++] = (uint8_t)v;
	}
	return true;
}

static bool take_user(struct span userinfo, struct proxy *p, struct secret *password)
{
	struct span user = span_cut(&userinfo, ':');
	size_t n;

	if (!decode(user, (uint8_t *)p->user, PROXY_USER_MAX, &n) || !n)
		return false;
	p->user[n] = 0;
	return decode(userinfo, password->b, SECRET_MAX, &password->n);
}

int proxy_parse(struct span text, struct proxy *p, struct secret *password, struct err *e)
{
	struct span rest = span_trim(text), user;
	struct url url = { .port = 80 };
	size_t scheme, end;

	*p = (struct proxy){ 0 };
	password->n = 0;
	scheme = span_search(rest, SPAN("://"));
	if (scheme < rest.n && !span_starts_ci(rest, "http://"))
		return err_set(e, E_USAGE, "the proxy must be one that speaks plain HTTP "
			"(http://host:port): '%.*s' is not supported",
			(int)(scheme < 20 ? scheme : 20), (const char *)rest.p);
	if (scheme < rest.n)
		rest = span_sub(rest, scheme + 3, rest.n);
	rest = span_sub(rest, 0, span_find(rest, '/'));
	for (end = rest.n; end && rest.p[end - 1] != '@'; end--)
		;
	user = span_sub(rest, 0, end ? end - 1 : 0);
	if (end && !take_user(user, p, password))
		return err_set(e, E_USAGE, "the proxy's user name or password is malformed: write "
			"characters that a URI cannot hold as %%XX");
	if (url_authority(span_sub(rest, end, rest.n), &url, e) < 0) {
		err_prefix(e, "the proxy cannot be used: ");
		return e->code;
	}
	memcpy(p->host, url.host, sizeof(p->host));
	p->port = url.port;
	return 0;
}

static bool ipv4(struct span s, uint32_t *v)
{
	uint64_t part;
	int i;

	for (i = 0, *v = 0; i < 4; i++) {
		struct span one = span_cut(&s, '.');

		if (!one.n || one.n > 3 || !num_u64(one, &part) || part > 255)
			return false;
		*v = *v << 8 | (uint32_t)part;
	}
	return !s.n;
}

static bool in_network(struct span host, struct span network, struct span bits)
{
	uint32_t h, n;
	uint64_t len;

	if (!ipv4(host, &h) || !ipv4(network, &n) || !num_u64(bits, &len) || len > 32)
		return false;
	return !len || (h ^ n) >> (32 - len) == 0;
}

/* Equal, or below the name; a leading dot of the word says nothing else. */
static bool is_below(struct span host, struct span name)
{
	size_t off;

	if (name.n && name.p[0] == '.')
		name = span_sub(name, 1, name.n);
	if (!name.n || name.n > host.n)
		return false;
	off = host.n - name.n;
	return (!off || host.p[off - 1] == '.') && span_eq_ci(span_sub(host, off, name.n), name);
}

/* Takes ":port" off a word. False when it is another port's. */
static bool cut_port(struct span *word, uint16_t port)
{
	struct span tail = *word;
	size_t colon;
	uint64_t v;

	if (word->n && word->p[0] == '[')
		tail = span_sub(*word, span_find(*word, ']'), word->n);
	colon = span_find(tail, ':');
	if (colon == tail.n || span_find(span_sub(tail, colon + 1, tail.n), ':') < tail.n - colon - 1)
		return true;            /* none, or an IPv6 address without brackets */
	word->n -= tail.n - colon;
	return num_u64(span_sub(tail, colon + 1, tail.n), &v) && v == port;
}

static struct span bare(struct span host)
{
	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = span_sub(host, 1, host.n - 2);
	return host;
}

bool proxy_excluded(struct span no_proxy, struct span host, uint16_t port)
{
	size_t i;

	host = bare(host);
	while (no_proxy.n) {
		struct span word, network;

		for (i = 0; i < no_proxy.n && !strchr(", \t", no_proxy.p[i]); i++)
			;
		word = span_sub(no_proxy, 0, i);
		no_proxy = span_sub(no_proxy, i + 1, no_proxy.n);
		if (!word.n || !cut_port(&word, port))
			continue;
		word = bare(word);
		network = span_sub(word, 0, span_find(word, '/'));
		if (span_is(word, "*") || is_below(host, word) || (network.n < word.n &&
		    in_network(host, network, span_sub(word, network.n + 1, word.n))))
			return true;
	}
	return false;
}
