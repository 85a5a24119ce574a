#include "core/keeper_pipe.h"

struct keeper_pipe *keeper_pipe_find(const struct keeper_pipes *l, const struct guid *id)
{
	struct keeper_pipe *p = l->first;

	while (p && !guid_eq(&p->id, id))
		p = p->next;
	return p;
}

struct keeper_pipe *keeper_pipe_add(struct keeper_pipes *l, const struct guid *id)
{
	struct keeper_pipe *p = l->unused, **at = &l->first;

	if (p)
		l->unused = p->next;
	else
		p = arena_alloc(l->arena, sizeof(*p));
	*p = (struct keeper_pipe){ .id = *id };
	while (*at)
		at = &(*at)->next;
	*at = p;
	return p;
}

void keeper_pipe_drop(struct keeper_pipes *l, struct keeper_pipe *p)
{
	struct keeper_pipe **at = &l->first;

	if (!p)
		return;
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	p->next = l->unused;
	l->unused = p;
}
