/* Bytes both ways over a socket, TLS or a child's pipes: non-blocking, one vtable. */
#ifndef NET_STREAM_H
#define NET_STREAM_H
#include "lib/err.h"
#include "lib/span.h"

struct stream;
struct stream_ops {
	/* Bytes read, 0 at the end, E_AGAIN, or a failure (already recorded in stream->err). */
	long (*read)(struct stream *s, uint8_t *p, size_t n);
	long (*write)(struct stream *s, struct span in);  /* bytes taken, E_AGAIN, or a failure */
	/* No more writes: half-close, what is queued still goes out. */
	void (*shut)(struct stream *s);
	/* Ends and frees, also from inside ready(); kills and reaps a child. */
	void (*close)(struct stream *s);
};
struct stream {                 /* first member of each implementation */
	const struct stream_ops *ops;
	/* Connected, or reading or writing may go on, or it failed (then err.code is set). Read and
	 * write until E_AGAIN: ready() comes again only for what last said E_AGAIN (for reading also
	 * once at the start). So who leaves bytes unread holds the peer back, and goes on by calling
	 * stream_read() when there is room. */
	void (*ready)(void *ctx);
	void *ctx;
	struct err err;
	bool open;              /* connection established */
};
static inline long stream_read(struct stream *s, uint8_t *p, size_t n)
{
	return s->ops->read(s, p, n);
}
static inline long stream_write(struct stream *s, struct span in)
{
	return s->ops->write(s, in);
}
static inline void stream_shut(struct stream *s)
{
	s->ops->shut(s);
}
static inline void stream_close(struct stream *s)
{
	if (s)
		s->ops->close(s);
}
#endif
