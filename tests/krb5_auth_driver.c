/* krb5_auth_driver raw|spnego HOST CCACHE SERVICE [BINDING [delegate]]: Kerberos as the client's
 * end, driven by lines on stdin, so that a peer not of our making can sit at the other end. CCACHE:
 * a FILE: cache that already holds a ticket for SERVICE (HTTP/name@REALM).
 * krb5_auth_driver gss ETYPE KEY IN_SEQ: per-message tokens alone, with an acceptor's subkey.
 * Each line is a command with base64 arguments, answered by one line: step TOKEN: R CAN_WRAP
 * COMPLETE [TOKEN]; wrap PLAIN: SIGNATURE CIPHER; unwrap SIGNATURE CIPHER: PLAIN; mic TEXT: MIC;
 * check TEXT MIC; seal TEXT: BODY TYPE; open BODY: TEXT; "error CODE WHY" when it failed. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "lib/b64.h"
#include "lib/file_io.h"
#include "net/auth_krb5.h"
#include "net/http_seal.h"
#include "net/krb5_gss.h"
#include "net/krb5_store.h"

static struct buf in1, in2, out, text, file;
static struct err err;

static struct span argument(struct buf *b, struct span *line)
{
	buf_clear(b);
	BUG_ON(!b64_get(b, span_cut(line, ' ')));
	return buf_span(b);
}

static void show(struct span s)
{
	b64_put(&text, s);
	buf_putc(&text, ' ');
}

static int command(struct auth *a, struct span cmd, struct span rest)
{
	struct span first = argument(&in1, &rest), second = argument(&in2, &rest);
	struct buf type;
	size_t sig_len = 0;
	int r = E_USAGE;

	if (span_is(cmd, "step")) {
		r = a->ops->step(a, first, &out, &err);
		buf_printf(&text, "%d %d %d ", r, a->can_wrap, a->complete);
		show(buf_span(&out));
	} else if (span_is(cmd, "wrap")) {
		r = a->ops->wrap(a, first, &out, &sig_len, &err);
		show(span_sub(buf_span(&out), 0, sig_len));
		show(span_sub(buf_span(&out), sig_len, out.n));
	} else if (span_is(cmd, "unwrap")) {
		r = a->ops->unwrap(a, first, second, &out, &err);
		show(buf_span(&out));
	} else if (span_is(cmd, "mic")) {
		r = a->ops->put_mic(a, first, &out, &err);
		show(buf_span(&out));
	} else if (span_is(cmd, "check")) {
		r = a->ops->check_mic(a, first, second, &err);
	} else if (span_is(cmd, "seal")) {
		buf_init(&type, 1000);
		r = http_seal_put(a, first, "application/soap+xml;charset=UTF-8", &out, &type, &err);
		show(buf_span(&out));
		show(buf_span(&type));
		buf_free(&type);
	} else if (span_is(cmd, "open")) {
		r = http_seal_get(a, first, &out, &err);
		show(buf_span(&out));
	}
	return r;
}

static int gss_command(struct krb5_gss *g, struct span cmd, struct span rest)
{
	struct span first = argument(&in1, &rest), second = argument(&in2, &rest);

	if (!span_is(cmd, "unwrap") || !krb5_gss_unwrap(g, first, second, &out))
		return err_set(&err, E_PEER, "wrong token");
	show(buf_span(&out));
	return 0;
}

/* The ticket for a service of that name, or the ticket-granting ticket. */
static bool find(const char *path, const char *service, struct krb5_cred *c)
{
	struct krb5_ccache cc;
	bool found = false;

	buf_clear(&file);
	if (file_read(path, &file, &err) < 0 || krb5_ccache_open(&cc, buf_span(&file), &err) < 0)
		return false;
	while (!found && krb5_ccache_next(&cc, c)) {
		buf_clear(&text);
		krb5_principal_text(&c->server, &text);
		found = service ? !strcmp(buf_cstr(&text), service) : c->flags & KRB5_FORWARDED;
	}
	return found;
}

static struct auth *make_auth(int argc, char **argv)
{
	struct auth_target t = { .host = span_str(argv[2]), .service = SPAN("HTTP") };
	struct krb5_cred cred, forward;
	struct krb5_options o = { 0 };
	struct timespec now;
	struct arena mem;
	struct auth *a;
	bool found;

	arena_init(&mem, 1 << 20);
	clock_gettime(CLOCK_REALTIME, &now);
	o.now_us = now.tv_sec * 1000000LL + now.tv_nsec / 1000;
	if (argc > 6) {
		BUG_ON(!find(argv[3], NULL, &forward) || !krb5_cred_dup(&mem, &forward, &forward));
		o.forward = &forward;
	}
	found = find(argv[3], argv[4], &cred);
	if (argc > 5) {
		BUG_ON(!b64_get(&in1, span_str(argv[5])));
		t.channel_binding = buf_span(&in1);
	}
	a = found ? auth_krb5_new(&cred, &t, &o) : NULL;
	arena_free(&mem);
	return a && !strcmp(argv[1], "spnego") ? auth_spnego_new(a, AUTH_OIDS_KRB5) : a;
}

int main(int argc, char **argv)
{
	static char line[1 << 21];
	static struct krb5_gss gss = { .acceptor_subkey = true };
	struct auth *a = NULL;
	struct span cmd, rest;
	int r;

	buf_init(&in1, 1 << 20);
	buf_init(&in2, 1 << 20);
	buf_init(&out, 1 << 21);
	buf_init(&text, 1 << 22);
	buf_init(&file, 1 << 20);
	if (argc == 5 && !strcmp(argv[1], "gss")) {
		BUG_ON(!b64_get(&in1, span_str(argv[3])) ||
			!krb5_key_set(&gss.key, (int32_t)strtol(argv[2], NULL, 10), buf_span(&in1)));
		gss.in_seq = strtoull(argv[4], NULL, 10);
	} else if (argc < 5 || !(a = make_auth(argc, argv))) {
		fprintf(stderr, "no such ticket: %s\n", err.text);
		return 2;
	}
	while (fgets(line, sizeof(line), stdin)) {
		rest = span_str(line);
		rest.n -= rest.n && rest.p[rest.n - 1] == '\n';
		cmd = span_cut(&rest, ' ');
		buf_clear(&out);
		buf_clear(&text);
		err = (struct err){ 0 };
		r = a ? command(a, cmd, rest) : gss_command(&gss, cmd, rest);
		if (r < 0)
			printf("error %d %s\n", r, err.text);
		else
			printf("%s\n", buf_cstr(&text));
		fflush(stdout);
	}
	if (a)
		a->ops->free(a);
	buf_free(&in1);
	buf_free(&in2);
	buf_free(&out);
	buf_free(&text);
	buf_free(&file);
	return 0;
}
