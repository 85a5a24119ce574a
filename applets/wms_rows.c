#include "applets/wms_rows.h"
#include <stdio.h>
#include "applets/ui/wrap.h"
#include "lib/vis.h"

static struct wms_row *add(struct wms_rows *r)
{
	struct wms_row *row = arena_alloc(r->arena, sizeof(*row));

	if (!r->tail)
		r->tail = &r->first;
	if (row) {
		*r->tail = row;
		r->tail = &row->next;
	}
	return row;
}

static struct span keep(struct wms_rows *r, struct span s)
{
	return arena_dup(r->arena, s, &s) ? s : SPAN_NONE;
}

static void put_prop(const struct ps_val *o, const char *name, struct buf *out)
{
	ps_text(ps_prop(o, name), out);
}

void wms_rows_object(struct wms_rows *r, const struct ps_val *o)
{
	struct wms_row *row;
	struct buf text;
	int64_t id;

	if (!ps_get_i64(ps_prop(o, "SessionId"), &id) && !ps_get_i64(ps_prop(o, "Id"), &id))
		return;
	if (!(row = add(r)))
		return;
	row->id = id;
	buf_init(&text, 1000);
	put_prop(o, "DomainName", &text);
	if (text.n)
		buf_putc(&text, '\\');
	put_prop(o, "UserName", &text);
	row->user = keep(r, buf_span(&text));
	buf_clear(&text);
	put_prop(o, "State", &text);
	row->state = keep(r, buf_span(&text));
	buf_clear(&text);
	put_prop(o, "StationId", &text);
	row->station = keep(r, buf_span(&text));
	buf_free(&text);
}

static struct span word(struct span *rest)
{
	*rest = span_trim(*rest);
	return span_cut(rest, ' ');
}

/* " user name      rdp-tcp#1    2  Active   1:02  11/21/2026 6:00 PM": two spaces at least end the
 * name; a session that is disconnected has no station. */
void wms_rows_line(struct wms_rows *r, struct span line)
{
	struct span user = line, station = SPAN_NONE, id;
	struct wms_row *row;
	bool own = line.n && line.p[0] == '>';
	int64_t n;

	user = span_trim(span_sub(line, own, line.n));
	line = user;
	user.n = span_search(line, SPAN("  "));
	line = span_sub(line, user.n, line.n);
	id = word(&line);
	if (!num_i64(id, &n)) {
		station = id;
		id = word(&line);
	}
	if (!num_i64(id, &n) || !user.n || !(row = add(r)))
		return;
	row->id = n;
	row->own = own;
	row->user = keep(r, user);
	row->station = keep(r, station);
	row->state = keep(r, word(&line));
	row->idle = keep(r, word(&line));
}

const struct wms_row *wms_rows_find(const struct wms_rows *r, int64_t id)
{
	const struct wms_row *row = r->first;

	while (row && row->id != id)
		row = row->next;
	return row;
}

void wms_rows_keep(struct wms_rows *r, const struct int_list *id)
{
	struct wms_row **at = &r->first;
	size_t i;

	while (id->n && *at) {
		for (i = 0; i < id->n && id->v[i] != (*at)->id; i++)
			;
		if (i < id->n)
			at = &(*at)->next;
		else
			*at = (*at)->next;
	}
}

static void put_cell(struct span s, size_t width, struct buf *out)
{
	struct buf line;

	buf_init(&line, 4096);
	vis_line(s, &line);
	buf_put(out, buf_span(&line));
	for (size_t n = cells_of(buf_span(&line)); n < width; n++)
		buf_putc(out, ' ');
	buf_putc(out, ' ');
	buf_free(&line);
}

static void put_row(struct span id, const struct wms_row *row, struct buf *out)
{
	put_cell(id, 5, out);
	put_cell(row->user, 24, out);
	put_cell(row->state, 18, out);
	put_cell(row->station, 15, out);
	buf_put(out, row->idle);
	buf_putc(out, '\n');
}

void wms_rows_table(const struct wms_rows *r, struct buf *out)
{
	const struct wms_row head = { .user = SPAN("UserName"), .state = SPAN("State"),
		.station = SPAN("Station"), .idle = SPAN("Idle") };
	const struct wms_row under = { .user = SPAN("--------"), .state = SPAN("-----"),
		.station = SPAN("-------"), .idle = SPAN("----") };
	char id[24];

	if (!r->first)
		return;
	put_row(SPAN("Id"), &head, out);
	put_row(SPAN("--"), &under, out);
	for (const struct wms_row *row = r->first; row; row = row->next) {
		snprintf(id, sizeof(id), "%lld", (long long)row->id);
		put_row(span_str(id), row, out);
	}
}

void wms_row_json(struct json *j, const struct wms_row *row)
{
	const struct { const char *name; struct span s; } text[] = { { "UserName", row->user },
		{ "State", row->state }, { "Station", row->station }, { "Idle", row->idle } };
	char id[24];

	snprintf(id, sizeof(id), "%lld", (long long)row->id);
	json_key(j, SPAN("SessionId"));
	json_raw(j, span_str(id));
	for (size_t i = 0; i < sizeof(text) / sizeof(*text); i++) {
		json_key(j, span_str(text[i].name));
		json_str(j, text[i].s);
	}
}
