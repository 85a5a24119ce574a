/* Frames between a keeper and its front ends (docs/PROTOCOL.keeper). Sans-IO. */
#ifndef CORE_KEEPER_MSG_H
#define CORE_KEEPER_MSG_H
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/guid.h"

#define KEEPER_VERSION 1
enum keeper_type {
	KEEPER_HELLO = 1, KEEPER_STATUS, KEEPER_ATTACH, KEEPER_CREATE, KEEPER_SEND, KEEPER_STOP,
	KEEPER_END, KEEPER_ADOPT, KEEPER_DISCONNECT, KEEPER_CONNECT, KEEPER_CLOSE,
	KEEPER_HELLO_BACK = 65, KEEPER_STATUS_IS, KEEPER_ATTACHED, KEEPER_WAITING, KEEPER_NEXT,
	KEEPER_MESSAGE, KEEPER_PIPE_CLOSED, KEEPER_ROOM, KEEPER_LINK, KEEPER_GONE, KEEPER_NOTICE,
	KEEPER_DONE, KEEPER_ERROR,
};
/* One frame; only the fields of its type count, the others are 0. Texts point into the input of
 * keeper_msg_get(). */
struct keeper_msg {
	enum keeper_type type;
	struct guid guid, next;         /* pipe or pool */
	uint64_t number;                /* version, wait, prio, protocol, idle ms, seconds, taken */
	int mode;                       /* buffering, enum xport_link */
	int code;                       /* ERR */
	struct span data;               /* message, TEXT, or the text of ERR */
};
void keeper_msg_put(const struct keeper_msg *m, struct buf *out);
/* Takes a frame from the front of *in. 1 = got one (of an unknown type: data is its body), 0 = more
 * bytes are needed, E_PEER. */
int keeper_msg_get(struct span *in, struct keeper_msg *m, struct err *e) MUST_CHECK;
/* The ERR of a frame, from one that outlives m (NULL = none) and back. */
void keeper_msg_err(struct keeper_msg *m, const struct err *e);
void keeper_msg_why(const struct keeper_msg *m, struct err *e);
/* The first frame from a keeper: E_USAGE when it speaks another version, E_PEER when it is none. */
int keeper_msg_greets(const struct keeper_msg *m, struct err *e) MUST_CHECK;
#endif
