/* From bytes to keys: what terminals send, after xterm, rxvt, vt100 and the consoles of Linux. */
#include "applets/ui/lineedit_int.h"
#include "lib/utf.h"

enum { GROUND, ESCAPE, CSI, SS3, LINUX_F, UTF8 };

#define CTRL_OR_ALT 6                   /* bits of xterm's second parameter, less 1 */

/* The keys that end in '~', by number. */
static const char tilde[] = " HcdFefHF";

static int mapped(const struct lineedit_keys *k, uint8_t c)
{
	unsigned n = k->param[0], mods = k->param[1] ? k->param[1] - 1 : 0;
	int word = mods & CTRL_OR_ALT || k->state == SS3 || c == '^' || k->meta ? KEY_WORD : 0;

	if (c >= 'a' && c <= 'd')       /* rxvt: with Shift; as SS3 with Ctrl */
		return KEY_CSI | (c - 32) | word;
	if (k->state == SS3) {
		word = 0;
		if (c == 'M')
			return '\r';
	}
	if ((c == 'u' && n == 13) || (c == '~' && n == 27 && k->param[2] == 13))
		return mods ? KEY_NEWLINE : '\r';
	if (c == '~' && n == 200)
		return KEY_PASTE;
	if (c == '~' || c == '^')
		return n && n < sizeof(tilde) - 1 ? KEY_CSI | tilde[n] | word : 0;
	return (c >= 'A' && c <= 'D') || c == 'F' || c == 'H' || c == 'Z' ? KEY_CSI | c | word : 0;
}

/* One byte inside a sequence; 0: no key, or none yet. */
static int sequence(struct lineedit_keys *k, uint8_t c)
{
	unsigned *p = &k->param[k->param_n];
	int key;

	if (c < 0x20) {                 /* cut off */
		k->state = c == KEY_ESC ? ESCAPE : GROUND;
		return c == KEY_ESC ? 0 : c;
	}
	if (k->state == CSI && c >= '0' && c <= '9') {
		*p = *p < 1000 ? *p * 10 + c - '0' : *p;
		return 0;
	}
	if (k->state == CSI && c == '[') {
		k->state = LINUX_F;
		return 0;
	}
	if (c == ';' && k->param_n < 2)
		k->param_n++;
	if (c < 0x40)
		return 0;
	key = k->state == LINUX_F ? 0 : mapped(k, c);
	k->state = GROUND;
	return key;
}

static int escaped(struct lineedit_keys *k, uint8_t c)
{
	memset(k->param, 0, sizeof(k->param));
	k->param_n = 0;
	k->state = c == '[' ? CSI : c == 'O' ? SS3 : c == KEY_ESC ? ESCAPE : GROUND;
	k->meta = c == KEY_ESC || (k->meta && k->state != GROUND);
	if (k->state != GROUND)
		return 0;
	if (c == '\r' || c == '\n')
		return KEY_NEWLINE;
	if (c >= 'A' && c <= 'Z')
		c += 32;
	return c < 0x80 ? KEY_ALT | c : 0xfffd;
}

/* Collects a character; what is none becomes U+FFFD. */
static int character(struct lineedit_keys *k, uint8_t c)
{
	uint32_t cp;
	size_t need;

	k->held[k->n++] = c;
	c = k->held[0];
	need = c < 0xc2 || c > 0xf4 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (k->n < need) {
		k->state = UTF8;
		return 0;
	}
	k->state = GROUND;
	if (!utf8_get(span_of(k->held, k->n), &cp) || (cp >= 0xd800 && cp <= 0xdfff))
		cp = 0xfffd;
	k->n = 0;
	return (int)cp;
}

bool lineedit_next_key(struct lineedit_keys *k, struct span *in, int *key)
{
	bool was_cr;
	uint8_t c;

	while (in->n) {
		c = *in->p;
		if (k->state == UTF8 && (c & 0xc0) != 0x80) {
			k->state = GROUND;
			k->n = 0;
			*key = 0xfffd;
			return true;
		}
		*in = span_sub(*in, 1, in->n);
		was_cr = k->was_cr;
		k->was_cr = k->state == GROUND && c == '\r';
		if (c == '\n' && was_cr)
			continue;
		if (k->state == ESCAPE) {
			*key = escaped(k, c);
		} else if (k->state != GROUND && k->state != UTF8) {
			*key = sequence(k, c);
		} else if (c == KEY_ESC) {
			k->state = ESCAPE;
			k->meta = false;
			continue;
		} else {
			*key = c < 0x80 ? c : character(k, c);
		}
		if (*key)
			return true;
	}
	return false;
}

bool lineedit_pending(const struct lineedit *le)
{
	return le->keys.state == ESCAPE;
}

enum lineedit_event lineedit_pause(struct lineedit *le)
{
	le->keys.state = GROUND;
	le->key = KEY_ESC;
	return le->grab ? LINEEDIT_KEY : lineedit_key(le, KEY_ESC);
}
