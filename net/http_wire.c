#include "net/http_wire.h"
#include "net/http_why.h"
#include "net/sock_io.h"

#define STALL_MS 60000                  /* no progress in the middle of a request or an answer */
#define REQUEST_MAX (64u << 20)

void http_wire_init(struct http_wire *w, struct loop *l, const char *host, uint16_t port,
	size_t body_max, void (*event)(void *ctx, enum http_wire_ev ev), void *ctx)
{
	*w = (struct http_wire){ .loop = l, .host = host, .port = port, .body_max = body_max,
		.event = event, .ctx = ctx };
	buf_init_secret(&w->out, REQUEST_MAX);
	buf_init(&w->body, body_max);
	http_msg_init(&w->msg, body_max);
}

void http_wire_drop(struct http_wire *w)
{
	stream_close(w->stream);
	w->stream = NULL;
	w->used = w->alive = w->busy = w->secure = false;
	loop_disarm(w->loop, &w->patience);
}

void http_wire_rest(struct http_wire *w)
{
	w->busy = false;
	w->err = (struct err){ 0 };
	w->out_n = 0;
	buf_free(&w->out);
	buf_free(&w->body);
	http_msg_free(&w->msg);
	loop_disarm(w->loop, &w->patience);
}

void http_wire_free(struct http_wire *w)
{
	http_wire_drop(w);
	http_wire_rest(w);
}

static void tell(struct http_wire *w, enum http_wire_ev ev)
{
	w->busy = false;
	loop_disarm(w->loop, &w->patience);
	w->event(w->ctx, ev);
}

static void too_slow(void *ctx)
{
	struct http_wire *w = ctx;

	if (w->out_n < w->out.n)
		err_set(&w->err, E_NET, "'%s' has taken no more of a request for %u s: is the network "
			"still up?", w->host, STALL_MS / 1000);
	else if (w->msg.head_n)
		err_set(&w->err, E_NET, "'%s' stopped for %u s in the middle of an answer: is the network "
			"still up?", w->host, STALL_MS / 1000);
	else
		err_set(&w->err, E_NET, "no answer from '%s' port %u within %u s: is it still up?",
			w->host, w->port, (w->answer_ms + 999) / 1000);
	tell(w, HTTP_WIRE_LOST);
}

static void be_patient(struct http_wire *w, uint32_t ms)
{
	if (ms)
		loop_arm(w->loop, &w->patience, ms, too_slow, w);
	else
		loop_disarm(w->loop, &w->patience);
}

/* The stream failed, as its err tells. Windows resets what speaks plainly where it wants TLS. */
static void lost(struct http_wire *w)
{
	const struct err *why = &w->stream->err;
	bool stranger = w->stream->open && !w->known && !w->secure && why->code == E_NET;

	err_set(&w->err, why->code, "%s%s", why->text, stranger ? ", or with -UseSSL" : "");
	tell(w, HTTP_WIRE_LOST);
}

static void flush(struct http_wire *w)
{
	while (w->out_n < w->out.n) {
		struct span rest = span_sub(buf_span(&w->out), w->out_n, w->out.n);
		long n = stream_write(w->stream, rest);

		if (n == E_AGAIN)
			return;
		if (n < 0) {
			lost(w);
			return;
		}
		w->out_n += (size_t)n;
		be_patient(w, w->out_n < w->out.n ? STALL_MS : w->answer_ms);
	}
	buf_free(&w->out);              /* an answer may take long, and Basic's password is in there */
}

/* The connection can take another request when nothing is behind the answer and the whole request
 * was taken. The read also makes the stream tell when the server closes it later. */
static bool still_alive(struct http_wire *w, struct span rest)
{
	uint8_t more;

	if (!w->msg.keep || rest.n || w->out_n < w->out.n)
		return false;
	w->cut = stream_read(w->stream, &more, 1) != E_AGAIN;
	return !w->cut;
}

/* The engine refused the answer, or it was cut off. last: what it was fed last. */
static void bad_answer(struct http_wire *w, struct span last)
{
	w->cut = !last.n;
	if (!w->secure && w->msg.head_n && w->msg.head_n <= last.n)
		http_why_stranger(last, w->host, w->port, &w->err);
	if (!w->msg.head_n && w->used)
		err_set(&w->err, E_NET, "'%s' closed the connection without an answer: try again, and see "
			"whether WinRM runs there", w->host);
	else
		err_set(&w->err, w->msg.err.code, "unusable answer from '%s' port %u (%s): is it WinRM "
			"that listens there%s?", w->host, w->port, w->msg.err.text,
			w->msg.head_n || w->known || w->secure ? "" : ", or does it want -UseSSL");
	tell(w, HTTP_WIRE_LOST);
}

/* Feeds the engine what came; n = 0 is the connection's end. False when an event came of it. */
static bool feed(struct http_wire *w, const uint8_t *bytes, size_t n)
{
	struct span in = span_of(bytes, n), out;
	enum http_ev ev;

	while ((ev = http_msg_feed(&w->msg, &in, &out)) == HTTP_HEAD || ev == HTTP_BODY) {
		if (ev == HTTP_BODY)
			buf_put(&w->body, out);
	}
	if (ev == HTTP_MORE && !n)
		ev = http_msg_eof(&w->msg);
	if (ev == HTTP_MORE) {
		be_patient(w, STALL_MS);
		return true;
	}
	if (ev == HTTP_BAD) {
		bad_answer(w, span_of(bytes, n));
		return false;
	}
	w->alive = n && still_alive(w, in);
	w->used = w->known = true;
	tell(w, HTTP_WIRE_ANSWER);
	return false;
}

/* Between requests only the end can come; anything else makes the connection useless, too. */
bool http_wire_check(struct http_wire *w)
{
	uint8_t byte;

	if (w->stream && stream_read(w->stream, &byte, 1) != E_AGAIN)
		http_wire_drop(w);
	return w->stream != NULL;
}

static void stream_ready(void *ctx)
{
	struct http_wire *w = ctx;
	uint8_t bytes[16384];
	long n;

	if (!w->busy) {
		http_wire_check(w);
		return;
	}
	do {
		n = stream_read(w->stream, bytes, sizeof(bytes));
		if (n < 0 && n != E_AGAIN) {
			lost(w);
			return;
		}
	} while (n != E_AGAIN && feed(w, bytes, (size_t)n));
	if (n == E_AGAIN)
		flush(w);
}

static void connected(void *ctx)
{
	struct http_wire *w = ctx;

	if (w->stream->err.code) {
		lost(w);
		return;
	}
	w->stream->ready = stream_ready;
	tell(w, HTTP_WIRE_OPEN);
}

void http_wire_connect(struct http_wire *w, uint32_t connect_ms)
{
	w->err = (struct err){ 0 };
	w->stream = sock_connect(w->loop, w->host, w->port, connect_ms);
	w->stream->ready = connected;
	w->stream->ctx = w;
}

void http_wire_secure(struct http_wire *w, const struct tls_cfg *tls)
{
	w->secure = true;
	w->stream = tls_io_new(w->stream, tls);
	w->stream->ready = connected;
	w->stream->ctx = w;
}

void http_wire_send(struct http_wire *w, uint32_t answer_ms)
{
	w->busy = true;
	w->alive = w->cut = false;
	w->out_n = 0;
	w->answer_ms = answer_ms;
	buf_clear(&w->body);
	http_msg_free(&w->msg);
	http_msg_init(&w->msg, w->body_max);
	w->msg.tunnel = w->tunnel;
	be_patient(w, STALL_MS);
	flush(w);
}
