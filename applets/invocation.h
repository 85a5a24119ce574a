/* One pipeline in each of several sessions, many at once: its output as it comes, stdin as its
 * input, the worst exit status. */
#ifndef APPLETS_INVOCATION_H
#define APPLETS_INVOCATION_H
#include "applets/report.h"
#include "applets/target.h"
#include "applets/ui/host_tty.h"
#include "core/keeper_status.h"
#include "core/session.h"

enum results_form { RESULTS_TEXT, RESULTS_JSON, RESULTS_CLIXML };
struct invocation;
struct remote {                           /* one session */
	struct invocation *all;
	const char *typed;                /* one that is opened and closed: the name in the list */
	struct target target;
	const struct kept *kept;          /* or a keeper's session */
	bool adopt;                       /* of that, what runs in it already */
	bool leave;                       /* to be disconnected when the pipeline has begun */
	struct session_cfg cfg;
	struct session *session;          /* NULL until attached */
	struct report_link link;
	struct host_tty *host;
	struct pipeline *pipe;            /* NULL before it runs and after it ended */
	int status;
	bool open, reported, done;
	bool slow, freed;                 /* slow: its opening takes long, and keeps nobody waiting */
	struct timer opening;
	const char *cause;                /* of the first failure; NULL = only an exit status */
	struct remote *over;              /* the next one that is done, and to be freed */
	struct buf held, line;            /* results.c's */
};
struct invocation {
	struct loop *loop;
	struct arena *arena;
	struct input *input;              /* stdin as pipeline input, or answers to prompts */
	struct remote *remote;
	size_t remote_n, next, left;      /* next: to begin */
	int32_t limit;                    /* at a time, 0 = THROTTLE; with feeding all at once */
	size_t most, files;               /* at a time: as was wished; as open files allow */
	size_t slow;                      /* how many are */
	struct remote *over;
	enum results_form form;
	bool hide_names, ordered;
	size_t turn, held;                /* ordered: whose results are shown; bytes of the others' */
	/* for typed: what it was given as, and the rest of what was said of it */
	uint32_t set;
	const struct connect_args *connect;
	struct accounts *accounts;
	void (*run)(struct remote *r);    /* starts something else than the script: r->pipe */
	void *run_ctx;
	struct span script;
	struct pipe_param *param;
	size_t param_n;
	bool feeding, reading, interrupted, closing;
	int exit;                         /* status after a signal, else 0 */
	int status;                       /* the worst of all; by invocation_end() */
	struct timer grace;               /* of Ctrl+C */
};
/* Takes stdin and the signals. */
void invocation_begin(struct invocation *in);
/* Room for n sessions, to be filled in; NULL when that is too many. */
struct remote *invocation_room(struct invocation *in, size_t n);
/* What run's pipelines do with errors and at the end. r->pipe is freed; the session is closed, as
 * one without it. */
void remote_record(void *r, enum record_kind k, const struct ps_val *v);
void remote_ended(void *r, enum pipe_state st, const struct ps_val *error, const struct err *why);
void remote_worse(struct remote *r, int status);        /* the worst exit status counts */
const char *remote_name(const struct remote *r);        /* its computer's; as typed until known */
/* Before that: the summary of many names the first. */
void remote_note(struct remote *r, struct span cause);
/* Does them all, and frees them. Failures are said and counted. E_NET when the loop fails. */
void invocation_end(struct invocation *in, struct err *e);
/* Behind that: the exit status of an applet that knows of another one as well. */
int invocation_exit(const struct invocation *in, int other);
#endif
