/* A terminal for tests: cells, a cursor, wrapping as vt100 and xterm do it, and the few sequences
 * that we send. Anything else is a failure. */
#ifndef APPLETS_UI_SCREEN_TEST_H
#define APPLETS_UI_SCREEN_TEST_H
#include "lib/utf.h"
#include "tests/unit.h"

#define SCREEN_W 240
#define SCREEN_H 80
#define SCREEN_DIM "\x02"

struct screen {
	int w, h, row, col;
	bool pending;                   /* behind the last column */
	bool dim;                       /* what is written now has SCREEN_DIM behind it */
	bool soft[SCREEN_H];            /* the row goes on in the next one */
	char cell[SCREEN_H][SCREEN_W][64];      /* "" = the right half of a wide one */
	size_t bytes;                   /* that came */
};

static inline void screen_blank(struct screen *s, int row, int from)
{
	s->soft[row] = false;
	for (; from < SCREEN_W; from++)
		memcpy(s->cell[row][from], " ", 2);
}

static inline void screen_init(struct screen *s, int w, int h)
{
	memset(s, 0, sizeof(*s));
	s->w = w;
	s->h = h;
	for (int r = 0; r < SCREEN_H; r++)
		screen_blank(s, r, 0);
}

static inline void screen_down(struct screen *s)
{
	if (s->row + 1 < s->h) {
		s->row++;
		return;
	}
	memmove(s->cell[0], s->cell[1], sizeof(s->cell[0]) * (size_t)(s->h - 1));
	memmove(s->soft, s->soft + 1, (size_t)s->h - 1);
	screen_blank(s, s->h - 1, 0);
}

static inline void screen_put(struct screen *s, struct span c, int cells)
{
	char *at;

	if (!cells) {
		at = s->cell[s->row][s->pending ? s->col : s->col ? s->col - 1 : 0];
		if (!*at && at != s->cell[s->row][0])
			at -= sizeof(s->cell[0][0]);
		if (strlen(at) + c.n < sizeof(s->cell[0][0]))
			strncat(at, (const char *)c.p, c.n);
		return;
	}
	if (s->pending || s->col + cells > s->w) {
		s->col = 0;
		s->soft[s->row] = s->pending;
		s->pending = false;
		screen_down(s);
	}
	snprintf(s->cell[s->row][s->col], sizeof(s->cell[0][0]), "%.*s%s", SPAN_ARG(c),
		s->dim ? SCREEN_DIM : "");
	if (cells == 2)
		s->cell[s->row][s->col + 1][0] = 0;
	s->pending = s->col + cells == s->w;
	s->col += cells - s->pending;
}

static inline void screen_csi(struct screen *s, int n, char final)
{
	int one = n ? n : 1;

	s->pending &= final == 'm';
	switch (final) {
	case 'A': s->row = s->row > one ? s->row - one : 0; break;
	case 'C': s->col = s->col + one < s->w ? s->col + one : s->w - 1; break;
	case 'D': s->col = s->col > one ? s->col - one : 0; break;
	case 'H': s->row = s->col = 0; break;
	case 'K': screen_blank(s, s->row, s->col); break;
	case 'J':
		screen_blank(s, s->row, s->col);
		for (int r = s->row + 1; r < s->h; r++)
			screen_blank(s, r, 0);
		break;
	case 'm':
		s->dim = n == 2 || (n && s->dim);
		break;
	default: FAIL("sequence that ends in '%c'", final);
	}
}

static inline void screen_feed(struct screen *s, struct span in)
{
	uint32_t cp;
	size_t n;
	int arg;

	s->bytes += in.n;
	for (; in.n; in = span_sub(in, n, in.n)) {
		n = 1;
		if (in.p[0] == 0x1b) {
			CHECK(in.n > 2 && in.p[1] == '[');
			for (n = 2, arg = 0; n < in.n && in.p[n] < 0x40; n++)
				arg = in.p[n] >= '0' && in.p[n] <= '9' ? arg * 10 + in.p[n] - '0' : arg;
			screen_csi(s, arg, (char)in.p[n++]);
		} else if (in.p[0] == '\r') {
			s->col = 0;
			s->pending = false;
		} else if (in.p[0] == '\n') {
			s->pending = false;
			s->col = 0;     /* the tty's ONLCR */
			screen_down(s);
		} else if (in.p[0] == '\b') {
			CHECK(!s->pending);     /* terminals disagree */
			s->col -= s->col > 0;
		} else {
			CHECK(in.p[0] >= 0x20);
			n = utf8_get(in, &cp);
			CHECK(n);
			screen_put(s, span_sub(in, 0, n), utf_width(cp));
		}
	}
}

/* A row as text, without blanks at its end. */
static inline const char *screen_row(const struct screen *s, int row)
{
	static char text[SCREEN_W * 64];
	size_t n = 0;

	for (int c = 0; c < s->w; c++)
		for (const char *at = s->cell[row][c]; *at; at++)
			if (*at != *SCREEN_DIM)
				text[n++] = *at;
	while (n && text[n - 1] == ' ')
		n--;
	text[n] = 0;
	return text;
}

/* Lines are broken anew, as tmux and VTE do, and the cursor goes with its character. */
static inline void screen_resize(struct screen *s, int w, int h)
{
	static struct screen old;
	int r, c, used, last = 0, row = 0, col = 0;
	bool here;

	old = *s;
	screen_init(s, w, h);
	s->bytes = old.bytes;
	for (r = 0; r < old.h; r++)
		if (*screen_row(&old, r) || r == old.row)
			last = r;
	for (r = 0; r <= last; r++) {
		for (used = old.w; used > 0 && strcmp(old.cell[r][used - 1], " ") == 0; used--)
			;
		used = old.soft[r] ? old.w : used;
		for (c = 0; c < used || (r == old.row && c <= old.col); c++) {
			here = r == old.row && c == old.col;
			if (s->col == w || (s->col == w - 1 && c + 1 < old.w && !*old.cell[r][c + 1])) {
				s->soft[s->row] = s->col == w;
				row -= s->row == h - 1 && row > 0;
				s->col = 0;
				screen_down(s);
			}
			if (here) {
				row = s->row;
				col = s->col;
			}
			memcpy(s->cell[s->row][s->col++], old.cell[r][c], sizeof(old.cell[r][c]));
		}
		if (r == last)
			break;
		if (!old.soft[r]) {
			row -= s->row == h - 1 && row > 0;
			s->col = 0;
			screen_down(s);
		}
	}
	s->row = row;
	s->col = col;
}
#endif
