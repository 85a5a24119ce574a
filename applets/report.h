/* What applets say of their sessions, on stderr. */
#ifndef APPLETS_REPORT_H
#define APPLETS_REPORT_H
#include "core/psobject.h"
#include "core/xport.h"
#include "net/loop_io.h"

/* After Ctrl+C: how long before the user is told that the server has not stopped yet; how long the
 * server has for the farewell after the second one. */
#define STOP_PATIENCE_MS 1500
#define FAREWELL_MS 3000
#define STILL_STOPPING                                                                             \
	"The server has not stopped the command yet. Ctrl+C again leaves without waiting."

/* "[srv1] Connecting to remote server srv1 failed with the following error message : …", or, when
 * the session was open already, that it has ended. Nothing after Ctrl+C. */
void report_session(const char *name, bool was_open, const struct err *e);
/* A command has ended so, and the session goes on: "[srv1] Processing …". */
void report_command(const char *name, const struct err *e);
/* An ErrorRecord as PowerShell's console shows it, "[name] " before it unless name is NULL. */
void report_record(const char *name, const struct ps_val *error);
/* session_cfg.link in words: the network fails, is tried again, is back; or the session is left to
 * its server, and how it comes back. */
struct report_link {
	struct loop *loop;
	const char *computer;
	int32_t id;                     /* of the kept session, 0 = it has no keeper */
	struct guid instance;
	void (*before)(void *ctx);      /* the first word of a failure; NULL = nothing to do */
	void *ctx;
	struct timer tick;              /* report_link's; disarmed unless RETRYING was last */
	uint64_t until_ms;
	bool told;
};
void report_link(struct report_link *r, enum xport_link now, unsigned seconds,
	const struct err *why);
void report_link_end(struct report_link *r);    /* the session is over: not another word */
/* session_cfg.notice: the words of ssh, for example. */
void report_notice(void *ctx, struct span text);
#endif
