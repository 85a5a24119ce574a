/* Engine: packets of the stdio transports (`pwsh -s`, the SSH subsystem): one XML element a line.
 * Not a general XML reader: the servers write one fixed form, anything else is refused. */
#ifndef CORE_OOP_PACKET_H
#define CORE_OOP_PACKET_H
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/guid.h"

#define OOP_LINE_MAX (64u << 20)          /* PowerShell's own are 44 KiB */
/* Text before the first packet is a banner: so much of it is passed on, so much is borne. */
#define OOP_TEXT_SHOWN 4096u
#define OOP_TEXT_LINES 25u
#define OOP_TEXT_MAX 65536u

enum oop_kind {
	OOP_DATA, OOP_DATA_ACK, OOP_COMMAND, OOP_COMMAND_ACK,
	OOP_SIGNAL, OOP_SIGNAL_ACK, OOP_CLOSE, OOP_CLOSE_ACK,
	OOP_TEXT,                         /* a line that is no packet: text = the line */
	OOP_PIPE_ERROR,                   /* __NamedPipeError__: text = what follows */
};
struct oop_packet {
	enum oop_kind kind;
	struct guid pipe;                 /* zero = the session */
	bool prompt;                      /* DATA: stream PromptResponse, else Default */
	struct span text;                 /* DATA: base64 */
};

struct oop_in {
	struct buf line;                  /* a line that came in pieces */
	bool started, whole; /* a packet was seen; line was given out and is to be cleared */
	size_t text_n, text_lines;
	struct err err;
};

void oop_in_init(struct oop_in *o);
void oop_in_free(struct oop_in *o);
/* Eats from *in. 1 = *p is set, valid until the next call or the end of in's memory (call again,
 * *in holds the rest); 0 = *in is eaten; E_PEER no packet, E_LIMIT too long (sticky, also in
 * o->err). Empty lines are skipped. */
int oop_in_feed(struct oop_in *o, struct span *in, struct oop_packet *p) MUST_CHECK;

/* Append one packet with its line end. */
void oop_put(struct buf *out, enum oop_kind kind, const struct guid *pipe);
void oop_put_data(struct buf *out, const struct guid *pipe, bool prompt, struct span fragments);
#endif
