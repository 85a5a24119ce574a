/* Bodies of the messages a client sends (MS-PSRP 2.2.2), as value trees. Texts of a spec are not
 * copied. NULL when the arena is at its cap. */
#ifndef CORE_PSRP_BODY_H
#define CORE_PSRP_BODY_H
#include "core/host.h"

/* What we announce: 2.3 keeps the session-key exchange for SecureStrings. */
#define PSRP_VERSION 203

/* A command of a pipeline. Text is UTF-8. */
struct pipe_param {
	const char *name;                 /* without the dash, or NULL = positional */
	struct ps_val *val;               /* NULL with name = switch */
};
struct pipe_cmd {
	struct span text;
	bool is_script;
	const struct pipe_param *param; size_t param_n;
	bool merge_error;                 /* its errors become output */
	/* Out-Default behind a line: earlier errors come in, local scope */
	bool takes_errors;
	bool local_scope;                 /* a script whose variables do not stay */
};
struct pipe_stmt { const struct pipe_cmd *cmd; size_t cmd_n; };
struct pipe_spec {
	const struct pipe_stmt *stmt; size_t stmt_n;              /* several statements: ExtraCmds */
	bool no_input;                    /* else pipe_input… pipe_end_input must follow */
	/* the session's host_info goes along, fresh; else _useRunspaceHost */
	bool interactive;
	bool add_history; struct span history;
	bool nested;                      /* runs inside a pipeline that the debugger has stopped */
	/* a SecureString may be asked for or is in the parameters: exchange the key first */
	bool need_key;
};

struct ps_val *psrp_capability(struct arena *a);
struct ps_val *psrp_init(struct arena *a, const struct host_info *h);
struct ps_val *psrp_connect(struct arena *a);
struct ps_val *psrp_create(struct arena *a, const struct pipe_spec *spec,
	const struct host_info *h);
struct ps_val *psrp_public_key(struct arena *a, struct span base64);
#endif
