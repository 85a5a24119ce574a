/* http_driver HOST PORT SCHEMES [NAME=VALUE...]: one HTTP connection driven by lines on stdin, so
 * that servers and proxies not of our making can sit at the other end. SCHEMES: -Authentication's
 * words, with "+" in between. NAME: user (as typed; none: the ccache alone); clear=1;
 * oldcredssp=1; path; ca, cert, key (PEM files: HTTPS); proxy=URI; conf, kdc, keytab, ccache
 * (Kerberos); spnport=1; connect_ms; max. stdin's first line is the password (maybe empty). Each
 * further line is a command: "post [N]" sends Identify (or N bytes), answered by one line: "STATUS
 * TYPE LENGTH", or "error CODE MAYBE_SENT REDIRECT|- WHY". */
#include <stdio.h>
#include <stdlib.h>
#include "net/http_conn.h"
#include "net/krb5_io.h"
#include "net/proxy.h"
#include "net/tls_client_io.h"

#define IDENTIFY \
	"<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Header/><s:Body>" \
	"<i:Identify xmlns:i=\"http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd\"/>" \
	"</s:Body></s:Envelope>"

static struct http_conn_cfg cfg = { .path = "/wsman", .connect_ms = 20000, .body_max = 1 << 24 };
static struct auth_cred cred, proxy_cred;
static struct tls_trust trust;
static struct tls_client client;
static struct tls_cfg tls = { .trust = &trust, .handshake_ms = 20000 };
static struct proxy proxy_uri;
static struct http_proxy proxy;
static struct err err;
static bool waiting;
static struct krb5_client_cfg krb5;

static const char *option(char **argv, const char *name)
{
	size_t n = strlen(name);

	for (; *argv; argv++) {
		if (strncmp(*argv, name, n) == 0 && (*argv)[n] == '=')
			return *argv + n + 1;
	}
	return NULL;
}

static unsigned read_schemes(struct span words)
{
	static const struct { const char *word; unsigned scheme; } all[] = {
		{ "Negotiate", HTTP_NEGOTIATE }, { "NTLM", HTTP_NTLM }, { "Basic", HTTP_BASIC },
		{ "Digest", HTTP_DIGEST }, { "Certificate", HTTP_CERTIFICATE },
		{ "Kerberos", HTTP_KERBEROS }, { "Credssp", HTTP_CREDSSP },
		{ "Default", HTTP_NEGOTIATE | HTTP_KERBEROS | HTTP_NTLM },
	};
	unsigned schemes = 0;
	size_t i;

	while (words.n) {
		struct span word = span_cut(&words, '+');

		for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
			schemes |= span_is_ci(word, all[i].word) ? all[i].scheme : 0;
	}
	return schemes;
}

static int set_up(char **argv)
{
	struct secret *secret = secret_new();
	const char *text;

	cfg.host = tls.host = argv[0];
	cfg.port = (uint16_t)strtoul(argv[1], NULL, 10);
	cfg.schemes = read_schemes(span_str(argv[2]));
	cfg.allow_clear = option(argv, "clear");
	cfg.old_credssp = option(argv, "oldcredssp");
	krb5.user = span_str(option(argv, "user"));
	if (krb5.user.n && auth_split_user(krb5.user, &cred, &err) < 0)
		return err.code;
	cfg.cred = krb5.user.n ? &cred : NULL;
	cfg.port_in_spn = option(argv, "spnport");
	krb5.conf = option(argv, "conf");
	krb5.kdc = option(argv, "kdc");
	krb5.keytab = option(argv, "keytab");
	krb5.ccache = option(argv, "ccache");
	if ((text = option(argv, "path")))
		cfg.path = text;
	if ((text = option(argv, "connect_ms")))
		cfg.connect_ms = (uint32_t)strtoul(text, NULL, 10);
	if ((text = option(argv, "max")))
		cfg.body_max = strtoul(text, NULL, 10);
	if ((trust.ca_file = option(argv, "ca")))
		cfg.tls = &tls;
	tls_client_init(&client);
	if ((text = option(argv, "cert"))) {
		if (tls_client_load(&client, text, option(argv, "key"), NULL, &err))
			return err.code;
		tls.client = &client;
	}
	if ((text = option(argv, "proxy"))) {
		if (proxy_parse(span_str(text), &proxy_uri, secret, &err) < 0 ||
		    (proxy_uri.user[0] && auth_split_user(span_str(proxy_uri.user), &proxy_cred, &err) < 0))
			return err.code;
		proxy_cred.password = secret;
		proxy = (struct http_proxy){ .host = proxy_uri.host, .port = proxy_uri.port,
			.cred = proxy_uri.user[0] ? &proxy_cred : NULL };
		cfg.proxy = &proxy;
	}
	return 0;
}

static void on_done(void *ctx, const struct http_reply *r)
{
	(void)ctx;
	waiting = false;
	if (r->err)
		printf("error %d %d %.*s %s\n", r->err->code, r->maybe_sent,
			r->redirect.n ? (int)r->redirect.n : 1,
			r->redirect.n ? (const char *)r->redirect.p : "-", r->err->text);
	else
		printf("%d %.*s %zu\n", r->status, SPAN_ARG(r->type), r->body.n);
	fflush(stdout);
}

static bool read_line(char *line, size_t size)
{
	if (!fgets(line, (int)size, stdin))
		return false;
	line[strcspn(line, "\n")] = 0;
	return true;
}

int main(int argc, char **argv)
{
	static char line[10000];
	struct secret *password = secret_new();
	struct http_conn *c;
	struct buf body;

	if (argc < 4 || !read_line(line, sizeof(line)) || set_up(argv + 1) < 0) {
		printf("error %d 0 - %s\n", err.code, err.text);
		return 2;
	}
	BUG_ON(!secret_set(password, span_str(line)));
	cred.password = password;
	cfg.loop = tls.loop = krb5.loop = loop_new();
	if (krb5.conf) {
		krb5.password = password->n ? password : NULL;
		krb5.host = cfg.host;
		cfg.krb5 = krb5_client_new(&krb5);
	}
	c = http_conn_new(&cfg);
	buf_init(&body, 1 << 26);
	while (read_line(line, sizeof(line))) {
		size_t n = strtoul(line + strcspn(line, " "), NULL, 10);

		buf_clear(&body);
		if (n)
			memset(buf_room(&body, n), 'x', n);
		buf_add(&body, n);
		if (!n)
			buf_puts(&body, IDENTIFY);
		waiting = true;
		http_conn_post(c, buf_span(&body), "application/soap+xml;charset=UTF-8", 20000, on_done,
			NULL);
		while (waiting)
			BUG_ON(loop_turn(cfg.loop, &err) < 0);
	}
	http_conn_free(c);
	krb5_client_free(cfg.krb5);
	buf_free(&body);
	tls_client_free(&client);
	loop_free(cfg.loop);
	return 0;
}
