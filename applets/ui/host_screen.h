/* The raw calls that write to places of the screen: as much of them as a terminal can. Their
 * coordinates are those of the screen; what lies outside is left out. */
#ifndef APPLETS_UI_HOST_SCREEN_H
#define APPLETS_UI_HOST_SCREEN_H
#include "core/host.h"

/* SetCursorPosition, SetBufferContents1 and 2, ScrollBufferContents */
void host_screen(const struct host_call *c);
#endif
