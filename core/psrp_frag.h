/* Fragments (MS-PSRP 2.2.4): messages cut to what the wire carries, and put together again.
 * Sans-IO. */
#ifndef CORE_PSRP_FRAG_H
#define CORE_PSRP_FRAG_H
#include "lib/buf.h"
#include "lib/err.h"

#define PSRP_FRAG_HEAD 21
#define PSRP_MSG_MAX 209715200u           /* bytes: MaximumReceivedObjectSize of PowerShell */

/* Writer. One per message under way; *last_object is the transport's, shared by all its streams
 * and pipelines, and starts at 0. */
struct psrp_frag_out { uint64_t object, fragment; struct span left; bool done; };

void psrp_frag_start(struct psrp_frag_out *f, uint64_t *last_object,
	struct span msg /* kept by the caller until done */);
/* Appends the next fragment, header included at most max bytes. Returns the bytes appended; 0 when
 * max leaves no room for a header and one byte, or nothing is left (f->done). Call again with
 * what room remains: a batch may hold many fragments. */
size_t psrp_frag_put(struct psrp_frag_out *f, size_t max, struct buf *out);

/* NOT: what came fits. MAYBE: object ids are not consecutive, which may be due to other streams.
 * SURE: a part of a message. */
enum psrp_frag_missing { PSRP_MISSING_NOT, PSRP_MISSING_MAYBE, PSRP_MISSING_SURE };
/* Reader: one per stream (and per pipeline where the wire keeps them apart), kept over packet
 * borders. */
struct psrp_frag_in {
	uint8_t head[PSRP_FRAG_HEAD];
	unsigned head_n;
	bool in_msg, in_body, end, copied, skip;
	bool resync;                      /* drop fragments until a start flag: after Connect */
	/* After Reconnect: what came since the last psrp_frag_mark() may come again, and what should
	 * follow may be missing. Over at the first new fragment, which sets missing. */
	bool again;
	/* marks until nothing can come again: the answer with that fragment may, too, where the server
	 * has given it twice, to whom asked for it and to whom connected */
	uint8_t recent;
	enum psrp_frag_missing missing;
	uint64_t first;                   /* object since the mark; 0 = none yet */
	/* the message under way, and the fragment id that must come next */
	uint64_t object, fragment;
	size_t left;                      /* bytes of this fragment still to come */
	size_t total;                     /* bytes fed, for errors */
	struct buf msg;
	struct err err;
};

void psrp_frag_init(struct psrp_frag_in *f, size_t max_msg /* PSRP_MSG_MAX */);
/* Eats from *in. 1 = *msg is one whole message, valid until the next call or the end of in's memory
 * (call again, *in holds the rest); 0 = *in is eaten, more is needed; E_PEER wrong order,
 * E_LIMIT too large (sticky, also in f->err). */
int psrp_frag_feed(struct psrp_frag_in *f, struct span *in, struct span *msg) MUST_CHECK;
/* An answer with fragments begins: it is what may come again. */
void psrp_frag_mark(struct psrp_frag_in *f);
/* True between messages: a stream may end here. */
bool psrp_frag_idle(const struct psrp_frag_in *f);
void psrp_frag_free(struct psrp_frag_in *f);
#endif
