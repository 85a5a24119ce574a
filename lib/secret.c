#include "lib/secret.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "lib/err.h"

#define SLOTS 64

static struct secret *slots;
static uint64_t taken;                  /* a bit per slot */

void process_harden(void)
{
	const struct rlimit none = { 0, 0 };

	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0 && open("/", O_RDONLY) < 0)
			_exit(2);
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Fresh anonymous pages: never part of the heap, so no allocator copies or recycles them. */
static struct secret *map_slots(void)
{
	void *p = mmap(NULL, SLOTS * sizeof(struct secret), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	madvise(p, SLOTS * sizeof(struct secret), MADV_DONTDUMP);
	return p;
}

/* Slot by slot, because the usual limit is 64 KiB; without the right to lock we still go on. Not
 * through mlock(), which the sanitizers make do nothing. */
static void lock(const struct secret *s)
{
	syscall(SYS_mlock, s, sizeof(*s));
}

struct secret *secret_new(void)
{
	unsigned i = 0;

	if (!slots)
		slots = map_slots();
	while (i < SLOTS && (taken >> i & 1))
		i++;
	if (!slots || i == SLOTS)
		oom();
	taken |= (uint64_t)1 << i;
	lock(&slots[i]);
	return &slots[i];
}

bool secret_set(struct secret *s, struct span v)
{
	if (v.n > SECRET_MAX)
		return false;
	secret_wipe(s->b, sizeof(s->b));
	if (v.n)
		memcpy(s->b, v.p, v.n);
	s->n = v.n;
	return true;
}

void secret_free(struct secret *s)
{
	if (!s)
		return;
	BUG_ON(s < slots || s >= slots + SLOTS || !(taken >> (s - slots) & 1));
	secret_wipe(s, sizeof(*s));
	taken &= ~((uint64_t)1 << (s - slots));
}

void secret_lock_again(void)
{
	for (unsigned i = 0; i < SLOTS; i++)
		if (taken >> i & 1)
			lock(&slots[i]);
}

void secret_wipe_all(void)
{
	if (slots)
		secret_wipe(slots, SLOTS * sizeof(*slots));
}

void secret_wipe(void *p, size_t n)
{
	explicit_bzero(p, n);
}

bool secret_eq(const void *a, const void *b, size_t n)
{
	const volatile uint8_t *x = a, *y = b;
	uint8_t diff = 0;
	size_t i;

	for (i = 0; i < n; i++)
		diff |= x[i] ^ y[i];
	return diff == 0;
}
