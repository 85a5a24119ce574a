#include "applets/ui/print.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "applets/ui/term_io.h"
#include "lib/vis.h"
#include "net/loop_io.h"

#define PIECE 16384                     /* filtered at once, up to thrice as long behind it */
#define FULL 32768                      /* written when this much waits */
#define OWN_MAX 8192
#define TITLE_MAX 256
#define ROW_MAX 4096                    /* of an unfinished row that can be written again */
#define STUCK_MS 100                    /* how long a reader may pause when a signal came */

static struct {
	const char *applet;             /* who speaks */
	struct buf out;                 /* for stdout */
	struct buf row;                 /* what stands in the cursor's row of a terminal */
	struct vis vis;
	bool out_tty, err_tty;
	bool out_seq, err_seq;          /* terminals that take control sequences */
	bool out_col0, err_col0;
	bool out_color, err_color;
	bool styled;                    /* a sequence went out that our prompt must undo */
	int fg, bg;                     /* the base */
	char title[TITLE_MAX];
	int gone;                       /* stdout cannot be written: what print_flush says */
	size_t rows;                    /* status lines on the screen, the cursor where they begin */
	int width;                      /* of the screen then */
	bool held, ending;
	bool has_meter, metered;
	void (*hidden)(void *ctx);
	void *hidden_ctx;
	void (*guard)(void *ctx);
	void *guard_ctx;
} p;

/* In pieces that a pipe takes without blocking, and given up when its reader has stopped reading
 * and a signal waits for us, which would wait as long, or ends us. A terminal drops its queue at
 * Ctrl+C itself. */
static bool write_all(int fd, struct span s)
{
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	bool tty = fd == STDOUT_FILENO ? p.out_tty : p.err_tty;
	ssize_t n;
	int r;

	while (s.n) {
		r = poll(&wait, 1, STUCK_MS);
		if (r == 0 && !tty && (p.ending || loop_signal_waits())) {
			errno = EPIPE;
			return false;
		}
		n = r > 0 ? write(fd, s.p, s.n < PIPE_BUF ? s.n : PIPE_BUF) : 0;
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return false;
		if (n > 0)
			s = span_sub(s, (size_t)n, s.n);
	}
	return true;
}

bool print_has_dim(void)
{
	return p.out_seq && strncmp(getenv("TERM"), "vt", 2) != 0;
}

/* Consoles would show it. */
static bool has_title(void)
{
	return print_has_dim() && strcmp(getenv("TERM"), "linux") != 0;
}

void print_ending(void)
{
	p.ending = true;
}

static void finish(void)
{
	struct span reset = SPAN("\x1b[0m");

	print_status_end();
	if (*p.title && has_title())
		print_control("\x1b[23;2t");
	if (!p.out_tty)
		vis_plain_end(&p.vis, &p.out);
	else if (p.styled)
		buf_put(&p.out, reset);
	print_flush();
	buf_free(&p.out);
	buf_free(&p.row);
}

static bool env_is(const char *name, const char *value)
{
	const char *v = getenv(name);

	return v && strcmp(v, value) == 0;
}

/* Windows Terminal, ConEmu, WezTerm and Ghostty; to others OSC 9 is a message to be shown. */
static bool takes_meter(void)
{
	return getenv("WT_SESSION") || env_is("ConEmuANSI", "ON") ||
		env_is("TERM_PROGRAM", "WezTerm") || env_is("TERM_PROGRAM", "ghostty");
}

void print_init(void)
{
	static bool registered;
	const char *term = getenv("TERM"), *no = getenv("NO_COLOR");
	bool seq = term && *term && strcmp(term, "dumb") != 0, color = !no || !*no;

	buf_free(&p.out);
	buf_free(&p.row);
	memset(&p, 0, sizeof(p));
	p.applet = "pssession";
	buf_init(&p.out, FULL + 4 * PIECE);
	buf_init(&p.row, ROW_MAX);
	p.fg = p.bg = -1;
	p.out_tty = isatty(STDOUT_FILENO);
	p.err_tty = isatty(STDERR_FILENO);
	p.out_seq = p.out_tty && seq;
	p.err_seq = p.err_tty && seq;
	p.has_meter = p.err_seq && takes_meter();
	term_undo(p.out_seq ? "\x1b[0m\x1b[J" : NULL);
	p.out_color = p.out_seq && color;
	p.err_color = p.err_seq && color;
	p.out_col0 = p.err_col0 = true;
	vis_init(&p.vis, !p.out_color);
	if (!registered)
		atexit(finish);
	registered = true;
}

void print_as(const char *applet)
{
	p.applet = applet;
}

void print_no_color(bool off)
{
	if (off) {
		p.out_color = p.err_color = false;
		vis_init(&p.vis, true);
	}
}

bool print_err_colored(void)
{
	return p.err_color;
}

bool print_at_line_start(void)
{
	return p.out_col0;
}

bool print_has_status(void)
{
	return p.err_seq;
}

/* Whether the cursor is in column 0 after s; colour sequences do not move it. */
static bool ends_line(struct span s, bool before)
{
	size_t i;

	while (s.n && s.p[s.n - 1] == 'm') {
		i = s.n - 1;
		while (i && s.p[i - 1] >= '0' && s.p[i - 1] <= ';')
			i--;
		if (i < 2 || s.p[i - 1] != '[' || s.p[i - 2] != 0x1b)
			return false;
		s.n = i - 2;
	}
	return s.n ? s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r' : before;
}

/* Over what stands there; nothing: takes it away. All below is erased where a terminal that got
 * another width may have moved it, and only there: some keep a copy of what that erases. */
static void draw_status(struct span lines)
{
	size_t rows = p.rows, i, n = 0;
	int width, height;
	struct buf b;

	term_size(&width, &height);
	buf_init(&b, 2 * lines.n + 1024);
	buf_puts(&b, rows && width != p.width ? "\r\x1b[J" : "\r");
	for (i = 0; lines.n || i < rows; i++) {
		buf_puts(&b, i ? "\r\n" : "");
		n += lines.n > 0;
		buf_put(&b, span_cut(&lines, '\n'));
		buf_puts(&b, "\x1b[K");
	}
	buf_puts(&b, n || i > 1 ? "\r" : "");
	if (i > 1)
		buf_printf(&b, "\x1b[%zuA", i - 1);
	if (i)
		write_all(STDERR_FILENO, buf_span(&b));
	buf_free(&b);
	p.rows = n;
	p.width = width;
}

static void hide_status(void)
{
	void (*guard)(void *) = p.guard;

	p.guard = NULL;
	if (guard)
		guard(p.guard_ctx);
	if (!p.rows)
		return;
	draw_status(SPAN_NONE);
	p.hidden(p.hidden_ctx);
}

int print_flush(void)
{
	if (p.out.n && !p.gone && !write_all(STDOUT_FILENO, buf_span(&p.out))) {
		p.gone = errno == EPIPE ? E_INTR : E_USAGE;
		if (p.gone == E_USAGE)
			print_own("%s: cannot write to standard output: %s", p.applet, strerror(errno));
	}
	buf_clear(&p.out);
	return p.gone;
}

/* A row that is too long is none. */
static void keep_row(struct span added)
{
	size_t start = added.n;

	while (start && added.p[start - 1] != '\n')
		start--;
	if (start)
		buf_clear(&p.row);
	if (p.out_tty)
		buf_put(&p.row, span_sub(added, start, added.n));
}

/* After something was put: keeps the column, writes when enough waits. */
static void put_done(size_t before)
{
	struct span added = span_of(p.out.p + before, p.out.n - before);

	keep_row(added);
	p.out_col0 = ends_line(added, p.out_col0);
	if (p.out_tty && p.err_tty)     /* the same one */
		p.err_col0 = p.out_col0;
	if (p.out_seq && span_find(added, 0x1b) < added.n)
		p.styled = true;
	if (p.out.n >= FULL)
		print_flush();
}

void print_text(struct span s)
{
	struct span piece;
	size_t before;

	if (p.out_tty)
		hide_status();
	for (; s.n; s = span_sub(s, piece.n, s.n)) {
		piece = span_sub(s, 0, PIECE);
		before = p.out.n;
		if (p.out_tty)
			vis_feed(&p.vis, piece, &p.out);
		else
			vis_plain(&p.vis, piece, &p.out);
		put_done(before);
	}
}

void print_line(struct span s)
{
	print_text(s);
	print_text(SPAN("\n"));
}

/* ConsoleColor counts blue 1, green 2, red 4; ANSI red 1, green 2, blue 4. */
static int ansi(int color, int base, int bright)
{
	static const char swap[] = { 0, 4, 2, 6, 1, 5, 3, 7 };

	if (color < 0 || color > 15)
		return base + 9;
	return swap[color & 7] + (color & 8 ? bright : base);
}

void print_colors(int fg, int bg)
{
	if (p.out_color)
		print_control("\x1b[%d;%dm", ansi(fg < 0 ? p.fg : fg, 30, 90),
			ansi(bg < 0 ? p.bg : bg, 40, 100));
}

void print_base(int fg, int bg)
{
	p.fg = fg;
	p.bg = bg;
	print_colors(-1, -1);
}

void print_base_now(int *fg, int *bg)
{
	*fg = p.fg;
	*bg = p.bg;
}

void print_title(struct span title)
{
	const char *push = *p.title ? "" : "\x1b[22;2t";
	struct buf b;

	buf_init(&b, TITLE_MAX - 1);
	vis_line(span_sub(title, 0, TITLE_MAX / 4 - 1), &b);
	snprintf(p.title, sizeof(p.title), "%s", b.n ? buf_cstr(&b) : " ");
	buf_free(&b);
	if (!has_title())
		return;
	print_control("%s\x1b]2;%s\a", push, p.title);
	term_undo("\x1b[23;2t\x1b[0m\x1b[J");
}

const char *print_title_now(void)
{
	return p.title;
}

void print_cursor(int x, int y)
{
	print_control("\x1b[%d;%dH", y + 1, x + 1);
	if (p.out_seq)
		p.out_col0 = !x;
	buf_clear(&p.row);
}

void print_control(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (!p.out_seq)
		return;
	hide_status();
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_puts(&p.out, text);
	p.styled = true;
}

static void err_put(struct span s)
{
	if (!s.n)
		return;
	print_flush();
	hide_status();
	write_all(STDERR_FILENO, s);
	p.err_col0 = ends_line(s, p.err_col0);
	if (p.out_tty && p.err_tty) {
		p.out_col0 = p.err_col0;
		keep_row(s);
	}
}

/* The defaults of $PSStyle.Formatting. */
static const struct { const char *prefix, *color; } kinds[] = {
	[PRINT_ERROR] = { "", "\x1b[31;1m" },
	[PRINT_WARNING] = { "WARNING: ", "\x1b[33;1m" },
	[PRINT_VERBOSE] = { "VERBOSE: ", "\x1b[33;1m" },
	[PRINT_DEBUG] = { "DEBUG: ", "\x1b[33;1m" },
};

void print_record(enum print_kind k, struct span s)
{
	const char *color = p.err_color ? kinds[k].color : NULL;
	struct buf b;
	struct vis v;

	buf_init(&b, SIZE_MAX);
	if (color)
		buf_puts(&b, color);
	buf_puts(&b, kinds[k].prefix);
	vis_init(&v, !p.err_color);
	vis_feed(&v, s, &b);
	if (p.err_color)
		buf_puts(&b, "\x1b[0m");
	buf_putc(&b, '\n');
	err_put(buf_span(&b));
	buf_free(&b);
}

void print_words(enum print_kind k, const char *fmt, ...)
{
	char text[OWN_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	print_record(k, span_str(text));
}

void print_own(const char *fmt, ...)
{
	char text[OWN_MAX];
	struct buf b;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_init(&b, 4 * sizeof(text));
	vis_line(span_str(text), &b);
	buf_putc(&b, '\n');
	err_put(buf_span(&b));
	buf_free(&b);
}

void print_err(const struct err *e)
{
	print_own("%s: %s", p.applet, e->text);
}

void print_ask(struct span s, int fg)
{
	struct buf b;
	struct vis v;

	if (p.out_tty) {
		if (fg >= 0)
			print_colors(fg, -1);
		print_text(s);
		if (fg >= 0)
			print_colors(-1, -1);
		return;
	}
	buf_init(&b, SIZE_MAX);
	vis_init(&v, true);
	vis_feed(&v, s, &b);
	err_put(buf_span(&b));
	buf_free(&b);
}

void print_ask_end(void)
{
	if (p.out_tty ? !p.out_col0 : !p.err_col0)
		print_ask(SPAN("\n"), -1);
}

void print_typed(void)
{
	p.out_col0 |= p.out_tty;
	p.err_col0 |= p.err_tty;
	buf_clear(&p.row);
}

void print_again(void)
{
	if (!p.out_tty)
		return;
	buf_puts(&p.out, p.out_seq ? "\r\x1b[K" : "\r");
	if (!buf_failed(&p.row))
		buf_put(&p.out, buf_span(&p.row));
	print_flush();
}

struct span print_row(void)
{
	if (buf_failed(&p.row))
		print_line(SPAN_NONE);
	return buf_span(&p.row);
}

bool print_takes_control(void)
{
	return p.out_seq;
}

void print_edit(struct span s)
{
	if (!s.n)
		return;
	print_flush();
	write_all(STDOUT_FILENO, s);
	p.out_col0 = p.err_col0 = false;
}

void print_guard(void (*hide)(void *ctx), void *ctx)
{
	p.guard = hide;
	p.guard_ctx = ctx;
}

void print_prompt(const char *name, struct span prompt)
{
	if (p.styled && p.out_color)
		print_control("\x1b[0m");
	if (p.fg >= 0 || p.bg >= 0)
		print_colors(-1, -1);
	p.styled = false;
	if (*name) {
		print_text(SPAN("["));
		print_text(span_str(name));
		print_text(SPAN("]: "));
	}
	print_text(prompt);
}

bool print_status(struct span lines, void (*hidden)(void *ctx), void *ctx)
{
	if (p.guard || !p.err_seq || !p.err_col0 || (p.out_tty && !p.out_col0) || p.held)
		return false;
	print_flush();
	draw_status(lines);
	p.hidden = hidden;
	p.hidden_ctx = ctx;
	return true;
}

void print_status_end(void)
{
	draw_status(SPAN_NONE);
	if (p.metered)
		write_all(STDERR_FILENO, SPAN("\x1b]9;4;0\x1b\\"));
	p.metered = false;
}

void print_status_hold(bool on)
{
	p.held = on;
	if (on)
		hide_status();
}

void print_meter(int percent)
{
	char text[32];

	if (!p.has_meter)
		return;
	snprintf(text, sizeof(text), "\x1b]9;4;%d;%d\x1b\\", percent < 0 ? 3 : 1,
		percent < 0 ? 0 : percent);
	write_all(STDERR_FILENO, span_str(text));
	p.metered = true;
}
