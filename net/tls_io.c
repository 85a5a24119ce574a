#include "net/tls_io.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include "net/tls_anchor_io.h"
#include "net/tls_eng.h"

#define HOST_MAX 256

struct tls {
	struct stream s;
	struct stream *under;
	struct tls_cfg cfg;
	struct timer patience, nudge;
	char host[HOST_MAX];            /* without brackets and zone */
	struct tls_name name;
	bool ended;                     /* the connection below has */
	bool shut;                      /* by us */
	bool read_waits, write_waits;   /* the owner was told E_AGAIN */
	struct tls_eng eng;
};

/* The reason, if the engine or the connection below has failed. Many servers say nothing when they
 * do not like a handshake. */
static int fail(struct tls *t)
{
	enum tls_eng_state state = tls_eng_state(&t->eng);
	bool cut = t->ended || t->under->err.code || state == TLS_ENG_ENDED;

	if (t->s.err.code)
		return t->s.err.code;
	if (state == TLS_ENG_FAILED) {
		err_copy(&t->s.err, &t->eng.err);
		err_prefix(&t->s.err, "TLS with '%s': ", t->cfg.host);
	} else if (!t->s.open && t->under->open && cut) {
		err_set(&t->s.err, E_TLS, "'%s' closed the connection in the middle of the TLS handshake "
			"without saying why: is TLS 1.2 enabled there, does the listener have a "
			"certificate, or is it a port without TLS?", t->cfg.host);
	} else {
		err_copy(&t->s.err, &t->under->err);
	}
	return t->s.err.code;
}

/* Cipher text as far as the connection takes it; bytes moved, or negative. */
static long send_out(struct tls *t)
{
	struct span out;
	long n, moved = 0;

	while ((out = tls_eng_out(&t->eng)).n) {
		n = stream_write(t->under, out);
		if (n == E_AGAIN)
			break;
		if (n < 0)
			return n;
		tls_eng_sent(&t->eng, (size_t)n);
		moved += n;
	}
	return moved;
}

static long receive_in(struct tls *t)
{
	uint8_t *room;
	size_t n;
	long got;

	room = tls_eng_room(&t->eng, &n);
	if (!n || t->ended)
		return 0;
	got = stream_read(t->under, room, n);
	if (got > 0)
		tls_eng_fed(&t->eng, (size_t)got);
	if (got == 0) {
		t->ended = true;
		return 1;               /* news, too */
	}
	return got == E_AGAIN ? 0 : got;
}

/* Moves cipher text both ways until neither goes. True when anything moved. Receives first: there
 * may be an alert that says why sending is about to fail. */
static bool pump(struct tls *t)
{
	long out, in;
	bool moved = false;

	do {
		in = receive_in(t);
		out = in < 0 ? 0 : send_out(t);
		moved = moved || out > 0 || in > 0;
	} while (out >= 0 && in >= 0 && (out || in));
	/* A connection that is gone does no harm once the server has said goodbye. */
	if ((out < 0 || in < 0) && tls_eng_state(&t->eng) != TLS_ENG_ENDED)
		fail(t);
	return moved;
}

static void nudged(void *ctx)
{
	struct tls *t = ctx;

	t->s.ready(t->s.ctx);
}

/* What one direction waits for may have come while the other moved bytes. */
static void nudge_if(struct tls *t, bool *waits)
{
	if (*waits)
		loop_arm(t->cfg.loop, &t->nudge, 0, nudged, t);
	*waits = false;
}

static void too_slow(void *ctx)
{
	struct tls *t = ctx;

	err_set(&t->s.err, E_NET, "no answer from '%s' in the TLS handshake within %u s: is it TLS "
		"that listens there?", t->cfg.host, (t->cfg.handshake_ms + 999) / 1000);
	t->s.ready(t->s.ctx);
}

static void judge(struct tls *t)
{
	const int64_t now = loop_unix_us() / 1000000;
	const struct tls_trust *trust = t->cfg.trust;
	struct tls_anchor anchors;
	int r = tls_x509_pinned(&t->eng.chain, trust, t->cfg.host, &t->s.err);

	if (r > 0) {
		tls_anchor_init(&anchors, &t->eng.chain);
		r = tls_anchor_load(&anchors, trust->ca_file, &t->s.err);
		if (r == 0)
			r = tls_x509_judge(&t->eng.chain, trust, &anchors, &t->name, t->cfg.host, now,
				&t->s.err);
		tls_anchor_free(&anchors);
	}
	if (r == 0)
		tls_eng_accept(&t->eng);
}

static void shake(struct tls *t)
{
	if (t->under->open && !t->patience.link)
		loop_arm(t->cfg.loop, &t->patience, t->cfg.handshake_ms, too_slow, t);
	pump(t);
	if (!t->s.err.code && tls_eng_state(&t->eng) == TLS_ENG_CERT) {
		judge(t);
		if (!t->s.err.code)
			pump(t);
	}
	t->s.open = !t->s.err.code && tls_eng_state(&t->eng) == TLS_ENG_OPEN;
	if (!t->s.open && !fail(t))
		return;
	loop_disarm(t->cfg.loop, &t->patience);
	t->read_waits = true;           /* the answer may come while the first request is written */
	t->s.ready(t->s.ctx);
}

static void under_ready(void *ctx)
{
	struct tls *t = ctx;

	if (t->s.err.code)
		return;                 /* told already */
	if (!t->s.open) {
		shake(t);
		return;
	}
	if (send_out(t) < 0 && tls_eng_state(&t->eng) != TLS_ENG_ENDED)
		fail(t);
	t->s.ready(t->s.ctx);
}

static long tls_read(struct stream *s, uint8_t *p, size_t n)
{
	struct tls *t = (struct tls *)s;
	struct span plain;

	if (s->err.code || !s->open)
		return s->err.code ? s->err.code : E_AGAIN;
	do {
		plain = span_sub(tls_eng_plain(&t->eng), 0, n);
		if (plain.n) {
			memcpy(p, plain.p, plain.n);
			tls_eng_got(&t->eng, plain.n);
			return (long)plain.n;
		}
		if (fail(t))
			return s->err.code;
		if (tls_eng_state(&t->eng) == TLS_ENG_ENDED || (t->ended && t->shut))
			return 0;
		if (t->ended)
			return err_set(&s->err, E_NET, "the connection to '%s' was cut off: it ended without "
				"TLS's goodbye", t->cfg.host);
	} while (pump(t));
	if (s->err.code)
		return s->err.code;
	t->read_waits = true;
	nudge_if(t, &t->write_waits);
	return E_AGAIN;
}

static long tls_write(struct stream *s, struct span in)
{
	struct tls *t = (struct tls *)s;
	size_t n;

	if (s->err.code || !s->open)
		return s->err.code ? s->err.code : E_AGAIN;
	do {
		n = tls_eng_put(&t->eng, in);
		if (n) {
			tls_eng_flush(&t->eng);
			pump(t);
			nudge_if(t, &t->read_waits);
			return (long)n;
		}
		if (fail(t))
			return s->err.code;
		if (tls_eng_state(&t->eng) == TLS_ENG_ENDED)
			return err_set(&s->err, E_NET, "'%s' closed the connection", t->cfg.host);
	} while (pump(t));
	if (s->err.code)
		return s->err.code;
	t->write_waits = true;
	return E_AGAIN;
}

static void tls_shut(struct stream *s)
{
	struct tls *t = (struct tls *)s;

	if (!s->open || s->err.code || t->shut)
		return;
	t->shut = true;
	tls_eng_flush(&t->eng);
	tls_eng_close(&t->eng);
	pump(t);
}

static void tls_close(struct stream *s)
{
	struct tls *t = (struct tls *)s;

	tls_shut(s);
	stream_close(t->under);
	loop_disarm(t->cfg.loop, &t->patience);
	loop_disarm(t->cfg.loop, &t->nudge);
	tls_eng_free(&t->eng);
	free(t);
}

static const struct stream_ops tls_ops = { tls_read, tls_write, tls_shut, tls_close };

/* The host as certificates name it: an address in binary, a name without the root's dot. */
static void set_name(struct tls *t, struct span host)
{
	char *zone;
	size_t n;

	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = span_sub(host, 1, host.n - 2);
	if (span_is(host, "."))
		host = SPAN("localhost");
	if (host.n && host.p[host.n - 1] == '.')
		host.n--;
	n = host.n < HOST_MAX ? host.n : HOST_MAX - 1;
	memcpy(t->host, host.p, n);
	if (inet_pton(AF_INET, t->host, t->name.ip) == 1)
		t->name.ip_n = 4;
	zone = strchr(t->host, ':') ? strchr(t->host, '%') : NULL;
	if (zone)
		*zone = 0;
	if (inet_pton(AF_INET6, t->host, t->name.ip) == 1)
		t->name.ip_n = 16;
	t->name.dns = span_str(t->host);
}

struct stream *tls_io_new(struct stream *under, const struct tls_cfg *cfg)
{
	struct tls *t = calloc(1, sizeof(*t));

	if (!t)
		oom();
	t->s.ops = &tls_ops;
	t->under = under;
	t->cfg = *cfg;
	set_name(t, span_str(cfg->host));
	tls_eng_init(&t->eng, t->name.ip_n ? NULL : t->host, cfg->client);
	under->ready = under_ready;
	under->ctx = t;
	loop_arm(cfg->loop, &t->nudge, 0, under_ready, t);      /* it may be open already */
	if (under->open)                /* nothing of it may come before we have spoken */
		loop_arm(cfg->loop, &t->nudge, 0, under_ready, t);
	return &t->s;
}

bool tls_io_binding(const struct stream *s, uint8_t out[16])
{
	if (s->ops != &tls_ops || !s->open)
		return false;
	memcpy(out, ((const struct tls *)s)->eng.chain.binding, 16);
	return true;
}
