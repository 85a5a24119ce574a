/* What a copy of files says over a pipeline: its input and output objects, strings and byte arrays.
 * applets/copy_put.ps1 and copy_get.ps1 speak it on the far side. One end sends a tree, in order:
 *   d 0 TICKS 0 NAME        a folder (TICKS 0), and again after what is in it
 *   f SIZE TICKS RO NAME    a file begins; SIZE is what it was then; RO 1 = read-only
 *   o OFFSET                its bytes begin there: after the other end's r, if it resumes
 *   (byte array)            its next piece: at most COPY_PIECE bytes, by themselves in raw deflate
 *   e SHA256                it ends; hex, of the whole file
 *   x TEXT                  the file under way, or else something, could not be read
 *   w TEXT                  something is left out
 *   t SIZE                  before all: of all files, as far as that is known
 * TICKS: UTC, as in lib/tree_io.h. NAME: elements with / between, relative to the destination.
 * For an upload the other end answers; ENTRY counts d and f from 1:
 *   k                       a piece was taken
 *   y ENTRY PATH            it is there; PATH is empty for a d with TICKS
 *   n ENTRY TEXT            it could not be made (after x: TEXT is empty); what still comes for
 *                           it is passed over
 *   r ENTRY SIZE SHA256     resume only: so much is left of an earlier attempt
 * Input of an upload may end with "h", to go on in another pipeline. If a download resumes, its "f"
 * is answered by "SIZE SHA256"; SIZE -1 = it is there. */
#ifndef CORE_COPY_MSG_H
#define CORE_COPY_MSG_H
#include <bearssl.h>
#include "core/psobject.h"

#define COPY_PIECE (256u << 10)

struct copy_msg {
	char kind;                        /* the letter, or 'b': a byte array */
	uint64_t size;                    /* f; o: the offset; r; t */
	int64_t ticks;                    /* d, f */
	bool read_only;                   /* f */
	uint64_t entry;                   /* y, n, r */
	struct span text;                 /* NAME, TEXT, PATH, SHA256; b: base64 */
};
/* One object of either direction; false when it is none. NAME may still lead anywhere. */
bool copy_msg_get(const struct ps_val *v, struct copy_msg *m);

struct copy_hex { char s[2 * br_sha256_SIZE + 1]; };
/* Of what has been hashed so far, which may go on. */
struct copy_hex copy_hex(const br_sha256_context *sha);
/* An input object with the piece; *n becomes what it takes on the way. */
struct ps_val *copy_piece(struct arena *a, struct span plain, size_t *n);
/* Appends the bytes of a piece; false when it is damaged, or out has no room. */
bool copy_plain(const struct copy_msg *m, struct buf *out);
#endif
