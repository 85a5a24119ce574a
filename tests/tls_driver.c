/* tls_driver HOST PORT TEXT [ca=FILE] [pin=PRINT] [skip_ca] [skip_cn] [ask=yes|no] [known]
 * [cert=FILE] [key=FILE] [pass=TEXT] [name=HOST] [times=N] [slow] [late]: sends TEXT (N times) over
 * net/tls_io and shows what comes of it, for tests against servers not of our making. Lines:
 * "passed WHY", "asked NAME PRINT WHY", "open BINDING", "data BYTES LAST-LINE", "end",
 * "error CODE WHY", "locked". slow: both ways a byte at a time. name: the host to expect in the
 * certificate. folder=FOLDER: cert is a thumbprint, and looked for there. */
#include <stdio.h>
#include <stdlib.h>
#include "net/sock_io.h"
#include "net/tls_client_io.h"
#include "net/tls_io.h"
#include "net/tls_known_io.h"

static struct loop *loop;
static struct stream *tls;
static const char *host, *answer, *known;
static uint16_t port;
static struct span text;
static struct buf got, sent, found;
static bool done, opened, slow;

static int ask(void *ctx, const struct tls_chain *c, const char *why, struct err *e)
{
	struct buf name, print;
	int r = 1;
	bool is_new = false;

	(void)ctx;
	buf_init(&name, 4096);
	buf_init(&print, 128);
	tls_cert_put_name(c->leaf.subject, &name);
	tls_print_put(c->print, &print);
	printf("asked '%s' %s %s\n", buf_cstr(&name), buf_cstr(&print), why);
	if (known) {
		*e = (struct err){ 0 };
		r = tls_known_check(host, port, c->print, e);
	}
	if (r == 1) {
		is_new = strcmp(answer, "yes") == 0;
		r = is_new ? 0 : err_set(e, E_TLS, "the user said no");
	}
	if (is_new && known)
		r = tls_known_remember(host, port, c->print, e);
	buf_free(&name);
	buf_free(&print);
	return r;
}

static void passed(void *ctx, const char *why)
{
	(void)ctx;
	printf("passed %s\n", why);
}

static void show_open(void)
{
	uint8_t binding[16];
	int i;

	opened = true;
	BUG_ON(!tls_io_binding(tls, binding));
	printf("open ");
	for (i = 0; i < 16; i++)
		printf("%02x", binding[i]);
	printf("\n");
}

static void show_end(int code)
{
	struct span all = buf_span(&got), line = SPAN_NONE;

	if (got.n)
		while (all.n)
			line = span_cut(&all, '\n');
	printf("data %zu %.*s\n", got.n, SPAN_ARG(line));
	if (code)
		printf("error %d %s\n", code, tls->err.text);
	else
		printf("end\n");
	done = true;
}

static void ready(void *ctx)
{
	uint8_t bytes[8192];
	long n;

	(void)ctx;
	if (tls->err.code) {
		show_end(tls->err.code);
		return;
	}
	if (!opened)
		show_open();
	while ((n = stream_read(tls, bytes, slow ? 1 : sizeof(bytes))) > 0)
		buf_put(&got, span_of(bytes, (size_t)n));
	if (n != E_AGAIN) {
		show_end((int)n);
		return;
	}
	while (text.n && (n = stream_write(tls, span_sub(text, 0, slow ? 1 : text.n))) > 0)
		text = span_sub(text, (size_t)n, text.n);
	if (text.n && n != E_AGAIN)
		show_end((int)n);
}

static const char *option(char **argv, const char *name)
{
	size_t n = strlen(name);

	for (; *argv; argv++) {
		if (strncmp(*argv, name, n) == 0 && (*argv)[n] == '=')
			return *argv + n + 1;
		if (strcmp(*argv, name) == 0)
			return *argv;
	}
	return NULL;
}

static void repeat_text(const char *times)
{
	unsigned long n = times ? strtoul(times, NULL, 10) : 1;

	buf_init(&sent, 64 << 20);
	while (n--)
		buf_put(&sent, text);
	text = buf_span(&sent);
}

static struct tls_client client;

/* -1: failed or locked, and said so */
static int load_client(char **argv)
{
	const char *cert = option(argv, "cert"), *pass = option(argv, "pass");
	const char *folder = option(argv, "folder");
	struct secret *secret = pass ? secret_new() : NULL;
	struct err e = { 0 };
	int r = 0;

	if (secret)
		BUG_ON(!secret_set(secret, span_str(pass)));
	tls_client_init(&client);
	if (folder) {
		r = tls_client_find(folder, cert, &found, &e);
		cert = buf_cstr(&found);
	}
	if (r == 0)
		r = tls_client_load(&client, cert, option(argv, "key"), secret, &e);
	secret_free(secret);
	if (r > 0)
		printf("locked\n");
	if (r < 0)
		printf("error %d %s\n", r, e.text);
	return r ? -1 : 0;
}

/* late: TLS begins on a connection that stands, as behind a proxy. */
static void start_late(void *ctx)
{
	tls = tls_io_new(tls, ctx);
	tls->ready = ready;
}

static void run(struct tls_cfg *cfg, bool late)
{
	struct err e = { 0 };

	tls = sock_connect(loop, host, port, 5000);
	tls->ready = start_late;
	tls->ctx = cfg;
	if (!late)
		start_late(cfg);
	while (!done && loop_turn(loop, &e) == 0)
		fflush(stdout);
	stream_close(tls);
}

int main(int argc, char **argv)
{
	struct tls_trust trust = { .ask = NULL, .passed = passed };
	struct tls_cfg cfg = { .trust = &trust, .handshake_ms = 3000 };
	const char *pin;

	if (argc < 4)
		return 2;
	loop = loop_new();
	cfg.loop = loop;
	host = argv[1];
	port = (uint16_t)strtoul(argv[2], NULL, 10);
	text = span_str(argv[3]);
	argv += 4;
	buf_init(&got, 64 << 20);
	buf_init(&found, 4096);
	trust.ca_file = option(argv, "ca");
	trust.skip_ca = option(argv, "skip_ca");
	trust.skip_cn = option(argv, "skip_cn");
	slow = option(argv, "slow");
	repeat_text(option(argv, "times"));
	cfg.host = option(argv, "name") ? option(argv, "name") : host;
	known = option(argv, "known");
	answer = option(argv, "ask");
	if (answer)
		trust.ask = ask;
	pin = option(argv, "pin");
	if (pin) {
		BUG_ON(!tls_print_get(span_str(pin), trust.pin));
		trust.pinned = true;
	}
	if (option(argv, "cert")) {
		if (load_client(argv) < 0)
			goto out;
		cfg.client = &client;
	}
	run(&cfg, option(argv, "late"));
out:	tls_client_free(&client);
	buf_free(&got);
	buf_free(&sent);
	buf_free(&found);
	loop_free(loop);
	return 0;
}
