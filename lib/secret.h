/* Passwords and keys: fixed slots in locked pages that no core dump holds, wiped after use. */
#ifndef LIB_SECRET_H
#define LIB_SECRET_H
#include "lib/span.h"

#define SECRET_MAX 1024                                  /* bytes a slot takes */

/* only ever inside a slot: never copied by value */
struct secret { size_t n; uint8_t b[SECRET_MAX]; };

/* No core dumps, not dumpable; closed standard descriptors are filled with what cannot be written,
 * so that no socket becomes one. Call first in main. */
void process_harden(void);
/* an empty slot; oom() when pages run out (64 slots) */
struct secret *secret_new(void);
bool secret_set(struct secret *s, struct span v);        /* false when longer than SECRET_MAX */
void secret_free(struct secret *s);                      /* wipes; NULL is fine */
/* After fork(), which locks nothing in the child: locks the slots in use again. */
void secret_lock_again(void);
/* Wipes what is in all slots, which stay taken: nobody needs them any more. */
void secret_wipe_all(void);
void secret_wipe(void *p, size_t n);                     /* explicit_bzero */
bool secret_eq(const void *a, const void *b, size_t n);  /* constant time */
static inline struct span secret_span(const struct secret *s)
{
	return (struct span){ s->b, s->n };
}
#endif
