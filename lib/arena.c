#include "lib/arena.h"
#include <stdalign.h>
#include <stddef.h>
#include <stdlib.h>
#include "lib/err.h"
#include "lib/secret.h"

struct arena_block {
	struct arena_block *next;
	size_t size, used;
	alignas(max_align_t) uint8_t data[];
};

#define SMALL 4096
#define LARGE 65536

void arena_init(struct arena *a, size_t cap)
{
	*a = (struct arena){ .cap = cap };
}

static struct arena_block *add_block(struct arena *a, size_t n)
{
	size_t size = a->used < LARGE ? SMALL : LARGE;
	struct arena_block *b, *top = a->top;
	bool own = n > size / 4;        /* a big piece has its own block, behind the one being filled */

	if (own)
		size = n;
	b = malloc(sizeof(*b) + size);
	if (!b)
		oom();
	b->size = size;
	b->used = 0;
	b->next = own && top ? top->next : top;
	if (own && top)
		top->next = b;
	else
		a->top = b;
	return b;
}

static void *take(struct arena *a, size_t n, size_t align)
{
	struct arena_block *b = a->top;
	size_t at = b ? (b->used + align - 1) & ~(align - 1) : 0;

	if (a->failed || n > a->cap - a->used) {
		a->failed = true;
		return NULL;
	}
	if (!b || at > b->size || n > b->size - at) {
		b = add_block(a, n);
		at = 0;
	}
	b->used = at + n;
	a->used += n;
	return b->data + at;
}

void *arena_alloc(struct arena *a, size_t n)
{
	void *p = take(a, n, alignof(max_align_t));

	return p ? memset(p, 0, n) : NULL;
}

bool arena_dup(struct arena *a, struct span s, struct span *out)
{
	uint8_t *p = take(a, s.n, 1);

	if (!p)
		return false;
	if (s.n)
		memcpy(p, s.p, s.n);
	*out = span_of(p, s.n);
	return true;
}

char *arena_str(struct arena *a, struct span s)
{
	char *p = take(a, s.n == SIZE_MAX ? s.n : s.n + 1, 1);

	if (!p)
		return NULL;
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = 0;
	return p;
}

static void drop(struct arena *a, bool wipe, bool keep)
{
	struct arena_block *b = a->top, *next, *kept = NULL;

	for (; b; b = next) {
		next = b->next;
		if (wipe)
			secret_wipe(b->data, b->size);
		if (keep && !kept && b->size == SMALL) {
			kept = b;
			b->used = 0;
		} else {
			free(b);
		}
	}
	if (kept)
		kept->next = NULL;
	a->top = kept;
	a->used = 0;
	a->failed = false;
}

void arena_reset(struct arena *a)
{
	drop(a, false, true);
}

void arena_wipe(struct arena *a)
{
	drop(a, true, true);
}

void arena_free(struct arena *a)
{
	drop(a, false, false);
}
