/* What params.c (binding), params_value.c (conversion) and params_syntax.c share. */
#ifndef CORE_PARAMS_INT_H
#define CORE_PARAMS_INT_H
#include "core/params.h"

#define PARAM_MAX 64                      /* rows of one command, groups expanded */

struct params_row {
	const struct param *p;
	void *field;
	bool given;
	uint64_t *mask, bit;              /* where its table keeps what was given; NULL = nowhere */
};
struct params {
	struct params_row row[PARAM_MAX];
	size_t row_n;
	const struct param *given_row;    /* the PARAM_GIVEN of the table that rows come from now */
	uint64_t *given;
	char *base;
	struct arena *arena;
	struct err *err;
	int argc, at;
	char **argv;
	uint32_t fits, lone;              /* sets still possible; PARAMS_LONE or 0 */
	struct span late;                 /* a name that two rows have, bound when the others are */
	const char *late_value;
};

/* Text to the type of the row, into its field. NULL only for a switch: it stands alone. */
int params_value(struct params *b, const struct params_row *r, const char *value) MUST_CHECK;
/* Calls each row, groups expanded, with the offset that its field has in the outer struct. */
void params_each(const struct param *table, size_t base,
	void (*row)(void *, const struct param *, size_t), void *ctx);
const char *params_type(const struct param *p);
/* 1 + its position in these sets, or 0. */
int params_position(const struct param *p, uint32_t sets);
#endif
