/* Sessions as the pages of Get- and Disconnect-PSSession show them. */
#ifndef APPLETS_UI_TABLE_H
#define APPLETS_UI_TABLE_H
#include "core/keeper_status.h"

enum table_form {
	TABLE_ROWS,             /* columns under a heading; cut to width cells, 0 = as they are */
	TABLE_LIST,             /* -Detailed: a block of "Name : value" each */
	TABLE_JSON,             /* one object a line; what is unknown is left out */
};
/* Nothing for no session. */
void table_put(struct kept *const *v, size_t n, enum table_form form, size_t width,
	struct buf *out);
#endif
