#include "applets/ui/progress.h"
#include "applets/ui/print.h"
#include "applets/ui/term_io.h"
#include "applets/ui/wrap.h"
#include "core/record.h"
#include "lib/vis.h"

#define EVERY_MS 100
#define MAX_WIDTH 120                   /* $PSStyle.Progress.MaxWidth */
#define TEXT_MAX 4096

void progress_init(struct progress *p, struct loop *l)
{
	*p = (struct progress){ .loop = l };
}

static void forget(struct progress *p, size_t i)
{
	buf_free(&p->act[i].name);
	buf_free(&p->act[i].status);
	p->n--;
	memmove(&p->act[i], &p->act[i + 1], (p->n - i) * sizeof(p->act[0]));
}

void progress_end(struct progress *p)
{
	if (p->n || p->redraw.link)
		print_status_end();
	while (p->n)
		forget(p, p->n - 1);
	loop_disarm(p->loop, &p->redraw);
}

/* "Activity [status          9s]" with the done part of the bar in reverse video. */
static void render(const struct progress_activity *a, size_t width, bool color, struct buf *out)
{
	struct span name = cells_cut(buf_span(&a->name), width / 2), status, done;
	size_t room = width > cells_of(name) + 8 ? width - cells_of(name) - 5 : 4, reversed = 0;
	struct buf right, bar;

	buf_init(&right, 64);
	buf_init(&bar, 2 * TEXT_MAX);
	if (a->percent >= 0 && !color)
		buf_printf(&right, "%lld%% ", (long long)a->percent);
	if (a->seconds >= 0)
		buf_printf(&right, "%llds", (long long)a->seconds);
	status = cells_cut(buf_span(&a->status), room > right.n ? room - right.n : 0);
	buf_put(&bar, status);
	buf_printf(&bar, "%*s", (int)(room - cells_of(status)), buf_cstr(&right));
	if (color && a->percent > 0)
		reversed = room * (size_t)a->percent / 100;
	done = cells_cut(buf_span(&bar), reversed);
	buf_printf(out, "%s%.*s [", color ? "\x1b[33;1m" : "", SPAN_ARG(name));
	buf_puts(out, done.n ? "\x1b[7m" : "");
	buf_put(out, done);
	buf_puts(out, done.n ? "\x1b[27m" : "");
	buf_put(out, span_sub(buf_span(&bar), done.n, bar.n));
	buf_printf(out, "]%s", color ? "\x1b[0m" : "");
	buf_free(&right);
	buf_free(&bar);
}

static void on_hidden(void *ctx);

static void redraw(void *ctx)
{
	struct progress *p = ctx;
	int width, height;
	struct buf line;

	p->drawn_ms = loop_now(p->loop);
	if (!p->n) {
		print_status_end();
		return;
	}
	term_size(&width, &height);
	buf_init(&line, 8 * TEXT_MAX);
	if (width > MAX_WIDTH)
		width = MAX_WIDTH;
	render(&p->act[p->n - 1], (size_t)width, print_err_colored(), &line);
	print_status(buf_span(&line), on_hidden, p);
	buf_free(&line);
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

/* The activity, moved to the end; a new one is announced where no line can be drawn. */
static struct progress_activity *find(struct progress *p, const struct record_progress *r)
{
	struct progress_activity found = { .id = r->id };
	size_t i = index_of(p, r->id);

	if (i < p->n) {
		found = p->act[i];
		memmove(&p->act[i], &p->act[i + 1], (p->n - i - 1) * sizeof(found));
		p->n--;
	} else {
		if (p->n == PROGRESS_MAX)
			forget(p, 0);
		if (!print_has_status())
			print_own("%.*s: %.*s", SPAN_ARG(clip(r->activity)), SPAN_ARG(clip(r->status)));
	}
	p->act[p->n] = found;
	return &p->act[p->n++];
}

void progress_update(struct progress *p, const struct ps_val *record)
{
	struct record_progress r;
	struct progress_activity *a;
	size_t i;

	if (!record_progress(record, &r))
		return;
	if (r.completed) {
		i = index_of(p, r.id);
		if (i < p->n) {
			forget(p, i);
			redraw_soon(p);
		}
		return;
	}
	a = find(p, &r);
	set_text(&a->name, r.activity);
	set_text(&a->status, r.status);
	a->percent = r.percent > 100 ? 100 : r.percent;
	a->seconds = r.seconds;
	redraw_soon(p);
}
