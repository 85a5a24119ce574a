#include "core/params_int.h"

const char *params_type(const struct param *p)
{
#define NAME_Z(id, name) name "\0"
	const char *type = PARAM_TYPES(NAME_Z);

	for (unsigned i = 0; i < p->type; i++)
		type += strlen(type) + 1;
	return type;
}

void params_each(const struct param *table, size_t base,
	void (*row)(void *, const struct param *, size_t), void *ctx)
{
	for (const struct param *p = table; p->name; p++)
		if (p->kind == PARAM_GROUP)
			params_each(p->group, base + p->off, row, ctx);
		else
			row(ctx, p, base + p->off);
}

int params_position(const struct param *p, uint32_t sets)
{
	return !p->pos_sets || p->pos_sets & sets ? p->pos : 0;
}

struct syntax { struct buf *out; uint32_t set, lone; int pos; };

static void syntax_row(void *ctx, const struct param *p, size_t off)
{
	struct syntax *s = ctx;
	bool must = p->mandatory & s->set;
	const char *open = must ? "" : "[", *close = must ? "" : "]";

	(void)off;
	if (p->kind == PARAM_GIVEN || (p->sets && !(p->sets & s->set)) ||
		params_position(p, s->set | s->lone) != s->pos)
		return;
	if (p->kind == PARAM_SWITCH)
		buf_printf(s->out, " %s-%s%s", open, p->name, close);
	else if (s->pos)
		buf_printf(s->out, " %s[-%s] <%s>%s", open, p->name, params_type(p), close);
	else
		buf_printf(s->out, " %s-%s <%s>%s", open, p->name, params_type(p), close);
}

void params_syntax(const struct param *table, const char *command, uint32_t sets, struct buf *out)
{
	const uint32_t lone = sets & PARAMS_LONE;

	for (uint32_t set = 1; set < PARAMS_LONE; set <<= 1) {
		if (!(sets & set))
			continue;
		buf_puts(out, command);
		for (int pos = 1; pos < 4; pos++)
			params_each(table, 0, syntax_row, &(struct syntax){ out, set, lone, pos });
		params_each(table, 0, syntax_row, &(struct syntax){ out, set, lone, 0 });
		buf_puts(out, "\n");
	}
}
