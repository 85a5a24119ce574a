/* auth_driver ntlm|spnego HOST [BINDING], auth_driver key: an engine driven by lines on stdin, so
 * that a peer not of our making can sit at the other end. The first two lines are user and password
 * (not for "key"), each further one is a command with base64 arguments, answered by one line:
 * step TOKEN: R CAN_WRAP COMPLETE [TOKEN]; wrap PLAIN: SIGNATURE CIPHER; unwrap SIGNATURE CIPHER:
 * PLAIN; public, session BLOB, encrypt TEXT, decrypt TEXT; "error CODE WHY" when it failed. */
#include <stdio.h>
#include "core/psrp_key.h"
#include "lib/b64.h"
#include "net/auth.h"

static struct buf in1, in2, out, text;
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
}

static int auth_command(struct auth *a, struct span cmd, struct span rest)
{
	struct span first = argument(&in1, &rest), second = argument(&in2, &rest);
	size_t sig_len;
	int r = E_USAGE;

	if (span_is(cmd, "step")) {
		r = a->ops->step(a, first, &out, &err);
		buf_printf(&text, "%d %d %d ", r, a->can_wrap, a->complete);
		show(buf_span(&out));
	} else if (span_is(cmd, "wrap")) {
		r = a->ops->wrap(a, first, &out, &sig_len, &err);
		if (r == 0) {
			show(span_sub(buf_span(&out), 0, sig_len));
			buf_putc(&text, ' ');
			show(span_sub(buf_span(&out), sig_len, out.n));
		}
	} else if (span_is(cmd, "unwrap")) {
		r = a->ops->unwrap(a, first, second, &out, &err);
		show(buf_span(&out));
	}
	return r;
}

static int key_command(struct psrp_key *k, struct span cmd, struct span rest)
{
	struct span arg = rest;

	if (span_is(cmd, "public")) {
		psrp_key_public(k, &text);
	} else if (span_is(cmd, "session")) {
		return psrp_key_session(k, arg, &err);
	} else if (span_is(cmd, "encrypt")) {
		return psrp_key_encrypt(k, argument(&in1, &arg), &text) ? 0 : E_USAGE;
	} else if (span_is(cmd, "decrypt")) {
		if (!psrp_key_decrypt(k, arg, &out))
			return E_PEER;
		show(buf_span(&out));
	}
	return 0;
}

/* A line without its end into line; false at the end of the input. */
static bool read_line(char *line, size_t size)
{
	if (!fgets(line, (int)size, stdin))
		return false;
	line[strcspn(line, "\n")] = 0;
	return true;
}

static struct auth *make_auth(char **argv)
{
	static struct auth_cred cred;
	static char user[1000], password[1000];
	struct auth_target t = { .host = span_str(argv[2]), .service = SPAN("HTTP") };
	struct secret *secret = secret_new();
	struct auth *ntlm;

	if (!read_line(user, sizeof(user)) || !read_line(password, sizeof(password)) ||
	    auth_split_user(span_str(user), &cred, &err) < 0)
		return NULL;
	BUG_ON(!secret_set(secret, span_str(password)));
	cred.password = secret;
	if (argv[3]) {
		BUG_ON(!b64_get(&in1, span_str(argv[3])));
		t.channel_binding = buf_span(&in1);
	}
	ntlm = auth_ntlm_new(&cred, &t);
	return strcmp(argv[1], "ntlm") ? auth_spnego_new(ntlm, AUTH_OID_NTLM) : ntlm;
}

int main(int argc, char **argv)
{
	static char line[1 << 20];
	struct psrp_key *k = NULL;
	struct auth *a = NULL;
	struct span cmd, rest;
	int r;

	buf_init(&in1, 1 << 20);
	buf_init(&in2, 1 << 20);
	buf_init(&out, 1 << 20);
	buf_init(&text, 1 << 21);
	if (argc == 2)
		k = psrp_key_new();
	else if (argc < 3 || !(a = make_auth(argv)))
		return 2;
	while (read_line(line, sizeof(line))) {
		rest = span_str(line);
		cmd = span_cut(&rest, ' ');
		buf_clear(&out);
		buf_clear(&text);
		err = (struct err){ 0 };
		r = a ? auth_command(a, cmd, rest) : key_command(k, cmd, rest);
		if (r < 0)
			printf("error %d %s\n", r, err.text);
		else
			printf("%s\n", buf_cstr(&text));
		fflush(stdout);
	}
	if (a)
		a->ops->free(a);
	psrp_key_free(k);
	buf_free(&in1);
	buf_free(&in2);
	buf_free(&out);
	buf_free(&text);
	return 0;
}
