#include "net/dns_io.h"
#include <stdio.h>
#include "lib/rand.h"
#include "net/krb5_conf.h"
#include "net/sock_io.h"

#define PATIENCE_MS 1000
#define ROUNDS 2
#define JUNK_MAX 8                        /* datagrams that answer nothing, from one server */

static void next_server(void *ctx);

void dns_lookup_stop(struct dns_lookup *d)
{
	if (!d->loop)
		return;
	loop_disarm(d->loop, &d->patience);
	stream_close(d->s);
	d->s = NULL;
}

static void finish(struct dns_lookup *d, const struct dns_srv *srv, int n)
{
	dns_lookup_stop(d);
	d->done(d->ctx, srv, n);
}

static bool put_question(struct dns_lookup *d)
{
	struct buf b;
	bool ok;

	rand_bytes(&d->id, sizeof(d->id));
	buf_init(&b, 512);
	ok = dns_srv_ask(d->id, d->name, &b) && stream_write(d->s, buf_span(&b)) == (long)b.n;
	buf_free(&b);
	return ok;
}

static void ready(void *ctx)
{
	struct dns_srv srv[DNS_SRV_MAX];
	struct dns_lookup *d = ctx;
	uint8_t answer[DNS_ANSWER_MAX];
	long got;
	int n;

	if (d->s->open && !d->sent && !put_question(d)) {
		next_server(d);
		return;
	}
	d->sent = d->s->open;
	while ((got = stream_read(d->s, answer, sizeof(answer))) >= 0 && d->junk++ < JUNK_MAX) {
		n = dns_srv_answer(span_of(answer, (size_t)got), d->id, d->name, srv);
		if (n >= 0) {
			finish(d, srv, n);
			return;
		}
		if (got >= 2 && get_u16be(answer) == d->id)
			break;                    /* an answer, but a failure */
	}
	if (got != E_AGAIN)
		next_server(d);
}

/* As the C library does, a machine that names no server is taken to run its own. */
static bool nameserver(struct dns_lookup *d, struct span *host, uint16_t *port)
{
	if (krb5_conf_nameserver(d->conf, d->server, host, port))
		return true;
	*host = SPAN("127.0.0.1");
	*port = 53;
	return d->server == 0;
}

static void next_server(void *ctx)
{
	struct dns_lookup *d = ctx;
	char name[DNS_NAME_MAX + 1];
	struct span host;
	uint16_t port;

	dns_lookup_stop(d);
	if (!nameserver(d, &host, &port)) {
		d->server = 0;
		d->round++;
		nameserver(d, &host, &port);
	}
	if (d->round == ROUNDS) {
		finish(d, NULL, -1);
		return;
	}
	d->server++;
	d->sent = false;
	d->junk = 0;
	snprintf(name, sizeof(name), "%.*s", SPAN_ARG(host));
	d->s = sock_connect_udp(d->loop, name, port, PATIENCE_MS);
	d->s->ready = ready;
	d->s->ctx = d;
	loop_arm(d->loop, &d->patience, PATIENCE_MS, next_server, d);
}

void dns_lookup_start(struct dns_lookup *d)
{
	d->server = d->round = 0;
	loop_arm(d->loop, &d->patience, 0, next_server, d);
}
