/* Records of a pipeline's streams as the text that PowerShell's console shows for them; without
 * colours. */
#ifndef CORE_RECORD_H
#define CORE_RECORD_H
#include "core/psobject.h"
#include "core/psrp_pipe.h"

/* Appends the text, with its prefix ("WARNING: "), lines separated by LF, none at the end. width:
 * columns at which a parse error's text wraps, 0 = never. A progress record gives "activity:
 * status [n%]", an information record its message. */
void record_text(enum record_kind kind, const struct ps_val *v, int width, struct buf *out);
/* An ErrorRecord alone ("Get-Item: Cannot find path …"): PowerShell's ConciseView for errors
 * from remote computers. */
void record_error(const struct ps_val *v, int width, struct buf *out);

struct record_info {                      /* what Write-Host sends as an information record */
	/* tagged PSHOST: a console shows it through the host call that comes as well */
	bool is_host;
	bool no_newline;
};
void record_information(const struct ps_val *v, struct record_info *info);

struct record_progress {                  /* spans point into the tree */
	int64_t id, parent;               /* parent -1 = none */
	struct span activity, status, operation;
	int64_t percent, seconds;         /* -1 = unknown */
	bool completed;
};
/* False when v is no progress record. */
bool record_progress(const struct ps_val *v, struct record_progress *p);
/* True when the error says that the text is not finished yet: ask for more lines (">> "). */
bool record_is_incomplete(const struct ps_val *error);
#endif
