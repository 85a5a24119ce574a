#include "lib/b64.h"

/* All bits set when lo <= c <= hi, else 0, with no branch and no table: what is coded here may be a
 * password. */
static uint32_t in_range(uint32_t c, uint32_t lo, uint32_t hi)
{
	return (((c - lo) | (hi - c)) >> 31) - 1;
}

static uint8_t to_char(uint32_t v)
{
	return (uint8_t)((in_range(v, 0, 25) & (v + 'A')) | (in_range(v, 26, 51) & (v - 26 + 'a')) |
		(in_range(v, 52, 61) & (v - 52 + '0')) | (in_range(v, 62, 62) & '+') |
		(in_range(v, 63, 63) & '/'));
}

/* The six bits of a digit, or UINT32_MAX. */
static uint32_t from_char(uint32_t c)
{
	uint32_t up = in_range(c, 'A', 'Z'), low = in_range(c, 'a', 'z'), num = in_range(c, '0', '9');
	uint32_t plus = in_range(c, '+', '+'), slash = in_range(c, '/', '/');

	return (up & (c - 'A')) | (low & (c - 'a' + 26)) | (num & (c - '0' + 52)) |
		(plus & 62) | (slash & 63) |
		~(up | low | num | plus | slash);
}

void b64_put(struct buf *out, struct span in)
{
	uint8_t *p = buf_room(out, in.n / 3 * 4 + (in.n % 3 ? 4 : 0));
	size_t i, left;
	uint32_t v;

	if (!p)
		return;
	for (i = 0; i < in.n; i += 3, p += 4) {
		left = in.n - i;
		v = (uint32_t)in.p[i] << 16 | (left > 1 ? (uint32_t)in.p[i + 1] << 8 : 0) |
			(left > 2 ? in.p[i + 2] : 0);
		p[0] = to_char(v >> 18);
		p[1] = to_char(v >> 12 & 63);
		p[2] = left > 1 ? to_char(v >> 6 & 63) : '=';
		p[3] = left > 2 ? to_char(v & 63) : '=';
	}
	buf_add(out, in.n / 3 * 4 + (in.n % 3 ? 4 : 0));
}

#define EACH 0x0101010101010101u         /* a byte's value times this is that value in all eight */

/* The top bit of each byte that is in lo..hi; all are below 0x80. */
static uint64_t each_in_range(uint64_t c, uint64_t lo, uint64_t hi)
{
	return (c + (0x80 - lo) * EACH) & ~(c + (0x7f - hi) * EACH) & 0x80 * EACH;
}

/* v where the top bit was set, in each byte */
static uint64_t each_if(uint64_t top, uint64_t v)
{
	return (top >> 7) * 0xff & v * EACH;
}

/* Eight digits at once, six bytes; false when they are not all digits. Everything the server says
 * over stdio comes through here. */
static bool get_eight(const uint8_t *from, uint8_t *to)
{
	uint64_t c = get_u64be(from), v = c & ~(0x80 * EACH);
	uint64_t up = each_in_range(v, 'A', 'Z'), low = each_in_range(v, 'a', 'z');
	uint64_t num = each_in_range(v, '0', '9'), plus = each_in_range(v, '+', '+');
	uint64_t slash = each_in_range(v, '/', '/');

	if (v != c || (up | low | num | plus | slash) != 0x80 * EACH)
		return false;
	v -= each_if(up, 'A') + each_if(low, 'a' - 26);
	v += each_if(num, 52 - '0') + each_if(plus, 62 - '+') + each_if(slash, 63 - '/');
	v = (v & 0x3f003f003f003f00u) >> 2 | (v & 0x003f003f003f003fu);
	v = (v & 0x0fff00000fff0000u) >> 4 | (v & 0x00000fff00000fffu);
	v = v >> 32 << 24 | (v & 0xffffff);
	put_u32be(to, (uint32_t)(v >> 16));
	put_u16be(to + 4, (uint16_t)v);
	return true;
}

/* How many bytes come out: exact for what is well-formed, so that a buffer of just the right
 * maximum will do, and never less than what is written before a wrong byte is met. */
static size_t decoded_len(struct span in)
{
	size_t digits = 0, i;

	for (i = 0; i < in.n; i++)
		digits += in.p[i] > ' ' && in.p[i] != '=';
	return digits / 4 * 3 + digits % 4 * 3 / 4;
}

bool b64_get(struct buf *out, struct span in)
{
	uint8_t *p = buf_room(out, decoded_len(in));
	uint32_t v = 0, d;
	size_t i, digits = 0, pad = 0, n = 0;
	uint8_t c;

	for (i = 0; p && i < in.n; i++) {
		if (digits % 4 == 0 && !pad && in.n - i >= 8 && get_eight(in.p + i, p + n)) {
			i += 7;
			digits += 8;
			n += 6;
			continue;
		}
		c = in.p[i];
		if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			continue;
		if (c == '=') {
			pad++;
			continue;
		}
		d = from_char(c);
		if (d > 63 || pad)
			return false;
		v = v << 6 | d;
		if (++digits % 4 == 0) {
			p[n++] = (uint8_t)(v >> 16);
			p[n++] = (uint8_t)(v >> 8);
			p[n++] = (uint8_t)v;
			v = 0;
		}
	}
	digits %= 4;
	if (!p || pad != (4 - digits) % 4 || digits == 1)
		return false;
	if ((digits == 2 && v & 15) || (digits == 3 && v & 3))
		return false;
	if (digits == 2)
		p[n++] = (uint8_t)(v >> 4);
	if (digits == 3) {
		p[n++] = (uint8_t)(v >> 10);
		p[n++] = (uint8_t)(v >> 2);
	}
	buf_add(out, n);
	return true;
}
