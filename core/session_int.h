/* Shared by the session_*.c, and by nobody else. */
#ifndef CORE_SESSION_INT_H
#define CORE_SESSION_INT_H
#include "core/psrp_host.h"
#include "core/psrp_key.h"
#include "core/psrp_pool.h"
#include "core/session.h"

enum pipe_phase {
	PIPE_WAITING,                     /* for the pool or the key */
	PIPE_SENT,
	PIPE_DOOMED,                      /* ends on the next turn, never sent */
};
struct pipeline {
	struct pipeline *next;
	struct session *s;
	struct arena arena;               /* this struct lies in it */
	const struct pipe_events *ev;
	void *ctx;
	enum pipe_phase phase;
	bool need_key, stopping;
	struct buf body;                  /* CLIXML of its first message, until sent */
	struct buf held;                  /* input before that: u32le type, u32le length, CLIXML */
	struct guid id;
	struct psrp_pipe psrp;
};

enum key_state { KEY_NONE, KEY_ASKED, KEY_READY };
struct session {
	struct arena arena;               /* this struct lies in it */
	struct session_cfg cfg;
	enum session_state state;
	bool asked;                       /* session_close was called */
	bool dead;                        /* session_free was called inside a callback */
	int depth;                        /* callbacks under way */
	struct err err;                   /* why it breaks */
	struct psrp_pool pool;
	struct pipeline *pipes;           /* in order of session_run */
	struct host_call *calls;          /* not answered yet */
	enum key_state key_state;
	struct psrp_key *key;
	struct arena tree;                /* of the message under way */
	struct buf out;
	struct timer deadline, later, again;
};

/* session.c */
/* Not opened yet: the transport's events come here from now on. */
struct session *session_make(const struct session_cfg *cfg);
void session_take(struct session *s, struct xport *x);
/* session_open.c: whether the owner has another transport for a pool that did not open. */
bool session_reopened(struct session *s, struct err *why);
/* A message of the pool or a pipeline with v as its body (NULL = none). */
void session_put(struct session *s, enum psrp_type type, const struct guid *pipe,
	const struct ps_val *v, struct buf *out);
/* ends it; BROKEN comes with the first e */
void session_fail(struct session *s, const struct err *e);
/* pipes_doomed() on the next turn */
void session_soon(struct session *s);
/* Sends a message with v as its body (NULL = none) on the pool (pipe NULL) or a pipeline. */
void session_send(struct session *s, const struct guid *pipe, enum xport_prio prio,
	enum psrp_type type, const struct ps_val *v);
/* in s->tree */
int session_body(struct session *s, const struct psrp_msg *m, struct ps_val **body,
	struct err *e) MUST_CHECK;
/* session_pipe.c */
void pipes_start(struct session *s);                                /* sends what may be sent now */
void pipes_doomed(struct session *s);
void pipes_end(struct session *s, enum pipe_state st, const struct err *why);
void pipe_message(struct session *s, const struct guid *id, const struct psrp_msg *m);
void pipe_closed(struct session *s, const struct guid *id, const struct err *err);
void pipe_room(struct session *s, const struct guid *id);
void pipes_free(struct session *s);
/* session_host.c */
void host_arrived(struct session *s, const struct guid *pipe, const struct psrp_msg *m,
	const struct ps_val *body);
void host_cancel(struct session *s, const struct guid *pipe);      /* NULL: the pool's */
void host_cancel_all(struct session *s);
void host_free(struct session *s);
void key_ask(struct session *s);
void key_arrived(struct session *s, const struct ps_val *body);
#endif
