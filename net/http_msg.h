/* HTTP/1.1 messages (RFC 9112): requests are written; answers are read by an engine that takes any
 * cut of the input. */
#ifndef NET_HTTP_MSG_H
#define NET_HTTP_MSG_H
#include "lib/buf.h"
#include "lib/err.h"

/* Caps of one answer: status lines, fields, trailer, interim answers included; one line (a Kerberos
 * token of 64 KiB fits as base64); fields. */
#define HTTP_HEAD_MAX 131072
#define HTTP_LINE_MAX 98304
#define HTTP_FIELDS_MAX 128

struct http_post {              /* a POST's head; empty spans leave their field out */
	struct span host;       /* as the user named it: brackets are added, a zone is not sent */
	uint16_t port;
	bool https;
	struct span path;
	struct span auth;       /* Authorization's value */
	struct span type;       /* Content-Type */
	size_t body_len;
};
/* A path as it stands in the request line: what a URI cannot hold becomes %XX, a leading slash is
 * put in. */
void http_msg_put_path(struct buf *out, struct span path);
void http_msg_put_post(struct buf *out, const struct http_post *p);
/* host:port, as CONNECT names a target. */
void http_msg_put_authority(struct buf *out, struct span host, uint16_t port);
/* auth: Proxy-Authorization's value, or none. */
void http_msg_put_connect(struct buf *out, struct span authority, struct span auth);

enum http_ev {
	HTTP_MORE,              /* all was eaten */
	HTTP_HEAD,              /* status and fields are there */
	HTTP_BODY,              /* out: the next piece of the body, inside the caller's bytes */
	HTTP_END,               /* the answer is complete; what is left in `in` belongs to no answer */
	HTTP_BAD,               /* err says why; stays so */
};
enum http_state {
	HTTP_S_STATUS, HTTP_S_FIELD, HTTP_S_LENGTH, HTTP_S_UNTIL_CLOSE, HTTP_S_CHUNK, HTTP_S_DATA,
	HTTP_S_DATA_END, HTTP_S_TRAILER, HTTP_S_DONE, HTTP_S_END, HTTP_S_BAD,
};

struct http_msg {               /* one answer; init anew for the next */
	int status;             /* 200 … 599 */
	bool keep;              /* the connection may carry another request */
	bool tunnel;            /* set after init: the answer is to a CONNECT */
	struct err err;         /* E_PEER, or E_LIMIT for one of the caps; text: "endless headers" */
	size_t head_n;          /* bytes seen of the head, or of the chunk framing since */
	/* the engine's: */
	enum http_state state;
	struct buf head;        /* the fields so far as "name:value\n", then the line being read */
	size_t line_at, field_n;
	bool cr, old;
	uint64_t body_max, body_n, left;
};
void http_msg_init(struct http_msg *m, size_t body_max);
void http_msg_free(struct http_msg *m);
/* One event a call, taking what it needs off the front of *in. Call until HTTP_MORE. */
enum http_ev http_msg_feed(struct http_msg *m, struct span *in, struct span *out);
/* The connection has ended: HTTP_END when that is how the answer ends, else HTTP_BAD. */
enum http_ev http_msg_eof(struct http_msg *m);
/* The nth value of a field by name (any case), trimmed; from HTTP_HEAD on. False when there are
 * no more. */
bool http_msg_field(const struct http_msg *m, const char *name, size_t nth, struct span *value);
#endif
