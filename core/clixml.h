/* CLIXML (MS-PSRP 2.2.5): text to value tree and back, lossless. */
#ifndef CORE_CLIXML_H
#define CORE_CLIXML_H
#include "core/psobject.h"
#include "lib/err.h"

/* Reads one value (a leading BOM, and an Objs wrapper, are accepted). The tree's texts may point into xml: keep it as long as the tree.
 * E_PEER malformed, E_LIMIT deeper or larger than the caps. Trees may be cyclic (Ref). */
int clixml_read(struct span xml, struct arena *a, struct ps_val **out, struct err *e) MUST_CHECK;
/* Every value of an Objs document in turn: *pos starts at 0; 1 = one read, 0 = no more. */
int clixml_next(struct span xml, size_t *pos, struct arena *a, struct ps_val **out, struct err *e) MUST_CHECK;
/* Appends v; shared objects become Ref, shared type lists TNRef. NULL writes <Nil/>. */
void clixml_write(const struct ps_val *v, struct buf *out);
/* The _xHHHH_ rules by themselves. */
void clixml_escape(struct span s, struct buf *out);              /* also XML-escapes; for text nodes and N= */
#endif
