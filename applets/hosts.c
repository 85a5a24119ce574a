#include "applets/hosts.h"
#include <strings.h>
#include "lib/file_io.h"

#define TEXT_MAX (8u << 20)
#define HOSTS_MAX 20000u
#define SLOTS 32768u

struct hosts {
	char *v[HOSTS_MAX], *slot[SLOTS];       /* slot: the same by what they are called, any case */
	size_t n;
};

/* Where a name is, or would be. */
static char **slot_of(struct hosts *h, const char *name)
{
	uint32_t at = 0;

	for (const char *c = name; *c; c++)
		at = at * 31 + (*c | 32);
	while (h->slot[at % SLOTS] && strcasecmp(h->slot[at % SLOTS], name))
		at++;
	return &h->slot[at % SLOTS];
}

static void add(struct hosts *h, char *name, struct err *e)
{
	if (h->n == HOSTS_MAX)
		err_set(e, E_USAGE, "There are more than %u computers.", HOSTS_MAX);
	else
		*slot_of(h, name) = h->v[h->n++] = name;
}

static void add_file(struct hosts *h, const char *path, struct arena *a, struct err *e)
{
	struct span rest = SPAN_NONE, line;
	struct buf text;
	char *name;

	buf_init(&text, TEXT_MAX);
	if (file_read_text(path, &text, e) == 0)
		rest = buf_span(&text);
	while (rest.n && !e->code) {
		line = span_cut(&rest, '\n');
		line = span_trim(span_cut(&line, '#'));
		if (!line.n)
			continue;
		if (!(name = arena_str(a, line)))
			err_set(e, E_USAGE, "The list of computers is too long.");
		else if (!*slot_of(h, name))
			add(h, name, e);
	}
	buf_free(&text);
}

static bool is_file(const char *name)
{
	return name[0] == '@' && name[1] != '{';
}

int hosts_expand(struct str_list *names, struct arena *a, struct err *e)
{
	struct hosts *h = NULL;

	for (size_t i = 0; i < names->n && !h; i++)
		if (is_file(names->v[i]))
			h = arena_alloc(a, sizeof(*h));
	if (!h)
		return 0;
	for (size_t i = 0; i < names->n && !e->code; i++) {
		if (is_file(names->v[i]))
			add_file(h, names->v[i] + 1, a, e);
		else
			add(h, names->v[i], e);
	}
	if (!e->code && !h->n)
		err_set(e, E_USAGE, "There is no computer in the list.");
	*names = (struct str_list){ h->v, h->n };
	return e->code;
}

bool hosts_need_stdin(const struct str_list *names)
{
	for (size_t i = 0; i < names->n; i++)
		if (!strcmp(names->v[i], "@-"))
			return true;
	return false;
}
