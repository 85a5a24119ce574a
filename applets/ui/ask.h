/* Questions of a server that the person answers: one at a time, in the order they came, whatever
 * session they are from. Each answers its host call, or fails it when the input ends. */
#ifndef APPLETS_UI_ASK_H
#define APPLETS_UI_ASK_H
#include "applets/ui/input_io.h"
#include "core/host.h"

struct asker {                          /* one session's */
	struct loop *loop;
	struct input *input;            /* NULL = there is nobody to ask */
	const char *computer;           /* named in the warnings before secrets */
};

/* Takes a call of ReadLine, ReadLineAsSecureString, Prompt, PromptFor… or ReadKey. */
void ask_start(const struct asker *by, struct host_call *c);
void ask_cancel(struct host_call *c);                     /* forgets it without an answer */
void ask_forget(const struct asker *by);                  /* all of them, without an answer */
void ask_warn(const struct asker *by, struct host_call *c);       /* of what it asks for */

/* For the ask_*.c files. */
struct ask {                            /* lives in its call's arena */
	struct ask *next;
	const struct asker *by;
	struct host_call *call;
	void (*got)(struct ask *a, struct span line);
	/* Prompt: */
	const struct ps_item *field;    /* asked for now */
	struct ps_val *result;          /* of all fields */
	struct ps_val *values;          /* of an array field, or the choices picked so far */
	bool is_list, is_credential, is_secret;
	/* a credential: */
	struct span user;
	/* choices: */
	struct ask_item *item;
	size_t n;
	struct ps_val *preset;          /* the defaults */
};

void ask_fields(struct ask *a);
void ask_credential(struct ask *a);
void ask_choice(struct ask *a);
void ask_key(struct ask *a);

void ask_want(struct ask *a, enum input_kind kind, void (*got)(struct ask *a, struct span line));
void ask_done(struct ask *a, struct ps_val *result);      /* NULL: no room left, the call fails */
void ask_fail(struct ask *a, const char *message);
/* Text before the question: wrapped, on lines of its own. fg as print_colors. */
void ask_say(struct span s, int fg);
/* A caption with an empty line before it, and a message; empty ones are left out. */
void ask_head(struct span caption, struct span message);
bool ask_same(struct span a, struct span b);              /* case ignored */
#define ASK_COLOR 15                                      /* what PowerShell paints captions with */
#define ASK_DEFAULT_COLOR 14
#define ASK_TEXT_MAX (1u << 20)
#endif
