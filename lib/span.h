/* A read-only view of bytes, and fixed-width integers with the byte order in the name. Owns
 * nothing. */
#ifndef LIB_SPAN_H
#define LIB_SPAN_H
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct span { const uint8_t *p; size_t n; };

#define SPAN(lit) ((struct span){ (const uint8_t *)("" lit), sizeof(lit) - 1 })
#define SPAN_NONE ((struct span){ NULL, 0 })
#define SPAN_ARG(s) (int)(s).n, (const char *)(s).p       /* for "%.*s" */

static inline struct span span_of(const void *p, size_t n) { return (struct span){ p, n }; }
static inline struct span span_str(const char *s) { return span_of(s, s ? strlen(s) : 0); }
bool span_eq(struct span a, struct span b);
bool span_eq_ci(struct span a, struct span b);            /* ASCII case ignored */
bool span_is(struct span a, const char *lit);             /* equal to a C string */
bool span_is_ci(struct span a, const char *lit);          /* the same, ASCII case ignored */
bool span_starts(struct span a, const char *lit);
bool span_starts_ci(struct span a, const char *lit);
/* Part from off, at most n bytes, clipped to what is there. */
struct span span_sub(struct span a, size_t off, size_t n);
/* Index of the first byte c, or a.n. */
size_t span_find(struct span a, uint8_t c);
/* Index of needle, or a.n. */
size_t span_search(struct span a, struct span needle);
/* without ASCII white space at both ends */
struct span span_trim(struct span a);
/* Cuts *a at the first c: returns what stood before it, *a becomes what follows (empty at the
 * end). */
struct span span_cut(struct span *a, uint8_t c);
/* A peer's offset and length inside whole: false when it does not fit (compares, never adds). */
bool field_in(struct span whole, size_t off, size_t len, struct span *out);

uint16_t get_u16le(const uint8_t *p);
uint32_t get_u32le(const uint8_t *p);
uint64_t get_u64le(const uint8_t *p);
uint16_t get_u16be(const uint8_t *p);
uint32_t get_u32be(const uint8_t *p);
uint64_t get_u64be(const uint8_t *p);
void put_u16le(uint8_t *p, uint16_t v);
void put_u32le(uint8_t *p, uint32_t v);
void put_u64le(uint8_t *p, uint64_t v);
void put_u16be(uint8_t *p, uint16_t v);
void put_u32be(uint8_t *p, uint32_t v);
void put_u64be(uint8_t *p, uint64_t v);
#endif
