/* From bytes to keys: what terminals send, after xterm, rxvt, vt100 and the consoles of Linux. */
#include "applets/ui/lineedit_int.h"
#include "lib/utf.h"

#define ESC 27
#define CTRL_OR_ALT 6                   /* bits of xterm's second parameter, less 1 */

/* The keys that end in '~', by number. */
static const char tilde[] = " H23F56HF";

/* ESC, '[' or 'O', parameters, a letter: '[' and 'O' before the same letter mean the same. */
static int sequence(struct span s)
{
	int word = 0;
	uint8_t c = s.p[s.n - 1];
	unsigned first = 0, last = 0, n = 0;

	for (size_t i = 2; i + 1 < s.n; i++)
		if (s.p[i] != ';')
			last = last * 10 + s.p[i] - '0';
		else if (n++ || (first = last, true))
			last = 0;
	first = n ? first : last;
	if (c == '^' || (n && (last - 1) & CTRL_OR_ALT))
		word = KEY_WORD;
	if ((c == 'u' && first == 13) || (first == 27 && last == 13))
		return KEY_NEWLINE;
	if (c >= 'a' && c <= 'd') {             /* rxvt: with Shift; behind 'O' with Ctrl */
		c -= 32;
		word = s.p[1] == 'O' ? KEY_WORD : word;
	}
	if (c == '~' || c == '^')
		c = first < sizeof(tilde) - 1 ? (uint8_t)tilde[first] : first & 0xff;
	return s.p[2] == '[' ? 0 : KEY_CSI | c | word;
}

size_t lineedit_key_at(struct span s, int *key)
{
	uint32_t cp;
	size_t n = 2, more;

	if (s.p[0] != ESC) {
		n = utf8_get_lax(s, &cp);
		*key = cp >= 0xd800 && cp <= 0xdfff ? 0xfffd : (int)cp;
		more = s.p[0] < 0xc2 ? 1 : s.p[0] < 0xe0 ? 2 : s.p[0] < 0xf0 ? 3 : s.p[0] < 0xf5 ? 4 : 1;
		if (n == 1 && s.n < more)       /* cut off, if nothing else is wrong */
			for (n = 1; n < s.n && (s.p[n] & 0xc0) == 0x80; n++)
				;
		else
			return n;
		return n == s.n ? 0 : 1;
	}
	if (s.n < 2)
		return 0;
	if (s.p[1] == ESC) {
		n = lineedit_key_at(span_sub(s, 1, s.n), key);
		*key |= *key & KEY_CSI ? KEY_WORD : 0;
		return n + !!n;
	}
	if (s.p[1] != '[' && s.p[1] != 'O') {
		*key = s.p[1] == '\r' || s.p[1] == '\n' ? KEY_NEWLINE : KEY_ALT | s.p[1];
		return 2;
	}
	n += s.n > 2 && s.p[2] == '[';
	while (n < s.n && s.p[n] < 0x40 && s.p[n] >= 0x20)
		n++;
	if (n == s.n)
		return 0;
	*key = sequence(span_sub(s, 0, n + 1));
	return n + 1;
}
