/* CLIXML (MS-PSRP 2.2.5): text to value tree and back, lossless. */
#ifndef CORE_CLIXML_H
#define CORE_CLIXML_H
#include "core/psobject.h"
#include "lib/err.h"

#define CLIXML_DEPTH_MAX 100              /* objects inside objects; PowerShell stops at 50 */

/* Reads one value (a leading BOM is accepted; of an Objs document the first). The tree's texts may
 * point into xml: keep it as long as the tree. E_PEER malformed, E_LIMIT deeper or larger than the
 * caps. Trees may be cyclic (Ref). */
int clixml_read(struct span xml, struct arena *a, struct ps_val **out, struct err *e) MUST_CHECK;
/* Appends v; shared objects become Ref, equal type lists TNRef. NULL writes <Nil/>. Deeper than
 * XML_WRITE_DEPTH fails the buffer. */
void clixml_write(const struct ps_val *v, struct buf *out);
/* The _xHHHH_ rules by themselves. */
/* also XML-escapes; for text nodes and N= */
void clixml_escape(struct span s, struct buf *out);
/* false: over the arena's cap */
bool clixml_unescape(struct span s, struct arena *a, struct span *out);
/* What reader and writer share: an element's tag (-1: none), whether its text is escaped, the names
 * of containers, and the elements of a PR in their order with the property each one becomes. */
int clixml_tag(struct span element);
bool clixml_tag_escaped(enum ps_tag tag);
extern const char *const clixml_box[BOX_DCT + 1];
struct clixml_pr { const char *element, *name; enum ps_tag tag; };
extern const struct clixml_pr clixml_pr[8];
#endif
