/* What params.c (binding) and params_syntax.c share. */
#ifndef CORE_PARAMS_INT_H
#define CORE_PARAMS_INT_H
#include "core/params.h"

/* Calls each row, groups expanded, with the offset that its field has in the outer struct. */
void params_each(const struct param *table, size_t base,
	void (*row)(void *, const struct param *, size_t), void *ctx);
/* 1 + its position in these sets, or 0. */
int params_position(const struct param *p, uint32_t sets);
#endif
