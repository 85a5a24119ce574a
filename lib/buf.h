/* Growable bytes with a maximum; old blocks are wiped when marked secret. Running over the maximum
 * is sticky: later puts do nothing, so a writer checks buf_failed() once at its end. Out of memory
 * ends the process (oom()). */
#ifndef LIB_BUF_H
#define LIB_BUF_H
#include "lib/span.h"

struct buf { uint8_t *p; size_t n, cap, max; bool secret, failed; };

void buf_init(struct buf *b, size_t max);                /* allocates nothing yet */
void buf_init_secret(struct buf *b, size_t max);         /* wiped on growth, clear and free */
/* back to the state after init; wipes if secret */
void buf_free(struct buf *b);
/* n = 0, failed = false, memory kept (wiped if secret) */
void buf_clear(struct buf *b);
void buf_put(struct buf *b, struct span s);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, uint8_t c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* n writable bytes at the end, or NULL over the maximum; then buf_add */
uint8_t *buf_room(struct buf *b, size_t n);
void buf_add(struct buf *b, size_t n);                   /* n bytes of the room were filled */
void buf_drop(struct buf *b, size_t n);                  /* forget the first n bytes */
/* n bytes from `from` on become `with`, which lies elsewhere; false over the maximum: as it was. */
bool buf_splice(struct buf *b, size_t from, size_t n, struct span with);
/* NUL put behind the content (not counted); valid until the next change */
const char *buf_cstr(struct buf *b);
static inline struct span buf_span(const struct buf *b) { return (struct span){ b->p, b->n }; }
static inline bool buf_failed(const struct buf *b) { return b->failed; }
#endif
