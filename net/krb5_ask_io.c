#include "net/krb5_ask_io.h"
#include "net/krb5_msg.h"
#include "net/sock_io.h"

#define NEXT_MS 1000                      /* a KDC's head start before the next one */
#define AGAIN_MS 1000                     /* after which a datagram is sent once more */
#define TCP_MS 1500                       /* after that: perhaps UDP does not get through */
#define UDP_MAX 1400                      /* a longer question would travel in fragments */
#define ANSWER_MAX 262144
#define JUNK_MAX 8
#define UNAVAILABLE 29                    /* KDC_ERR_SVC_UNAVAILABLE, RFC 4120 7.5.9 */

static void start_next(void *ctx);

static void close_one(struct krb5_ask_one *o)
{
	loop_disarm(o->a->loop, &o->timer);
	stream_close(o->udp);
	stream_close(o->tcp);
	o->udp = o->tcp = NULL;
	buf_free(&o->in);
}

void krb5_ask_stop(struct krb5_ask *a)
{
	unsigned i;

	if (!a->loop)
		return;
	loop_disarm(a->loop, &a->next);
	for (i = 0; i < a->begun; i++)
		close_one(&a->one[i]);
	a->begun = a->failed = 0;
}

void krb5_ask_free(struct krb5_ask *a)
{
	krb5_ask_stop(a);
	buf_free(&a->question);
	buf_free(&a->answer);
}

static void finish(struct krb5_ask *a, struct span answer)
{
	krb5_ask_stop(a);
	a->done(a->ctx, answer);
}

static void fail(struct krb5_ask_one *o)
{
	struct krb5_ask *a = o->a;

	close_one(o);
	a->failed++;
	if (a->begun < a->host_n)
		start_next(a);
	else if (a->failed == a->host_n)
		finish(a, SPAN_NONE);
}

static void succeed(struct krb5_ask_one *o, struct span answer)
{
	struct krb5_ask *a = o->a;
	struct krb5_host first = a->host[0];
	size_t i = (size_t)(o - a->one);

	a->host[0] = a->host[i];
	a->host[i] = first;
	buf_clear(&a->answer);
	buf_put(&a->answer, answer);
	finish(a, buf_span(&a->answer));
}

/* KRB-ERROR's code, 0 for other messages */
static int32_t error_code(struct span msg)
{
	struct krb5_error ke;

	return krb5_msg_type(msg) == KRB5_ERROR && krb5_get_error(msg, &ke) ? ke.code : 0;
}

/* Length and message are there. */
static bool tcp_whole(struct krb5_ask_one *o)
{
	return o->in.n >= 4 && o->in.n - 4 >= get_u32be(o->in.p);
}

static void tcp_answer(struct krb5_ask_one *o)
{
	struct span msg = span_sub(buf_span(&o->in), 4, get_u32be(o->in.p));

	if (!krb5_msg_type(msg) || error_code(msg) == UNAVAILABLE)
		fail(o);
	else
		succeed(o, msg);
}

static void tcp_ready(void *ctx)
{
	struct krb5_ask_one *o = ctx;
	struct span q = buf_span(&o->a->question);
	uint8_t piece[4096];
	long n = 0;

	while (o->sent < q.n && (n = stream_write(o->tcp, span_sub(q, o->sent, q.n))) > 0)
		o->sent += (size_t)n;
	while ((n >= 0 || n == E_AGAIN) && !tcp_whole(o) &&
	       (n = stream_read(o->tcp, piece, sizeof(piece))) > 0)
		buf_put(&o->in, span_of(piece, (size_t)n));
	if (tcp_whole(o)) {
		tcp_answer(o);
	} else if (n != E_AGAIN || buf_failed(&o->in) ||
	           (o->in.n >= 4 && get_u32be(o->in.p) > ANSWER_MAX)) {
		stream_close(o->tcp);
		o->tcp = NULL;
		if (!o->udp)
			fail(o);
	}
}

static void start_tcp(struct krb5_ask_one *o)
{
	struct krb5_host *h = &o->a->host[o - o->a->one];

	if (o->tcp)
		return;
	buf_free(&o->in);
	buf_init(&o->in, ANSWER_MAX + 4);
	o->sent = 0;
	o->tcp = sock_connect(o->a->loop, h->name, h->port, KRB5_PATIENCE_MS);
	o->tcp->ready = tcp_ready;
	o->tcp->ctx = o;
}

static void end_udp(struct krb5_ask_one *o)
{
	stream_close(o->udp);
	o->udp = NULL;
	start_tcp(o);
}

static void send_udp(struct krb5_ask_one *o)
{
	struct span q = buf_span(&o->a->question);

	if (o->udp && o->udp->open)
		(void)stream_write(o->udp, span_sub(q, 4, q.n));
}

static void udp_ready(void *ctx)
{
	struct krb5_ask_one *o = ctx;
	uint8_t datagram[65536];
	struct span msg;
	long n;

	if (o->stage == 0 && o->udp->open) {
		o->stage = 1;
		send_udp(o);
	}
	while ((n = stream_read(o->udp, datagram, sizeof(datagram))) >= 0 && o->junk++ < JUNK_MAX) {
		msg = span_of(datagram, (size_t)n);
		if (!krb5_msg_type(msg))
			continue;
		if (error_code(msg) == KRB5_E_RESPONSE_TOO_BIG)
			break;
		if (error_code(msg) == UNAVAILABLE)
			fail(o);
		else
			succeed(o, msg);
		return;
	}
	if (n != E_AGAIN)
		end_udp(o);
}

static void give_up(void *ctx)
{
	fail(ctx);
}

static void try_tcp(void *ctx)
{
	struct krb5_ask_one *o = ctx;

	start_tcp(o);
	loop_arm(o->a->loop, &o->timer, KRB5_PATIENCE_MS - AGAIN_MS - TCP_MS, give_up, o);
}

static void send_again(void *ctx)
{
	struct krb5_ask_one *o = ctx;

	send_udp(o);
	loop_arm(o->a->loop, &o->timer, TCP_MS, try_tcp, o);
}

static void start_next(void *ctx)
{
	struct krb5_ask *a = ctx;
	struct krb5_ask_one *o = &a->one[a->begun];
	struct krb5_host *h = &a->host[a->begun];

	a->begun++;
	*o = (struct krb5_ask_one){ .a = a };
	if (a->question.n - 4 > UDP_MAX) {
		start_tcp(o);
		loop_arm(a->loop, &o->timer, KRB5_PATIENCE_MS, give_up, o);
	} else {
		o->udp = sock_connect_udp(a->loop, h->name, h->port, KRB5_PATIENCE_MS);
		o->udp->ready = udp_ready;
		o->udp->ctx = o;
		loop_arm(a->loop, &o->timer, AGAIN_MS, send_again, o);
	}
	if (a->begun < a->host_n)
		loop_arm(a->loop, &a->next, NEXT_MS, start_next, a);
	else
		loop_disarm(a->loop, &a->next);
}

void krb5_ask_start(struct krb5_ask *a, struct span msg)
{
	uint8_t len[4];

	BUG_ON(!a->host_n || a->host_n > KRB5_HOSTS_MAX);
	krb5_ask_stop(a);
	put_u32be(len, (uint32_t)msg.n);
	buf_free(&a->question);
	buf_init(&a->question, msg.n + 4);
	buf_put(&a->question, span_of(len, 4));
	buf_put(&a->question, msg);
	buf_free(&a->answer);
	buf_init(&a->answer, ANSWER_MAX);
	loop_arm(a->loop, &a->next, 0, start_next, a);
}
