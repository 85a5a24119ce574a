#include "net/krb5_io.h"
#include <stdio.h>
#include <stdlib.h>
#include "net/dns_io.h"
#include "net/krb5_conf.h"
#include "net/krb5_load_io.h"
#include "net/krb5_name.h"
#include "net/krb5_store.h"
#include "net/url.h"

#define NAMES_MAX 16384
#define MESSAGE_MAX 262144
#define LIKELY_MS 2000
#define HURRIED_MS 5000
#define SILENT_MS 60000                   /* for how long a realm counts as silent */

struct request {
	struct request *next;
	struct krb5_client *c;
	struct arena names;
	struct krb5_principal server;
	struct err bad;                   /* the host's name will not do */
	krb5_ticket_done *ticket;         /* this or the next is what is wanted */
	void (*likely)(void *ctx, bool likely);
	void *ctx;
	uint32_t patience_ms;             /* 0 = as long as it takes */
	struct timer patience;
};

struct krb5_client {
	struct loop *loop;
	struct krb5_given given;
	struct krb5_kdc k;
	struct request *first, **last;    /* the first is served when `running` */
	bool running, delegate, known;    /* known: to a KDC, as a user */
	struct timer soon;
	struct buf out;                   /* message under way */
	struct krb5_host host[KRB5_HOSTS_MAX];
	struct buf hosts_of;              /* the realm of host */
	struct buf silent;                /* a realm whose KDCs did not answer, and when that was */
	uint64_t silent_ms;
	struct krb5_ask ask;
	struct dns_lookup dns;
	struct buf dns_name;
	bool dns_tcp;                     /* the second name is looked up */
};

static void step(struct krb5_client *c, struct span answer);

static void add_tickets(struct krb5_client *c)
{
	struct err ignored = { 0 };
	struct krb5_ccache cc;
	struct krb5_cred cred;

	if (krb5_ccache_open(&cc, buf_span(&c->given.store), &ignored) < 0)
		return;
	c->k.offset_us = cc.offset_us;
	while (krb5_ccache_next(&cc, &cred)) {
		(void)krb5_tickets_add(&c->k.tickets, &cred, false);
		secret_wipe(&cred.key, sizeof(cred.key));
	}
}

struct krb5_client *krb5_client_new(const struct krb5_client_cfg *cfg)
{
	struct krb5_client *c = calloc(1, sizeof(*c));

	if (!c)
		oom();
	c->loop = cfg->loop;
	c->last = &c->first;
	c->delegate = cfg->delegate;
	buf_init(&c->out, MESSAGE_MAX);
	buf_init(&c->hosts_of, KRB5_REALM_MAX);
	buf_init(&c->silent, KRB5_REALM_MAX);
	buf_init(&c->dns_name, DNS_NAME_MAX);
	krb5_given_load(&c->given, cfg);
	krb5_kdc_init(&c->k, &c->given.login);
	if (c->given.has_ccache)
		add_tickets(c);
	return c;
}

/* Requests */

static void run_next(void *ctx);

static void soon(struct krb5_client *c)
{
	if (c->first && !c->running)
		loop_arm(c->loop, &c->soon, 0, run_next, c);
}

static void drop(struct request *r)
{
	struct krb5_client *c = r->c;
	struct request **at = &c->first;

	if (r == c->first && c->running) {
		krb5_ask_stop(&c->ask);
		dns_lookup_stop(&c->dns);
		c->running = false;
	}
	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	if (!*at)
		c->last = at;
	loop_disarm(c->loop, &r->patience);
	arena_free(&r->names);
	free(r);
	soon(c);
}

/* The callbacks come last: they may free the client. */
static void tell_likely(struct request *r, bool likely)
{
	void (*done)(void *, bool) = r->likely;
	void *ctx = r->ctx;

	drop(r);
	done(ctx, likely);
}

static void tell_error(struct request *r, const struct err *why)
{
	struct err e = *why;
	krb5_ticket_done *done = r->ticket;
	void *ctx = r->ctx;

	if (r->likely) {
		tell_likely(r, false);
		return;
	}
	drop(r);
	done(ctx, NULL, NULL, &e);
}

static void tell_ticket(struct request *r)
{
	struct krb5_client *c = r->c;
	struct krb5_principal tgt = krb5_krbtgt(c->k.client.realm, SPAN_NONE);
	struct krb5_options o = { .now_us = loop_unix_us() + c->k.offset_us };
	struct krb5_cred cred, forward = { 0 };
	krb5_ticket_done *done = r->ticket;
	void *ctx = r->ctx;
	int place = krb5_tickets_find(&c->k.tickets, &tgt, true, false, o.now_us);

	krb5_kdc_get(&c->k, &cred);
	if (c->delegate && place >= 0) {
		krb5_tickets_get(&c->k.tickets, place, &forward);
		o.forward = &forward;
	}
	drop(r);
	done(ctx, &cred, &o, NULL);
	secret_wipe(&cred.key, sizeof(cred.key));
	secret_wipe(&forward.key, sizeof(forward.key));
}

static void note_silence(struct krb5_client *c);
static void no_answer(struct krb5_client *c);

/* Only while it is served. */
static void too_slow(void *ctx)
{
	struct request *r = ctx;

	note_silence(r->c);
	no_answer(r->c);
}

static void run_next(void *ctx)
{
	struct krb5_client *c = ctx;
	struct request *r = c->first;
	int64_t now = loop_unix_us();

	if (!r)
		return;                   /* dropped meanwhile */
	c->running = true;
	if (r->patience_ms)
		loop_arm(c->loop, &r->patience, r->patience_ms, too_slow, r);
	if (c->given.broken.code || r->bad.code) {
		tell_error(r, c->given.broken.code ? &c->given.broken : &r->bad);
	} else if (r->likely && (c->known || krb5_kdc_has_tgt(&c->k, now) ||
	           krb5_tickets_find(&c->k.tickets, &r->server, false, false,
	           now + c->k.offset_us) >= 0)) {
		tell_likely(r, true);
	} else {
		krb5_kdc_want(&c->k, c->delegate && r->ticket ? NULL : &r->server);
		step(c, SPAN_NONE);
	}
}

static struct request *add_request(struct krb5_client *c, struct span spn, void *ctx)
{
	struct request *r = calloc(1, sizeof(*r));

	if (!r)
		oom();
	r->c = c;
	r->ctx = ctx;
	arena_init(&r->names, NAMES_MAX);
	if (krb5_name_service(spn, buf_span(&c->given.conf), &r->names, &r->server, &r->bad) < 0)
		BUG_ON(!r->bad.code);
	*c->last = r;
	c->last = &r->next;
	soon(c);
	return r;
}

void krb5_client_ticket(struct krb5_client *c, struct span spn, bool hurried,
	krb5_ticket_done *done, void *ctx)
{
	struct request *r = add_request(c, spn, ctx);

	r->ticket = done;
	r->patience_ms = hurried ? HURRIED_MS : 0;
}

void krb5_client_likely(struct krb5_client *c, struct span spn,
	void (*done)(void *ctx, bool likely), void *ctx)
{
	struct request *r = add_request(c, spn, ctx);

	r->likely = done;
	r->patience_ms = LIKELY_MS;
}

void krb5_client_cancel(struct krb5_client *c, const void *ctx)
{
	struct request *r, *next;

	for (r = c->first; r; r = next) {
		next = r->next;
		if (r->ctx == ctx)
			drop(r);
	}
}

int64_t krb5_client_skew(const struct krb5_client *c)
{
	return c->k.offset_us / 1000000;
}

void krb5_client_free(struct krb5_client *c)
{
	if (!c)
		return;
	while (c->first)
		drop(c->first);
	loop_disarm(c->loop, &c->soon);
	krb5_ask_free(&c->ask);
	krb5_kdc_free(&c->k);
	krb5_given_free(&c->given);
	buf_free(&c->out);
	buf_free(&c->hosts_of);
	buf_free(&c->silent);
	buf_free(&c->dns_name);
	free(c);
}

/* KDCs and what they say */

static void no_kdc(struct krb5_client *c, const char *why)
{
	struct span realm = c->k.realm;
	struct err e = { 0 };

	err_set(&e, E_NET, "no KDC of realm %.*s is known: %s; name one with -Kdc, or in [realms] of "
		"krb5.conf", SPAN_ARG(realm), why);
	tell_error(c->first, &e);
}

static void note_silence(struct krb5_client *c)
{
	buf_clear(&c->silent);
	buf_put(&c->silent, c->k.realm);
	c->silent_ms = loop_now(c->loop);
}

static void no_answer(struct krb5_client *c)
{
	bool asked = span_eq(buf_span(&c->hosts_of), c->k.realm);
	struct err e = { 0 };
	struct buf tried;
	unsigned i;

	buf_init(&tried, 200);
	for (i = 0; asked && i < c->ask.host_n; i++)
		buf_printf(&tried, "%s%s:%u", i ? ", " : " (tried ", c->host[i].name, c->host[i].port);
	err_set(&e, E_NET, "no KDC of realm %.*s answers%s%s: is it up, and does a firewall let "
		"UDP and TCP pass?", SPAN_ARG(c->k.realm), buf_cstr(&tried), tried.n ? ")" : "");
	buf_free(&tried);
	buf_clear(&c->hosts_of);
	tell_error(c->first, &e);
}

/* Whatever a KDC says tells that there is one; but it must know the user. */
static bool knows_user(struct span answer)
{
	struct krb5_error ke;

	return krb5_msg_type(answer) != KRB5_ERROR || (krb5_get_error(answer, &ke) &&
		ke.code != KRB5_E_CLIENT_UNKNOWN && ke.code != KRB5_E_WRONG_REALM);
}

static void answered(void *ctx, struct span answer)
{
	struct krb5_client *c = ctx;

	if (!answer.n) {
		note_silence(c);
		no_answer(c);
		return;
	}
	if (span_eq(buf_span(&c->silent), c->k.realm))
		buf_clear(&c->silent);
	c->known = c->known || knows_user(answer);
	if (c->first->likely)
		tell_likely(c->first, c->known);
	else
		step(c, answer);
}

static void ask(struct krb5_client *c)
{
	c->ask.loop = c->loop;
	c->ask.host = c->host;
	c->ask.done = answered;
	c->ask.ctx = c;
	krb5_ask_start(&c->ask, buf_span(&c->out));
}

static void add_host(struct krb5_client *c, struct span name, uint16_t port)
{
	struct krb5_host *h = &c->host[c->ask.host_n];

	if (c->ask.host_n == KRB5_HOSTS_MAX || !url_host_ok(name) || name.n >= sizeof(h->name))
		return;
	snprintf(h->name, sizeof(h->name), "%.*s", SPAN_ARG(name));
	h->port = port;
	c->ask.host_n++;
}

static void look_up(struct krb5_client *c);

static void looked_up(void *ctx, const struct dns_srv *srv, int n)
{
	struct krb5_client *c = ctx;
	int i;

	for (i = 0; i < n; i++)
		add_host(c, span_str(srv[i].host), srv[i].port);
	if (c->ask.host_n) {
		ask(c);
	} else if (n < 0) {
		note_silence(c);
		no_kdc(c, "krb5.conf names none, and no name server answers");
	} else if (!c->dns_tcp) {
		c->dns_tcp = true;
		look_up(c);
	} else {
		no_kdc(c, "neither krb5.conf nor DNS (SRV _kerberos._udp and _tcp) names one");
	}
}

static void look_up(struct krb5_client *c)
{
	buf_clear(&c->dns_name);
	buf_puts(&c->dns_name, c->dns_tcp ? "_kerberos._tcp." : "_kerberos._udp.");
	buf_put(&c->dns_name, c->k.realm);
	c->dns.loop = c->loop;
	c->dns.conf = buf_span(&c->given.resolv);
	c->dns.name = buf_span(&c->dns_name);
	c->dns.done = looked_up;
	c->dns.ctx = c;
	dns_lookup_start(&c->dns);
}

static void add_hosts_of(struct krb5_client *c, struct span realm)
{
	struct span value, name;
	uint16_t port;
	size_t i;

	for (i = 0; krb5_conf_find(buf_span(&c->given.conf), "realms", realm, "kdc", i, &value); i++) {
		port = KRB5_PORT;
		if (krb5_conf_host(value, &name, &port))
			add_host(c, name, port);
	}
}

/* Fills host for the realm to ask, or has DNS do so, and asks. */
static void find_hosts(struct krb5_client *c)
{
	struct span realm = c->k.realm, conf = buf_span(&c->given.conf);
	bool own = span_eq(realm, c->k.client.realm);

	if (c->first->patience_ms && span_eq(realm, buf_span(&c->silent)) &&
		loop_now(c->loop) - c->silent_ms < SILENT_MS) {
		no_answer(c);
		return;
	}
	if (c->ask.host_n && span_eq(buf_span(&c->hosts_of), realm)) {
		ask(c);
		return;
	}
	buf_clear(&c->hosts_of);
	buf_put(&c->hosts_of, realm);
	c->ask.host_n = 0;
	if (c->given.kdc.port && own)
		add_host(c, span_str(c->given.kdc.name), c->given.kdc.port);
	if (!c->ask.host_n)
		add_hosts_of(c, realm);
	if (!c->ask.host_n && own)                /* as it was called before it told its name */
		add_hosts_of(c, c->given.login.client.realm);
	if (c->ask.host_n) {
		ask(c);
	} else if (span_find(realm, '.') == realm.n) {
		no_kdc(c, "krb5.conf names none, and DNS knows no names without dots");
	} else if (!krb5_conf_bool(conf, "libdefaults", "dns_lookup_kdc", true)) {
		no_kdc(c, "krb5.conf names none, and tells not to ask DNS");
	} else {
		c->dns_tcp = false;
		look_up(c);
	}
}

static void step(struct krb5_client *c, struct span answer)
{
	struct err e = { 0 };
	int r;

	buf_clear(&c->out);
	r = krb5_kdc_step(&c->k, answer, loop_unix_us(), &c->out, &e);
	if (r > 0) {
		find_hosts(c);
	} else if (r < 0) {
		tell_error(c->first, &e);
	} else if (c->k.forward) {
		krb5_kdc_want(&c->k, &c->first->server);
		step(c, SPAN_NONE);
	} else {
		tell_ticket(c->first);
	}
}
