/* krb5_driver [NAME=VALUE...]: the Kerberos client driven by lines on stdin. user, keytab, ccache,
 * kdc, conf, resolv and delegate are as in krb5_client_cfg; password=… takes the first line of
 * stdin as the password. Commands, each answered by one line: "ticket SPN": SERVER CLIENT ETYPE
 * FORWARDED; "likely SPN": yes or no; "both SPN SPN": two tickets at once, two lines; "drop SPN": a
 * ticket asked for and cancelled; "skew": seconds. "error CODE WHY" on failure. */
#include <stdio.h>
#include "net/krb5_io.h"

static struct krb5_client_cfg cfg;
static unsigned waiting;

static void got_ticket(void *ctx, const struct krb5_cred *ticket, const struct krb5_options *o,
	const struct err *err)
{
	struct buf name;

	(void)ctx;
	waiting--;
	if (err) {
		printf("error %d %s\n", err->code, err->text);
		return;
	}
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

static void turn_until_answered(void)
{
	struct err e = { 0 };

	while (waiting)
		BUG_ON(loop_turn(cfg.loop, &e) < 0);
	fflush(stdout);
}

static void command(struct krb5_client *c, struct span line)
{
	struct span rest = line, word = span_cut(&rest, ' ');

	if (span_is(word, "ticket") || span_is(word, "both")) {
		while (rest.n) {
			waiting++;
			krb5_client_ticket(c, span_cut(&rest, ' '), got_ticket, NULL);
		}
	} else if (span_is(word, "likely")) {
		waiting++;
		krb5_client_likely(c, rest, got_likely, NULL);
	} else if (span_is(word, "drop")) {
		krb5_client_ticket(c, rest, got_ticket, &cfg);
		krb5_client_cancel(c, &cfg);
		printf("dropped\n");
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
	static char line[4096];
	int i;

	for (i = 1; i < argc; i++)
		setting(argv[i]);
	cfg.loop = loop_new();
	c = krb5_client_new(&cfg);
	while (read_line(line, sizeof(line)))
		command(c, span_str(line));
	krb5_client_free(c);
	loop_free(cfg.loop);
	return 0;
}
