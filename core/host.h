/* What a server asks of the terminal (MS-PSRP 2.2.3.17), decoded. The front end implements host_ops. */
#ifndef CORE_HOST_H
#define CORE_HOST_H
#include "core/psobject.h"

enum host_method {                        /* RemoteHostMethodId */
	HOST_GET_NAME = 1, HOST_GET_VERSION, HOST_GET_INSTANCE_ID, HOST_GET_CURRENT_CULTURE, HOST_GET_CURRENT_UI_CULTURE,
	HOST_SET_SHOULD_EXIT, HOST_ENTER_NESTED_PROMPT, HOST_EXIT_NESTED_PROMPT, HOST_NOTIFY_BEGIN_APPLICATION, HOST_NOTIFY_END_APPLICATION,
	HOST_READ_LINE, HOST_READ_LINE_AS_SECURE_STRING, HOST_WRITE1, HOST_WRITE2, HOST_WRITE_LINE1, HOST_WRITE_LINE2, HOST_WRITE_LINE3,
	HOST_WRITE_ERROR_LINE, HOST_WRITE_DEBUG_LINE, HOST_WRITE_PROGRESS, HOST_WRITE_VERBOSE_LINE, HOST_WRITE_WARNING_LINE,
	HOST_PROMPT, HOST_PROMPT_FOR_CREDENTIAL1, HOST_PROMPT_FOR_CREDENTIAL2, HOST_PROMPT_FOR_CHOICE,
	HOST_GET_FOREGROUND_COLOR, HOST_SET_FOREGROUND_COLOR, HOST_GET_BACKGROUND_COLOR, HOST_SET_BACKGROUND_COLOR,
	HOST_GET_CURSOR_POSITION, HOST_SET_CURSOR_POSITION, HOST_GET_WINDOW_POSITION, HOST_SET_WINDOW_POSITION,
	HOST_GET_CURSOR_SIZE, HOST_SET_CURSOR_SIZE, HOST_GET_BUFFER_SIZE, HOST_SET_BUFFER_SIZE, HOST_GET_WINDOW_SIZE, HOST_SET_WINDOW_SIZE,
	HOST_GET_WINDOW_TITLE, HOST_SET_WINDOW_TITLE, HOST_GET_MAX_WINDOW_SIZE, HOST_GET_MAX_PHYSICAL_WINDOW_SIZE, HOST_GET_KEY_AVAILABLE,
	HOST_READ_KEY, HOST_FLUSH_INPUT_BUFFER, HOST_SET_BUFFER_CONTENTS1, HOST_SET_BUFFER_CONTENTS2, HOST_GET_BUFFER_CONTENTS,
	HOST_SCROLL_BUFFER_CONTENTS, HOST_PUSH_RUNSPACE, HOST_POP_RUNSPACE, HOST_GET_IS_RUNSPACE_PUSHED, HOST_GET_RUNSPACE,
	HOST_PROMPT_FOR_CHOICE_MULTIPLE_SELECTION, HOST_METHOD_END,
};
bool host_is_void(enum host_method m);    /* void calls get no answer, the others always exactly one */

struct session;
struct host_call {                        /* lives until answered (value calls) or until the callback returns (void calls) */
	struct session *session;
	enum host_method method;
	int64_t ci;                       /* call id to send back */
	bool has_pipe;  struct guid pipe; /* answer goes to this pipeline, or to the pool */
	const struct ps_val *args;        /* LST of parameters, in a private arena */
	struct arena arena;               /* the answer may be built here; freed with the call */
};
/* The front end either answers at once or keeps the call and answers later. Exactly one of these for a value call. */
void host_reply(struct host_call *c, struct ps_val *result);
/* Encrypts with the session key where the protocol needs it: makes the SS value for a reply, or NULL when no key exists (then host_fail). */
struct ps_val *host_secure_string(struct host_call *c, struct span utf8);
void host_fail(struct host_call *c, const char *message);

struct host_ops {
	void (*call)(void *ctx, struct host_call *c);
	void (*cancel)(void *ctx, struct host_call *c);   /* the pipeline ended or was stopped: drop the prompt, do not answer; c is freed after */
};

/* What the client tells about its terminal; sent with each interactive pipeline (features.md C 106, 107). */
struct host_info { bool present /* false = null host */; int fg, bg, width, height, cursor_x, cursor_y; const char *title; };
struct ps_val *host_info_value(struct arena *a, const struct host_info *h);
#endif
