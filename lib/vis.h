/* Makes untrusted text safe for a terminal. */
#ifndef LIB_VIS_H
#define LIB_VIS_H
#include "lib/buf.h"

/* Stream filter: text, TAB, LF, CR, BS and BEL, and CSI sequences for colour (SGR), erase and
 * cursor movement pass; OSC, DCS, APC, PM, SOS, device queries and reports, mode changes, other
 * controls (C0, DEL, C1 also as UTF-8) are dropped, and what turns the direction of the rest of a
 * line (U+202A-202E, U+2066-206F), but neither joiners nor direction marks. State lives across
 * calls: a sequence cut between two feeds is still recognised; nothing of an unfinished sequence is
 * emitted. Malformed UTF-8 becomes U+FFFD. */
struct vis { uint8_t state, n; uint8_t pend[61]; bool no_sgr; };
/* no_sgr: colours are dropped too (NO_COLOR, not a tty) */
void vis_init(struct vis *v, bool no_sgr);
void vis_feed(struct vis *v, struct span in, struct buf *out);
/* For output that is no terminal: every byte stays what it is, only colour sequences (SGR) go. The
 * same state, kept for this use alone; what may yet become such a sequence is held back until the
 * next bytes, or until vis_plain_end. */
void vis_plain(struct vis *v, struct span in, struct buf *out);
void vis_plain_end(struct vis *v, struct buf *out);
/* One-line form for names and error texts: controls become spaces or \xNN, characters that are
 * invisible or turn the direction of text \uNNNN (but for the joiners of scripts and emoji),
 * malformed UTF-8 becomes U+FFFD. */
void vis_line(struct span in, struct buf *out);
#endif
