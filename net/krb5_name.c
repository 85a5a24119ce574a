#include "net/krb5_name.h"
#include "net/krb5_conf.h"

static struct span in_case(struct arena *a, struct span s, bool upper)
{
	struct span out = SPAN_NONE;
	uint8_t *p = arena_alloc(a, s.n ? s.n : 1);
	size_t i;

	if (!p)
		return out;
	for (i = 0; i < s.n; i++) {
		p[i] = s.p[i];
		if (upper ? p[i] >= 'a' && p[i] <= 'z' : p[i] >= 'A' && p[i] <= 'Z')
			p[i] ^= 32;
	}
	return span_of(p, s.n);
}

static struct span first_label(struct span name)
{
	return span_cut(&name, '.');
}

/* Windows' short name of a domain usually is the first label of its DNS name. */
static struct span realm_of(struct span typed, struct span home, struct span host,
	struct span conf, struct arena *a)
{
	struct span realm, domain = host;

	span_cut(&domain, '.');
	if (krb5_conf_spelling(conf, typed, &realm))
		return realm;
	if (span_find(typed, '.') == typed.n && span_eq_ci(typed, first_label(home)))
		return home;
	return in_case(a, span_eq_ci(typed, first_label(domain)) ? domain : typed, true);
}

/* The last '@' separates, for some names hold one themselves. */
static struct span after_at(struct span typed, struct span *user)
{
	size_t i = typed.n;

	while (i && typed.p[i - 1] != '@')
		i--;
	*user = i ? span_sub(typed, 0, i - 1) : typed;
	return i ? span_sub(typed, i, typed.n) : SPAN_NONE;
}

int krb5_name_user(struct span typed, struct span home, struct span host, struct span conf,
	struct arena *a, struct krb5_principal *p, struct err *e)
{
	size_t slash = span_find(typed, '\\');
	struct span user, realm = after_at(typed, &user);
	bool ok = true;

	*p = (struct krb5_principal){ .type = KRB5_NT_PRINCIPAL };
	if (!home.n)
		krb5_conf_find(conf, "libdefaults", SPAN_NONE, "default_realm", 0, &home);
	if (slash < typed.n) {
		user = span_sub(typed, slash + 1, typed.n);
		realm = span_sub(typed, 0, slash);
		if (span_is(realm, "."))
			return err_set(e, E_USAGE, "'%.*s' is an account of the host itself: Kerberos has "
				"accounts of realms only (user@REALM)", SPAN_ARG(typed));
	}
	realm = realm.n ? realm_of(realm, home, host, conf, a) : home;
	if (!user.n || !realm.n)
		return err_set(e, E_USAGE, "'%.*s' tells no %s for Kerberos: give the user as user@REALM",
			SPAN_ARG(typed), user.n ? "realm" : "user");
	for (; ok && user.n && p->part_n < KRB5_PARTS; p->part_n++)
		ok = arena_dup(a, span_cut(&user, '/'), &p->part[p->part_n]);
	if (!ok || user.n || !arena_dup(a, realm, &p->realm))
		return err_set(e, E_USAGE, "the user name is too long for Kerberos");
	return 0;
}

/* host or host:port; an IPv6 address has more colons, whatever else is in it. */
static bool is_address(struct span host)
{
	size_t i, colons = 0, dots = 0, letters = 0;

	for (i = 0; i < host.n; i++) {
		colons += host.p[i] == ':';
		if (!colons) {
			dots += host.p[i] == '.';
			letters += host.p[i] != '.' && (host.p[i] < '0' || host.p[i] > '9');
		}
	}
	return colons > 1 || (dots == 3 && !letters);
}

int krb5_name_service(struct span spn, struct span conf, struct arena *a, struct krb5_principal *p,
	struct err *e)
{
	struct span host = spn, service = span_cut(&host, '/'), port = host;
	struct span name = span_cut(&port, ':');

	*p = (struct krb5_principal){ .type = KRB5_NT_SRV_INST, .part_n = 2 };
	if (is_address(host))
		return err_set(e, E_USAGE, "Kerberos has no tickets for addresses: give the host's name "
			"instead of '%.*s', or use NTLM", SPAN_ARG(host));
	if (!service.n || !name.n || span_is(name, ".") || span_is_ci(name, "localhost"))
		return err_set(e, E_USAGE, "Kerberos has no tickets for '%.*s': give the host's full name",
			SPAN_ARG(host));
	krb5_conf_host_realm(conf, name, &p->realm);
	p->part[1] = in_case(a, host, false);
	if (!p->part[1].n || !arena_dup(a, service, &p->part[0]) ||
	    !arena_dup(a, p->realm, &p->realm))
		return err_set(e, E_USAGE, "the host's name is too long for Kerberos");
	return 0;
}
