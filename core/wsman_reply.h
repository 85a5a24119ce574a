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
#define WSMAN_IN_PROGRESS 1359u           /* the same request is, if it came before */
#define WSMAN_SERVICE_GONE 2147943418u    /* "reconnect": the provider's process ended */
#define WSMAN_NOT_FOUND 2150858752u
#define WSMAN_POLL_AGAIN 2150858793u      /* OperationTimeout passed with nothing to say */
#define WSMAN_SHELL_GONE 2150858843u      /* or the command */
#define WSMAN_REDIRECT 2150859161u
#define WSMAN_INTERNAL 2150858775u
#define WSMAN_UNSUPPORTED 2150858757u
#define WSMAN_QUOTA 2150858815u
#define WSMAN_ACTION_UNKNOWN 2150858771u
#define WSMAN_NO_DISCONNECT 2150859215u   /* the shell is disconnected */
#define WSMAN_DISCONNECTED 2150859204u    /* the shell, or the command, has no client */
#define WSMAN_STREAM_DISCONNECTED 2150859230u    /* said to a Receive that waited */
#define WSMAN_OTHER_SESSION 2150859206u   /* another client has it */
#define WSMAN_OTHER_CLIENT 2150859213u

struct wsman_stream {
	struct wsman_stream *next;
	struct span name, data;           /* base64 as it came */
	struct guid command;              /* zero = none named */
	bool end;
};
/* A shell (rsp:Shell) or a command (rsp:Command), as far as the server tells. */
struct wsman_item {
	struct wsman_item *next;
	struct span id;                   /* ShellId or CommandId */
	struct span name, resource, state;    /* state "Connected", "Disconnected" */
	int64_t idle, max_idle, inactive; /* ticks; 0 = unknown */
	int buffering;                    /* enum buffering_mode */
};
enum wsman_kind {
	WSMAN_IS_EMPTY,                   /* as to Delete, Disconnect, Reconnect */
	WSMAN_IS_CREATED, WSMAN_IS_COMMAND, WSMAN_IS_SENT, WSMAN_IS_RECEIVED, WSMAN_IS_SIGNALED,
	WSMAN_IS_IDENTITY, WSMAN_IS_FAULT, WSMAN_IS_CONNECTED, WSMAN_IS_LISTED,
};
struct wsman_reply {                      /* spans live as long as the envelope and the arena */
	enum wsman_kind kind;
	bool related;                     /* RelatesTo was there and is a UUID */
	struct guid relates_to;
	/* Has an OperationID: the server keeps answers for who asks again (MS-WSMV 3.1.4.1.39). */
	bool keeps;
	struct wsman_item shell;          /* CREATED */
	struct span data;                 /* CONNECTED: base64; empty for a command */
	struct wsman_item *items;         /* LISTED, in order */
	struct span context;              /* LISTED: for the Pull of more; empty: that is all */
	struct guid command;              /* COMMAND; zero = none, or not of this form */
	struct wsman_stream *streams;     /* RECEIVED, in order */
	bool done, has_exit;              /* RECEIVED: CommandState Done; ExitCode was there */
	int64_t exit_code;
	struct span vendor, version;      /* IDENTITY */
	uint32_t code;                    /* FAULT: one of the above or another; 0 = none known */
	struct span message, subcode;     /* FAULT: in the server's words; QName without prefix */
};
/* The envelope in UTF-8, whatever it was written in (DSP0226 13.1): body itself, or text's. */
struct span wsman_reply_text(struct span body, struct buf *text);
/* E_PEER malformed or no such envelope, E_LIMIT. */
int wsman_reply_read(struct span doc, struct arena *a, struct wsman_reply *out,
	struct err *e) MUST_CHECK;
/* The URI that a fault with WSMAN_REDIRECT names, in its message; empty when there is none. */
struct span wsman_fault_redirect(const struct wsman_reply *r);
/* Records a fault as one sentence with the way out; name = the server as the user named it. */
int wsman_fault_err(const struct wsman_reply *r, const char *name, struct err *e);
#endif
