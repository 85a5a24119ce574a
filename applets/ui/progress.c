#include "applets/ui/progress.h"
#include "applets/ui/print.h"
#include "applets/ui/term_io.h"
#include "applets/ui/wrap.h"
#include "lib/vis.h"

#define EVERY_MS 100
#define MAX_WIDTH 120                   /* $PSStyle.Progress.MaxWidth */
#define MIN_LINES 5
#define TEXT_MAX 4096

void progress_init(struct progress *p, struct loop *l)
{
	*p = (struct progress){ .loop = l };
}

/* The children move up. */
static void forget(struct progress *p, size_t i)
{
	struct progress_activity gone = p->act[i];

	buf_free(&gone.name);
	buf_free(&gone.status);
	p->n--;
	memmove(&p->act[i], &p->act[i + 1], (p->n - i) * sizeof(p->act[0]));
	for (i = 0; i < p->n; i++)
		if (p->act[i].parent == gone.id)
			p->act[i].parent = gone.parent;
}

void progress_end(struct progress *p)
{
	if (p->n || p->redraw.link)
		print_status_end();
	while (p->n)
		forget(p, p->n - 1);
	loop_disarm(p->loop, &p->redraw);
}

/* At most max cells; what is cut ends in an ellipsis. */
static void put_cut(struct span s, size_t max, struct buf *out)
{
	if (cells_of(s) <= max) {
		buf_put(out, s);
	} else if (max) {
		buf_put(out, cells_cut(s, max - 1));
		buf_puts(out, "\u2026");
	}
}

/* "Activity [status          9s]" with the done part of the bar in reverse video, or all of it when
 * nothing is known about that: PowerShell's Minimal view. */
static void render(const struct progress_activity *a, size_t width, bool color, struct buf *out)
{
	struct buf name, right, bar;
	size_t room, reversed;
	struct span done;

	buf_init(&name, 2 * TEXT_MAX);
	buf_init(&right, 64);
	buf_init(&bar, 2 * TEXT_MAX);
	put_cut(buf_span(&a->name), width / 2, &name);
	room = cells_of(buf_span(&name)) + 5;
	room = width > room ? width - room : 1;
	if (a->percent >= 0 && !color)
		buf_printf(&right, "%lld%% ", (long long)a->percent);
	if (a->seconds >= 0)
		buf_printf(&right, "%llds", (long long)a->seconds);
	put_cut(buf_span(&a->status), room > right.n ? room - right.n : 0, &bar);
	buf_printf(&bar, "%*s", (int)(room - cells_of(buf_span(&bar))), buf_cstr(&right));
	reversed = a->percent < 0 ? room : (room + 1) * (size_t)a->percent / 100;
	done = cells_cut(buf_span(&bar), color ? reversed : 0);
	buf_printf(out, "%s%s [", color ? "\x1b[33;1m" : "", buf_cstr(&name));
	buf_puts(out, done.n ? "\x1b[7m" : "");
	buf_put(out, done);
	buf_puts(out, done.n ? "\x1b[27m" : "");
	buf_put(out, span_sub(buf_span(&bar), done.n, bar.n));
	buf_printf(out, "]%s", color ? "\x1b[0m" : "");
	buf_free(&name);
	buf_free(&right);
	buf_free(&bar);
}

struct view {                           /* of the screen that is drawn */
	size_t width, height;           /* what there is room for */
	struct buf *out;
};

/* Those heard of last, when there is no room for all. */
static bool is_shown(const struct progress *p, const struct progress_activity *a, size_t max)
{
	size_t later = 0;

	for (size_t i = 0; i < p->n; i++)
		later += p->act[i].heard > a->heard;
	return later < max;
}

/* The activities below parent, in the order they came. */
static void draw(const struct progress *p, int64_t parent, size_t indent, const struct view *v)
{
	const struct progress_activity *a;
	bool shown;

	for (a = p->act; a < p->act + p->n; a++) {
		if (a->parent != parent)
			continue;
		shown = is_shown(p, a, v->height);
		if (shown) {
			if (v->out->n)
				buf_putc(v->out, '\n');
			buf_printf(v->out, "%*s", (int)indent, "");
			render(a, v->width - indent, print_err_colored(), v->out);
		}
		draw(p, a->id, indent + (shown && indent + 2 < v->width / 4 ? 2 : 0), v);
	}
}

static void on_hidden(void *ctx);

static void redraw(void *ctx)
{
	struct progress *p = ctx;
	int width, height;
	struct buf lines;
	struct view v = { .out = &lines };

	p->drawn_ms = loop_now(p->loop);
	if (!p->n) {
		print_status_end();
		return;
	}
	term_size(&width, &height);
	v.width = (size_t)(width > MAX_WIDTH ? MAX_WIDTH : width);
	v.height = (size_t)(height >= 3 * MIN_LINES ? height / 3 : MIN_LINES);
	if (v.height >= (size_t)height)
		v.height = (size_t)height - 1;
	buf_init(&lines, PROGRESS_MAX * 8 * MAX_WIDTH);
	draw(p, -1, 0, &v);
	print_status(buf_span(&lines), on_hidden, p);
	print_meter((int)p->act[0].percent);
	buf_free(&lines);
}

/* At most ten times a second; the first one at once. */
static void redraw_soon(struct progress *p)
{
	uint64_t due = p->drawn_ms + EVERY_MS, now = loop_now(p->loop);

	if (print_has_status() && !p->redraw.link)
		loop_arm(p->loop, &p->redraw, due > now ? (uint32_t)(due - now) : 0, redraw, p);
}

static void on_hidden(void *ctx)
{
	struct progress *p = ctx;

	if (p->n)
		redraw_soon(p);
}

/* U+FFFD and \\xNN make it up to four times as long. */
static struct span clip(struct span s)
{
	return span_sub(s, 0, TEXT_MAX / 4);
}

static void set_text(struct buf *b, struct span s)
{
	buf_free(b);
	buf_init(b, TEXT_MAX);
	vis_line(clip(s), b);
}

static size_t index_of(const struct progress *p, int64_t id)
{
	size_t i = 0;

	while (i < p->n && p->act[i].id != id)
		i++;
	return i;
}

/* A new one is announced where no line can be drawn. */
static struct progress_activity *find(struct progress *p, const struct record_progress *r)
{
	size_t i = index_of(p, r->id), oldest;

	if (i < p->n)
		return &p->act[i];
	if (p->n == PROGRESS_MAX) {
		for (oldest = i = 0; i < p->n; i++)
			if (p->act[i].heard < p->act[oldest].heard)
				oldest = i;
		forget(p, oldest);
	}
	if (!print_has_status())
		print_own("%.*s: %.*s", SPAN_ARG(clip(r->activity)), SPAN_ARG(clip(r->status)));
	p->act[p->n] = (struct progress_activity){ .id = r->id };
	return &p->act[p->n++];
}

void progress_show(struct progress *p, const struct record_progress *r)
{
	struct progress_activity *a;
	size_t i;

	if (r->id < 0)
		return;
	i = index_of(p, r->id);
	if (r->completed) {
		if (i < p->n) {
			forget(p, i);
			redraw_soon(p);
		}
		return;
	}
	a = find(p, r);
	set_text(&a->name, r->activity);
	set_text(&a->status, r->status);
	a->parent = r->parent != r->id && index_of(p, r->parent) < p->n ? r->parent : -1;
	a->percent = r->percent > 100 ? 100 : r->percent < 0 ? -1 : r->percent;
	a->seconds = r->seconds;
	a->heard = ++p->heard;
	redraw_soon(p);
}

void progress_update(struct progress *p, const struct ps_val *record)
{
	struct record_progress r;

	if (record_progress(record, &r))
		progress_show(p, &r);
}
