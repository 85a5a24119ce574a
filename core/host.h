/* What a server asks of the terminal (MS-PSRP 2.2.3.17), decoded. The front end implements
 * host_ops. */
#ifndef CORE_HOST_H
#define CORE_HOST_H
#include "core/psobject.h"
#include "lib/buf.h"

enum host_method {                        /* RemoteHostMethodId */
	HOST_GET_NAME = 1, HOST_GET_VERSION, HOST_GET_INSTANCE_ID, HOST_GET_CURRENT_CULTURE,
	HOST_GET_CURRENT_UI_CULTURE, HOST_SET_SHOULD_EXIT, HOST_ENTER_NESTED_PROMPT,
	HOST_EXIT_NESTED_PROMPT, HOST_NOTIFY_BEGIN_APPLICATION, HOST_NOTIFY_END_APPLICATION,
	HOST_READ_LINE, HOST_READ_LINE_AS_SECURE_STRING, HOST_WRITE1, HOST_WRITE2, HOST_WRITE_LINE1,
	HOST_WRITE_LINE2, HOST_WRITE_LINE3, HOST_WRITE_ERROR_LINE, HOST_WRITE_DEBUG_LINE,
	HOST_WRITE_PROGRESS, HOST_WRITE_VERBOSE_LINE, HOST_WRITE_WARNING_LINE, HOST_PROMPT,
	HOST_PROMPT_FOR_CREDENTIAL1, HOST_PROMPT_FOR_CREDENTIAL2, HOST_PROMPT_FOR_CHOICE,
	HOST_GET_FOREGROUND_COLOR, HOST_SET_FOREGROUND_COLOR, HOST_GET_BACKGROUND_COLOR,
	HOST_SET_BACKGROUND_COLOR, HOST_GET_CURSOR_POSITION, HOST_SET_CURSOR_POSITION,
	HOST_GET_WINDOW_POSITION, HOST_SET_WINDOW_POSITION, HOST_GET_CURSOR_SIZE, HOST_SET_CURSOR_SIZE,
	HOST_GET_BUFFER_SIZE, HOST_SET_BUFFER_SIZE, HOST_GET_WINDOW_SIZE, HOST_SET_WINDOW_SIZE,
	HOST_GET_WINDOW_TITLE, HOST_SET_WINDOW_TITLE, HOST_GET_MAX_WINDOW_SIZE,
	HOST_GET_MAX_PHYSICAL_WINDOW_SIZE, HOST_GET_KEY_AVAILABLE, HOST_READ_KEY,
	HOST_FLUSH_INPUT_BUFFER, HOST_SET_BUFFER_CONTENTS1, HOST_SET_BUFFER_CONTENTS2,
	HOST_GET_BUFFER_CONTENTS, HOST_SCROLL_BUFFER_CONTENTS, HOST_PUSH_RUNSPACE, HOST_POP_RUNSPACE,
	HOST_GET_IS_RUNSPACE_PUSHED, HOST_GET_RUNSPACE, HOST_PROMPT_FOR_CHOICE_MULTIPLE_SELECTION,
	HOST_METHOD_END,
};
/* void calls get no answer, the others always exactly one */
bool host_is_void(enum host_method m);
const char *host_method_name(enum host_method m);         /* "PromptForChoice" */

struct session;
/* lives until answered (value calls) or until the callback returns (void calls) */
struct host_call {
	struct session *session;
	enum host_method method;
	int64_t ci;                       /* call id to send back */
	bool has_pipe;  struct guid pipe; /* answer goes to this pipeline, or to the pool */
	const struct ps_val *args;        /* LST of parameters, in the arena below */
	struct arena arena;               /* the answer may be built here; freed with the call */
	/* The session's: */
	struct host_call *next;
	bool answered;  struct ps_val *answer;    /* NULL answer: the call failed with error */
	const char *error;
};
/* The front end either answers at once or keeps the call and answers later. Exactly one of these
 * for a value call. The answer to ReadLineAsSecureString, PromptForCredential and Prompt may
 * hold strings made by host_secure_string. result NULL = null. */
void host_reply(struct host_call *c, struct ps_val *result);
void host_fail(struct host_call *c, const char *message);
/* A SecureString for a reply: encrypted when the reply goes out, which waits for the session key
 * where the protocol needs one. The plain text lies in the call's arena until then, and is
 * wiped. NULL when there is no room (then host_fail). */
struct ps_val *host_secure_string(struct host_call *c, struct span utf8);

/* Results in the shapes a server decodes; all in the call's arena. The simple ones are ps_str,
 * ps_i32 (also colours and the choice), ps_bool. Prompt takes a host_dictionary filled by
 * ps_put(name, value). */
struct ps_val *host_coordinates(struct arena *a, int32_t x, int32_t y);
struct ps_val *host_size(struct arena *a, int32_t width, int32_t height);
struct ps_val *host_key(struct arena *a, int32_t virtual_key, uint16_t character,
	int32_t control_state, bool down);
struct ps_val *host_credential(struct arena *a, struct span user,
	struct ps_val *password /* from host_secure_string */);
struct ps_val *host_dictionary(struct arena *a);
struct ps_val *host_int_list(struct arena *a, const int32_t *v, size_t n);

/* What must be shown before the user types, because a remote computer asks (PowerShell's words).
 * computer is shown in capitals. Appends the warning due for this call (text of one warning
 * line) and returns true; false when none is due. */
bool host_warning(const struct host_call *c, const char *computer, struct buf *out);
/* Whether caption and message of this call ask for credentials: show them through the two below. */
bool host_asks_credential(const struct host_call *c);
void host_credential_caption(struct span caption, struct buf *out);
void host_credential_message(struct span message, const char *computer, struct buf *out);

struct host_ops {
	void (*call)(void *ctx, struct host_call *c);
	/* the pipeline ended or was stopped, or the session is freed: drop the prompt, do not answer; c
	 * is freed after */
	void (*cancel)(void *ctx, struct host_call *c);
};

/* What the client tells about its terminal; sent with each interactive pipeline. Colours: -1
 * unknown. */
struct host_info {
	bool present;                     /* false = null host */
	int fg, bg, width, height, cursor_x, cursor_y;
	const char *title;
};
#endif
