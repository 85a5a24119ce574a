#include "applets/ui/table.h"
#include <stdio.h>
#include "applets/ui/wrap.h"
#include "lib/num.h"
#include "lib/vis.h"

static bool is_one_of(struct span name, const char *names)
{
	struct span rest = span_str(names);

	while (rest.n)
		if (span_eq(span_cut(&rest, ' '), name))
			return true;
	return false;
}

/* What a keeper says of itself is good for people and machines, but for its dates. */
static void put_value(struct span name, struct span value, bool quoted, struct buf *out)
{
	struct date d = { .kind = DATE_UTC };

	if (is_one_of(name, "DisconnectedOn ExpiresOn") && num_i64(value, &d.ticks)) {
		d.ticks = d.ticks * TICKS_PER_SEC + TICKS_UNIX_EPOCH;
		num_put_date(out, &d);
		return;
	}
	for (size_t i = 0; i < value.n; i++) {
		if (quoted && (value.p[i] == '"' || value.p[i] == '\\'))
			buf_putc(out, '\\');
		buf_putc(out, value.p[i]);
	}
}

static void put_list(struct span name, struct span value, struct buf *out)
{
	buf_printf(out, "%-19.*s : ", SPAN_ARG(name));
	put_value(name, value, false, out);
	buf_putc(out, '\n');
}

static void put_json(struct span name, struct span value, struct buf *out)
{
	bool quoted = !is_one_of(name, "Id IdleTimeout MaxIdleTimeout Pid Commands");

	buf_printf(out, ",\"%.*s\":%s", SPAN_ARG(name), quoted ? "\"" : "");
	put_value(name, value, quoted, out);
	buf_puts(out, quoted ? "\"" : "");
}

static void put_all(const struct kept *k, struct buf *out,
	void (*put)(struct span name, struct span value, struct buf *out))
{
	struct span rest, line, name;
	struct buf text;

	buf_init(&text, SIZE_MAX);
	kept_put(k, &text);
	buf_printf(&text, "Commands=%zu", k->command_n);
	for (rest = buf_span(&text); rest.n;) {
		line = span_cut(&rest, '\n');
		name = span_cut(&line, '=');
		if (!span_is(name, "Command"))
			put(name, line, out);
	}
	buf_free(&text);
}

/* The columns of PowerShell's format for PSSession, but for those that its pages do not show. */
static const struct column { const char *name; uint8_t width; bool right; } columns[] = {
	{ "Id", 3, true },
	{ "Name", 15, false },
	{ "ComputerName", 15, false },
	{ "State", 13, false },
	{ "ConfigurationName", 20, false },
	{ "Availability", 13, true },
};
#define COLUMN_N (sizeof(columns) / sizeof(*columns))
#define FULL_WIDTH 84                   /* of all, with a space between them */
#define NAME_MIN 6                      /* as narrow as names get */

struct rows { size_t width[COLUMN_N]; bool cut; struct buf *out; };

static void put_blanks(struct buf *out, size_t n)
{
	while (n--)
		buf_putc(out, ' ');
}

/* What does not fit is cut where a terminal would break the line; elsewhere it takes its room. */
static void put_cell(struct rows *r, size_t i, const char *text)
{
	size_t width = r->width[i], cells;
	struct span s;
	struct buf line;

	buf_init(&line, 4096);
	vis_line(span_str(text), &line);
	s = buf_span(&line);
	cells = cells_of(s);
	if (i)
		buf_putc(r->out, ' ');
	if (r->cut && cells > width) {
		s = cells_cut(s, width - 1);
		cells = cells_of(s) + 1;
	}
	if (columns[i].right && cells < width)
		put_blanks(r->out, width - cells);
	buf_put(r->out, s);
	if (s.n < line.n)
		buf_puts(r->out, "…");
	if (!columns[i].right && cells < width)
		put_blanks(r->out, width - cells);
	buf_free(&line);
}

static void put_row(struct rows *r, const char *const *cell)
{
	for (size_t i = 0; i < COLUMN_N; i++)
		put_cell(r, i, cell[i] ? cell[i] : "");
	buf_putc(r->out, '\n');
}

static void put_head(struct rows *r)
{
	char rule[32];
	const char *name[COLUMN_N], *under[COLUMN_N];

	memset(rule, '-', sizeof(rule) - 1);
	rule[sizeof(rule) - 1] = '\0';
	for (size_t i = 0; i < COLUMN_N; i++) {
		name[i] = columns[i].name;
		under[i] = rule + sizeof(rule) - 1 - strlen(name[i]);
	}
	put_row(r, name);
	put_row(r, under);
}

static void put_rows(struct kept *const *v, size_t n, size_t width, struct buf *out)
{
	struct rows r = { .cut = width != 0, .out = out };
	char id[16];

	for (size_t i = 0; i < COLUMN_N; i++)
		r.width[i] = columns[i].width;
	for (size_t i = FULL_WIDTH; r.cut && i > width && r.width[2] > NAME_MIN; i--)
		r.width[i % 2 ? 1 : 2]--;
	put_head(&r);
	for (size_t i = 0; i < n; i++) {
		const char *cell[COLUMN_N] = { id, v[i]->name, v[i]->computer, kept_state_name[v[i]->state],
			v[i]->configuration, kept_avail_name[v[i]->avail] };

		snprintf(id, sizeof(id), "%d", v[i]->id);
		if (!v[i]->id)
			*id = '\0';
		put_row(&r, cell);
	}
}

void table_put(struct kept *const *v, size_t n, enum table_form form, size_t width,
	struct buf *out)
{
	if (form == TABLE_ROWS && n)
		put_rows(v, n, width, out);
	for (size_t i = 0; form != TABLE_ROWS && i < n; i++) {
		size_t at = out->n;

		if (form == TABLE_LIST && i)
			buf_putc(out, '\n');
		put_all(v[i], out, form == TABLE_LIST ? put_list : put_json);
		if (form == TABLE_JSON && out->n > at) {
			out->p[at] = '{';       /* for the first comma */
			buf_puts(out, "}\n");
		}
	}
}
