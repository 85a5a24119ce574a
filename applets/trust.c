#include "applets/trust.h"
#include "applets/ui/cred.h"
#include "applets/ui/print.h"
#include "net/tls_client_io.h"
#include "net/tls_known_io.h"

static void passed(void *ctx, const char *text)
{
	struct trust *t = ctx;

	if (!t->told)
		print_record(PRINT_WARNING, span_str(text));
	t->told = true;
}

static int accepted(const struct tls_chain *c, const char *host, const char *why, struct loop *l,
	struct err *e)
{
	struct buf text;
	int r;

	buf_init(&text, 1 << 16);
	buf_printf(&text, "The certificate of '%s' is not trusted: %s.\nSubject:     ", host, why);
	tls_cert_put_name(c->leaf.subject, &text);
	buf_puts(&text, "\nIssued by:   ");
	tls_cert_put_name(c->leaf.issuer, &text);
	buf_puts(&text, "\nValid:       ");
	tls_cert_put_time(c->leaf.from, &text);
	buf_puts(&text, " to ");
	tls_cert_put_time(c->leaf.to, &text);
	buf_puts(&text, "\nFingerprint: ");
	tls_print_put(c->print, &text);
	buf_puts(&text, "\nConnect to it, now and in the future? (yes/no): ");
	r = cred_yes(buf_span(&text), e);
	buf_free(&text);
	loop_held(l);
	return r;
}

/* First contact, as ssh has it: known, changed, or somebody must say yes. */
static int ask(void *ctx, const struct tls_chain *c, const char *why, struct err *e)
{
	struct trust *t = ctx;
	struct err own = { 0 };
	int r = tls_known_check(t->host, t->port, c->print, &own);

	if (r == 0)
		return 0;
	if (r > 0 && (r = accepted(c, t->host, why, t->cfg.loop, &own)) == 0)
		return e->code;
	if (r < 0) {
		*e = own;
		return r;
	}
	memcpy(t->trust.pin, c->print, sizeof(t->trust.pin));
	t->trust.pinned = true;             /* for this session's other connections */
	if (tls_known_remember(t->host, t->port, c->print, &own) < 0)
		print_own("You will be asked again: %s.", own.text);
	return 0;
}

static bool same(const char *a, const char *b)
{
	return span_eq(span_str(a), span_str(b));
}

/* Once for all targets: nobody wants to type a pass phrase for each. */
static int load_client(struct trust *t, const char *cert, const char *key, struct err *e)
{
	struct secret *phrase;
	int r;

	for (struct trust *other = t->next; other; other = other->next)
		if (other->client.type && same(other->cert, cert) && same(other->key, key)) {
			t->cfg.client = &other->client;
			return 0;
		}
	t->cert = cert;
	t->key = key;
	t->cfg.client = &t->client;
	r = tls_client_load(&t->client, cert, key, NULL, e);
	if (r != 1)
		return r;
	tls_client_free(&t->client);
	tls_client_init(&t->client);
	phrase = secret_new();
	if (cred_ask_phrase(key ? key : cert, phrase, e) == 0)
		r = tls_client_load(&t->client, cert, key, phrase, e);
	secret_free(phrase);
	return e->code ? e->code : r;
}

/* -Certificate names a file, -CertificateThumbprint one among those of the user's folder. */
static int find_client(struct trust *t, const struct connect_args *c, struct arena *a,
	struct err *e)
{
	const char *folder = config_path(a, "certificates");
	struct buf path;

	if (c->certificate)
		return load_client(t, c->certificate, c->certificate_key, e);
	if (!c->thumbprint)
		return 0;
	if (!folder)
		return err_set(e, E_USAGE,
			"-CertificateThumbprint looks in $XDG_CONFIG_HOME/pssession/certificates, and there "
			"is no home folder: use -Certificate FILE.");
	buf_init(&path, 4096);
	if (tls_client_find(folder, c->thumbprint, &path, e) == 0)
		load_client(t, arena_str(a, buf_span(&path)), c->certificate_key, e);
	buf_free(&path);
	return e->code;
}

int trust_set_up(struct trust *t, const struct connect_args *c, const struct session_option *o,
	const struct url *u, struct loop *l, struct arena *a, struct err *e)
{
	tls_client_init(&t->client);
	t->host = arena_str(a, span_str(u->host));
	t->port = u->port;
	t->trust = (struct tls_trust){
		.ca_file = c->ca_certificate,
		.skip_ca = o->skip_ca,
		.skip_cn = o->skip_cn,
		.ask = ask,
		.passed = passed,
		.ctx = t,
	};
	t->cfg = (struct tls_cfg){
		.loop = l,
		.host = t->host,
		.trust = &t->trust,
		.handshake_ms = (uint32_t)o->open_ms,
	};
	if (c->fingerprint && !tls_print_get(span_str(c->fingerprint), t->trust.pin))
		return err_set(e, E_USAGE, "'%s' is no SHA-256 fingerprint: it is SHA256: and base64 or 64 "
			"hex digits.", c->fingerprint);
	t->trust.pinned = c->fingerprint;
	return find_client(t, c, a, e);
}

void trust_wipe(struct trust *t)
{
	for (; t; t = t->next)
		tls_client_free(&t->client);
}
