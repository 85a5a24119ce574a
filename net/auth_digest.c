#include "net/auth_digest.h"
#include "lib/rand.h"
#include "net/http_challenge.h"

#define PART_MAX 1024                     /* of a realm, a nonce, an opaque value */
#define HEX_MAX 65

static const struct algorithm { const char *name; const br_hash_class *hash; bool sess; }
algorithms[] = {
	{ "MD5", &br_md5_vtable, false },
	{ "MD5-sess", &br_md5_vtable, true },
	{ "SHA-256", &br_sha256_vtable, false },
	{ "SHA-256-sess", &br_sha256_vtable, true },
};

/* A parameter into a buffer of this size; false when there is none or it does not fit. */
static bool get(struct span params, const char *name, struct buf *value)
{
	buf_clear(value);
	return http_challenge_param(params, name, value) && !buf_failed(value);
}

static const struct algorithm *find_algorithm(struct span params)
{
	const struct algorithm *found = NULL;
	struct buf name;
	size_t i;

	buf_init(&name, 32);
	if (!get(params, "algorithm", &name) && !buf_failed(&name))
		buf_puts(&name, "MD5");
	for (i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
		if (!buf_failed(&name) && span_is_ci(buf_span(&name), algorithms[i].name))
			found = &algorithms[i];
	}
	buf_free(&name);
	return found;
}

/* "auth" among the words of qop. Without qop there is no protection against chosen challenges. */
static bool has_auth(struct span params)
{
	struct buf qop;
	struct span rest;
	bool found = false;

	buf_init(&qop, 64);
	if (get(params, "qop", &qop)) {
		for (rest = buf_span(&qop); rest.n && !found;)
			found = span_is_ci(span_trim(span_cut(&rest, ',')), "auth");
	}
	buf_free(&qop);
	return found;
}

bool auth_digest_usable(struct span params)
{
	return find_algorithm(params) && has_auth(params);
}

static int read_challenge(struct auth_digest *d, struct span in, struct err *e)
{
	const struct algorithm *a = find_algorithm(in);
	uint8_t random[16];
	struct buf stale;
	size_t i;
	bool again;

	buf_init(&stale, 8);
	again = get(in, "stale", &stale) && span_is_ci(buf_span(&stale), "true");
	buf_free(&stale);
	if (d->hash && !again)
		return err_set(e, E_AUTH, "the user name or password is incorrect");
	if (!a || !has_auth(in) || !get(in, "realm", &d->realm) || !get(in, "nonce", &d->nonce))
		return err_peer(e, "RFC 7616 3.3", 0);
	if (!get(in, "opaque", &d->opaque) && buf_failed(&d->opaque))
		return err_peer(e, "RFC 7616 3.3", 0);
	d->hash = a->hash;
	d->sess = a->sess;
	d->count = 0;
	rand_bytes(random, sizeof(random));
	for (i = 0; i < sizeof(random); i++) {
		d->cnonce[2 * i] = "0123456789abcdef"[random[i] >> 4];
		d->cnonce[2 * i + 1] = "0123456789abcdef"[random[i] & 15];
	}
	d->cnonce[2 * i] = 0;
	return 0;
}

/* The hash of parts with colons in between, in hexadecimal. */
static void hash(const struct auth_digest *d, const struct span *part, size_t n, char hex[HEX_MAX])
{
	uint8_t sum[32];
	br_hash_compat_context c;
	size_t len = (d->hash->desc >> BR_HASHDESC_OUT_OFF) & BR_HASHDESC_OUT_MASK, i;

	d->hash->init(&c.vtable);
	for (i = 0; i < n; i++) {
		if (i)
			d->hash->update(&c.vtable, ":", 1);
		d->hash->update(&c.vtable, part[i].p, part[i].n);
	}
	d->hash->out(&c.vtable, sum);
	for (i = 0; i < len; i++) {
		hex[2 * i] = "0123456789abcdef"[sum[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[sum[i] & 15];
	}
	hex[2 * i] = 0;
	secret_wipe(&c, sizeof(c));
	secret_wipe(sum, sizeof(sum));
}

/* 3.4.1 to 3.4.3 */
static void respond(const struct auth_digest *d, struct span user, const char *count,
	char hex[HEX_MAX])
{
	struct span nonce = buf_span(&d->nonce), cnonce = span_str(d->cnonce);
	char a1[HEX_MAX], a2[HEX_MAX];

	hash(d, (struct span[]){ user, buf_span(&d->realm), secret_span(d->cred->password) }, 3, a1);
	if (d->sess)
		hash(d, (struct span[]){ span_str(a1), nonce, cnonce }, 3, a1);
	hash(d, (struct span[]){ d->method, d->uri }, 2, a2);
	hash(d, (struct span[]){ span_str(a1), nonce, span_str(count), cnonce, SPAN("auth"),
		span_str(a2) }, 6, hex);
	secret_wipe(a1, sizeof(a1));
}

static void put_quoted(struct buf *out, const char *name, struct span value)
{
	size_t i;

	buf_puts(out, name);
	buf_puts(out, "=\"");
	for (i = 0; i < value.n; i++) {
		if (value.p[i] == '"' || value.p[i] == '\\')
			buf_putc(out, '\\');
		buf_putc(out, value.p[i]);
	}
	buf_puts(out, "\", ");
}

static const char *name_of(const struct auth_digest *d)
{
	size_t i = 0;

	while (algorithms[i].hash != d->hash || algorithms[i].sess != d->sess)
		i++;
	return algorithms[i].name;
}

static int digest_step(struct auth *a, struct span in, struct buf *out, struct err *e)
{
	struct auth_digest *d = (struct auth_digest *)a;
	const struct auth_cred *c = d->cred;
	char count[9] = "00000000", response[HEX_MAX];
	struct buf user;
	int i;

	if (in.n && read_challenge(d, in, e) < 0)
		return e->code;
	if (!d->hash)
		return 1;
	buf_init(&user, PART_MAX);
	if (c->domain.n && !span_is(c->domain, ".")) {
		buf_put(&user, c->domain);
		buf_putc(&user, '\\');
	}
	buf_put(&user, c->user);
	d->count++;
	for (i = 0; i < 8; i++)
		count[i] = "0123456789abcdef"[d->count >> (28 - 4 * i) & 15];
	respond(d, buf_span(&user), count, response);
	put_quoted(out, "username", buf_span(&user));
	put_quoted(out, "realm", buf_span(&d->realm));
	put_quoted(out, "nonce", buf_span(&d->nonce));
	put_quoted(out, "uri", d->uri);
	if (d->opaque.n)
		put_quoted(out, "opaque", buf_span(&d->opaque));
	buf_printf(out, "cnonce=\"%s\", nc=%s, qop=auth, algorithm=%s, response=\"%s\"", d->cnonce,
		count, name_of(d), response);
	if (buf_failed(&user) || buf_failed(out))
		err_set(e, E_LIMIT, "the authentication header is too long");
	buf_free(&user);
	a->complete = !e->code;
	return e->code;
}

static void digest_free(struct auth *a)
{
	struct auth_digest *d = (struct auth_digest *)a;
	struct arena arena = d->arena;

	buf_free(&d->realm);
	buf_free(&d->nonce);
	buf_free(&d->opaque);
	arena_free(&arena);
}

struct auth *auth_digest_new(const struct auth_cred *c, const struct auth_target *t)
{
	static const struct auth_ops ops = { .step = digest_step, .free = digest_free };
	struct arena arena;
	struct auth_digest *d;

	arena_init(&arena, sizeof(*d) + t->method.n + t->uri.n + 64);
	d = arena_alloc(&arena, sizeof(*d));
	BUG_ON(!arena_dup(&arena, t->method, &d->method) || !arena_dup(&arena, t->uri, &d->uri));
	d->a = (struct auth){ .ops = &ops, .scheme = "Digest" };
	d->cred = c;
	buf_init(&d->realm, PART_MAX);
	buf_init(&d->nonce, PART_MAX);
	buf_init(&d->opaque, PART_MAX);
	d->arena = arena;
	return &d->a;
}
