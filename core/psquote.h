/* The only place that makes PowerShell source text: quoted literals. Commands and names go as
 * parameters, never as text. */
#ifndef CORE_PSQUOTE_H
#define CORE_PSQUOTE_H
#include "lib/buf.h"

/* Appends s as a single-quoted literal, in which nothing is expanded. Any bytes are safe;
 * malformed UTF-8 becomes U+FFFD. */
void psquote(struct span s, struct buf *out);
#endif
