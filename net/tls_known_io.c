#include "net/tls_known_io.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "lib/file_io.h"

#define FILE_LEN_MAX (1u << 20)

static bool find_path(struct buf *path)
{
	const char *named = getenv("PSSESSION_KNOWN_CERTIFICATES");

	if (!named || !named[0])
		return file_config_path("known_certificates", path);
	buf_puts(path, named);
	return true;
}

/* An absent file is an empty one. */
static int load(const char *path, struct buf *file, struct err *e)
{
	if (access(path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	return file_read(path, file, e);
}

static int changed(const char *host, uint16_t port, const uint8_t print[TLS_PRINT_LEN],
	const char *path, unsigned line, struct err *e)
{
	struct buf now;

	buf_init(&now, 128);
	tls_print_put(print, &now);
	err_set(e, E_TLS, "THE CERTIFICATE OF '%s' PORT %u HAS CHANGED since you accepted it: it is "
		"now %s. Somebody may be in between; nothing was sent. If the change is right, delete "
		"line %u of %s", host, port, buf_cstr(&now), line, path);
	buf_free(&now);
	return e->code;
}

int tls_known_check(const char *host, uint16_t port, const uint8_t print[TLS_PRINT_LEN],
	struct err *e)
{
	struct buf path, file;
	unsigned line = 0;
	int r = 1;

	buf_init(&path, 4096);
	buf_init(&file, FILE_LEN_MAX);
	if (!find_path(&path))
		goto out;
	r = load(buf_cstr(&path), &file, e);
	if (r < 0)
		goto out;
	switch (tls_known_find(buf_span(&file), host, port, print, &line)) {
	case TLS_KNOWN_NEW:
		r = 1;
		break;
	case TLS_KNOWN_SAME:
		r = 0;
		break;
	case TLS_KNOWN_CHANGED:
		r = changed(host, port, print, buf_cstr(&path), line, e);
		break;
	}
out:	buf_free(&path);
	buf_free(&file);
	return r;
}

int tls_known_remember(const char *host, uint16_t port, const uint8_t print[TLS_PRINT_LEN],
	struct err *e)
{
	struct buf path, file;
	int r;

	buf_init(&path, 4096);
	buf_init(&file, FILE_LEN_MAX);
	if (!find_path(&path)) {
		r = err_set(e, E_USAGE, "there is no place to remember the certificate of '%s': neither "
			"HOME nor XDG_CONFIG_HOME is set", host);
		goto out;
	}
	r = load(buf_cstr(&path), &file, e);
	if (r < 0)
		goto out;
	tls_known_put(&file, host, port, print);
	r = buf_failed(&file) ? err_set(e, E_USAGE, "'%s' is too large", buf_cstr(&path)) :
		file_replace(buf_cstr(&path), buf_span(&file), e);
out:	buf_free(&path);
	buf_free(&file);
	return r;
}
