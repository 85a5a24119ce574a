/* Requests of WS-Management as envelopes (DSP0226; MS-WSMV 3.1.4), worded as PowerShell's own
 * client does. */
#ifndef CORE_WSMAN_MSG_H
#define CORE_WSMAN_MSG_H
#include "core/session_option.h"
#include "lib/buf.h"
#include "lib/guid.h"

#define NS_SOAP "http://www.w3.org/2003/05/soap-envelope"
#define NS_WSA "http://schemas.xmlsoap.org/ws/2004/08/addressing"
#define NS_WSMAN "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
#define NS_WSMV "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"
#define NS_WXF "http://schemas.xmlsoap.org/ws/2004/09/transfer"
#define NS_WSEN "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
#define NS_PS "http://schemas.microsoft.com/powershell"
#define NS_RSP "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
#define NS_FAULT "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
#define NS_IDENTITY "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"

#define WSMAN_TYPE "application/soap+xml;charset=UTF-8"
#define WSMAN_TYPE_UTF16 "application/soap+xml;charset=UTF-16"
#define WSMAN_SIGNAL_TERMINATE NS_RSP "/signal/terminate"
/* So spelled: any other code ends the command at once, without a word from the pipeline. */
#define WSMAN_SIGNAL_STOP "powershell/signal/crtl_c"

enum wsman_op {
	WSMAN_IDENTIFY, WSMAN_CREATE, WSMAN_COMMAND, WSMAN_SEND, WSMAN_RECEIVE, WSMAN_SIGNAL,
	WSMAN_DELETE, WSMAN_DISCONNECT, WSMAN_RECONNECT, WSMAN_CONNECT, WSMAN_GET, WSMAN_ENUMERATE,
	WSMAN_PULL,
};

struct wsman_env {                    /* what all requests of one session share; texts outlive it */
	const char *to;                   /* "http://host:5985/wsman" */
	/* "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"; Enumerate, Pull: NS_RSP, or
	 * NS_RSP "/Command" */
	const char *resource;
	const char *locale;               /* "en-US": of texts */
	const char *data_locale;          /* of numbers and dates */
	bool utf16;                       /* envelopes are, with a byte order mark */
	struct guid session;
	uint32_t max_envelope;            /* bytes, both ways: WSMAN_ENVELOPE_* */
};
#define WSMAN_ENVELOPE_SMALL 153600u      /* fits every server */
#define WSMAN_ENVELOPE_LARGE 512000u      /* from protocol 2.2 on */

struct wsman_req {
	enum wsman_op op;
	struct guid id;                   /* MessageID, and OperationID */
	uint32_t timeout_ms;              /* OperationTimeout */
	/* ShellId as the server writes it; Create: ours, upper case; Enumerate: that of the commands,
	 * empty for shells */
	struct span shell;
	const struct guid *command;       /* NULL = the shell itself */
	struct span data;                 /* Create, Command, Send, Connect of a shell: fragments */
	const char *stream;               /* Send: "stdin" or "pr" */
	const char *code;                 /* Signal: WSMAN_SIGNAL_* */
	/* Create */
	const char *name;                 /* of the shell; NULL = none */
	const char *protocol;             /* "2.3"; Connect, too */
	bool no_profile;
	/* Create, Disconnect */
	uint32_t idle_ms;                 /* IdleTimeOut; 0 = the server's, or as it was */
	enum buffering_mode buffering;    /* once disconnected; DEFAULT and NONE: the server's */
	struct span context;              /* Pull: EnumerationContext as the server wrote it */
};
/* Appends the envelope. */
void wsman_put(const struct wsman_env *env, const struct wsman_req *q, struct buf *out);
/* Turns the envelope into one that says: this may have come before, then do nothing again but give
 * the answer that was lost (MS-WSMV 3.1.4.1.39). For servers whose answers have an OperationID. */
void wsman_put_again(const struct wsman_env *env, struct buf *envelope);
/* Bytes of fragments that fit in one envelope. */
size_t wsman_room(const struct wsman_env *env, const struct wsman_req *q);
#endif
