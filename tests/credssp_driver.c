/* credssp_driver HOST [CCACHE SERVICE]: CredSSP as the client's end, driven by lines on stdin, so
 * that a peer not of our making can sit at the other end; NTLM inside, or Kerberos with the ticket
 * for SERVICE (HTTP/name@REALM) that CCACHE already holds. The first two lines are user and
 * password, each further one is a command with base64 arguments, answered by one line: step TOKEN:
 * R CAN_WRAP COMPLETE [TOKEN]; seal TEXT: BODY TYPE; open BODY: TEXT; "error CODE WHY". */
#include <stdio.h>
#include <time.h>
#include "lib/b64.h"
#include "lib/file_io.h"
#include "net/auth_credssp.h"
#include "net/auth_krb5.h"
#include "net/http_seal.h"
#include "net/krb5_store.h"

static struct buf in, out, text, file;
static struct auth_cred cred;
static struct auth_target target = { .service = { (const uint8_t *)"HTTP", 4 } };
static struct krb5_cred ticket;
static struct err err;

static struct auth *make(const void *ctx, struct span binding)
{
	struct auth_target t = target;
	struct krb5_options o = { 0 };
	struct timespec now;

	BUG_ON(ctx != &target || binding.n != 16);
	t.channel_binding = binding;
	clock_gettime(CLOCK_REALTIME, &now);
	o.now_us = now.tv_sec * 1000000LL + now.tv_nsec / 1000;
	if (ticket.ticket.n)
		return auth_spnego_new(auth_krb5_new(&ticket, &t, &o), AUTH_OIDS_KRB5);
	return auth_spnego_new(auth_ntlm_new(&cred, &t), AUTH_OID_NTLM);
}

static bool find_ticket(const char *path, const char *service)
{
	struct krb5_ccache cc;

	if (file_read(path, &file, &err) < 0 || krb5_ccache_open(&cc, buf_span(&file), &err) < 0)
		return false;
	while (krb5_ccache_next(&cc, &ticket)) {
		buf_clear(&text);
		krb5_principal_text(&ticket.server, &text);
		if (!strcmp(buf_cstr(&text), service))
			return true;
	}
	return false;
}

static bool read_line(char *line, size_t size)
{
	if (!fgets(line, (int)size, stdin))
		return false;
	line[strcspn(line, "\n")] = 0;
	return true;
}

static int command(struct auth *a, struct span cmd)
{
	struct buf type;
	int r = E_USAGE;

	buf_init(&type, 1000);
	if (span_is(cmd, "step")) {
		r = a->ops->step(a, buf_span(&in), &out, &err);
		buf_printf(&text, "%d %d %d ", r, a->can_wrap, a->complete);
	} else if (span_is(cmd, "seal")) {
		r = http_seal_put(a, buf_span(&in), "application/soap+xml;charset=UTF-8", &out, &type,
			&err);
	} else if (span_is(cmd, "open")) {
		r = http_seal_get(a, buf_span(&in), &out, &err);
	}
	b64_put(&text, buf_span(&out));
	buf_putc(&text, ' ');
	b64_put(&text, buf_span(&type));
	buf_free(&type);
	return r;
}

int main(int argc, char **argv)
{
	static char line[1 << 20], user[1000], password[1000];
	struct secret *secret = secret_new();
	struct auth *a;
	struct span cmd, rest;
	int r;

	buf_init(&in, 1 << 20);
	buf_init(&out, 1 << 20);
	buf_init(&text, 1 << 21);
	buf_init(&file, 1 << 20);
	if (argc < 2 || !read_line(user, sizeof(user)) || !read_line(password, sizeof(password)) ||
	    auth_split_user(span_str(user), &cred, &err) < 0 ||
	    (argc == 4 && !find_ticket(argv[2], argv[3])))
		return 2;
	target.host = span_str(argv[1]);
	BUG_ON(!secret_set(secret, span_str(password)));
	cred.password = secret;
	a = auth_credssp_new(&cred, true, make, &target);
	while (read_line(line, sizeof(line))) {
		rest = span_str(line);
		cmd = span_cut(&rest, ' ');
		buf_clear(&in);
		buf_clear(&out);
		buf_clear(&text);
		err = (struct err){ 0 };
		BUG_ON(!b64_get(&in, rest));
		r = command(a, cmd);
		if (r < 0)
			printf("error %d %s\n", r, err.text);
		else
			printf("%s\n", buf_cstr(&text));
		fflush(stdout);
	}
	a->ops->free(a);
	buf_free(&in);
	buf_free(&out);
	buf_free(&text);
	buf_free(&file);
	secret_free(secret);
	return 0;
}
