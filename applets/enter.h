/* The interactive session: what enter_pssession.c (the way in, signals) and enter.c (lines, prompts
 * and what they run) share. */
#ifndef APPLETS_ENTER_H
#define APPLETS_ENTER_H
#include "applets/report.h"
#include "applets/target.h"
#include "applets/ui/host_tty.h"
#include "core/keeper_dir_io.h"
#include "core/keeper_status.h"
#include "core/session.h"

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
	struct buf text;                  /* the command being typed; incomplete: its lines so far */
	struct buf prompt;                /* what the server's prompt function said last */
	unsigned found;                   /* bit i: the endpoint has required[i] */
	bool checking;                    /* the first pipeline: commands and first prompt */
	bool prompted;                    /* the prompt came with the last pipeline */
	bool incomplete;                  /* the server wants more: >> until an empty line */
	bool ended;                       /* no more input: an incomplete command can't be completed */
	bool open, stopping, reported;
	bool failed;                      /* the last command ended in an error, or unfinished */
	struct timer grace;               /* of Ctrl+C */
	bool leaving, done;
	int status;
};
/* The first pipeline: asks for the commands that every interactive session needs, and for the
 * prompt. */
void enter_begin(struct enter *en);
void enter_next_line(struct enter *en);                   /* prompts for it and waits for it */
void enter_prompt(const struct enter *en);
void enter_leave(struct enter *en, int status);
/* Said once: the first failure is the cause, what follows from it is not repeated. */
void enter_fail(struct enter *en, const struct err *why);
void enter_end_row(const struct enter *en); /* what follows does not stand behind a prompt */
#endif
