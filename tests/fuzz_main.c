/* Runs a fuzz entry without libFuzzer: each file of the corpus twice, so that state left behind
 * shows, then mutated; the same every time. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUTATIONS 200

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint32_t any(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return below ? (uint32_t)(seed >> 32) % below : 0;
}

/* Some bytes changed, and perhaps the end cut off; in a block of its own for ASan. */
static void run_mutated(const uint8_t *p, size_t n)
{
	size_t len = any(4) ? n : any((uint32_t)n), i;
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	memcpy(copy, p, len);
	for (i = any(8); len && i; i--)
		copy[any((uint32_t)len)] = any(2) ? p[any((uint32_t)n)] : (uint8_t)any(256);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

int main(int argc, char **argv)
{
	static uint8_t data[1 << 16];
	size_t n;
	FILE *f;
	int i, j;

	for (i = 1; i < argc; i++) {
		f = fopen(argv[i], "rb");
		if (!f) {
			printf("not ok %s: cannot be read\n", argv[i]);
			return 1;
		}
		n = fread(data, 1, sizeof(data), f);
		fclose(f);
		LLVMFuzzerTestOneInput(data, n);
		LLVMFuzzerTestOneInput(data, n);
		for (j = 0; j < MUTATIONS; j++)
			run_mutated(data, n);
	}
	printf("%s: %d passed, 0 failed\n", argv[0], argc - 1);
	return argc < 2;
}
