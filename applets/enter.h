/* The interactive session: what enter_pssession.c (the way in, signals) and enter.c (lines, prompts
 * and what they run) share. */
#ifndef APPLETS_ENTER_H
#define APPLETS_ENTER_H
#include "applets/report.h"
#include "applets/target.h"
#include "applets/ui/complete.h"
#include "applets/ui/host_tty.h"
#include "core/keeper_dir_io.h"
#include "core/keeper_status.h"
#include "core/session.h"
#include "core/xport_keeper.h"

/* Completion of the line that is being edited (enter_complete.c). */
struct enter_complete {
	struct pipeline *pipe;            /* asks the server; NULL: nothing is asked */
	unsigned late;                    /* pipelines given up whose end has not come yet */
	bool back;                        /* asked for by Shift+Tab */
	bool by_names;                    /* the server has no TabExpansion2 for us */
	struct timer deadline;
	struct buf line;                  /* the text when it was asked */
	size_t at;
	struct arena arena;               /* of menu.found */
	struct complete_menu menu;
};

struct enter {
	struct loop *loop;
	struct input *input;
	struct host_tty *host;
	struct target target;
	struct arena *arena;
	const struct kept *kept;          /* the session that is there already, or NULL */
	struct session_cfg cfg;
	struct session *session;          /* NULL while a kept one is busy */
	struct report_link link;
	struct keeper_place place;        /* where exit-pssession asks us to leave */
	struct watch asked;
	struct stream *asker;
	struct pipeline *pipe;            /* what runs now */
	struct pipeline *stopped;         /* by the debugger; what runs now runs inside it */
	int resume;                       /* what the debugger's command does to it, or -1 */
	struct enter_complete complete;
	struct buf text;                  /* the command being typed; incomplete: its lines so far */
	struct buf prompt;                /* what the server's prompt function said last */
	unsigned found;                   /* bit i: the endpoint has required[i] */
	bool checking;                    /* the first pipeline: commands and first prompt */
	bool asks;                        /* what runs, or is to run, is the prompt alone */
	bool prompted;                    /* the prompt came with the last pipeline */
	bool held;                        /* or just a string: the debugger's commands end in none */
	bool simple;                      /* the endpoint runs commands, no scripts */
	bool debugged;                    /* the debugger was met before */
	bool incomplete;                  /* the server wants more: >> until an empty line */
	bool block;                       /* all of its lines are edited again */
	bool console, detaching;          /* ~d was typed */
	struct history history;
	int escape;                       /* -EscapeCharacter, -1 = none */
	struct keeper_asked ask;
	bool ended;                       /* no more input: an incomplete command can't be completed */
	bool open, stopping, reported;
	bool failed;                      /* the last command ended in an error, or unfinished */
	struct timer grace;               /* of Ctrl+C */
	struct timer pause;               /* before a nested pipeline */
	struct timer listen;              /* what runs takes its time */
	uint64_t nested_ms;               /* when the last one ended, or the debugger stopped */
	bool leaving, done;
	int status;
};
/* The first pipeline: asks for the commands that every interactive session needs, and for the
 * prompt. */
void enter_begin(struct enter *en);
void enter_next_line(struct enter *en);                   /* prompts for it and waits for it */
void enter_prompt(const struct enter *en);
void enter_leave(struct enter *en, int status);
void enter_leave_now(struct enter *en);                   /* what takes long is not waited for */
/* Said once: the first failure is the cause, what follows from it is not repeated. */
void enter_fail(struct enter *en, const struct err *why);
void enter_end_row(const struct enter *en); /* what follows does not stand behind a prompt */
/* Runs en->text, or asks for the prompt alone. */
void enter_run(struct enter *en, bool prompt);
bool enter_too_early(const struct enter *en);             /* for one inside en->stopped */
/* How a pipeline of the user's has ended: as pipe_events' ended. */
void enter_ended(struct enter *en, enum pipe_state st, const struct ps_val *error,
	const struct err *why);
/* enter_debug.c: for struct session_cfg; and what runs while en->stopped. */
void enter_event(void *ctx, const struct ps_val *event);
extern const struct pipe_events enter_nested;
/* enter_complete.c: for struct input_console. */
void enter_edit(void *ctx, enum lineedit_event ev);
void enter_complete_stop(struct enter *en);               /* the server is asked nothing any more */
void enter_complete_end(struct enter *en);

/* enter_console.c */
int enter_set_escape(struct enter *en, const char *s, struct err *e) MUST_CHECK;
/* From the first prompt on; questions before it have the terminal for themselves. */
void enter_console(struct enter *en);
void enter_console_end(struct enter *en);
void enter_remember(struct enter *en, struct span line);  /* into the history */
#endif
