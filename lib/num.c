#include "lib/num.h"

bool num_u64(struct span s, uint64_t *out)
{
	uint64_t v = 0;
	size_t i;
	unsigned d;

	for (i = 0; i < s.n; i++) {
		d = (unsigned)s.p[i] - '0';
		if (d > 9 || v > (UINT64_MAX - d) / 10)
			return false;
		v = v * 10 + d;
	}
	*out = v;
	return s.n > 0;
}

bool num_port(struct span s, uint16_t *out)
{
	uint64_t v;

	if (!num_u64(s, &v) || !v || v > UINT16_MAX)
		return false;
	*out = (uint16_t)v;
	return true;
}

/* Magnitude and sign to int64_t; -2^63 has no positive twin. */
static bool with_sign(uint64_t v, bool negative, int64_t *out)
{
	if (v > (uint64_t)INT64_MAX + negative)
		return false;
	*out = negative ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

bool num_i64(struct span s, int64_t *out)
{
	bool negative = span_starts(s, "-");
	uint64_t v;

	if (negative || span_starts(s, "+"))
		s = span_sub(s, 1, s.n);
	return num_u64(s, &v) && with_sign(v, negative, out);
}

bool num_hex(struct span s, uint64_t *out)
{
	uint64_t v = 0;
	size_t i;
	uint8_t c;

	if (!s.n || s.n > 16)
		return false;
	for (i = 0; i < s.n; i++) {
		c = s.p[i] | 32;
		if (s.p[i] >= '0' && s.p[i] <= '9')
			c -= '0';
		else if (c >= 'a' && c <= 'f')
			c -= 'a' - 10;
		else
			return false;
		v = v << 4 | c;
	}
	*out = v;
	return true;
}

/* Takes the digits at the start of *s. */
static struct span digits(struct span *s)
{
	size_t i = 0;
	struct span d;

	while (i < s->n && s->p[i] >= '0' && s->p[i] <= '9')
		i++;
	d = span_sub(*s, 0, i);
	*s = span_sub(*s, i, s->n);
	return d;
}

static bool take(struct span *s, uint8_t c)
{
	if (!s->n || s->p[0] != c)
		return false;
	*s = span_sub(*s, 1, s->n);
	return true;
}

/* ".25" to ticks: padded on the right to seven digits, the rest dropped. False for a dot without
 * digits. */
static bool fraction(struct span *s, uint64_t *ticks, size_t *n)
{
	struct span d;
	size_t i;

	*ticks = 0;
	*n = 0;
	if (!take(s, '.'))
		return true;
	d = digits(s);
	*n = d.n;
	for (i = 0; i < 7; i++)
		*ticks = *ticks * 10 + (i < d.n ? d.p[i] - '0' : 0);
	return d.n > 0;
}

static bool add_units(uint64_t *sum, struct span d, uint64_t unit)
{
	uint64_t v;

	if (!num_u64(d, &v) || v > UINT64_MAX / unit || v * unit > UINT64_MAX - *sum)
		return false;
	*sum += v * unit;
	return true;
}

static const struct { uint8_t c; uint64_t ticks; } units[] = {
	{ 'D', 86400 * TICKS_PER_SEC }, { 'H', 3600 * TICKS_PER_SEC }, { 'M', 60 * TICKS_PER_SEC },
	{ 'S', TICKS_PER_SEC },
};

bool num_duration(struct span s, int64_t *ticks)
{
	bool negative = take(&s, '-'), in_time = false;
	uint64_t sum = 0, frac;
	struct span d;
	size_t unit = 0, frac_n;

	if (!take(&s, 'P') || !s.n)
		return false;
	do {
		if (!in_time && take(&s, 'T')) {
			in_time = true;
			unit = unit ? unit : 1;
		}
		d = digits(&s);
		if (!fraction(&s, &frac, &frac_n) || !s.n)
			return false;
		while (unit < 4 && units[unit].c != s.p[0])
			unit++;
		if (unit == 4 || in_time != (unit > 0) || (frac_n && unit != 3))
			return false;
		if (!add_units(&sum, d, units[unit].ticks) || sum > UINT64_MAX - frac)
			return false;
		sum += frac;
		unit++;
		s = span_sub(s, 1, s.n);
	} while (s.n);
	return with_sign(sum, negative, ticks);
}

/* ".5" for half a second: seven digits without the zeros at their end; nothing for none. */
static void put_fraction(struct buf *b, uint64_t frac)
{
	int width = 7;

	if (!frac)
		return;
	while (frac % 10 == 0) {
		frac /= 10;
		width--;
	}
	buf_printf(b, ".%0*u", width, (unsigned)frac);
}

void num_put_duration(struct buf *b, int64_t ticks)
{
	uint64_t left = ticks < 0 ? 0 - (uint64_t)ticks : (uint64_t)ticks, v;
	size_t i;

	buf_puts(b, ticks < 0 ? "-P" : "P");
	for (i = 0; i < 3; i++) {
		v = left / units[i].ticks;
		left %= units[i].ticks;
		if (i == 1 && (v || left))
			buf_putc(b, 'T');
		if (v)
			buf_printf(b, "%u%c", (unsigned)v, units[i].c);
	}
	if (!ticks)
		buf_puts(b, "T0S");
	if (!left)
		return;
	buf_printf(b, "%u", (unsigned)(left / TICKS_PER_SEC));
	put_fraction(b, left % TICKS_PER_SEC);
	buf_putc(b, 'S');
}

/* Days from 0001-01-01 to the first of the year: proleptic Gregorian. */
static int64_t days_before_year(int y)
{
	y--;
	return y * 365LL + y / 4 - y / 100 + y / 400;
}

static int month_days(int y, int m)
{
	if (m == 2)
		return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0) ? 29 : 28;
	return m == 4 || m == 6 || m == 9 || m == 11 ? 30 : 31;
}

/* Exactly n digits with a value in [lo, hi]. */
static bool fixed(struct span *s, size_t n, int lo, int hi, int *out)
{
	uint64_t v;

	if (!num_u64(span_sub(*s, 0, n), &v) || s->n < n || v < (uint64_t)lo || v > (uint64_t)hi)
		return false;
	*s = span_sub(*s, n, s->n);
	*out = (int)v;
	return true;
}

static bool zone(struct span s, struct date *out)
{
	bool negative = span_starts(s, "-");
	int h, m;

	out->kind = DATE_UNSPECIFIED;
	out->offset_min = 0;
	if (!s.n)
		return true;
	if (span_is(s, "Z")) {
		out->kind = DATE_UTC;
		return true;
	}
	if (!negative && s.p[0] != '+')
		return false;
	s = span_sub(s, 1, s.n);
	if (!fixed(&s, 2, 0, 14, &h) || !take(&s, ':') || !fixed(&s, 2, 0, 59, &m) || s.n)
		return false;
	out->kind = DATE_LOCAL;
	out->offset_min = negative ? -(h * 60 + m) : h * 60 + m;
	return true;
}

bool num_date(struct span s, struct date *out)
{
	int y, mo, d, h, mi, sec, i;
	uint64_t frac;
	size_t frac_n;
	int64_t days;

	if (!fixed(&s, 4, 1, 9999, &y) || !take(&s, '-') ||
	    !fixed(&s, 2, 1, 12, &mo) || !take(&s, '-') ||
	    !fixed(&s, 2, 1, month_days(y, mo), &d) || !take(&s, 'T') ||
	    !fixed(&s, 2, 0, 23, &h) || !take(&s, ':') ||
	    !fixed(&s, 2, 0, 59, &mi) || !take(&s, ':') || !fixed(&s, 2, 0, 59, &sec))
		return false;
	if (!fraction(&s, &frac, &frac_n) || frac_n > 7 || !zone(s, out))
		return false;
	days = days_before_year(y) + d - 1;
	for (i = 1; i < mo; i++)
		days += month_days(y, i);
	out->ticks = (((days * 24 + h) * 60 + mi) * 60 + sec) * TICKS_PER_SEC + (int64_t)frac;
	return true;
}

void num_put_date(struct buf *b, const struct date *d)
{
	int64_t sec = d->ticks / TICKS_PER_SEC, days = sec / 86400;
	int y = (int)(days / 366) + 1, m = 1, off = d->offset_min < 0 ? -d->offset_min : d->offset_min;

	while (days_before_year(y + 1) <= days)
		y++;
	days -= days_before_year(y);
	for (; days >= month_days(y, m); m++)
		days -= month_days(y, m);
	sec %= 86400;
	buf_printf(b, "%04d-%02d-%02dT%02d:%02d:%02d", y, m, (int)days + 1,
		(int)(sec / 3600), (int)(sec / 60 % 60), (int)(sec % 60));
	put_fraction(b, (uint64_t)(d->ticks % TICKS_PER_SEC));
	if (d->kind == DATE_UTC)
		buf_putc(b, 'Z');
	if (d->kind == DATE_LOCAL)
		buf_printf(b, "%c%02d:%02d", d->offset_min < 0 ? '-' : '+', off / 60, off % 60);
}
