#include "applets/wms_rows.h"
#include <stdio.h>
#include "lib/vis.h"

#define HEAD                                                                                   \
	"Id    UserName                 State              Station         Idle\n"                  \
	"--    --------                 -----              -------         ----\n"

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

/* One line, whatever the server says. */
static struct span keep(struct wms_rows *r, struct span s)
{
	struct buf line;

	buf_init(&line, 4096);
	vis_line(s, &line);
	s = arena_dup(r->arena, buf_span(&line), &s) ? s : SPAN_NONE;
	buf_free(&line);
	return s;
}

/* Of the property, and of the one before it: "DOMAIN\\user". */
static struct span prop(struct wms_rows *r, const struct ps_val *o, const char *before,
	const char *name)
{
	struct buf text;
	struct span s;

	buf_init(&text, 1000);
	if (before)
		ps_text(ps_prop(o, before), &text);
	if (text.n)
		buf_putc(&text, '\\');
	ps_text(ps_prop(o, name), &text);
	s = keep(r, buf_span(&text));
	buf_free(&text);
	return s;
}

void wms_rows_object(struct wms_rows *r, const struct ps_val *o)
{
	struct wms_row *row;
	int64_t id;

	if (!ps_get_i64(ps_prop(o, "SessionId"), &id) && !ps_get_i64(ps_prop(o, "Id"), &id))
		return;
	if (!(row = add(r)))
		return;
	row->id = id;
	row->user = prop(r, o, "DomainName", "UserName");
	row->state = prop(r, o, NULL, "State");
	row->station = prop(r, o, NULL, "StationId");
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

void wms_rows_table(const struct wms_rows *r, struct buf *out)
{
	if (r->first)
		buf_puts(out, HEAD);
	for (const struct wms_row *row = r->first; row; row = row->next)
		buf_printf(out, "%-5lld %-24.*s %-18.*s %-15.*s %.*s\n", (long long)row->id,
			SPAN_ARG(row->user), SPAN_ARG(row->state), SPAN_ARG(row->station),
			SPAN_ARG(row->idle));
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
