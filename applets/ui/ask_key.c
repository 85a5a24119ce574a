/* ReadKey: what a terminal sends becomes a key of Windows. */
#include "applets/ui/ask.h"
#include "applets/ui/print.h"
#include "lib/utf.h"

enum { KEY_CTRL_C = 1, KEY_NO_ECHO = 2 };                 /* ReadKeyOptions */
enum { HELD_ALT = 2, HELD_CTRL = 8, HELD_SHIFT = 16 };    /* ControlKeyStates: the left ones */

/* The Windows number of a key that a terminal sent as ESC and s, or 0; *state: what was held down,
 * as in "[1;5C", Ctrl and right. */
static uint8_t sequence_key(struct span s, int32_t *state)
{
	static const uint8_t number[] = {       /* "[N~" */
		0, 36, 45, 46, 35, 33, 34, 36, 35, 0, 0, 112, 113, 114, 115, 116, 0, 117, 118, 119, 120,
		121, 0, 122, 123,
	};
	static const uint8_t letter[] = {       /* "[A", "OA"; Home, End and F1 to F4, too */
		38, 40, 39, 37, 12, 35, 0, 36, 0, 0, 0, 0, 0, 0, 0, 112, 113, 114, 115,
	};
	unsigned n[2] = { 0 }, i = 0;
	uint8_t c = 0;

	for (s = span_sub(s, 1, s.n); s.n; s = span_sub(s, 1, s.n)) {
		c = s.p[0];
		if (c >= '0' && c <= '9' && n[i] < 100)
			n[i] = n[i] * 10 + c - '0';
		else if (c == ';' && !i)
			i = 1;
	}
	if (c == 'Z')
		n[1] = 2;
	n[1] -= n[1] > 0;
	*state = (n[1] & 1 ? HELD_SHIFT : 0) | (n[1] & 2 ? HELD_ALT : 0) | (n[1] & 4 ? HELD_CTRL : 0);
	if (c == '~')
		return n[0] < sizeof(number) ? number[n[0]] : 0;
	return c == 'Z' ? '\t' : c >= 'A' && c <= 'S' ? letter[c - 'A'] : 0;
}

/* The key of a character: a letter's or digit's is its upper case; that of others depends on the
 * keyboard. */
static int32_t char_key(uint32_t cp, int32_t *state)
{
	if (cp < ' ' && (!cp || !strchr("\t\r\b\x1b", (int)cp))) {
		*state |= HELD_CTRL;
		cp += cp ? '@' : ' ';
	}
	cp = utf_upper(cp);
	return cp <= ' ' || (cp >= '0' && cp <= '9') || (cp >= 'A' && cp <= 'Z') ? (int32_t)cp : 0;
}

static void got_key(struct ask *a, struct span s)
{
	struct span rest = span_sub(s, 1, s.n);
	uint32_t cp = 0;
	int32_t key, state = 0;
	int64_t options = 0;

	if (rest.n > 1 && (rest.p[0] == '[' || rest.p[0] == 'O') && s.p[0] == 0x1b) {
		key = sequence_key(rest, &state);
	} else {
		if (utf8_get_lax(s, &cp) < s.n) {
			utf8_get_lax(rest, &cp);        /* ESC before it: with Alt */
			state = HELD_ALT;
		}
		if (cp == '\n' || cp == 0x7f)
			cp = cp == '\n' ? '\r' : '\b';
		key = char_key(cp, &state);
	}
	ps_get_i64(ps_nth(a->call->args, 0), &options);
	if (!(options & KEY_NO_ECHO) && cp >= ' ')
		print_ask(s, -1);
	ask_done(a, host_key(&a->call->arena, key, cp > 0xffff ? 0xfffd : (uint16_t)cp, state, true));
}

void ask_key(struct ask *a)
{
	int64_t options = 0;

	ps_get_i64(ps_nth(a->call->args, 0), &options);
	ask_want(a, options & KEY_CTRL_C ? INPUT_ANY_KEY : INPUT_KEY, got_key);
}
