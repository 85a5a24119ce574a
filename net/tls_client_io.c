#include "net/tls_client_io.h"
#include <unistd.h>
#include "lib/file_io.h"
#include "lib/num.h"

#define FILE_LEN_MAX (256u << 10)
#define PRINT_LEN 20

/* "x.pem", "x.crt", "x.cer" and "x" have "x.key" beside them. */
static void put_key_path(struct buf *out, const char *cert_path)
{
	const char *name = strrchr(cert_path, '/'), *dot;

	dot = strrchr(name ? name : cert_path, '.');
	buf_put(out, span_of(cert_path, dot ? (size_t)(dot - cert_path) : strlen(cert_path)));
	buf_puts(out, ".key");
}

static int load_key(struct tls_client *c, const char *path, const struct secret *pass,
	struct err *e)
{
	struct buf file;
	int r;

	buf_init_secret(&file, FILE_LEN_MAX);
	r = file_read(path, &file, e);
	if (r == 0)
		r = tls_client_key(c, buf_span(&file), pass, path, e);
	buf_free(&file);
	return r;
}

int tls_client_load(struct tls_client *c, const char *cert_path, const char *key_path,
	const struct secret *pass, struct err *e)
{
	struct buf file, beside;
	int r;

	buf_init_secret(&file, FILE_LEN_MAX);
	buf_init(&beside, 4096);
	r = file_read(cert_path, &file, e);
	if (r == 0)
		r = tls_client_cert(c, buf_span(&file), cert_path, e);
	if (r < 0)
		goto out;
	put_key_path(&beside, cert_path);
	if (!key_path)
		key_path = access(buf_cstr(&beside), F_OK) == 0 ? buf_cstr(&beside) : cert_path;
	r = load_key(c, key_path, pass, e);
out:	buf_free(&file);
	buf_free(&beside);
	return r;
}

struct search { uint8_t print[PRINT_LEN]; struct buf *out; bool found; };

static bool is_it(void *ctx, const char *path)
{
	struct search *s = ctx;
	struct err e = { 0 };
	struct tls_client c;
	struct buf file;

	tls_client_init(&c);
	buf_init_secret(&file, FILE_LEN_MAX);
	if (file_read(path, &file, &e) == 0 && tls_client_cert(&c, buf_span(&file), path, &e) == 0)
		s->found = memcmp(c.thumbprint, s->print, PRINT_LEN) == 0;
	tls_client_free(&c);
	buf_free(&file);
	if (s->found)
		buf_puts(s->out, path);
	return !s->found;
}

/* Windows' own dialog puts an invisible character in front when it is copied from there. */
static bool read_thumbprint(const char *text, uint8_t print[PRINT_LEN])
{
	struct buf hex;
	uint64_t v;
	size_t i;
	bool ok;

	buf_init(&hex, 2 * PRINT_LEN);
	for (; *text; text++)
		if ((*text | 32) >= 'a' ? (*text | 32) <= 'z' : *text >= '0' && *text <= '9')
			buf_putc(&hex, (uint8_t)*text);
	ok = hex.n == 2 * PRINT_LEN && !buf_failed(&hex);
	for (i = 0; ok && i < PRINT_LEN; i++) {
		ok = num_hex(span_sub(buf_span(&hex), 2 * i, 2), &v);
		print[i] = (uint8_t)v;
	}
	buf_free(&hex);
	return ok;
}

int tls_client_find(const char *folder, const char *thumbprint, struct buf *out, struct err *e)
{
	struct search s = { .out = out };
	int r;

	if (!read_thumbprint(thumbprint, s.print))
		return err_set(e, E_USAGE, "'%s' is no thumbprint: it takes the 40 hex digits of a SHA-1",
			thumbprint);
	r = file_each(folder, is_it, &s, e);
	if (r == 0 && !s.found)
		r = err_set(e, E_USAGE, "no file in '%s' has the certificate %s: put it there in PEM, with "
			"its key, or name it by -Certificate FILE", folder, thumbprint);
	return r;
}
