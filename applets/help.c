/* Help: prose in the user's language from the packed pages, syntax lines from the parameter table.
 */
#include <stdio.h>
#include "applets/applet.h"
#include "applets/ui/culture.h"
#include "applets/ui/print.h"
#include "gen/help.h"
#include "lib/deflate.h"

#define HELP_MAX (1u << 20)

static bool unpack(struct buf *out)
{
	return inflate_get(out, span_of(help_blob, sizeof(help_blob)));
}

/* The page "language/name", without its heading line. */
static struct span find_page(struct span all, const char *language, const char *name)
{
	char head[80];
	struct span page;

	snprintf(head, sizeof head, "\036%.2s/%s\n", language, name);
	page = span_sub(all, span_search(all, span_str(head)), all.n);
	if (page.n) {
		page = span_sub(page, strlen(head), page.n);
		page.n = span_find(page, '\036');
	}
	return page;
}

static int show(const char *name, struct span syntax)
{
	struct span page = SPAN_NONE, title;
	struct buf all;
	bool found;

	buf_init(&all, HELP_MAX);
	if (unpack(&all)) {
		page = find_page(buf_span(&all), culture_posix(), name);
		if (!page.n)
			page = find_page(buf_span(&all), "en", name);
	}
	found = page.n;
	title = span_cut(&page, '\n');
	if (found) {
		print_line(title);
		print_line(SPAN_NONE);
		print_text(syntax);
		print_text(page);
	} else {
		print_own("pssession: no help page for '%s'.", name);
	}
	buf_free(&all);
	return found ? 0 : 2;
}

bool help_script(const char *name, struct buf *out)
{
	struct span script = SPAN_NONE;
	struct buf all;

	buf_init(&all, HELP_MAX);
	if (unpack(&all))
		script = find_page(buf_span(&all), "ps", name);
	buf_put(out, script);
	buf_free(&all);
	return script.n;
}

int help_page(const char *name)
{
	return show(name, SPAN_NONE);
}

int help_show(const struct applet *a)
{
	struct buf syntax;
	int status;

	buf_init(&syntax, 1 << 16);
	params_syntax(a->params, a->name, a->sets, &syntax);
	status = show(a->name, buf_span(&syntax));
	buf_free(&syntax);
	return status;
}
