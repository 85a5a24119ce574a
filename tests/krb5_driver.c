/* krb5_driver [NAME=VALUE...]: the Kerberos client driven by lines on stdin. user, keytab, ccache,
 * host, kdc, conf, resolv and delegate are as in krb5_client_cfg; password=… takes the first line
 * of stdin as the password. Commands, each answered by one line: "ticket SPN": SERVER CLIENT ETYPE
 * FORWARDED; "both SPN SPN": two tickets at once, two lines; "drop SPN": a ticket that is cancelled
 * if it takes 200 ms; "likely SPN": yes or no; "skew": seconds; "context HOST": a ticket for
 * HTTP/HOST and a login made of it; then "step TOKEN", "wrap TEXT" and "unwrap SIGNATURE CIPHER" in
 * base64, answered by SIGNATURE (or nothing) and what came out. "error CODE WHY" on failure. */
#include <stdio.h>
#include "lib/b64.h"
#include "net/krb5_io.h"

static struct krb5_client_cfg cfg;
static unsigned waiting;
static struct auth *login;
static struct timer patience;

static void got_ticket(void *ctx, const struct krb5_cred *ticket, const struct krb5_options *o,
	const struct err *err)
{
	struct buf name;

	waiting--;
	if (err) {
		printf("error %d %s\n", err->code, err->text);
		return;
	}
	if (ctx)
		login = auth_krb5_new(ticket, ctx, o);
	buf_init(&name, 4096);
	krb5_principal_text(&ticket->server, &name);
	buf_putc(&name, ' ');
	krb5_principal_text(&ticket->client, &name);
	printf("%s %d %d\n", buf_cstr(&name), ticket->key.etype, o->forward != NULL);
	buf_free(&name);
}

static void got_likely(void *ctx, bool likely)
{
	(void)ctx;
	waiting--;
	printf("%s\n", likely ? "yes" : "no");
}

static void drop(void *ctx)
{
	krb5_client_cancel(ctx, NULL);
	waiting--;
	printf("dropped\n");
}

static void turn_until_answered(void)
{
	struct err e = { 0 };

	while (waiting)
		BUG_ON(loop_turn(cfg.loop, &e) < 0);
	loop_disarm(cfg.loop, &patience);
	fflush(stdout);
}

static void show(struct span s)
{
	struct buf text;

	buf_init(&text, 1 << 20);
	b64_put(&text, s);
	printf("%s ", buf_cstr(&text));
	buf_free(&text);
}

/* step, wrap or unwrap */
static void login_command(struct span word, struct span rest)
{
	struct buf in[2], out;
	struct err e = { 0 };
	size_t sig_len = 0;
	int i, r;

	buf_init(&out, 1 << 20);
	for (i = 0; i < 2; i++) {
		buf_init(&in[i], 1 << 20);
		BUG_ON(!b64_get(&in[i], span_cut(&rest, ' ')));
	}
	if (span_is(word, "step"))
		r = login->ops->step(login, buf_span(&in[0]), &out, &e);
	else if (span_is(word, "wrap"))
		r = login->ops->wrap(login, buf_span(&in[0]), &out, &sig_len, &e);
	else
		r = login->ops->unwrap(login, buf_span(&in[0]), buf_span(&in[1]), &out, &e);
	if (r < 0) {
		printf("error %d %s\n", r, e.text);
	} else {
		show(span_sub(buf_span(&out), 0, sig_len));
		show(span_sub(buf_span(&out), sig_len, out.n));
		printf("\n");
	}
	buf_free(&in[0]);
	buf_free(&in[1]);
	buf_free(&out);
}

static void start_login(struct krb5_client *c, struct span host)
{
	static struct auth_target target = { .service = SPAN("HTTP") };
	struct buf spn;

	buf_init(&spn, 1000);
	buf_printf(&spn, "HTTP/%.*s", SPAN_ARG(host));
	target.host = host;
	waiting++;
	krb5_client_ticket(c, buf_span(&spn), false, got_ticket, &target);
	buf_free(&spn);
}

static void command(struct krb5_client *c, struct span line)
{
	struct span rest = line, word = span_cut(&rest, ' ');

	if (span_is(word, "ticket") || span_is(word, "both")) {
		while (rest.n) {
			waiting++;
			krb5_client_ticket(c, span_cut(&rest, ' '), false, got_ticket, NULL);
		}
	} else if (span_is(word, "likely")) {
		waiting++;
		krb5_client_likely(c, rest, got_likely, NULL);
	} else if (span_is(word, "drop")) {
		waiting++;
		krb5_client_ticket(c, rest, false, got_ticket, NULL);
		loop_arm(cfg.loop, &patience, 200, drop, c);
	} else if (span_is(word, "context")) {
		start_login(c, rest);
	} else if (login) {
		login_command(word, rest);
	} else {
		printf("%lld\n", (long long)krb5_client_skew(c));
	}
	turn_until_answered();
}

/* A line without its end into line; false at the end of the input. */
static bool read_line(char *line, size_t size)
{
	if (!fgets(line, (int)size, stdin))
		return false;
	line[strcspn(line, "\n")] = 0;
	return true;
}

static void setting(const char *arg)
{
	static char password[1000];
	const char *value = strchr(arg, '=');
	struct span name = span_of(arg, (size_t)(value - arg));
	struct secret *secret;

	value++;
	if (span_is(name, "user"))
		cfg.user = span_str(value);
	else if (span_is(name, "keytab"))
		cfg.keytab = value;
	else if (span_is(name, "ccache"))
		cfg.ccache = value;
	else if (span_is(name, "host"))
		cfg.host = value;
	else if (span_is(name, "kdc"))
		cfg.kdc = value;
	else if (span_is(name, "conf"))
		cfg.conf = value;
	else if (span_is(name, "resolv"))
		cfg.resolv_conf = value;
	else if (span_is(name, "delegate"))
		cfg.delegate = true;
	else if (span_is(name, "password") && read_line(password, sizeof(password))) {
		secret = secret_new();
		BUG_ON(!secret_set(secret, span_str(password)));
		cfg.password = secret;
	}
}

int main(int argc, char **argv)
{
	struct krb5_client *c;
	static char line[1 << 20];
	int i;

	for (i = 1; i < argc; i++)
		setting(argv[i]);
	cfg.loop = loop_new();
	c = krb5_client_new(&cfg);
	while (read_line(line, sizeof(line)))
		command(c, span_str(line));
	if (login)
		login->ops->free(login);
	krb5_client_free(c);
	loop_free(cfg.loop);
	return 0;
}
