/* Allocator for one message: many small pieces, one cap, freed at once. Running over the cap is
 * sticky until the next reset, so that a builder of a tree checks arena_failed() once at its
 * end. */
#ifndef LIB_ARENA_H
#define LIB_ARENA_H
#include "lib/span.h"

struct arena_block;
struct arena { struct arena_block *top; size_t used, cap; bool failed; };

void arena_init(struct arena *a, size_t cap);
/* zeroed, aligned for any type; NULL over the cap */
void *arena_alloc(struct arena *a, size_t n);
bool arena_dup(struct arena *a, struct span s, struct span *out);   /* copy; false over the cap */
char *arena_str(struct arena *a, struct span s);         /* copy with a NUL; NULL over the cap */
/* forget all pieces; keeps at most one small block */
void arena_reset(struct arena *a);
/* the same, bytes overwritten first (held secrets) */
void arena_wipe(struct arena *a);
void arena_free(struct arena *a);
static inline bool arena_failed(const struct arena *a) { return a->failed; }
#endif
