/* A folder of sessions for tests. */
#ifndef CORE_KEEPER_DIR_TEST_H
#define CORE_KEEPER_DIR_TEST_H
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/keeper_dir_io.h"
#include "tests/unit.h"

static char base[64], folder[512];
static struct err e;

static inline int rm(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st, (void)type, (void)f;
	return remove(path);
}

/* A new place for the folder, which is not there yet. */
static inline void begin(void)
{
	if (base[0])
		nftw(base, rm, 8, FTW_DEPTH | FTW_PHYS);
	snprintf(base, sizeof(base), "/tmp/keeper-test-XXXXXX");
	CHECK(mkdtemp(base));
	snprintf(folder, sizeof(folder), "%s/sessions", base);
	setenv("PSSESSION_DIR", folder, 1);
	e = (struct err){ 0 };
}

static inline void __attribute__((destructor)) clean(void)
{
	if (base[0])
		nftw(base, rm, 8, FTW_DEPTH | FTW_PHYS);
}

static char *path_of(const char *name)
{
	static char path[600];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static inline bool there(const char *name)
{
	struct stat st;

	return lstat(path_of(name), &st) == 0;
}

static inline size_t ids(int32_t v[8])
{
	size_t n = 99;

	CHECK_INT(keeper_ids(v, 8, &n, &e), 0);
	return n;
}

#endif
