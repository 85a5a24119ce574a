/* Answers of WS-Management (DSP0226; MS-WSMV 2.2.4, 3.1.4): one envelope in, what it says out.
 * Sans-IO. Prefixes, order and what else there is differ between Windows and OMI: namespaces and
 * local names count. */
#ifndef CORE_WSMAN_REPLY_H
#define CORE_WSMAN_REPLY_H
#include "core/wsman_msg.h"
#include "lib/arena.h"
#include "lib/err.h"

/* WSManFault codes that somebody acts on (winerror.h, wsmerror.h). A fault without a code (OMI) is
 * given the one that means the same as its subcode. */
#define WSMAN_ACCESS_DENIED 5u
#define WSMAN_ABORTED 995u
#define WSMAN_SERVICE_GONE 2147943418u    /* "reconnect": the provider's process ended */
#define WSMAN_NOT_FOUND 2150858752u
#define WSMAN_POLL_AGAIN 2150858793u      /* OperationTimeout passed with nothing to say */
#define WSMAN_SHELL_GONE 2150858843u      /* or the command */
#define WSMAN_REDIRECT 2150859161u
#define WSMAN_INTERNAL 2150858775u
#define WSMAN_UNSUPPORTED 2150858757u
#define WSMAN_QUOTA 2150858815u

struct wsman_stream {
	struct wsman_stream *next;
	struct span name, data;           /* base64 as it came */
	struct guid command;              /* zero = none named */
	bool end;
};
enum wsman_kind {
	WSMAN_IS_EMPTY,                   /* as to Delete */
	WSMAN_IS_CREATED, WSMAN_IS_COMMAND, WSMAN_IS_SENT, WSMAN_IS_RECEIVED, WSMAN_IS_SIGNALED,
	WSMAN_IS_IDENTITY, WSMAN_IS_FAULT,
};
struct wsman_reply {                      /* spans live as long as the envelope and the arena */
	enum wsman_kind kind;
	bool related;                     /* RelatesTo was there and is a UUID */
	struct guid relates_to;
	struct span shell;                /* CREATED: ShellId */
	struct guid command;              /* COMMAND; zero = none, or not of this form */
	struct wsman_stream *streams;     /* RECEIVED, in order */
	bool done, has_exit;              /* RECEIVED: CommandState Done; ExitCode was there */
	int64_t exit_code;
	struct span vendor, version;      /* IDENTITY */
	uint32_t code;                    /* FAULT: one of the above or another; 0 = none known */
	struct span message, subcode;     /* FAULT: in the server's words; QName without prefix */
};
/* E_PEER malformed or no such envelope, E_LIMIT. */
int wsman_reply_read(struct span doc, struct arena *a, struct wsman_reply *out,
	struct err *e) MUST_CHECK;
/* The URI that a fault with WSMAN_REDIRECT names, in its message; empty when there is none. */
struct span wsman_fault_redirect(const struct wsman_reply *r);
/* Records a fault as one sentence with the way out; name = the server as the user named it. */
int wsman_fault_err(const struct wsman_reply *r, const char *name, struct err *e);
#endif
