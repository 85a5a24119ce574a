#include "lib/vis.h"
#include "lib/utf.h"

enum { TEXT, UTF8, ESC, ESC_MORE, CSI, CSI_DROP, STRING };

#define CP_ESC 0x1b

void vis_init(struct vis *v, bool no_sgr)
{
	*v = (struct vis){ .no_sgr = no_sgr };
}

/* Final bytes that only colour, erase or move the cursor (ECMA-48, section 8.3): CUU CUD CUF CUB
 * CNL CPL CHA CUP, ED EL, ECH, VPA, HVP, SGR. Private parameters (<=>?) and intermediates mean
 * something else. */
static bool csi_allowed(const struct vis *v, uint8_t final)
{
	size_t i;

	for (i = 0; i < v->n; i++)
		if (!(v->pend[i] >= '0' && v->pend[i] <= ';'))
			return false;
	return final == 'm' ? !v->no_sgr : final && strchr("ABCDEFGHJKXdf", final);
}

static bool control_passes(uint8_t c)
{
	return c == '\t' || c == '\n' || c == '\r' || c == '\b' || c == '\a';
}

/* C1 controls act as ESC and a letter: the same rules then cover both spellings. */
static void escape(struct vis *v, uint8_t c)
{
	v->n = 0;
	v->state = TEXT;
	if (c == '[')
		v->state = CSI;
	else if (c && strchr("]PX^_", c))
		v->state = STRING;
	else if (c >= 0x20 && c <= 0x2f)
		v->state = ESC_MORE;
}

/* Embeddings, overrides and isolates reach as far as the line, over words of ours in it (UAX #9;
 * CVE-2021-42574). */
static bool turns(uint32_t cp)
{
	return (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x206f);
}

/* Nothing is seen of them, so a name with one looks like another name. Not U+200C and U+200D. */
static bool is_invisible(uint32_t cp)
{
	return cp == 0xad || cp == 0x61c || cp == 0x180e || cp == 0x200b || cp == 0x200e ||
		cp == 0x200f || (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2060 && cp <= 0x206f) ||
		cp == 0xfeff || (cp >= 0xfff9 && cp <= 0xfffb);
}

static void put_cp(struct vis *v, uint32_t cp, struct buf *out)
{
	if (cp >= 0x80 && cp <= 0x9f)
		escape(v, (uint8_t)(cp - 0x40));
	else if (cp >= 0xd800 && cp <= 0xdfff)
		buf_puts(out, "\xef\xbf\xbd");
	else if (!turns(cp))
		utf8_put(out, cp);
}

/* Whether pend may still become a character: a lead byte and fewer bytes behind it than it
 * wants. */
static bool utf8_wants_more(const struct vis *v)
{
	uint8_t lead = v->pend[0];
	uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
	uint8_t high = lead == 0xf4 ? 0x8f : 0xbf;
	size_t need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2, i;

	if (lead < 0xc2 || lead > 0xf4 || v->n >= need)
		return false;
	for (i = 1; i < v->n; i++, low = 0x80, high = 0xbf)
		if (v->pend[i] < low || v->pend[i] > high)
			return false;
	return true;
}

static void step(struct vis *v, uint8_t c, struct buf *out);

/* A byte of a character of several; what turns out broken becomes one U+FFFD, and the byte after it
 * starts anew. */
static void step_utf8(struct vis *v, uint8_t c, struct buf *out)
{
	uint32_t cp;
	uint8_t n;

	v->pend[v->n++] = c;
	v->state = UTF8;
	if (utf8_wants_more(v))
		return;
	n = v->n;
	v->n = 0;
	v->state = TEXT;
	if (utf8_get(span_of(v->pend, n), &cp) == n) {
		put_cp(v, cp, out);
	} else {
		buf_puts(out, "\xef\xbf\xbd");
		if (n > 1)
			step(v, c, out);
	}
}

static void step_text(struct vis *v, uint8_t c, struct buf *out)
{
	if (c == CP_ESC)
		v->state = ESC;
	else if (c >= 0x80)
		step_utf8(v, c, out);
	else if (control_passes(c) || (c >= 0x20 && c != 0x7f))
		buf_putc(out, c);
}

static void step_csi(struct vis *v, uint8_t c, struct buf *out)
{
	if (c < 0x20 || c == 0x7f)
		/* a terminal would act on it; inside a sequence we do not */
		return;
	if (c >= 0x80) {
		v->n = 0;
		v->state = TEXT;
		step(v, c, out);
		return;
	}
	if (c < 0x40) {
		if (v->n == sizeof(v->pend))
			v->state = CSI_DROP;
		else
			v->pend[v->n++] = c;
		return;
	}
	if (v->state == CSI && csi_allowed(v, c)) {
		buf_puts(out, "\x1b[");
		buf_put(out, span_of(v->pend, v->n));
		buf_putc(out, c);
	}
	v->n = 0;
	v->state = TEXT;
}

static void step(struct vis *v, uint8_t c, struct buf *out)
{
	if (v->state == UTF8) {
		step_utf8(v, c, out);
	} else if (v->state == TEXT) {
		step_text(v, c, out);
	} else if (c == CP_ESC) {               /* starts a new sequence wherever it comes */
		v->n = 0;
		v->state = ESC;
	} else if (c == 0x18 || c == 0x1a) {    /* CAN and SUB abort a sequence */
		v->n = 0;
		v->state = TEXT;
	} else if (v->state == ESC) {
		if (c >= 0x80 || c < 0x20) {
			v->state = TEXT;
			step(v, c, out);
		} else {
			escape(v, c);
		}
	} else if (v->state == ESC_MORE) {
		if (c < 0x20 || c > 0x2f)
			v->state = TEXT;
	} else if (v->state == STRING) {
		/* Ends at ST (an ESC, above) or BEL; also at a line's end, lest one stray byte swallow all
		 * that follows. */
		if (c == '\a' || c == '\n')
			v->state = TEXT;
		if (c == '\n')
			buf_putc(out, c);
	} else {
		step_csi(v, c, out);
	}
}

void vis_feed(struct vis *v, struct span in, struct buf *out)
{
	size_t i, plain;

	for (i = 0; i < in.n; i++) {
		for (plain = i; v->state == TEXT && plain < in.n && in.p[plain] >= 0x20 &&
			in.p[plain] < 0x7f; )
			plain++;
		buf_put(out, span_sub(in, i, plain - i));
		i = plain;
		if (i < in.n)
			step(v, in.p[i], out);
	}
}

void vis_plain_end(struct vis *v, struct buf *out)
{
	if (v->state != TEXT)
		buf_putc(out, CP_ESC);
	if (v->state == CSI)
		buf_putc(out, '[');
	buf_put(out, span_of(v->pend, v->n));
	v->n = 0;
	v->state = TEXT;
}

/* A byte behind an ESC; false when it belongs to no colour sequence and is still to be put. */
static bool plain_step(struct vis *v, uint8_t c, struct buf *out)
{
	if (v->state == ESC && c == '[') {
		v->state = CSI;
	} else if (v->state == CSI && c >= '0' && c <= ';' && v->n < sizeof(v->pend)) {
		v->pend[v->n++] = c;
	} else if (v->state == CSI && c == 'm') {
		v->n = 0;
		v->state = TEXT;
	} else {
		vis_plain_end(v, out);
		return false;
	}
	return true;
}

void vis_plain(struct vis *v, struct span in, struct buf *out)
{
	size_t n;

	while (in.n) {
		if (v->state != TEXT && plain_step(v, in.p[0], out)) {
			in = span_sub(in, 1, in.n);
			continue;
		}
		n = span_find(in, CP_ESC);
		buf_put(out, span_sub(in, 0, n));
		if (n < in.n) {
			v->state = ESC;
			n++;
		}
		in = span_sub(in, n, in.n);
	}
}

void vis_line(struct span in, struct buf *out)
{
	uint32_t cp;
	size_t n;

	while ((n = utf8_get_lax(in, &cp)) > 0) {
		if (cp == '\t' || cp == '\n' || cp == '\r')
			buf_putc(out, ' ');
		else if (cp < 0x20 || (cp >= 0x7f && cp <= 0x9f))
			buf_printf(out, "\\x%02X", (unsigned)cp);
		else if (is_invisible(cp))
			buf_printf(out, "\\u%04X", (unsigned)cp);
		else
			utf8_put(out, cp >= 0xd800 && cp <= 0xdfff ? 0xfffd : cp);
		in = span_sub(in, n, in.n);
	}
}
