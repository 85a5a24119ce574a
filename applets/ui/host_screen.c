#include "applets/ui/host_screen.h"
#include "applets/ui/print.h"
#include "applets/ui/term_io.h"
#include "lib/utf.h"

#define RUN_MAX 64                      /* cells written at once */

struct rect { int left, top, right, bottom; };            /* all inside */

static int int_prop(const struct ps_val *v, const char *name)
{
	int64_t n = -1;

	ps_get_i64(ps_prop(v, name), &n);
	return n < 0 || n > INT16_MAX ? -1 : (int)n;
}

static struct rect rect_arg(const struct ps_val *v)
{
	struct rect r = { int_prop(v, "left"), int_prop(v, "top"), int_prop(v, "right"),
		int_prop(v, "bottom") };

	return r;
}

/* Cells that look alike, at (x, y). */
static void put_run(const struct ps_val *cell, int n, int x, int y)
{
	int64_t c = ' ';
	struct buf text;
	int i;

	ps_get_i64(ps_prop(cell, "character"), &c);
	if (c < ' ' || utf_width((uint32_t)c) != 1)
		c = ' ';
	buf_init(&text, 4 * RUN_MAX);
	print_control("\x1b[%d;%dH", y + 1, x + 1);
	print_colors(int_prop(cell, "foregroundColor"), int_prop(cell, "backgroundColor"));
	while (n > 0) {
		for (i = 0; i < n && i < RUN_MAX; i++)
			utf8_put(&text, (uint32_t)c);
		print_control("%s", buf_cstr(&text));
		buf_clear(&text);
		n -= RUN_MAX;
	}
	buf_free(&text);
}

static void fill(struct rect r, const struct ps_val *cell, const struct rect *screen)
{
	for (; r.top >= 0 && r.top <= r.bottom && r.top <= screen->bottom; r.top++)
		if (r.left >= 0 && r.left <= screen->right)
			put_run(cell, (r.right < screen->right ? r.right : screen->right) - r.left + 1,
				r.left, r.top);
}

/* An array of rows: mae has the cells one after the other, mal the two lengths. */
static void put_cells(int x, int y, const struct ps_val *array, const struct rect *screen)
{
	const struct ps_val *cells = ps_prop(array, "mae");
	const struct ps_item *it = ps_count(cells) ? cells->items : NULL;
	int64_t columns = 0;
	int i;

	ps_get_i64(ps_nth(ps_prop(array, "mal"), 1), &columns);
	for (; it && columns > 0 && y <= screen->bottom; y++)
		for (i = 0; i < columns && it; i++, it = it->next)
			if (x >= 0 && y >= 0 && x + i <= screen->right)
				put_run(it->val, 1, x + i, y);
}

/* Whole rows move up or down; a terminal can move nothing less. */
static void scroll(struct rect r, int to, const struct rect *screen)
{
	int n = to - r.top;

	if (r.left > 0 || r.right < screen->right || r.top < 0 || to < 0 || !n ||
		r.bottom > screen->bottom)
		return;
	r.bottom += n > 0 ? n : 0;
	print_control("\x1b[%d;%dr\x1b[%d;1H\x1b[%d%c\x1b[r", (n > 0 ? r.top : to) + 1,
		(r.bottom < screen->bottom ? r.bottom : screen->bottom) + 1, (n > 0 ? r.top : to) + 1,
		n > 0 ? n : -n, n > 0 ? 'L' : 'M');
}

void host_screen(const struct host_call *c)
{
	const struct ps_val *first = ps_nth(c->args, 0), *second = ps_nth(c->args, 1);
	int x = int_prop(first, "x"), y = int_prop(first, "y"), width, height;
	struct rect screen = { 0 }, area = rect_arg(first);

	if (c->method == HOST_SET_CURSOR_POSITION) {
		if (x >= 0 && y >= 0)
			print_cursor(x, y);
		return;
	}
	if (c->method == HOST_SET_BUFFER_CONTENTS1 && area.left < 0 && area.top < 0 &&
		area.right < 0 && area.bottom < 0) {    /* Clear-Host: all of it */
		print_cursor(0, 0);
		print_control("\x1b[2J");
		return;
	}
	term_size(&width, &height);
	screen.right = width - 1;
	screen.bottom = height - 1;
	print_control("\x1b" "7");
	if (c->method == HOST_SET_BUFFER_CONTENTS1)
		fill(area, second, &screen);
	else if (c->method == HOST_SET_BUFFER_CONTENTS2)
		put_cells(x, y, second, &screen);
	else
		scroll(area, int_prop(second, "y"), &screen);
	print_colors(-1, -1);
	print_control("\x1b" "8");
}
