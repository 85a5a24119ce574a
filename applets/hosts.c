#include "applets/hosts.h"
#include <strings.h>
#include "lib/file_io.h"

#define FILE_MAX (4u << 20)
#define HOSTS_MAX 20000u

static int add(struct str_list *out, char *name, struct err *e)
{
	if (out->n == HOSTS_MAX)
		return err_set(e, E_USAGE, "There are more than %u computers.", HOSTS_MAX);
	out->v[out->n++] = name;
	return 0;
}

static bool is_there(const struct str_list *out, const char *name)
{
	for (size_t i = 0; i < out->n; i++)
		if (!strcasecmp(out->v[i], name))
			return true;
	return false;
}

static int add_lines(struct str_list *out, struct span text, struct arena *a, struct err *e)
{
	struct span line;
	char *name;

	if (span_starts(text, "\xef\xbb\xbf"))
		text = span_sub(text, 3, text.n);
	while (text.n && !e->code) {
		line = span_cut(&text, '\n');
		line = span_trim(span_cut(&line, '#'));
		if (!line.n)
			continue;
		if (!(name = arena_str(a, line)))
			return err_set(e, E_USAGE, "The list of computers is too long.");
		if (!is_there(out, name) && add(out, name, e) < 0)
			break;
	}
	return e->code;
}

static int add_file(struct str_list *out, const char *path, struct arena *a, struct err *e)
{
	struct buf text;

	buf_init(&text, FILE_MAX);
	if (file_read(path, &text, e) == 0)
		add_lines(out, buf_span(&text), a, e);
	buf_free(&text);
	return e->code;
}

int hosts_expand(struct str_list *names, struct arena *a, struct err *e)
{
	struct str_list out = { .v = arena_alloc(a, HOSTS_MAX * sizeof(*out.v)) };

	if (!out.v)
		return err_set(e, E_USAGE, "The list of computers is too long.");
	for (size_t i = 0; i < names->n && !e->code; i++) {
		if (names->v[i][0] == '@' && names->v[i][1] != '{')
			add_file(&out, names->v[i] + 1, a, e);
		else
			add(&out, names->v[i], e);
	}
	if (!e->code && !out.n)
		err_set(e, E_USAGE, "There is no computer in the list.");
	*names = out;
	return e->code;
}

bool hosts_need_stdin(const struct str_list *names)
{
	for (size_t i = 0; i < names->n; i++)
		if (!strcmp(names->v[i], "@-"))
			return true;
	return false;
}
