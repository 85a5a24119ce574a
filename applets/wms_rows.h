/* The desktop sessions of a server: from Get-WmsSession's objects or from the lines of quser. */
#ifndef APPLETS_WMS_ROWS_H
#define APPLETS_WMS_ROWS_H
#include "core/json_write.h"
#include "core/params.h"
#include "core/psobject.h"

struct wms_row {                          /* texts lie in the arena; empty = unknown */
	int64_t id;
	struct span user, state, station, idle;
	bool own;                         /* quser itself ran in it */
	struct wms_row *next;
};
struct wms_rows { struct arena *arena; struct wms_row *first, **tail; };

/* Of the MultiPoint module, or of WmsCmdlets, its elder. What is no session is left out. */
void wms_rows_object(struct wms_rows *r, const struct ps_val *session);
/* Headings, in whatever language, are left out. */
void wms_rows_line(struct wms_rows *r, struct span line);
const struct wms_row *wms_rows_find(const struct wms_rows *r, int64_t id);
/* Only these stay, if there are any. */
void wms_rows_keep(struct wms_rows *r, const struct int_list *id);
/* A table with its heading; nothing for no rows. */
void wms_rows_table(const struct wms_rows *r, struct buf *out);
void wms_row_json(struct json *j, const struct wms_row *row);     /* members of an object */
#endif
