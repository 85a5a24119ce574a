/* Text measured in terminal cells. */
#ifndef APPLETS_UI_WRAP_H
#define APPLETS_UI_WRAP_H
#include "lib/buf.h"

size_t cells_of(struct span s);
struct span cells_cut(struct span s, size_t max);         /* the beginning that fits */
/* Breaks lines at white space, as PowerShell does: the space before the break stays, no line is
 * wider than `width`. */
void cells_wrap(struct span s, size_t width, struct buf *out);
#endif
