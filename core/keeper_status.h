/* What a keeper tells about its session: STATUS_IS of docs/PROTOCOL.keeper. Sans-IO. */
#ifndef CORE_KEEPER_STATUS_H
#define CORE_KEEPER_STATUS_H
#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/guid.h"

enum kept_state { KEPT_OPENED, KEPT_DISCONNECTED, KEPT_BROKEN, KEPT_CLOSED };
enum kept_avail { KEPT_NONE, KEPT_AVAILABLE, KEPT_BUSY };

/* A session as the tables show it; also what Enumerate found on a server (then id 0). Texts lie in
 * an arena; NULL or 0 = unknown. */
struct kept {
	int32_t id;
	const char *name, *computer, *configuration, *transport, *front_end;
	struct guid instance;                   /* the pool's id, and on WSMan the ShellId */
	enum kept_state state;
	enum kept_avail avail;
	uint32_t idle_ms, max_idle_ms;
	int buffering;                          /* enum buffering_mode */
	int64_t disconnected_on, expires_on;    /* seconds since 1970 */
	int32_t pid;
	struct guid *commands;  size_t command_n;
	bool silent;                            /* as its keeper was, which does not answer now */
};
extern const char *const kept_state_name[], *const kept_avail_name[];
void kept_put(const struct kept *k, struct buf *out);
int kept_get(struct span text, struct arena *a, struct kept *out, struct err *e) MUST_CHECK;
/* A server that has WSMan keeps the session when nobody is connected, and without the keeper. */
bool kept_by_server(const struct kept *k);
#endif
