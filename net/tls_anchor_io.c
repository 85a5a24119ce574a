#include "net/tls_anchor_io.h"
#include <stdlib.h>
#include "lib/file_io.h"

static void piece(void *ctx, struct span bytes)
{
	tls_anchor_feed(ctx, bytes);
}

static int load_file(struct tls_anchor *a, const char *path, struct err *e)
{
	int r = file_pieces(path, piece, a, e);

	tls_anchor_end_file(a);
	return r;
}

/* One that cannot be read is passed over: folders hold links to what is gone. */
static bool load_one(void *ctx, const char *path)
{
	struct err e = { 0 };
	int r = load_file(ctx, path, &e);

	(void)r;
	return true;
}

/* A file that the user named. */
static int load_named(struct tls_anchor *a, const char *path, struct err *e)
{
	size_t before = a->seen;
	int r = load_file(a, path, e);

	if (r == 0 && a->seen == before)
		r = err_set(e, E_USAGE, "'%s' holds no certificate", path);
	return r;
}

static bool enough(const struct tls_anchor *a)
{
	return a->n || a->has_leaf;
}

static void load_system(struct tls_anchor *a)
{
	static const char *const bundles[] = {
		"/etc/ssl/certs/ca-certificates.crt",   /* Debian, Alpine, Arch */
		"/etc/pki/tls/certs/ca-bundle.crt",     /* Red Hat */
		"/etc/ssl/ca-bundle.pem",               /* SUSE */
		"/etc/ssl/cert.pem",                    /* Alpine, BSD */
	};
	struct err e = { 0 };
	size_t i;
	int r;

	for (i = 0; i < sizeof(bundles) / sizeof(bundles[0]) && !a->seen; i++)
		load_one(a, bundles[i]);
	if (!a->seen)
		r = file_each("/etc/ssl/certs", load_one, a, &e);
	(void)r;
}

int tls_anchor_load(struct tls_anchor *a, const char *ca_file, struct err *e)
{
	const char *file = getenv("SSL_CERT_FILE"), *folder = getenv("SSL_CERT_DIR");
	int r = 0;

	if (ca_file)
		return load_named(a, ca_file, e);
	if (file && file[0])
		r = load_named(a, file, e);
	if (r == 0 && folder && folder[0] && !enough(a))
		r = file_each(folder, load_one, a, e);
	if (!(file && file[0]) && !(folder && folder[0]))
		load_system(a);
	return r;
}
